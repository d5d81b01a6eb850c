import { isPlainMoment } from '../../../shared/model/plain-text.ts';
import { localTimeAt } from '../../../shared/model/time.ts';
import type { Zones } from './convert.ts';

// Everything here is counted in whole minutes, and in days since 1970.
const MINUTE_MS = 60_000;
const DAY = 1_440;
/** Since then every zone is whole minutes from UTC, and changes its clock with a minute. */
const FIRST_YEAR = 1973;
const LAST_YEAR = 9_998;
/** Two zones may be more than a day apart, and never two. */
const FAR_DAYS = 2;
/** Days remembered at once. */
const KEPT = 4_096;

/** How far a zone's clock is from UTC in the three days around one day; `at` is when that changes, if it does. */
interface Offset {
  readonly before: number;
  readonly at: number;
  readonly after: number;
}
interface Day {
  readonly erp: Offset;
  readonly area: Offset;
  readonly start: number;
  /** Between the two clocks, where neither is changed. */
  readonly shift: number | undefined;
  /** `2025-03-10T`, of the days around it. */
  readonly dates: readonly string[];
}

const two = (value: number): string => String(value).padStart(2, '0');
const MINUTES = Array.from(
  { length: DAY },
  (_, minute) => `${two(Math.floor(minute / 60))}:${two(minute % 60)}:`,
);

/**
 * A moment as the ERP's clock shows it (canonical text) as the area's clock shows it, whole seconds and `Z`; undefined where
 * the thorough way has to look. It is the thorough way's own rule, for which the zones are asked once a day.
 */
export function quickShift(zones: Zones): (value: string) => string | undefined {
  const erp = clockOf(zones.erp);
  const area = clockOf(zones.area);
  const days = new Map<number, Day | null>();
  return (value) => {
    if (!isPlainMoment(value)) return undefined;
    const year = digits(value, 0) * 100 + digits(value, 2);
    if (year < FIRST_YEAR || year > LAST_YEAR) return undefined;
    const number = dayNumber(year, digits(value, 5), digits(value, 8));
    let day = days.get(number);
    if (day === undefined) {
      if (days.size >= KEPT) days.clear();
      day = dayOf(number, erp(number), area(number));
      days.set(number, day);
    }
    if (day === null) return undefined;
    const minute = digits(value, 11) * 60 + digits(value, 14);
    const shifted = day.shift === undefined ? shiftedOn(day, minute) : minute + day.shift;
    const over = Math.floor(shifted / DAY);
    return `${day.dates[over + FAR_DAYS] ?? ''}${MINUTES[shifted - over * DAY] ?? ''}${value.slice(17, 19)}Z`;
  };
}

/** As `instantOfLocal` has it: a reading that was there twice is the first, one that never was is as far after the change. */
function shiftedOn({ erp, area, start }: Day, minute: number): number {
  const shown = start + minute;
  const before = offsetAt(erp, shown - DAY);
  const after = offsetAt(erp, shown + DAY);
  const early = shown - before;
  const late = shown - after;
  const instant = offsetAt(erp, early) !== before && offsetAt(erp, late) === after ? late : early;
  return instant + offsetAt(area, instant) - start;
}

const offsetAt = ({ before, at, after }: Offset, instant: number): number => (instant < at ? before : after);

function dayOf(number: number, erp: Offset | undefined, area: Offset | undefined): Day | null {
  if (erp === undefined || area === undefined) return null;
  const even = erp.before === erp.after && area.before === area.after;
  return {
    erp,
    area,
    start: number * DAY,
    shift: even ? area.before - erp.before : undefined,
    dates: Array.from({ length: 2 * FAR_DAYS + 1 }, (_, index) => `${dateOf(number + index - FAR_DAYS)}T`),
  };
}

/** Asks a zone for the days before, of and after a day; undefined where it does what is not foreseen here. */
function clockOf(zone: string): (day: number) => Offset | undefined {
  const atMidnight = new Map<number, number>();
  const ask = (instant: number): number => {
    const t = localTimeAt(instant * MINUTE_MS, zone);
    return dayNumber(t.year, t.month, t.day) * DAY + t.hour * 60 + t.minute + t.second / 60 - instant;
  };
  const midnight = (day: number): number => {
    const known = atMidnight.get(day);
    if (known !== undefined) return known;
    if (atMidnight.size >= KEPT) atMidnight.clear();
    const offset = ask(day * DAY);
    atMidnight.set(day, offset);
    return offset;
  };
  return (day) => {
    // No clock is a day from UTC: whatever a reading of this day means, it is between the first and the last of these. And
    // none is changed and changed back within a day.
    const offsets = [day - 1, day, day + 1, day + 2].map(midnight);
    if (!offsets.every((offset) => Number.isInteger(offset))) return undefined;
    const [before = 0] = offsets;
    const after = offsets.at(-1) ?? before;
    const changed = offsets.findIndex((offset) => offset !== before);
    if (changed === -1) return { before, at: 0, after };
    if (offsets.slice(changed).some((offset) => offset !== after)) return undefined;
    let low = (day - 2 + changed) * DAY;
    let at = low + DAY;
    while (at - low > 1) {
      const middle = (low + at) >> 1;
      const offset = ask(middle);
      if (offset === before) low = middle;
      else if (offset === after) at = middle;
      else return undefined;
    }
    return { before, at, after };
  };
}

const ZERO = 0x30;
/** Two digits; whoever calls knows that they are there. */
const digits = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + (text.charCodeAt(at + 1) - ZERO);

const ERA_DAYS = 146_097;
/** From 1 March of the year 0, where the rule of leap years begins anew, to 1970. */
const EPOCH_DAYS = 719_468;

/** Years are taken to begin in March: a leap day is then their last. */
function dayNumber(year: number, month: number, day: number): number {
  const from = month > 2 ? year : year - 1;
  const inYear = Math.floor((153 * (month > 2 ? month - 3 : month + 9) + 2) / 5) + day - 1;
  return (
    from * 365 + Math.floor(from / 4) - Math.floor(from / 100) + Math.floor(from / 400) + inYear - EPOCH_DAYS
  );
}

/** `2025-03-10`. */
function dateOf(number: number): string {
  const since = number + EPOCH_DAYS;
  const era = Math.floor(since / ERA_DAYS);
  const inEra = since - era * ERA_DAYS;
  const from = Math.floor(
    (inEra - Math.floor(inEra / 1_460) + Math.floor(inEra / 36_524) - Math.floor(inEra / 146_096)) / 365,
  );
  const inYear = inEra - (365 * from + Math.floor(from / 4) - Math.floor(from / 100));
  const month = Math.floor((5 * inYear + 2) / 153);
  const day = inYear - Math.floor((153 * month + 2) / 5) + 1;
  const year = from + era * 400 + (month >= 10 ? 1 : 0);
  return `${year}-${two(month >= 10 ? month - 9 : month + 3)}-${two(day)}`;
}
