import { dateTimeText } from '../../../shared/model/time.ts';

const DAY_MS = 86_400_000;
/** Days of some years: most tables have fewer. */
const KEPT_DAYS = 4_096;

const digits = (count: number, length: number): readonly string[] =>
  Array.from({ length: count }, (_, value) => String(value).padStart(length, '0'));
const TWO = digits(60, 2);
const THREE = digits(1_000, 3);

/** `2025-03-10T`, by days since 1970. */
const days = new Map<number, string>();

function dayText(day: number): string {
  let text = days.get(day);
  if (text === undefined) {
    if (days.size >= KEPT_DAYS) days.clear();
    const date = new Date(day * DAY_MS);
    text = dateTimeText({
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      hour: 0,
      minute: 0,
      second: 0,
      millisecond: 0,
    }).slice(0, 11);
    days.set(day, text);
  }
  return text;
}

/** A moment of the driver, milliseconds since 1970, as the text of a cell. A column has few days: each is written once. */
export function momentText(at: number): string {
  const day = Math.floor(at / DAY_MS);
  const rest = at - day * DAY_MS;
  if (rest === 0) return `${dayText(day)}00:00:00.000`;
  const seconds = Math.floor(rest / 1_000);
  const minutes = Math.floor(seconds / 60);
  return `${dayText(day)}${TWO[Math.floor(minutes / 60)] ?? ''}:${TWO[minutes % 60] ?? ''}:${TWO[seconds % 60] ?? ''}.${THREE[rest % 1_000] ?? ''}`;
}
