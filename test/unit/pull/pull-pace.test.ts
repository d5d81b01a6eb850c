import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LEAST_MS, CallPace, pacedMs, throttlesAfter } from '../../../main/core/packets/pull/pull-pace.ts';

const MINUTE = 60_000;

describe('time between two scheduled runs', () => {
  test.each([
    [5 * MINUTE, 0, 0, 5 * MINUTE],
    [1_000, 0, 0, MINUTE],
    [5 * MINUTE, 1, 0, 10 * MINUTE],
    [5 * MINUTE, 2, 0, 20 * MINUTE],
    [5 * MINUTE, 3, 0, 30 * MINUTE],
    [5 * MINUTE, 60, 0, 30 * MINUTE],
    [1_000, 1, 0, 2 * MINUTE],
    // A schedule that is rarer than the longest stretch stays what it is.
    [60 * MINUTE, 5, 0, 60 * MINUTE],
    [5 * MINUTE, 0, 0.5, 5 * MINUTE + 7_500],
    [60 * MINUTE, 0, 0.5, 60 * MINUTE + 15_000],
  ])('%i ms, refused %i times, jitter %f: %i ms', (scheduled, throttles, jitter, expected) => {
    expect(pacedMs(scheduled, { throttles, jitter })).toBe(expected);
  });

  test('is never shorter than a minute or than the schedule, nor longer than half an hour more than either', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 7 * 86_400_000 }),
        fc.nat(100),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (scheduled, throttles, jitter) => {
          const ms = pacedMs(scheduled, { throttles, jitter });
          expect(ms).toBeGreaterThanOrEqual(Math.max(scheduled, LEAST_MS));
          expect(ms).toBeLessThanOrEqual(Math.max(scheduled, 30 * MINUTE) + 30_000);
        },
      ),
    );
  });

  test('runs that are well take refusals back one by one; other failures say nothing about them', () => {
    const throttled = { kind: 'throttled', endpoint: 'cloud:x' } as const;
    const away = { kind: 'unreachable', endpoint: 'cloud:x', cause: '' } as const;
    let throttles = 0;
    const seen = [throttled, throttled, away, undefined, undefined, undefined].map((failure) => {
      throttles = throttlesAfter(throttles, failure);
      return throttles;
    });
    expect(seen).toEqual([1, 2, 2, 1, 0, 0]);
  });
});

test('calls at a rate: a few at once, then spaced; no minute holds more than the rate', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 600 }),
      fc.array(fc.integer({ min: 0, max: 5_000 }), { minLength: 1, maxLength: 200 }),
      (perMinute, gaps) => {
        const pace = new CallPace(perMinute);
        let now = 0;
        const sent: number[] = [];
        for (const gap of gaps) {
          now += gap;
          sent.push(now + pace.takeTurn(now));
        }
        expect(sent).toEqual(sent.toSorted((one, other) => one - other));
        for (const from of sent) {
          const within = sent.filter((at) => at >= from && at < from + MINUTE).length;
          expect(within).toBeLessThanOrEqual(perMinute);
        }
      },
    ),
  );
});

test('a rate is used up to the last call: a minute’s worth goes out within a minute', () => {
  const pace = new CallPace(60);
  const sent = Array.from({ length: 120 }, () => pace.takeTurn(0));
  expect(sent.slice(0, 10)).toEqual(Array.from({ length: 10 }, () => 0));
  expect(sent[59]).toBeLessThan(MINUTE);
  expect(sent[119]).toBeLessThan(2 * MINUTE + 2_000);
});
