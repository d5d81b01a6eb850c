import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rawDatabase, store } from '../sqlite/sample.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { alertView } from '../../../main/core/alerts/alert-view.ts';
import type { AlertRecord } from '../../../main/core/alerts/alert-book.ts';
import type { Delivery } from '../../../main/core/alerts/alert-store.ts';
import type { StoreError } from '../../../main/core/queue/store-error.ts';
import { HOUR, MINUTE, T, warn, Watcher } from './sample.ts';

/** A record as the step makes it, told and with a consequence. */
function record(over: Partial<AlertRecord> = {}): AlertRecord {
  const site = new Watcher();
  site.during(20 * MINUTE, [warn('erp-unreachable'), warn('orders-late', { since: T, amount: 3 })]);
  return { ...site.book.alerts[0]!, ...over };
}

const delivery = (over: Partial<Delivery> = {}): Delivery => ({
  id: 1,
  alert: 1,
  channel: 'mail',
  state: 'raised',
  view: alertView(record(), false),
  createdAt: T,
  attempts: 2,
  dueAt: T + MINUTE,
  outcome: 'waiting',
  settledAt: undefined,
  cause: 'the connection was refused',
  ...over,
});

describe('remembering warnings', () => {
  test('what is saved is there after opening again', () => {
    const first = store();
    const ended = record({
      id: 2,
      warning: warn('items-parked', { amount: 2 }),
      endedAt: T + HOUR,
      open: false,
    });
    const channel = { channel: 'mail' as const, lastOk: T, failingSince: T + 1, cause: 'c' };
    first.saveAlerts({ alerts: [record(), ended], deliveries: [delivery()], channels: [channel] });
    first.close();
    const found = store(first.file).loadAlerts(T);
    expect(found.alerts).toEqual([record(), ended]);
    expect(found.deliveries).toEqual([delivery()]);
    expect(found.channels).toEqual([channel]);
    expect([found.nextAlert, found.nextDelivery]).toEqual([3, 2]);
  });

  test('saving again changes rows and makes none; a settled delivery waits no more', () => {
    const site = store();
    for (let times = 0; times < 2; times += 1)
      site.saveAlerts({ alerts: [record()], deliveries: [delivery()], channels: [] });
    site.saveAlerts({
      alerts: [record({ endedAt: T + HOUR, open: true })],
      deliveries: [delivery({ outcome: 'sent', settledAt: T + 5 })],
      channels: [],
    });
    // Its end is still to be told: it is remembered however long ago that was.
    expect(site.loadAlerts(T + 99 * HOUR)).toMatchObject({ alerts: [{ endedAt: T + HOUR }], deliveries: [] });
    expect(site.listAlerts({ ended: false, limit: 10 })).toEqual([]);
    expect(site.listAlerts({ ended: true, limit: 10 })).toHaveLength(1);
  });

  test('an old one is forgotten with what was owed of it, and its number is not given again', () => {
    const site = store();
    const old = record({ endedAt: T, open: false });
    site.saveAlerts({
      alerts: [old],
      deliveries: [delivery({ outcome: 'sent', settledAt: T })],
      channels: [],
    });
    site.forgetAlerts(T);
    expect(site.listAlerts({ ended: true, limit: 10 })).toHaveLength(1);
    site.forgetAlerts(T + 1);
    expect(site.listAlerts({ ended: true, limit: 10 })).toEqual([]);
    expect(site.loadAlerts(0)).toMatchObject({ nextAlert: 2, nextDelivery: 2 });
  });

  test('a damaged row is told of, left out, and does not bar the next one', () => {
    const file = join(temporaryFolder(), 'ferry.sqlite');
    const told: StoreError[] = [];
    const site = store(file, { onDamaged: (error) => told.push(error) });
    site.saveAlerts({ alerts: [record()], deliveries: [delivery()], channels: [] });
    rawDatabase(file).exec(`UPDATE alert SET detail = '{"open":1}'`);
    const left = site.loadAlerts(T);
    expect([left.alerts, left.deliveries, left.nextAlert]).toEqual([[], [delivery()], 2]);
    expect(told.map((one) => one.code)).toEqual(['damaged-row']);
    site.saveAlerts({ alerts: [record({ id: 2 })], deliveries: [], channels: [] });
    expect(site.loadAlerts(T).alerts.map((one) => one.id)).toEqual([2]);
  });

  test('all of a change or nothing of it', () => {
    const site = store();
    expect(() =>
      site.saveAlerts({ alerts: [record()], deliveries: [delivery({ alert: 7 })], channels: [] }),
    ).toThrow('FOREIGN KEY');
    expect(site.loadAlerts(0).alerts).toEqual([]);
  });
});
