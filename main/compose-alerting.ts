import { MAIL_PASSWORD, WEBHOOK_URL } from './agent/settings/secret-entries.ts';
import { fail, ok, type Result } from '../shared/model/result.ts';
import type { Settings } from '../shared/model/settings.ts';
import { createMailChannel } from './adapters/alerts/mail-channel.ts';
import { createWebhookChannel } from './adapters/alerts/webhook-channel.ts';
import type { Log } from './adapters/log/create-log.ts';
import type { Secrets } from './adapters/secrets/open-secrets.ts';
import { Alerting } from './agent/alerting.ts';
import { engineLog } from './compose-link.ts';
import type { AlertChannel } from './core/alerts/alert-channel.ts';
import type { AlertStore } from './core/alerts/alert-store.ts';
import type { HttpTransport } from './core/runtime/http-transport.ts';
import type { Runtime } from './core/runtime/runtime.ts';

/** How the words of each language write times and numbers. */
const LOCALES: Readonly<Record<Settings['site']['language'], string>> = { en: 'en-GB' };

export interface AlertingEdges {
  readonly settings: Settings;
  readonly store: AlertStore;
  readonly runtime: Runtime;
  readonly secrets: Secrets;
  readonly http: HttpTransport;
  readonly log: Log;
}

/** What tells people of a site, with the ways its settings name. Secrets are read at each try. */
export function assembleAlerting({ settings, store, runtime, secrets, http, log }: AlertingEdges): Alerting {
  const { alerts, site } = settings;
  const { mail, webhook } = alerts;
  const own = log.child({ part: 'alerts' });
  const secret = async (name: string): Promise<Result<string | undefined, string>> => {
    const found = secrets.get(name);
    return found.ok ? ok(found.value) : fail(found.failure.message);
  };
  const channels: AlertChannel[] = [];
  if (mail?.enabled === true)
    channels.push(
      createMailChannel({
        settings: mail,
        password: () => secret(MAIL_PASSWORD),
        edges: { runtime },
        onRefused: (count) => own.warn('the mail server refused recipients', { count }),
      }),
    );
  if (webhook?.enabled === true)
    channels.push(createWebhookChannel({ url: () => secret(WEBHOOK_URL), http }));
  return new Alerting({
    settings: alerts,
    site: { name: site.name, timeZone: site.timeZone, locale: LOCALES[site.language] },
    store,
    runtime,
    channels,
    log: engineLog(own),
  });
}
