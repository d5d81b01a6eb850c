import type { Alert } from '../../../shared/contract/alert.ts';
import type { Text } from '../../../shared/contract/explanation.ts';
import { isTextKey } from '../../../shared/i18n/say.ts';
import type { AlertRecord } from './alert-book.ts';
import type { Warning } from './warning.ts';

/** The words of a kind, or of its case where that has its own: `alert.erp-fenced.lease-held.title`. */
function wordsOf({ code, variant, params }: Warning, part: 'title' | 'body', more: Text['params']): Text {
  const own = `alert.${code}.${variant}.${part}`;
  const key = variant !== '' && isTextKey(own) ? own : `alert.${code}.${part}`;
  return { key, params: { ...params, ...more } };
}

/** A record as it crosses to viewers. `toast`: whether the tray may show it now. */
export function alertView(alert: AlertRecord, toast: boolean): Alert {
  const { id, warning, since, raisedAt, times, endedAt, acknowledgedAt, consequences } = alert;
  return {
    id,
    code: warning.code,
    severity: warning.severity,
    about: warning.about,
    since,
    raisedAt,
    times,
    endedAt,
    acknowledgedAt,
    title: wordsOf(warning, 'title', { since }),
    body: wordsOf(warning, 'body', { since }),
    owner: warning.owner,
    next: warning.next,
    place: warning.place,
    consequences: consequences.map((one) => wordsOf(one, 'title', { since: one.since ?? since })),
    toast,
  };
}
