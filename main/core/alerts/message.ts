import type { Alert } from '../../../shared/contract/alert.ts';
import { Speaker } from '../../../shared/i18n/say.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { AlertMessage, ToldState } from './alert-channel.ts';

export interface MessageSite {
  readonly name: string;
  readonly timeZone: string;
  readonly locale: string;
}

/**
 * A telling in words, as a mail and a webhook carry it. What has ended while its telling waited says so: a line that was cut
 * can be told of only when it is back. Pure.
 */
export function messageOf(
  alert: Alert,
  state: ToldState,
  key: string,
  site: MessageSite,
  now: Instant,
): AlertMessage {
  const speaker = new Speaker({ now, timeZone: site.timeZone, locale: site.locale });
  const title = speaker.say(alert.title);
  const over = alert.endedAt === undefined ? [] : [speaker.text('alertMail.ended', { at: alert.endedAt })];
  const also =
    alert.consequences.length === 0
      ? []
      : [
          '',
          speaker.text('alertMail.consequences'),
          ...alert.consequences.map((one) => `- ${speaker.say(one)}`),
        ];
  const body = [speaker.say(alert.body), ...over].join(' ');
  const text = [
    title,
    '',
    body,
    ...also,
    '',
    ...(over.length > 0
      ? []
      : [
          speaker.text('alertMail.who', { who: speaker.say({ key: `owner.${alert.owner}`, params: {} }) }),
          speaker.text('alertMail.next', { next: speaker.say(alert.next) }),
          '',
        ]),
    speaker.text('alertMail.site', { site: site.name }),
    ...(alert.times > 1 ? [speaker.text('alertMail.times', { count: alert.times })] : []),
    '',
  ].join('\n');
  const { severity, code, about, since } = alert;
  return { key, state, title, body, text, severity, code, about, since, site: site.name, at: now };
}
