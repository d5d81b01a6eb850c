import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { holdOrders } from '../../crash/held-unit.ts';
import { openWorld, type BadInputWorld } from '../bad-input/bad-input-bench.ts';
import { inErp, ONCE, orderPacket, type OrderText } from '../bad-input/order-packet.ts';
import { SettingsSite } from './settings-bench.ts';

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterEach(() => world.cloud.control.clearFaults());
afterAll(() => world.close());

function deliver(site: SettingsSite): OrderText {
  const order = orderPacket(world);
  const { area } = site;
  world.cloud.control.deliver({ area, user: world.users[0], company: SAMPLE.company, xml: order.xml });
  return order;
}

const carriedOver = (site: SettingsSite): Promise<true> =>
  site.until(async () => {
    const link = (await site.status()).links[0]!;
    const { waiting, delivered } = world.cloud.control.queueState({ area: site.area });
    const open = link.pendingIn.count + link.unknown + link.unreported + waiting.length + delivered.length;
    return open === 0 ? true : undefined;
  });

test.each(['before', 'after'] as const)(
  'while the ERP has a unit in hand, which goes on %s the new settings run: each order is there once',
  async (release) => {
    const site = SettingsSite.joined(world);
    site.signIn();
    await site.start();
    const held = await holdOrders(world.server.port);
    const orders = [deliver(site), deliver(site), deliver(site)];
    await site.ask('sync', { flow: 'pull' });
    // A claimed item: its unit waits for the lock in the ERP.
    await site.until(async () => {
      const { items } = await site.ask('queueList', { states: ['working'] });
      return items.length > 0 ? true : undefined;
    });
    const applying = site.apply((draft) => Object.assign(draft.site, { name: 'While held' }));
    if (release === 'before') await held.release();
    expect(await applying).toMatchObject({ applied: true });
    expect((await site.status()).site.name).toBe('While held');
    await held.release();
    await site.ask('sync', { flow: 'pull' });
    await carriedOver(site);
    for (const order of orders) expect(await inErp(world, order)).toEqual(ONCE);
    expect((await site.status()).links[0]).toMatchObject({ parked: 0, unknown: 0 });
    const { items } = await site.ask('queueList', { direction: 'in' });
    expect(items.map(({ state }) => state)).toEqual(['settled', 'settled', 'settled']);
  },
);

test('while snapshots are uploaded: every user has the newest one, and none was sent twice at once', async () => {
  const site = SettingsSite.joined(world);
  site.signIn();
  await site.start();
  const { control } = world.cloud;
  const uploads = control.statistics().calls.upload;
  control.faults([{ on: 'upload', kind: 'delay', ms: 600, times: 1, area: site.area }]);
  const first = await site.apply((draft) => Object.assign(draft.links[0]!.push, { enabled: true }));
  expect(first.applied).toBe(true);
  await site.until(async () => (control.statistics().calls.upload > uploads ? true : undefined));
  expect((await site.apply((draft) => Object.assign(draft.site, { name: 'While sending' }))).applied).toBe(
    true,
  );
  await site.ask('sync', { flow: 'push' });
  await site.until(async () => {
    const { flows, pendingOut } = (await site.status()).links[0]!;
    const idle = flows.every(({ running }) => running === undefined) && pendingOut.count === 0;
    return idle && world.users.every((user) => control.deviceSnapshot({ area: site.area, user }))
      ? true
      : undefined;
  });
  await control.settled();
  const entries = control.syncLog({ area: site.area });
  for (const user of world.users) {
    const accepted = entries.filter((entry) => entry.user === user && entry.status === 'accepted');
    expect(accepted.length).toBeGreaterThan(0);
  }
  expect(control.statistics().uploadsAtOnceOnOneLink).toBe(1);
  const { items } = await site.ask('queueList', { direction: 'out', limit: 500 });
  expect(new Set(items.map(({ state }) => state))).toEqual(new Set(['settled']));
});

test('one after the other, while packets keep coming: nothing is lost or doubled', async () => {
  const site = SettingsSite.joined(world);
  site.signIn();
  await site.start();
  const orders: OrderText[] = [];
  for (let turn = 0; turn < 6; turn += 1) {
    orders.push(deliver(site), deliver(site));
    const asked = site.ask('sync', { flow: 'pull' });
    const end = await site.apply((draft) => Object.assign(draft.site, { name: `Turn ${turn}` }));
    expect(end.applied).toBe(true);
    await asked.catch(() => undefined);
  }
  await site.ask('sync', { flow: 'pull' });
  await carriedOver(site);
  for (const order of orders) expect(await inErp(world, order)).toEqual(ONCE);
  expect((await site.status()).links[0]).toMatchObject({ parked: 0, unknown: 0 });
  // Each life gave the store back: none of them owes a check of it.
  expect((await site.status()).notices).toEqual([]);
  expect(site.logs()).not.toContain('"level":"error"');
});
