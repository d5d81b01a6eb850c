import type { Instant } from '../model/time.ts';

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** What a sentence about time depends on. */
export interface Viewpoint {
  readonly now: Instant;
  readonly timeZone: string;
  readonly locale: string;
}

/** A catalogue key with its count, or text that is finished. */
export type TimeWords = { readonly key: TimeKey; readonly count: number } | { readonly text: string };
type TimeKey =
  | 'time.now'
  | 'time.seconds'
  | 'time.minutes'
  | 'time.inSeconds'
  | 'time.inMinutes'
  | 'time.due'
  | 'time.seconds.for'
  | 'time.minutes.for'
  | 'time.hours.for'
  | 'time.days.for';

const formats = new Map<string, Intl.DateTimeFormat>();

function format(at: Instant, view: Viewpoint, options: Intl.DateTimeFormatOptions): string {
  const key = JSON.stringify([view.locale, view.timeZone, options]);
  let made = formats.get(key);
  if (made === undefined) {
    made = new Intl.DateTimeFormat(view.locale, { timeZone: view.timeZone, ...options });
    formats.set(key, made);
  }
  return made.format(at);
}

const day = (at: Instant, view: Viewpoint): string => format(at, view, { dateStyle: 'short' });

/** The clock on the same day, else day and clock: `10:32`, `3 May, 10:32`. */
export function clock(at: Instant, view: Viewpoint): string {
  const time = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  if (day(at, view) === day(view.now, view)) return format(at, view, time);
  const sameYear = format(at, view, { year: 'numeric' }) === format(view.now, view, { year: 'numeric' });
  return format(at, view, {
    day: 'numeric',
    month: 'short',
    ...(sameYear ? {} : { year: 'numeric' }),
    ...time,
  });
}

/** Everything: for tooltips and screen readers. */
export const exactTime = (at: Instant, view: Viewpoint): string =>
  format(at, view, { dateStyle: 'medium', timeStyle: 'long', hourCycle: 'h23' });

/** Relative up to an hour, then the clock, then the date. A time that is (by a wrong clock) yet to come is `just now`. */
export function ago(at: Instant, view: Viewpoint): TimeWords {
  const age = view.now - at;
  if (age < 5_000) return { key: 'time.now', count: 0 };
  if (age < MINUTE_MS) return { key: 'time.seconds', count: Math.floor(age / 1000) };
  if (age < HOUR_MS) return { key: 'time.minutes', count: Math.floor(age / MINUTE_MS) };
  return { text: clock(at, view) };
}

/** How long until then: a countdown below an hour, then the clock. */
export function when(at: Instant, view: Viewpoint): TimeWords {
  const left = at - view.now;
  if (left <= 0) return { key: 'time.due', count: 0 };
  if (left < 2 * MINUTE_MS) return { key: 'time.inSeconds', count: Math.ceil(left / 1000) };
  if (left < HOUR_MS) return { key: 'time.inMinutes', count: Math.ceil(left / MINUTE_MS) };
  return { text: clock(at, view) };
}

/** A length of time, in milliseconds. */
export function lasting(ms: number): TimeWords {
  if (ms < MINUTE_MS) return { key: 'time.seconds.for', count: Math.max(0, Math.round(ms / 1000)) };
  if (ms < HOUR_MS) return { key: 'time.minutes.for', count: Math.round(ms / MINUTE_MS) };
  if (ms < 2 * DAY_MS) return { key: 'time.hours.for', count: Math.round(ms / HOUR_MS) };
  return { key: 'time.days.for', count: Math.round(ms / DAY_MS) };
}
