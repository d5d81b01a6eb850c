import type { Hop } from '../../../shared/contract/settings-requests.ts';
import type { AlertSettings, ErpSettings, LinkSettings } from '../../../shared/model/settings.ts';
import type { HttpTransport } from '../../core/runtime/http-transport.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { testMail } from '../alerts/mail-channel.ts';
import { testWebhook } from '../alerts/webhook-channel.ts';
import { cloudHops } from './cloud-hops.ts';
import { erpHops } from './erp-hops.ts';

/** The tests of all ways. Each ends when its signal does. */
export function createHopTester(parts: { readonly http: HttpTransport; readonly runtime: Runtime }) {
  const { http, runtime } = parts;
  const monotonic = (): number => runtime.monotonic();
  return {
    erp: (
      settings: ErpSettings,
      password: string | undefined,
      signal: AbortSignal,
    ): Promise<readonly Hop[]> => erpHops(settings, password, monotonic, signal),
    cloud: (
      link: Pick<LinkSettings, 'id' | 'cloud'>,
      apiKey: string | undefined,
      signal: AbortSignal,
    ): Promise<readonly Hop[]> => cloudHops(link, apiKey, { http, monotonic }, signal),
    mail: (
      settings: AlertSettings,
      password: string | undefined,
      signal: AbortSignal,
    ): Promise<readonly Hop[]> => testMail(settings, password, signal),
    webhook: (url: string, signal: AbortSignal): Promise<readonly Hop[]> => testWebhook(url, signal),
  };
}
