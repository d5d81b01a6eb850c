import type { AlertSettings } from '../../../shared/model/settings.ts';
import { localTimeAt, type Instant } from '../../../shared/model/time.ts';
import { dayAt, minutesOf, weekdayOf } from '../schedule/calendar.ts';

export type QuietHours = NonNullable<AlertSettings['quietHours']>;

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;

/**
 * Whether nobody is to be told now. What the clock on the wall of `zone` shows decides, so an hour the clocks repeat is quiet
 * twice and one they skip never comes. A weekday means the evening on which the hours begin: `fri` with 22:00 to 06:00
 * covers Saturday 05:00. The same time twice means the whole day. Pure.
 */
export function isQuiet(now: Instant, hours: QuietHours | undefined, zone: string): boolean {
  if (hours === undefined) return false;
  const { hour, minute } = localTimeAt(now, zone);
  const reading = hour * 60 + minute;
  const from = minutesOf(hours.from);
  const to = minutesOf(hours.to);
  const today = dayAt(now, zone);
  const named = (day: number): boolean =>
    hours.weekdays === undefined || hours.weekdays.some((name) => name === WEEKDAYS[weekdayOf(day)]);
  if (from < to) return reading >= from && reading < to && named(today);
  return (reading >= from && named(today)) || (reading < to && named(today - 1));
}
