import { describe, expect, test } from 'vitest';
import { acknowledged, mayToast } from '../../../main/core/alerts/alert-book.ts';
import { instantOfLocal, parseLocalTime } from '../../../shared/model/time.ts';
import { HOUR, MINUTE, SECOND, settings, T, warn, Watcher } from './sample.ts';

const outage = warn('erp-unreachable');
const late = (since: number) => warn('orders-late', { since });
const parked = (amount: number) => warn('items-parked', { amount, params: { link: 'a', count: amount } });

function watch(over: Parameters<typeof settings>[0] = {}): Watcher {
  const watcher = new Watcher();
  watcher.settings = settings(over);
  return watcher;
}
const local = (text: string): number => instantOfLocal(parseLocalTime(text)!, 'Europe/Sofia');

describe('telling', () => {
  test('after the delay of the kind, once, however long it lasts', () => {
    const site = watch();
    expect(site.during(59 * SECOND, [outage])).toEqual([]);
    expect(site.during(10 * SECOND, [outage])).toEqual(['erp-unreachable raised']);
    expect(site.during(5 * HOUR, [outage], MINUTE)).toEqual([]);
    expect(site.during(MINUTE, [])).toEqual(['erp-unreachable ended']);
  });

  test('at once where a person is needed, and never for what passes within its delay', () => {
    const site = watch();
    expect(site.look(parked(1), outage)).toEqual(['items-parked raised']);
    expect(site.during(30 * SECOND, [parked(1)])).toEqual([]);
  });

  test('an outage with three consequences is one telling, and its end brings none', () => {
    const site = watch();
    const all = [outage, late(T - HOUR), warn('snapshots-late', { since: T - HOUR }), warn('run-failed')];
    expect(site.during(HOUR, all)).toEqual(['erp-unreachable raised']);
    expect(site.book.alerts).toHaveLength(1);
    expect(site.book.alerts[0]?.consequences.map((one) => one.code)).toEqual([
      'orders-late',
      'snapshots-late',
      'run-failed',
    ]);
    // The backlog clears within minutes.
    expect(site.during(10 * MINUTE, [late(T - HOUR)])).toEqual(['erp-unreachable ended']);
    expect(site.during(MINUTE, [])).toEqual([]);
    expect(site.told).toHaveLength(2);
  });

  test('a backlog that stays when the cause is gone is told on its own', () => {
    const site = watch();
    site.during(HOUR, [outage, late(T)]);
    expect(site.during(20 * MINUTE, [late(T)])).toEqual(['erp-unreachable ended', 'orders-late raised']);
  });

  test('lateness is the age of the oldest, not of the queue', () => {
    const site = watch();
    const flowing = (): readonly string[] => site.look(late(site.now - 10 * SECOND));
    for (let minute = 0; minute < 60; minute += 1) {
      site.now += MINUTE;
      expect(flowing()).toEqual([]);
    }
    const stuck = site.now;
    expect(site.during(20 * MINUTE, [late(stuck)])).toEqual(['orders-late raised']);
    site.now += SECOND;
    expect(flowing()).toEqual(['orders-late ended']);
    expect(site.during(14 * MINUTE, [late(site.now)])).toEqual([]);
  });

  test('graver is told again, milder is not', () => {
    const site = watch();
    const mild = warn('orders-late', { since: T - HOUR });
    const grave = warn('orders-late', { since: T - HOUR, severity: 'critical' });
    expect(site.during(20 * MINUTE, [mild])).toEqual(['orders-late raised']);
    expect(site.during(HOUR, [grave])).toEqual(['orders-late raised']);
    expect(site.during(HOUR, [mild])).toEqual([]);
    expect(site.during(HOUR, [grave])).toEqual([]);
  });

  test('a site may set its own delay', () => {
    const site = watch({ delays: { 'erp-unreachable': 10 * MINUTE, 'items-parked': HOUR } });
    expect(site.during(9 * MINUTE, [outage, parked(1)])).toEqual([]);
    expect(site.during(2 * MINUTE, [outage, parked(1)])).toEqual(['erp-unreachable raised']);
    expect(site.during(HOUR, [outage, parked(1)])).toEqual(['items-parked raised']);
  });

  test('a cause told much later does not silence what follows from it', () => {
    const site = watch({ delays: { 'erp-unreachable': 12 * HOUR } });
    expect(site.during(20 * MINUTE, [outage, late(T - HOUR)])).toEqual(['orders-late raised']);
  });
});

