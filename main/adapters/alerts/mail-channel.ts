import type { Hop } from '../../../shared/contract/settings-requests.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { AlertSettings } from '../../../shared/model/settings.ts';
import type { AlertChannel } from '../../core/alerts/alert-channel.ts';
import { systemRuntime } from '../runtime/system-runtime.ts';
import { sendMail, type MailEdges, type MailSettings } from './mail-session.ts';

export interface MailOptions {
  readonly settings: MailSettings;
  /** Asked for at every try, so that a new one is used at once. The failure says why it cannot be read. */
  readonly password: () => Promise<Result<string | undefined, string>>;
  readonly edges: MailEdges;
  /** Told when the server took the message for some recipients only. */
  readonly onRefused?: ((count: number) => void) | undefined;
}

/**
 * Mail over SMTP, TLS required. It tells what is there, not that it is over: one mail for one cause. A message taken for
 * some recipients only counts as sent, because trying again would send it to them twice.
 */
export function createMailChannel({ settings, password, edges, onRefused }: MailOptions): AlertChannel {
  return {
    name: 'mail',
    tells: ['raised'],
    send: async (message, signal) => {
      const secret = settings.user === undefined ? ok(undefined) : await password();
      if (!secret.ok) return fail(secret.failure);
      const mail = { subject: message.title, text: message.text, key: message.key, at: message.at };
      const { notes, refused } = await sendMail(settings, secret.value, mail, edges, signal);
      if (notes.failure !== undefined) return fail(notes.failure.cause);
      if (refused > 0) onRefused?.(refused);
      return ok(undefined);
    },
  };
}

/**
 * Sends a test message to the recipients and tells each step. Empty when no mail is set up. `wall` is the message's date,
 * `site` its signature.
 */
export async function testMail(
  settings: AlertSettings,
  password: string | undefined,
  signal: AbortSignal,
  edges: Partial<MailEdges> & {
    readonly wall?: (() => number) | undefined;
    readonly site?: string | undefined;
  } = {},
): Promise<readonly Hop[]> {
  const { mail } = settings;
  if (mail === undefined) return [];
  const runtime = systemRuntime();
  const at = edges.wall?.() ?? runtime.wall();
  const site = edges.site === undefined ? '' : `\nSite: ${edges.site}\n`;
  const { notes } = await sendMail(
    mail,
    password,
    {
      subject: 'ERP Ferry: test message',
      text: `This is a test. Warnings of ERP Ferry come to this address.\n${site}`,
      key: `ferry-test-${runtime.newId()}`,
      at,
    },
    { runtime: edges.runtime ?? runtime, ca: edges.ca },
    signal,
  );
  return notes.hops;
}
