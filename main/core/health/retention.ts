import type { Instant } from '../../../shared/model/time.ts';

/** Parts of the cloud's retention after which people are warned, and after which it is an alarm. */
const WARNING_PART = 0.25;
const ALARM_PART = 0.5;

/** How a link stands with what its cloud forgets. `over`: the first packets may be gone. */
export type RetentionLevel = 'warning' | 'alarm' | 'over';

export interface RetentionLeft {
  readonly level: RetentionLevel;
  /** The last good list, on the clock as it is now: what was sent since then may still be in the cloud only. */
  readonly since: Instant;
  /** From then on the cloud deletes what was sent since. */
  readonly until: Instant;
}

/** What is left until the cloud deletes packets that were never listed; undefined while there is no need to speak of it. Pure. */
export function retentionLeft(question: {
  readonly now: Instant;
  /** Since the last good list; undefined: nothing is known, and nothing was ever asked for. */
  readonly listAgeMs: number | undefined;
  readonly retentionMs: number;
}): RetentionLeft | undefined {
  const { now, listAgeMs, retentionMs } = question;
  if (listAgeMs === undefined || listAgeMs < retentionMs * WARNING_PART) return undefined;
  const since = now - listAgeMs;
  const level =
    listAgeMs >= retentionMs ? 'over' : listAgeMs >= retentionMs * ALARM_PART ? 'alarm' : 'warning';
  return { level, since, until: since + retentionMs };
}
