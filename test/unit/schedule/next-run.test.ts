import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nextRun } from '../../../main/core/schedule/next-run.ts';
import type { ScheduleSettings } from '../../../shared/model/settings.ts';
import {
  dateText,
  dateTimeText,
  instantOfLocal,
  localTimeAt,
  parseLocalTime,
} from '../../../shared/model/time.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const at = (text: string, zone = 'Europe/Sofia'): number => instantOfLocal(parseLocalTime(text)!, zone);
const shown = (instant: number, zone = 'Europe/Sofia'): string =>
  dateTimeText(localTimeAt(instant, zone)).slice(0, 16);

function next(
  schedule: ScheduleSettings,
  last: string | undefined,
  now: string,
  zone = 'Europe/Sofia',
): string {
  const lastStarted = last === undefined ? undefined : at(last, zone);
  return shown(nextRun({ schedule, zone, lastStarted, now: at(now, zone) }), zone);
}

describe('an interval', () => {
  test.each([
    ['counts from the last start', '2026-03-02T08:00', '2026-03-02T08:01', '2026-03-02T08:05'],
    ['missed while off happens once, now', '2026-03-01T08:00', '2026-03-02T08:01', '2026-03-02T08:01'],
    ['never started is due now', undefined, '2026-03-02T08:01', '2026-03-02T08:01'],
    [
      'a clock set back a little does not stretch it',
      '2026-03-02T08:00',
      '2026-03-02T07:58',
      '2026-03-02T08:03',
    ],
    [
      'a clock that was wrong by months does not stop it',
      '2026-09-02T08:00',
      '2026-03-02T08:00',
      '2026-03-02T08:00',
    ],
  ])('%s', (_, last, now, expected) => {
    expect(next('5m', last, now)).toBe(expected);
  });

  test('is elapsed time over a change of the clocks', () => {
    // 29 March 2026: 03:00 becomes 04:00 in Sofia.
    expect(next('2h', '2026-03-29T02:00', '2026-03-29T02:00')).toBe('2026-03-29T05:00');
  });
});

describe('times of day', () => {
  const morning: ScheduleSettings = { at: ['06:30', '18:00'] };

  test.each([
    ['the next one', '2026-03-02T06:30', '2026-03-02T07:00', '2026-03-02T18:00'],
    ['tomorrow after the last', '2026-03-02T18:00', '2026-03-02T18:00', '2026-03-03T06:30'],
    ['one for all that were missed', '2026-02-20T18:00', '2026-03-02T07:00', '2026-03-02T07:00'],
    ['not again after a clock set back over it', '2026-03-02T06:30', '2026-03-02T06:29', '2026-03-02T18:00'],
  ])('%s', (_, last, now, expected) => {
    expect(next(morning, last, now)).toBe(expected);
  });

  test('one that the clocks jump over runs right after the jump; one that they repeat runs once', () => {
    expect(next({ at: ['03:30'] }, '2026-03-28T12:00', '2026-03-28T12:00')).toBe('2026-03-29T04:30');
    // 25 October 2026: 04:00 becomes 03:00 in Sofia.
    const first = at('2026-10-25T03:30');
    expect(
      nextRun({ schedule: { at: ['03:30'] }, zone: 'Europe/Sofia', lastStarted: first, now: first }),
    ).toBe(first + 25 * HOUR);
  });

  test('kept to weekdays', () => {
    // 6 March 2026 is a Friday.
    expect(next({ at: ['06:00'], weekdays: ['mon', 'fri'] }, '2026-03-06T06:00', '2026-03-06T07:00')).toBe(
      '2026-03-09T06:00',
    );
  });
});

