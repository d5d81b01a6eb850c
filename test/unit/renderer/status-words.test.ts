import { describe, expect, it } from 'vitest';
import { alertsMark, byNeed } from '../../../renderer/state/alert-order.ts';
import { pauseChoices, tomorrowMorning } from '../../../renderer/state/pause-times.ts';
import { runningFirst, runsMark } from '../../../renderer/state/run-order.ts';
import { countsInWords, tookInWords } from '../../../renderer/state/run-words.ts';
import type { Alert } from '../../../shared/contract/alert.ts';
import type { LinkStatus, RunView } from '../../../shared/contract/status.ts';
import { Speaker } from '../../../shared/i18n/say.ts';

const NOW = Date.UTC(2026, 10, 20, 9, 30);
const HOUR = 3_600_000;
const speaker = new Speaker({ now: NOW, timeZone: 'Europe/Sofia', locale: 'en-GB' });

const run = (id: number, over: Partial<RunView> = {}): RunView => ({
  id,
  link: 'a',
  flow: 'pull',
  trigger: 'schedule',
  startedAt: NOW - 60_000,
  endedAt: NOW - 57_000,
  outcome: 'ok',
  counts: {},
  ...over,
});

describe('tomorrow morning', () => {
  it.each([
    ['an ordinary day', '2026-11-20T09:30:00Z', '2026-11-21T04:00:00Z'],
    [
      'late in the evening, when UTC still has the day before',
      '2026-11-20T21:30:00Z',
      '2026-11-21T04:00:00Z',
    ],
    ['just after midnight', '2026-11-20T22:30:00Z', '2026-11-22T04:00:00Z'],
    ['the last day of a year', '2026-12-31T10:00:00Z', '2027-01-01T04:00:00Z'],
    ['the day before clocks go forward', '2026-03-28T10:00:00Z', '2026-03-29T03:00:00Z'],
    ['the day before clocks go back', '2026-10-24T10:00:00Z', '2026-10-25T04:00:00Z'],
  ])('is six by the clock of the site: %s', (_what, now, then) => {
    expect(new Date(tomorrowMorning(Date.parse(now), 'Europe/Sofia')).toISOString()).toBe(
      then.replace('Z', '.000Z'),
    );
  });

  it('is always ahead, and the choices are in order of length by day', () => {
    const choices = pauseChoices(NOW, 'Europe/Sofia');
    expect(choices.map(({ until }) => until - NOW)).toEqual([0.5 * HOUR, 2 * HOUR, 18.5 * HOUR]);
    for (const zone of ['Pacific/Kiritimati', 'Pacific/Pago_Pago', 'UTC', 'Asia/Kathmandu'])
      for (let hour = 0; hour < 24; hour += 1) {
        const now = NOW + hour * HOUR;
        expect(tomorrowMorning(now, zone) - now).toBeGreaterThan(6 * HOUR - 1);
        expect(tomorrowMorning(now, zone) - now).toBeLessThanOrEqual(30 * HOUR);
      }
  });
});

describe('words of a run', () => {
  it('counts in words, without zeros and without how often it asked', () => {
    const counts = { lists: 2, listed: 14, stored: 0, applied: 13, brandNew: 1 };
    expect(countsInWords(run(1, { counts }), speaker)).toBe('14 listed, 13 applied, 1 brandNew');
    expect(countsInWords(run(1), speaker)).toBe('');
  });

  it('tells a short duration in tenths, a longer one in seconds, and none while it runs', () => {
    expect(tookInWords(run(1, { startedAt: NOW - 812, endedAt: NOW }), speaker)).toBe('0.8 s');
    expect(tookInWords(run(1), speaker)).toBe('3 s');
    expect(tookInWords(run(1, { startedAt: NOW, endedAt: NOW - 5_000 }), speaker)).toBe('0.0 s');
    expect(tookInWords(run(1, { endedAt: undefined, outcome: 'running' }), speaker)).toBeUndefined();
  });

  it('has what goes on now on top, then the newest, each once', () => {
    const going = run(3, { outcome: 'running' });
    expect(runningFirst([run(5), going, run(4), run(4), run(1)]).map(({ id }) => id)).toEqual([3, 5, 4, 1]);
  });

  it('is asked anew when one begins or ends, and not when only a count moves', () => {
    const link = (over: Partial<LinkStatus>): readonly LinkStatus[] => [
      { id: 'a', lastRuns: [run(1)], flows: [], parked: 0, ...over } as unknown as LinkStatus,
    ];
    const before = runsMark(link({}));
    expect(runsMark(link({ parked: 4 }))).toBe(before);
    expect(runsMark(link({ lastRuns: [run(1, { outcome: 'failed' })] }))).not.toBe(before);
    expect(runsMark(link({ lastRuns: [run(2), run(1)] }))).not.toBe(before);
  });
});

describe('order of notifications', () => {
  const alert = (id: number, over: Partial<Alert> = {}): Alert => ({
    id,
    code: 'erp-unreachable',
    severity: 'critical',
    about: 'erp:main',
    since: NOW,
    raisedAt: NOW,
    times: 1,
    title: { key: 't', params: {} },
    body: { key: 'b', params: {} },
    owner: 'user',
    next: { key: 'n', params: {} },
    place: { screen: 'status' },
    consequences: [],
    toast: false,
    ...over,
  });

  it('has what lasts before what is over, each the newest first', () => {
    const list = [
      alert(1, { endedAt: NOW }),
      alert(2, { raisedAt: NOW - 5 }),
      alert(3, { endedAt: NOW, raisedAt: NOW + 5 }),
      alert(4),
      alert(5),
    ];
    const { active, ended } = byNeed(list, []);
    expect(active.map(({ id }) => id)).toEqual([5, 4, 2]);
    expect(ended.map(({ id }) => id)).toEqual([3, 1]);
  });

  it('believes the status where the list is older', () => {
    const { active, ended } = byNeed(
      [alert(1), alert(2, { endedAt: NOW })],
      [alert(1, { acknowledgedAt: NOW }), alert(2, { times: 2 }), alert(3)],
    );
    expect(active.map(({ id }) => id)).toEqual([3, 2, 1]);
    expect(active[2]?.acknowledgedAt).toBe(NOW);
    expect(ended).toEqual([]);
  });

  it('is asked anew when one comes, comes back or is seen', () => {
    const before = alertsMark([alert(1)]);
    for (const now of [
      [],
      [alert(1, { times: 2 })],
      [alert(1, { acknowledgedAt: NOW })],
      [alert(1), alert(2)],
    ])
      expect(alertsMark(now)).not.toBe(before);
    expect(alertsMark([alert(1, { raisedAt: NOW + 1 })])).toBe(before);
  });
});
