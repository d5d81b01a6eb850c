import { instantOfLocal, localTimeAt, type Instant } from '../../shared/model/time.ts';

const MORNING_HOUR = 6;
const MINUTE_MS = 60_000;

/** Six in the morning of the site's next day: before anybody's phone asks for its day. */
export function tomorrowMorning(now: Instant, zone: string): Instant {
  const today = localTimeAt(now, zone);
  // The days of a month that is over run on into the next one.
  const next = { ...today, day: today.day + 1, hour: MORNING_HOUR, minute: 0, second: 0, millisecond: 0 };
  return instantOfLocal(next, zone);
}

export interface PauseChoice {
  readonly key: 'status.pause30' | 'status.pause2h' | 'status.pauseTomorrow';
  readonly until: Instant;
}

/** How long a person may stop a link with one click. */
export const pauseChoices = (now: Instant, zone: string): readonly PauseChoice[] => [
  { key: 'status.pause30', until: now + 30 * MINUTE_MS },
  { key: 'status.pause2h', until: now + 120 * MINUTE_MS },
  { key: 'status.pauseTomorrow', until: tomorrowMorning(now, zone) },
];