describe('windows and weekdays', () => {
  const office: ScheduleSettings = {
    every: '30m',
    weekdays: ['mon', 'tue'],
    window: { from: '08:00', to: '18:00' },
  };

  test.each([
    ['inside: as asked', '2026-03-02T09:00', '2026-03-02T09:10', '2026-03-02T09:30'],
    ['the end is outside', '2026-03-02T17:30', '2026-03-02T17:40', '2026-03-03T08:00'],
    [
      'after the last allowed day: the week after',
      '2026-03-03T17:45',
      '2026-03-03T17:50',
      '2026-03-09T08:00',
    ],
    [
      'missed on the weekend: when the window opens',
      '2026-03-03T17:45',
      '2026-03-08T12:00',
      '2026-03-09T08:00',
    ],
    ['never started: when the window opens', undefined, '2026-03-02T06:00', '2026-03-02T08:00'],
  ])('%s', (_, last, now, expected) => {
    expect(next(office, last, now)).toBe(expected);
  });

  test('a window over midnight belongs to the day it opens on', () => {
    const night: ScheduleSettings = {
      every: '1h',
      weekdays: ['fri'],
      window: { from: '22:00', to: '04:00' },
    };
    expect(next(night, '2026-03-07T02:00', '2026-03-07T02:10')).toBe('2026-03-07T03:00');
    expect(next(night, '2026-03-07T03:00', '2026-03-07T03:10')).toBe('2026-03-13T22:00');
    expect(next(night, '2026-03-05T23:00', '2026-03-06T01:00')).toBe('2026-03-06T22:00');
    const small: ScheduleSettings = {
      at: ['02:00'],
      weekdays: ['fri'],
      window: { from: '22:00', to: '04:00' },
    };
    expect(next(small, '2026-03-02T02:00', '2026-03-05T12:00')).toBe('2026-03-07T02:00');
  });

  test('a window that the clocks jump over is not left out', () => {
    const gap: ScheduleSettings = { every: '1h', window: { from: '03:00', to: '04:00' } };
    expect(next(gap, '2026-03-28T03:30', '2026-03-28T12:00')).toBe('2026-03-29T04:00');
    expect(next(gap, '2026-03-28T03:30', '2026-03-29T04:10')).toBe('2026-03-29T04:10');
    expect(next(gap, '2026-03-28T03:30', '2026-03-29T05:10')).toBe('2026-03-30T03:00');
  });

  test('a time of day outside the window runs when it opens', () => {
    expect(
      next({ at: ['05:00'], window: { from: '08:00', to: '18:00' } }, '2026-03-02T08:00', '2026-03-02T09:00'),
    ).toBe('2026-03-03T08:00');
  });

  test('with nothing else: once a day when it opens', () => {
    expect(next({ window: { from: '22:00', to: '23:00' } }, '2026-03-02T22:00', '2026-03-02T22:30')).toBe(
      '2026-03-03T22:00',
    );
  });
});

// Zones whose clocks change at odd hours, at midnight, by half an hour, by a day, or not at all.
const ZONES = [
  'Europe/Sofia',
  'Europe/Berlin',
  'Europe/London',
  'America/New_York',
  'America/Sao_Paulo',
  'America/Havana',
  'America/St_Johns',
  'Asia/Beirut',
  'Asia/Kathmandu',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Africa/Cairo',
  'Australia/Lord_Howe',
  'Pacific/Apia',
  'Pacific/Chatham',
  'UTC',
];

