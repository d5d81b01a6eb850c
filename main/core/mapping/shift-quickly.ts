import { isPlainMoment } from '../../../shared/model/plain-text.ts';
import { dateText, instantOfLocal, localTimeAt, type LocalTime } from '../../../shared/model/time.ts';
import type { Zones } from './convert.ts';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
const DAY_MINUTES = 1_440;
/** Since then every zone is whole minutes from UTC, and changes its clock with a minute. */
const FIRST_YEAR = 1973;
const LAST_YEAR = 9_998;
/** Days, and minutes of days that are not even, remembered at once. */
const KEPT = 4_096;

/** A day of the ERP's clock on which, a day before and a day after, neither clock is changed. */
interface EvenDay {
  /** From the ERP's clock to the area's. */
  readonly shift: number;
  /** `2025-03-10T`, of the day before, the day and the day after. */
  readonly dates: readonly string[];
}

const two = (value: number): string => String(value).padStart(2, '0');
const MINUTES = Array.from(
  { length: DAY_MINUTES },
  (_, minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}:`,
);

/**
 * A moment as the ERP's clock shows it (canonical text) as the area's clock shows it, whole seconds and `Z`; undefined where
 * the thorough way has to look. Each day's difference of the two clocks is worked out once, by that way's own means; near a
 * change of either clock it is each minute's.
 */
export function quickShift(zones: Zones): (value: string) => string | undefined {
  const days = new Map<number, EvenDay | null>();
  const minutes = new Map<string, string | null>();
  return (value) => {
    if (!isPlainMoment(value)) return undefined;
    const year = number(value, 0) * 100 + number(value, 2);
    if (year < FIRST_YEAR || year > LAST_YEAR) return undefined;
    const key = (year * 100 + number(value, 5)) * 100 + number(value, 8);
    let day = days.get(key);
    if (day === undefined) {
      if (days.size >= KEPT) days.clear();
      day = evenDay(value, zones);
      days.set(key, day);
    }
    const seconds = value.slice(17, 19);
    if (day !== null) {
      const minute = number(value, 11) * 60 + number(value, 14) + day.shift;
      const days = minute < 0 ? -1 : minute >= DAY_MINUTES ? 1 : 0;
      return `${day.dates[days + 1] ?? ''}${MINUTES[minute - days * DAY_MINUTES] ?? ''}${seconds}Z`;
    }
    const start = value.slice(0, 16);
    let shifted = minutes.get(start);
    if (shifted === undefined) {
      if (minutes.size >= KEPT) minutes.clear();
      shifted = shiftedMinute(value, zones);
      minutes.set(start, shifted);
    }
    return shifted === null ? undefined : `${shifted}${seconds}Z`;
  };
}

const ZERO = 0x30;
/** Two digits; whoever calls knows that they are there. */
const number = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + (text.charCodeAt(at + 1) - ZERO);

const asUtc = (t: LocalTime): number => instantOfLocal(t, 'UTC');

const dayOf = (value: string): LocalTime => ({
  year: number(value, 0) * 100 + number(value, 2),
  month: number(value, 5),
  day: number(value, 8),
  hour: 0,
  minute: 0,
  second: 0,
  millisecond: 0,
});

/** Minutes the zone is from UTC throughout; undefined where that changes, or may. */
function evenOffset(from: number, zone: string): number | undefined {
  let offset: number | undefined;
  // No zone changes its clock and changes it back within a day.
  for (let at = from; at <= from + 3 * DAY_MS; at += DAY_MS) {
    const here = (asUtc(localTimeAt(at, zone)) - at) / MINUTE_MS;
    if (!Number.isInteger(here) || (offset !== undefined && here !== offset)) return undefined;
    offset = here;
  }
  return offset;
}

function evenDay(value: string, zones: Zones): EvenDay | null {
  const midnight = asUtc(dayOf(value));
  // No clock is a day from UTC: whatever a reading of this day means, it is between these two.
  const erp = evenOffset(midnight - DAY_MS, zones.erp);
  const area = evenOffset(midnight - DAY_MS, zones.area);
  if (erp === undefined || area === undefined) return null;
  const shift = area - erp;
  if (Math.abs(shift) >= DAY_MINUTES) return null;
  const dates = [-1, 0, 1].map((days) => `${dateText(localTimeAt(midnight + days * DAY_MS, 'UTC'))}T`);
  return { shift, dates };
}

/** `2025-03-10T08:15:` of the area's clock, where the whole minute has one. */
function shiftedMinute(value: string, { erp, area }: Zones): string | null {
  const first = { ...dayOf(value), hour: number(value, 11), minute: number(value, 14) };
  const last = { ...first, second: 59, millisecond: 999 };
  const start = localTimeAt(instantOfLocal(first, erp), area);
  const end = localTimeAt(instantOfLocal(last, erp), area);
  if (start.second !== 0 || asUtc(end) - asUtc(start) !== MINUTE_MS - 1) return null;
  return `${dateText(start)}T${MINUTES[start.hour * 60 + start.minute] ?? ''}`;
}