describe('switched off', () => {
  test('stays listed, is never told, holds nothing beneath it', () => {
    const site = watch({ off: ['erp-unreachable'] });
    expect(site.during(HOUR, [outage, late(T)])).toEqual(['orders-late raised']);
    expect(site.book.alerts.map((one) => one.warning.code)).toEqual(['erp-unreachable', 'orders-late']);
    expect(site.during(HOUR, [])).toEqual(['orders-late ended']);
    site.settings = settings();
    expect(site.during(HOUR, [])).toEqual([]);
  });

  test('switched off after it was told: not even its end is told', () => {
    const site = watch();
    site.during(2 * MINUTE, [outage]);
    site.settings = settings({ off: ['erp-unreachable'] });
    expect(site.during(HOUR, [])).toEqual([]);
    site.settings = settings();
    expect(site.during(HOUR, [])).toEqual([]);
  });
});

describe('coming and going', () => {
  test('the same alert, told once; again when it lasts for an hour', () => {
    const site = watch();
    for (let round = 0; round < 6; round += 1) {
      site.during(2 * MINUTE, [outage]);
      site.during(10 * MINUTE, []);
    }
    expect(site.told.filter((one) => one.state === 'raised')).toHaveLength(1);
    expect(site.book.alerts).toHaveLength(1);
    expect(site.book.alerts[0]).toMatchObject({ times: 6 });
    expect(site.during(59 * MINUTE, [outage])).toEqual([]);
    expect(site.during(2 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
  });

  test('told again after an hour of quiet', () => {
    const site = watch();
    site.during(2 * MINUTE, [outage]);
    site.during(61 * MINUTE, []);
    expect(site.during(2 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
    expect(site.book.alerts[0]).toMatchObject({ times: 2 });
  });

  test('told again when it comes back graver', () => {
    const site = watch();
    const mild = { ...outage, severity: 'warning' as const };
    site.during(2 * MINUTE, [mild]);
    site.during(2 * MINUTE, []);
    expect(site.during(2 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
  });

  test('after a day it is another one', () => {
    const site = watch();
    site.during(2 * MINUTE, [outage]);
    site.during(25 * HOUR, [], MINUTE);
    expect(site.book.alerts).toEqual([]);
    expect(site.during(2 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
    expect(site.book.alerts[0]).toMatchObject({ id: 2, times: 1 });
  });

  test('more that needs a person is news, once an hour', () => {
    const site = watch();
    site.look(parked(1));
    expect(site.during(30 * MINUTE, [parked(2)])).toEqual([]);
    expect(site.during(31 * MINUTE, [parked(2)])).toEqual(['items-parked raised']);
    expect(site.during(3 * HOUR, [parked(2)])).toEqual([]);
    site.during(MINUTE, [parked(1)]);
    expect(site.during(2 * HOUR, [parked(2)])).toEqual(['items-parked raised']);
  });
});

describe('seen by a person', () => {
  const acknowledge = (site: Watcher): void => {
    site.book = { ...site.book, alerts: site.book.alerts.map((one) => acknowledged(one, site.now)) };
  };

  test('no more telling while it lasts, a new occurrence is new', () => {
    const site = watch();
    site.during(2 * MINUTE, [{ ...outage, severity: 'warning' }]);
    acknowledge(site);
    expect(site.during(5 * HOUR, [outage], MINUTE)).toEqual([]);
    expect(site.book.alerts[0]?.endedAt).toBeUndefined();
    expect(site.during(2 * HOUR, [], MINUTE)).toEqual(['erp-unreachable ended']);
    expect(site.during(2 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
    expect(site.book.alerts[0]?.acknowledgedAt).toBeUndefined();
  });

  test('what was not there when it was seen is told all the same', () => {
    const site = watch();
    site.look(parked(1));
    acknowledge(site);
    expect(site.during(3 * HOUR, [parked(1)], MINUTE)).toEqual([]);
    expect(site.during(MINUTE, [parked(2)])).toEqual(['items-parked raised']);
  });
});

describe('quiet hours', () => {
  const quietHours = { from: '22:00', to: '06:00' };

  test('what still lasts at their end is told then, once; what is over is not told', () => {
    const site = watch({ quietHours });
    site.now = local('2026-11-16T22:30');
    expect(site.during(HOUR, [outage, parked(1)], MINUTE)).toEqual([]);
    expect(site.book.alerts.some((one) => mayToast(one, site.settings, true))).toBe(false);
    expect(site.during(6.49 * HOUR, [outage], MINUTE)).toEqual([]);
    expect(site.during(2 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
    expect(site.now).toBeGreaterThanOrEqual(local('2026-11-17T06:00'));
    expect(site.during(3 * HOUR, [outage], MINUTE)).toEqual([]);
  });

  test('an end in the night is told in the morning', () => {
    const site = watch({ quietHours });
    site.now = local('2026-11-16T21:30');
    expect(site.during(10 * MINUTE, [outage])).toEqual(['erp-unreachable raised']);
    site.now = local('2026-11-16T22:30');
    expect(site.during(7 * HOUR, [], MINUTE)).toEqual([]);
    expect(site.during(HOUR, [], MINUTE)).toEqual(['erp-unreachable ended']);
  });

  test.each(['2026-03-28', '2026-10-24'])(
    'the night of a change of the clock, %s: one telling in the morning',
    (day) => {
      const site = watch({ quietHours });
      site.now = local(`${day}T22:30`);
      expect(site.during(10 * HOUR, [outage], MINUTE)).toEqual(['erp-unreachable raised']);
      expect(new Date(site.told[0]!.at).toISOString()).toMatch(day < '2026-06' ? /T03:00/ : /T04:00/);
    },
  );
});

describe('start and clock', () => {
  test('a start in between tells nothing twice and forgets no end', () => {
    const site = watch();
    site.during(2 * MINUTE, [outage]);
    site.restart();
    expect(site.during(2 * HOUR, [outage], MINUTE)).toEqual([]);
    site.restart();
    expect(site.look()).toEqual(['erp-unreachable ended']);
  });

  test('old facts found at a start are watched before they are told', () => {
    const site = watch();
    const weekend = T - 60 * HOUR;
    expect(site.during(50 * SECOND, [{ ...outage, since: weekend }, late(weekend)])).toEqual([]);
    expect(site.during(5 * MINUTE, [late(weekend)])).toEqual([]);
  });

  test.each([
    ['back', -3 * HOUR],
    ['forward', 3 * HOUR],
    ['a day back', -30 * HOUR],
  ])('a clock set %s tells nothing twice', (_name, jump) => {
    const site = watch();
    site.during(20 * MINUTE, [outage, parked(1)]);
    site.now += jump;
    expect(site.during(HOUR, [outage, parked(1)], MINUTE)).toEqual([]);
    expect(site.during(MINUTE, [])).toEqual(['items-parked ended', 'erp-unreachable ended']);
  });

  test('a clock set back while orders are late ends nothing', () => {
    const site = watch();
    site.during(20 * MINUTE, [late(T)]);
    site.now = T - HOUR;
    expect(site.during(HOUR, [late(T)], MINUTE)).toEqual([]);
    expect(site.told).toHaveLength(1);
  });
});