describe('in every zone', () => {
  const zone = fc.constantFrom(...ZONES);
  const clock = fc
    .tuple(fc.nat({ max: 23 }), fc.nat({ max: 59 }))
    .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`);
  // 2008 to 2030: Apia skipped 30 December 2011, Brazil and Iran gave the change up in between.
  const moment = fc
    .integer({ min: Date.UTC(2008, 0, 1) / MINUTE, max: Date.UTC(2030, 0, 1) / MINUTE })
    .map((m) => m * MINUTE);

  /** Moments just before the clocks of the zone change, where mistakes live. */
  function changes(inZone: string, from: number, days: number): number[] {
    const offset = (t: number): number => at(dateTimeText(localTimeAt(t, inZone)), 'UTC') - t;
    const found: number[] = [];
    for (let t = from; t < from + days * DAY; t += DAY) if (offset(t) !== offset(t + DAY)) found.push(t);
    return found;
  }

  test('the changes of the clocks are among what is tried', () => {
    expect(changes('Europe/Sofia', Date.UTC(2026, 0, 1), 365)).toHaveLength(2);
  });

  /** Starts of a program that always runs, from `from` on, for some days. */
  function starts(schedule: ScheduleSettings, inZone: string, from: number, days: number): number[] {
    const all: number[] = [];
    let last = from;
    for (;;) {
      const due = nextRun({ schedule, zone: inZone, lastStarted: last, now: last });
      if (due >= from + days * DAY) return all;
      expect(due).toBeGreaterThan(last);
      all.push((last = due));
    }
  }

  test('every time of day runs once on each date the calendar has, never skipped, never doubled', () => {
    fc.assert(
      fc.property(zone, clock, moment, (inZone, time, around) => {
        const year = changes(inZone, around, 366);
        for (const from of [around, ...year.map((change) => change - 2 * DAY)]) {
          const runs = starts({ at: [time] }, inZone, from, 6);
          for (const [index, run] of runs.entries()) {
            const before = runs[index - 1];
            // A date left out by the calendar makes one gap of a day; a clock change at most a few hours.
            if (before !== undefined) {
              expect(run - before).toBeGreaterThanOrEqual(DAY - 2 * HOUR);
              expect(run - before).toBeLessThanOrEqual(DAY + 2 * HOUR);
            }
          }
          const dates = runs.map((run) => dateText(localTimeAt(run, inZone)));
          expect(new Set(dates).size).toBe(dates.length);
          expect(runs.length).toBeGreaterThanOrEqual(5);
        }
      }),
      { numRuns: 150 },
    );
  });

  test('a run is never before now, never before it is due, and inside its window', () => {
    const every = fc.integer({ min: 1, max: 600 }).map((m) => `${String(m)}m`);
    fc.assert(
      fc.property(
        zone,
        every,
        clock,
        clock,
        moment,
        fc.nat({ max: 3 * DAY }),
        (inZone, interval, from, to, last, off) => {
          fc.pre(from !== to);
          const schedule: ScheduleSettings = { every: interval, window: { from, to } };
          const now = last + off;
          const due = nextRun({ schedule, zone: inZone, lastStarted: last, now });
          expect(due).toBeGreaterThanOrEqual(now);
          expect(due - last).toBeGreaterThanOrEqual(Number(interval.slice(0, -1)) * MINUTE);
          expect(due - Math.max(now, last)).toBeLessThan(3 * DAY);
          const wall = dateTimeText(localTimeAt(due, inZone)).slice(11, 16);
          const inside = from < to ? wall >= from && wall < to : wall >= from || wall < to;
          // Only where the clocks change within a day may the reading on the wall be another than the window's.
          if (!inside) expect(changes(inZone, due - DAY, 2).length).toBeGreaterThan(0);
        },
      ),
      { numRuns: 300 },
    );
  });

  test('asking again later gives the same run until it is due', () => {
    const schedule = fc.constantFrom<ScheduleSettings>(
      '45m',
      { at: ['02:30', '03:00', '23:59'] },
      { every: '2h', window: { from: '23:00', to: '03:30' } },
      { weekdays: ['sun'], at: ['00:00'] },
    );
    fc.assert(
      fc.property(
        zone,
        schedule,
        moment,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (inZone, settings, last, part) => {
          const due = nextRun({ schedule: settings, zone: inZone, lastStarted: last, now: last });
          const later = Math.floor(last + (due - last) * part);
          expect(nextRun({ schedule: settings, zone: inZone, lastStarted: last, now: later })).toBe(due);
        },
      ),
      { numRuns: 300 },
    );
  });
});
