import { instantOfLocal, localTimeAt } from '../../../shared/model/time.ts';
import type { Instant } from '../../../shared/model/time.ts';

const DAY_MS = 86_400_000;

/** Days since 1970-01-01 of a calendar date: dates as plain numbers, without a clock or a zone. */
export type DayNumber = number;

/** The date the calendar on the wall of `zone` shows. */
export function dayAt(instant: Instant, zone: string): DayNumber {
  const noon = { ...localTimeAt(instant, zone), hour: 12, minute: 0, second: 0, millisecond: 0 };
  return Math.floor(instantOfLocal(noon, 'UTC') / DAY_MS);
}

/** When the wall clock in `zone` shows `minutes` after midnight on `day`; for readings the clocks repeat or skip see instantOfLocal. */
export function momentOf(day: DayNumber, minutes: number, zone: string): Instant {
  const date = localTimeAt(day * DAY_MS, 'UTC');
  return instantOfLocal({ ...date, hour: Math.floor(minutes / 60), minute: minutes % 60 }, zone);
}

/** 0 is Sunday. 1970-01-01 was a Thursday. */
export const weekdayOf = (day: DayNumber): number => (((day + 4) % 7) + 7) % 7;

/** `06:30` as minutes after midnight. */
export function minutesOf(clock: string): number {
  const [hours = '0', minutes = '0'] = clock.split(':');
  return Number(hours) * 60 + Number(minutes);
}
