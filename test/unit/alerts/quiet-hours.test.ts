import { describe, expect, test } from 'vitest';
import { isQuiet } from '../../../main/core/alerts/quiet-hours.ts';
import { instantOfLocal, parseLocalTime } from '../../../shared/model/time.ts';

const ZONE = 'Europe/Sofia';
const at = (text: string): number => instantOfLocal(parseLocalTime(text)!, ZONE);

describe('quiet hours', () => {
  const night = { from: '22:00', to: '06:00' };

  test.each([
    ['2026-11-16T21:59', false],
    ['2026-11-16T22:00', true],
    ['2026-11-17T00:00', true],
    ['2026-11-17T05:59', true],
    ['2026-11-17T06:00', false],
  ])('over midnight: %s %s', (text, quiet) => {
    expect(isQuiet(at(text), night, ZONE)).toBe(quiet);
  });

  test('within a day, the whole day, and none', () => {
    const noon = { from: '12:00', to: '13:00' };
    expect(
      ['11:59', '12:00', '12:59', '13:00'].map((time) => isQuiet(at(`2026-11-16T${time}`), noon, ZONE)),
    ).toEqual([false, true, true, false]);
    expect(isQuiet(at('2026-11-16T03:00'), { from: '08:00', to: '08:00' }, ZONE)).toBe(true);
    expect(isQuiet(at('2026-11-16T03:00'), undefined, ZONE)).toBe(false);
  });

  test('a weekday is the evening they begin on', () => {
    // 2026-11-20 is a Friday.
    const friday = { ...night, weekdays: ['fri' as const] };
    expect(
      ['2026-11-20T05:00', '2026-11-20T23:00', '2026-11-21T05:00', '2026-11-21T23:00'].map((text) =>
        isQuiet(at(text), friday, ZONE),
      ),
    ).toEqual([false, true, true, false]);
  });

  test('both changes of the clock: the wall decides', () => {
    // Sofia: 29 March 2026 03:00 becomes 04:00; 25 October 2026 04:00 becomes 03:00.
    const spring = at('2026-03-29T02:59');
    expect(isQuiet(spring, { from: '02:30', to: '03:30' }, ZONE)).toBe(true);
    expect(isQuiet(spring + 60_000, { from: '02:30', to: '03:30' }, ZONE)).toBe(false);
    const first = at('2026-10-25T03:30');
    const hours = { from: '03:00', to: '03:45' };
    expect([0, 15, 30, 60, 75].map((minutes) => isQuiet(first + minutes * 60_000, hours, ZONE))).toEqual([
      true,
      false,
      true,
      true,
      false,
    ]);
  });
});
