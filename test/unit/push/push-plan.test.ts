import { describe, expect, test } from 'vitest';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import {
  holdFor,
  quietEnd,
  unchanged,
  uploadHold,
  type PushRules,
} from '../../../main/core/packets/push/push-plan.ts';
import { chooseUsers } from '../../../main/core/packets/push/push-users.ts';
import { isQuiet, type QuietHours } from '../../../main/core/alerts/quiet-hours.ts';
import { sha256 } from '../../../shared/model/ids.ts';

const ZONE = 'Europe/Sofia';
const at = (text: string): number => Date.parse(text);
const iso = (moment: number | undefined): string | undefined =>
  moment === undefined ? undefined : new Date(moment).toISOString();
const rules = (change: Partial<PushRules> = {}): PushRules => ({
  pausedUsers: [],
  zone: ZONE,
  minIntervalMs: 900_000,
  ...change,
});
const NOW = at('2026-03-02T08:00:00Z');
const question = { user: 'anna', lastAcceptedAt: undefined, now: NOW, byHand: false };

describe('the end of quiet hours', () => {
  const night: QuietHours = { from: '22:00', to: '06:00' };

  test.each([
    ['in the evening', '2026-03-02T21:00:00Z', '2026-03-03T04:00:00.000Z'],
    ['after midnight', '2026-03-02T23:30:00Z', '2026-03-03T04:00:00.000Z'],
    ['outside', '2026-03-02T08:00:00Z', '2026-03-02T08:00:00.000Z'],
    ['at their very end', '2026-03-03T04:00:00Z', '2026-03-03T04:00:00.000Z'],
    // Spring: the night of 29 March 2026 is an hour shorter; autumn: that of 25 October an hour longer.
    ['in the night the clocks go forward', '2026-03-28T23:00:00Z', '2026-03-29T03:00:00.000Z'],
    ['in the night the clocks go back', '2026-10-24T23:00:00Z', '2026-10-25T04:00:00.000Z'],
  ])('%s', (_, now, end) => {
    expect(iso(quietEnd(at(now), night, ZONE))).toBe(end);
  });

  test('an end that the clocks skip is where they jump to', () => {
    // 03:00 to 04:00 does not exist on 29 March.
    expect(iso(quietEnd(at('2026-03-29T00:30:00Z'), { from: '01:00', to: '03:30' }, ZONE))).toBe(
      '2026-03-29T01:00:00.000Z',
    );
  });

  test('an end that the clocks repeat comes twice, and the repeated part is quiet again', () => {
    // 03:00 to 04:00 comes twice on 25 October: at 00:00 and at 01:00 UTC.
    const hours: QuietHours = { from: '01:00', to: '03:30' };
    expect(iso(quietEnd(at('2026-10-24T23:30:00Z'), hours, ZONE))).toBe('2026-10-25T00:30:00.000Z');
    expect(isQuiet(at('2026-10-25T01:10:00Z'), hours, ZONE)).toBe(true);
    expect(iso(quietEnd(at('2026-10-25T01:10:00Z'), hours, ZONE))).toBe('2026-10-25T01:30:00.000Z');
  });

  test('weekdays: Friday evening until Saturday morning, and whole days', () => {
    const friday: QuietHours = { from: '22:00', to: '06:00', weekdays: ['fri'] };
    expect(iso(quietEnd(at('2026-03-07T02:00:00Z'), friday, ZONE))).toBe('2026-03-07T04:00:00.000Z');
    const sunday: QuietHours = { from: '00:00', to: '00:00', weekdays: ['sun'] };
    expect(iso(quietEnd(at('2026-03-08T10:00:00Z'), sunday, ZONE))).toBe('2026-03-08T22:00:00.000Z');
  });

  test('hours that touch the next day’s are one; hours without an end have none', () => {
    const weekend: QuietHours = { from: '06:00', to: '06:00', weekdays: ['sat', 'sun'] };
    expect(iso(quietEnd(at('2026-03-07T10:00:00Z'), weekend, ZONE))).toBe('2026-03-09T04:00:00.000Z');
    expect(quietEnd(NOW, { from: '06:00', to: '06:00' }, ZONE)).toBeUndefined();
  });

  test('what is said is true, whatever the hours and the moment: quiet until then, and not then', () => {
    const clocks = ['00:00', '03:00', '03:30', '04:00', '22:10'];
    const moments = ['2026-03-28T20:00:00Z', '2026-10-24T20:00:00Z'].map(at);
    for (const from of clocks)
      for (const to of clocks.filter((one) => one !== from))
        for (const start of moments)
          for (let step = 0; step < 7; step += 1) {
            const now = start + step * 97 * 60_000;
            const hours = { from, to };
            const end = quietEnd(now, hours, ZONE);
            if (end === undefined) throw new Error(`no end of ${from} to ${to} at ${iso(now)}`);
            expect(isQuiet(end, hours, ZONE)).toBe(false);
            if (end > now) expect(isQuiet(end - 60_000, hours, ZONE)).toBe(true);
          }
  });
});

