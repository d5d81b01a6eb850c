import type { Alert } from '../../shared/contract/alert.ts';

const newestFirst = (a: Alert, b: Alert): number => b.raisedAt - a.raisedAt || b.id - a.id;

/**
 * What lasts before what is over, each the newest first. `now` is what the status says lasts: it is newer than the list, which
 * is asked for now and then.
 */
export function byNeed(
  listed: readonly Alert[],
  now: readonly Alert[],
): { readonly active: readonly Alert[]; readonly ended: readonly Alert[] } {
  const all = [...new Map([...listed, ...now].map((alert) => [alert.id, alert])).values()];
  const active = all.filter((alert) => alert.endedAt === undefined);
  return {
    active: active.sort(newestFirst),
    ended: all.filter((alert) => alert.endedAt !== undefined).sort(newestFirst),
  };
}

/** Differs when the list may: one came, came back, ended or was seen. */
export const alertsMark = (alerts: readonly Alert[]): string =>
  JSON.stringify(alerts.map(({ id, times, acknowledgedAt }) => [id, times, acknowledgedAt]));
