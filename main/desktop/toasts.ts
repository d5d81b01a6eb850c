import { SEVERITIES, type Alert, type Severity } from '../../shared/contract/alert.ts';

/** Enough for years of root causes; the oldest are forgotten first. */
const MOST_SEEN = 500;

export interface ToastDecision {
  readonly show: readonly Alert[];
  readonly seen: readonly string[];
}

/**
 * Which alerts are told now: each once per time it came back or became graver, and only while the agent wants it told. What was shown is
 * remembered beyond the end of the program, so that a restart does not tell it all again.
 */
export function toastsToShow(seen: readonly string[], alerts: readonly Alert[]): ToastDecision {
  const known = new Set(seen);
  const told = (alert: Alert): boolean =>
    SEVERITIES.slice(SEVERITIES.indexOf(alert.severity)).some((severity) =>
      known.has(nameOf(alert, severity)),
    );
  const show = alerts.filter((alert) => alert.toast && !told(alert));
  return show.length === 0
    ? { show, seen }
    : { show, seen: [...seen, ...show.map((alert) => nameOf(alert, alert.severity))].slice(-MOST_SEEN) };
}

const nameOf = ({ id, times }: Alert, severity: Severity): string => `${id}:${times}:${severity}`;
