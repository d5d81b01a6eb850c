import type { Alert } from '../../shared/contract/alert.ts';

/** Enough for years of root causes; the oldest are forgotten first. */
const MOST_SEEN = 500;

export interface ToastDecision {
  readonly show: readonly Alert[];
  readonly seen: readonly string[];
}

/**
 * Which alerts are told now: each once per time it came back, and only while the agent wants it told. What was shown is
 * remembered beyond the end of the program, so that a restart does not tell it all again.
 */
export function toastsToShow(seen: readonly string[], alerts: readonly Alert[]): ToastDecision {
  const known = new Set(seen);
  const show = alerts.filter((alert) => alert.toast && !known.has(nameOf(alert)));
  return show.length === 0
    ? { show, seen }
    : { show, seen: [...seen, ...show.map(nameOf)].slice(-MOST_SEEN) };
}

const nameOf = ({ id, times }: Alert): string => `${id}:${times}`;
