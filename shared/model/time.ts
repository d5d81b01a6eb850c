/** Milliseconds since 1970-01-01 UTC. Durations are plain milliseconds and say so in their name. */
export type Instant = number;

const UNIT_MS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `30s`, `5m`, `24h`, `90d` to milliseconds; undefined for anything else. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text);
  const unit = match?.[2] === undefined ? undefined : UNIT_MS[match[2]];
  return match?.[1] === undefined || unit === undefined ? undefined : Number(match[1]) * unit;
}

/** A wall-clock reading without a zone, as ERP columns and zone-less texts hold it. */
export interface LocalTime {
  readonly year: number;
  /** 1 to 12. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
  readonly millisecond: number;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function formatFor(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: zone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
      era: 'short',
    });
    formats.set(zone, format);
  }
  return format;
}

/** True for an IANA zone this runtime knows. */
export function isTimeZone(zone: string): boolean {
  try {
    formatFor(zone);
    return true;
  } catch {
    return false;
  }
}

/** Not `Date.UTC`, which takes the years 0 to 99 for 1900 to 1999. */
function asUtc(t: LocalTime): number {
  const date = new Date(0);
  date.setUTCFullYear(t.year, t.month - 1, t.day);
  return date.setUTCHours(t.hour, t.minute, t.second, t.millisecond);
}

/** What the clock on the wall of `zone` shows at `instant`. */
export function localTimeAt(instant: Instant, zone: string): LocalTime {
  const part: Record<string, string> = {};
  for (const { type, value } of formatFor(zone).formatToParts(instant)) part[type] = value;
  const year = Number(part['year']);
  return {
    year: part['era'] === 'BC' ? 1 - year : year,
    month: Number(part['month']),
    day: Number(part['day']),
    hour: Number(part['hour']),
    minute: Number(part['minute']),
    second: Number(part['second']),
    millisecond: ((instant % 1000) + 1000) % 1000,
  };
}

const offsetAt = (instant: Instant, zone: string): number => asUtc(localTimeAt(instant, zone)) - instant;

/**
 * The moment a wall clock in `zone` showed `local`. A reading that occurred twice (autumn) means the first time; one
 * that never occurred (spring) means the same distance after the gap's start, so no value is refused and both
 * directions agree for every reading that exists.
 */
export function instantOfLocal(local: LocalTime, zone: string): Instant {
  const naive = asUtc(local);
  const dayMs = 86_400_000;
  const before = offsetAt(naive - dayMs, zone);
  const after = offsetAt(naive + dayMs, zone);
  const early = naive - before;
  if (offsetAt(early, zone) === before) return early;
  const late = naive - after;
  if (offsetAt(late, zone) === after) return late;
  return early;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** `2025-03-10`. */
export const dateText = (t: LocalTime): string =>
  `${String(t.year).padStart(4, '0')}-${two(t.month)}-${two(t.day)}`;

/** `2025-03-10T08:15:30.120`. */
export const dateTimeText = (t: LocalTime): string =>
  `${dateText(t)}T${two(t.hour)}:${two(t.minute)}:${two(t.second)}.${String(t.millisecond).padStart(3, '0')}`;

const LOCAL = /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?$/;

/** Reads `2025-03-10`, `2025-03-10T08:15`, with seconds and fraction (cut to milliseconds); undefined when it is no date. */
export function parseLocalTime(text: string): LocalTime | undefined {
  const m = LOCAL.exec(text);
  if (m === null) return undefined;
  const t: LocalTime = {
    year: Number(m[1]),
    month: Number(m[2]),
    day: Number(m[3]),
    hour: Number(m[4] ?? 0),
    minute: Number(m[5] ?? 0),
    second: Number(m[6] ?? 0),
    millisecond: Number((m[7] ?? '0').padEnd(3, '0').slice(0, 3)),
  };
  const check = new Date(asUtc(t));
  return check.getUTCMonth() + 1 === t.month &&
    check.getUTCDate() === t.day &&
    t.hour < 24 &&
    t.minute < 60 &&
    t.second < 60
    ? t
    : undefined;
}
