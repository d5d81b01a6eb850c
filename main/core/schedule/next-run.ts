import type { ScheduleSettings } from '../../../shared/model/settings.ts';
import { parseDuration } from '../../../shared/model/time.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { dayAt, minutesOf, momentOf, weekdayOf } from './calendar.ts';
import type { DayNumber } from './calendar.ts';

const WEEKDAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const;
const DAY_MINUTES = 24 * 60;
/** A last start further ahead than this (or than the interval) was written by a clock that has been put right since. */
const CLOCK_ERROR_MS = 86_400_000;
/** A week of weekdays, and a day on each side for windows over midnight and zones that skipped a date. */
const DAYS_AHEAD = 9;

interface Rules {
  readonly everyMs: number | undefined;
  /** Minutes after midnight. */
  readonly at: readonly number[];
  readonly weekdays: ReadonlySet<number>;
  /** `to` beyond 24 h means the next day. */
  readonly window: { readonly from: number; readonly to: number };
}

/**
 * When a flow runs next. `now` or earlier than now never comes back for a run that is not due: a result equal to `now`
 * means due at once. A flow that never started is due at the first allowed moment; runs missed while the program was off
 * happen once. A weekday means the day on which its window opens, so `fri` with 22:00 to 04:00 covers Saturday 02:00.
 * With neither `every` nor `at` it runs once per allowed day, when the window opens. Pure.
 */
export function nextRun(question: {
  readonly schedule: ScheduleSettings;
  readonly zone: string;
  readonly lastStarted: Instant | undefined;
  readonly now: Instant;
}): Instant {
  const { zone, now } = question;
  const rules = rulesOf(question.schedule);
  const last = question.lastStarted;
  const tolerance = Math.max(rules.everyMs ?? 0, CLOCK_ERROR_MS);
  const due = last === undefined || last - now > tolerance ? now : dueAfter(rules, zone, last, now);
  return firstAllowed(rules, zone, Math.max(due, now));
}

/**
 * Whether a run is late by more than `graceMs`: it was due that long ago and has not started since. A moment that has
 * passed without a window being open then is not late, its run is missed. Pure.
 */
export function isOverdue(question: Parameters<typeof nextRun>[0] & { readonly graceMs: number }): boolean {
  const then = question.now - question.graceMs;
  return nextRun({ ...question, now: then }) <= then;
}

function rulesOf(schedule: ScheduleSettings): Rules {
  const given = typeof schedule === 'string' ? { every: schedule } : schedule;
  const from = given.window === undefined ? 0 : minutesOf(given.window.from);
  const end = given.window === undefined ? DAY_MINUTES : minutesOf(given.window.to);
  const everyMs = given.every === undefined ? undefined : parseDuration(given.every);
  const daily = everyMs === undefined && given.at === undefined ? [from] : [];
  return {
    everyMs,
    at: given.at?.map(minutesOf) ?? daily,
    weekdays: new Set((given.weekdays ?? WEEKDAYS).map((day) => WEEKDAYS.indexOf(day))),
    window: { from, to: end > from ? end : end + DAY_MINUTES },
  };
}

/** The earliest moment after `last` that the interval or a time of day asks for. */
function dueAfter(rules: Rules, zone: string, last: Instant, now: Instant): Instant {
  const asked: Instant[] = [];
  // A clock set back a little must not stretch the interval: it is counted from the earlier of the two.
  if (rules.everyMs !== undefined) asked.push(Math.min(last, now) + rules.everyMs);
  if (rules.at.length > 0) asked.push(nextTimeOfDay(rules, zone, last));
  return Math.min(...asked);
}

function nextTimeOfDay(rules: Rules, zone: string, last: Instant): Instant {
  const today = dayAt(last, zone);
  const times: Instant[] = [];
  for (let day = today - 1; day <= today + DAYS_AHEAD; day += 1)
    for (const minutes of rules.at)
      if (rules.weekdays.has(weekdayOf(openingDay(rules, day, minutes)))) {
        const moment = momentOf(day, minutes, zone);
        if (moment > last) times.push(moment);
      }
  return Math.min(...times);
}

/** The small hours belong to the window that opened the evening before. */
function openingDay(rules: Rules, day: DayNumber, minutes: number): DayNumber {
  return minutes < rules.window.from && minutes + DAY_MINUTES < rules.window.to ? day - 1 : day;
}

/** The first moment from `from` on that lies in a window of an allowed weekday. */
function firstAllowed(rules: Rules, zone: string, from: Instant): Instant {
  const today = dayAt(from, zone);
  let best = Number.POSITIVE_INFINITY;
  // Two days back: a window over midnight, in a zone that skipped a date.
  for (let day = today - 2; day <= today + DAYS_AHEAD; day += 1) {
    if (!rules.weekdays.has(weekdayOf(day))) continue;
    const { opens, closes } = windowOf(rules, zone, day);
    if (from < closes) best = Math.min(best, Math.max(opens, from));
  }
  return best;
}

/** A window that the clocks jump over is held for its length right after the jump, so that its day is not left out. */
function windowOf(rules: Rules, zone: string, day: DayNumber): { opens: Instant; closes: Instant } {
  const { from, to } = rules.window;
  const opens = momentOf(day, from, zone);
  const closes = momentOf(day + Math.floor(to / DAY_MINUTES), to % DAY_MINUTES, zone);
  return { opens, closes: closes > opens ? closes : opens + (to - from) * 60_000 };
}
