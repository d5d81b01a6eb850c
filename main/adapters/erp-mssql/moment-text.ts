import { dateTimeText } from '../../../shared/model/time.ts';

const DAY_MS = 86_400_000;
/** 1990 to 2060, where nearly every date of an ERP lies. */
const FIRST_DAY = 7_305;
const NEAR_DAYS = 25_568;
/** Days of other times: the few that stand for no date, and some years. */
const KEPT_DAYS = 4_096;

const digits = (count: number, length: number): readonly string[] =>
  Array.from({ length: count }, (_, value) => String(value).padStart(length, '0'));
const TWO = digits(60, 2);
const THREE = digits(1_000, 3);
/** `08:15:`, by minutes of the day. */
const MINUTES = Array.from(
  { length: 1_440 },
  (_, value) => `${TWO[Math.floor(value / 60)] ?? ''}:${TWO[value % 60] ?? ''}:`,
);

interface Day {
  /** `2025-03-10T`. */
  readonly start: string;
  readonly midnight: string;
}

/** By days since the first. Of full length from the start: a list that grows by leaps is a slow one. */
const nearDays = Array.from<Day | undefined>({ length: NEAR_DAYS });
/** By days since 1970. */
const otherDays = new Map<number, Day>();

function dayOf(number: number): Day {
  const index = number - FIRST_DAY;
  if (index >= 0 && index < NEAR_DAYS) return (nearDays[index] ??= newDay(number));
  const known = otherDays.get(number);
  if (known !== undefined) return known;
  if (otherDays.size >= KEPT_DAYS) otherDays.clear();
  const day = newDay(number);
  otherDays.set(number, day);
  return day;
}

function newDay(number: number): Day {
  const date = new Date(number * DAY_MS);
  const midnight = dateTimeText({
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: 0,
    minute: 0,
    second: 0,
    millisecond: 0,
  });
  return { start: midnight.slice(0, 11), midnight };
}

/** A moment of the driver, milliseconds since 1970, as the text of a cell. A column has few days: each is written once. */
export function momentText(at: number): string {
  const number = Math.floor(at / DAY_MS);
  const day = dayOf(number);
  const rest = at - number * DAY_MS;
  if (rest === 0) return day.midnight;
  const minute = Math.floor(rest / 60_000);
  const ms = rest - minute * 60_000;
  return `${day.start}${MINUTES[minute] ?? ''}${TWO[Math.floor(ms / 1_000)] ?? ''}.${THREE[ms % 1_000] ?? ''}`;
}