describe('whether a snapshot may leave', () => {
  test('without rules always', () => {
    expect(uploadHold(undefined, question)).toBeUndefined();
    expect(uploadHold(rules(), question)).toBeUndefined();
  });

  test('the interval, with a clock set back that makes it send', () => {
    const held = (age: number): unknown => uploadHold(rules(), { ...question, lastAcceptedAt: NOW - age });
    expect(held(0)).toEqual({ why: 'interval', until: NOW + 900_000 });
    expect(held(899_999)).toEqual({ why: 'interval', until: NOW + 1 });
    expect(held(900_000)).toBeUndefined();
    expect(held(-1)).toBeUndefined();
  });

  test('a person ends quiet hours and interval, not a pilot or a pause', () => {
    const byHand = { ...question, byHand: true, lastAcceptedAt: NOW };
    const quietHours = { from: '00:00', to: '00:00' };
    expect(uploadHold(rules({ quietHours }), byHand)).toBeUndefined();
    expect(uploadHold(rules({ quietHours, pilot: [] }), byHand)).toEqual({ why: 'pilot' });
    expect(uploadHold(rules({ pausedUsers: ['ANNA'] }), byHand)).toEqual({ why: 'paused' });
    expect(uploadHold(rules({ pilot: ['Anna'] }), byHand)).toBeUndefined();
  });
});

describe('who gets a snapshot', () => {
  const user = (name: string): ErpUser => ({ name, values: new Map() });
  const choose = (
    names: readonly string[],
    change: Partial<PushRules> = {},
  ): ReturnType<typeof chooseUsers> => chooseUsers(names.map(user), 'the query of the users', rules(change));

  test('nobody is never all', () => {
    expect(choose([])).toMatchObject({ ok: false, failure: { code: 'no-users' } });
  });

  test('everybody is counted once, whatever holds him', () => {
    const found = choose(['anna', 'bob', 'carl', 'dora', 'Dora'], {
      pilot: ['anna', 'dora', 'carl'],
      pausedUsers: ['carl'],
    });
    expect(found).toMatchObject({
      ok: true,
      value: {
        all: 4,
        heldByPilot: 1,
        heldByPause: 1,
        chosen: [{ name: 'anna' }],
        refused: [{ where: '"dora"' }],
      },
    });
  });

  test('the same name and other capitals have words of their own', () => {
    const words = (names: readonly string[]): unknown => {
      const found = choose(names);
      return found.ok ? found.value.refused[0] : undefined;
    };
    expect(words(['a', 'a', 'a'])).toMatchObject({ message: 'the name occurs 3 times' });
    expect(words(['a', 'A'])).toMatchObject({ message: expect.stringContaining('also written "A"') });
  });
});

test('unchanged: the same bytes under the same model, accepted lately', () => {
  const hash = sha256('a'.repeat(64));
  const last = { contentHash: hash, modelHash: 'm', acceptedAt: NOW, syncLogId: 's', size: 1 };
  expect(unchanged(last, { hash, modelHash: 'm' }, 1_000, NOW + 999)).toBe(true);
  expect(unchanged(last, { hash, modelHash: 'm' }, 1_000, NOW + 1_000)).toBe(false);
  expect(unchanged(last, { hash, modelHash: 'other' }, 1_000, NOW)).toBe(false);
  // An upload was tried since: nobody knows what the cloud has.
  expect(unchanged({ ...last, modelHash: '' }, { hash, modelHash: 'm' }, 1_000, NOW)).toBe(false);
  expect(unchanged(last, { hash, modelHash: 'm' }, 1_000, NOW - 1)).toBe(false);
});

test('a parked packet holds its user’s snapshot for maxHold and no longer', () => {
  const parked = { pending: 0, parkedSince: NOW };
  expect(holdFor(parked, 3_600_000, NOW + 3_599_999)).toBe('packet-parked');
  expect(holdFor(parked, 3_600_000, NOW + 3_600_000)).toBeUndefined();
  expect(holdFor({ pending: 1, parkedSince: undefined }, 0, NOW)).toBe('packets-pending');
});
