import { afterAll, beforeAll, expect, test } from 'vitest';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import {
  lightWords,
  openWorld,
  SQL_PASSWORD,
  TestSite,
  words,
  type BadInputWorld,
} from './bad-input-bench.ts';
import { inErp, NEVER, ONCE, orderPacket, type OrderText } from './order-packet.ts';

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

/** Two packets that are here and cannot go on: kept, counted, not reported done, and the light says why. */
async function stuck(site: TestSite, orders: readonly OrderText[]): Promise<string> {
  const ids = orders.map(({ xml }) => site.deliver(xml));
  await site.start();
  await site.run('pull');
  const link = await site.until(async () => {
    const seen = await site.link();
    return seen.lights.erp.state === 'attention' && seen.pendingIn.count === orders.length ? seen : undefined;
  });
  expect(link).toMatchObject({ light: 'attention', parked: 0, unreported: orders.length });
  expect(site.inCloud()).toMatchObject({ open: ids, done: [] });
  for (const [index, { xml }] of orders.entries()) {
    const { body } = await site.show(await site.item(ids[index] ?? ''));
    expect(body.text).toBe(xml);
  }
  return lightWords(link.lights.erp);
}

/** Everything of it is in the ERP once and reported. */
async function carriedOver(site: TestSite, orders: readonly OrderText[]): Promise<void> {
  await site.run('pull');
  await site.until(async () => {
    const { pendingIn, unreported, unknown } = await site.link();
    return pendingIn.count + unreported + unknown === 0 ? true : undefined;
  });
  for (const order of orders) expect(await inErp(world, order)).toEqual(ONCE);
  expect(site.inCloud().open).toEqual([]);
  expect((await site.link()).lights.erp.state).not.toBe('attention');
}

test('a wrong SQL password names ERP, login and the secret to set; nothing is reported; set right, all goes in once', async () => {
  const site = new TestSite(world, { password: 'not the password' });
  const orders = [orderPacket(world), orderPacket(world)];
  expect(await stuck(site, orders)).toMatch(
    /^The ERP database main refuses the login \(Login failed for user 'ferry'.*18456\)/,
  );
  for (const order of orders) expect(await inErp(world, order)).toEqual(NEVER);
  site.setSecret(SQL_PASSWORD, SAMPLE.password);
  await carriedOver(site, orders);
});

test('a run that meets a wrong SQL password says who acts and how', async () => {
  const site = new TestSite(world, { password: 'not the password', push: true });
  await site.start();
  const run = await site.firstRun('push');
  expect(run.outcome).toBe('failed');
  expect(words(run.failure)).toMatchObject({
    owner: 'ERP administrator',
    next: expect.stringContaining('erp-ferry secret set erp.main.password') as string,
  });
  expect(world.cloud.control.syncLog({ area: site.area })).toEqual([]);
});

test('an unknown database is named; the packets stay and go in once it is put right', async () => {
  const site = new TestSite(world, { database: 'NoSuchErp' });
  const orders = [orderPacket(world), orderPacket(world)];
  expect(await stuck(site, orders)).toMatch(
    /^The ERP database cannot be opened \(Login failed for user 'ferry'\. \(4060\)\)/,
  );
  await site.stop();
  const { settings } = site;
  settings.erps[0]['database'] = SAMPLE.database;
  site.writeSettings(settings);
  await site.start();
  await carriedOver(site, orders);
});

test('a server that is gone in the middle of a read: no half snapshot leaves, and a whole one does afterwards', async () => {
  const site = new TestSite(world, { push: true });
  const { faults } = world.server;
  const cut = faults.next();
  faults.cutResult(1_000, { match: /FROM \[dbo\]\.\[Customers\] AS t/ });
  await site.start();
  await cut;
  const failed = await site.until(async () => {
    const { lastRuns } = await site.link();
    return lastRuns.find(({ flow, outcome }) => flow === 'push' && outcome === 'failed');
  });
  const said = words(failed.failure);
  expect(said.what).toMatch(/^The ERP database does not answer \(.+\)/);
  expect(said.next).toContain('Nothing is lost');
  expect(said.owner).toBe('ERP administrator');
  expect(failed.counts).toMatchObject({ accepted: 0 });
  const accepted = (): readonly string[] =>
    world.cloud.control
      .syncLog({ area: site.area })
      .filter(({ status }) => status === 'accepted')
      .map(({ user }) => user);
  expect(accepted()).toEqual([]);
  expect(await site.items('out')).toEqual([]);

  const order = orderPacket(world);
  site.deliver(order.xml);
  expect((await site.run('push')).counts).toMatchObject({ users: 2, accepted: 2, refused: 0 });
  await world.cloud.control.settled();
  expect([...accepted()].sort()).toEqual([...world.users].sort());
  expect(await inErp(world, order)).toEqual(ONCE);
  const rows = await world.erp.query('SELECT COUNT(*) AS n FROM dbo.Items');
  const snapshot = world.cloud.control.deviceSnapshot({ area: site.area, user: world.users[0] });
  expect(snapshot?.tables.find(({ name }) => name === 'Item')?.rows).toBe(rows[0]?.['n']);
});

test('a server that is away altogether: packets are kept and go in when it is back', async () => {
  const site = new TestSite(world);
  const orders = [orderPacket(world), orderPacket(world)];
  await world.server.faults.stopListening();
  try {
    expect(await stuck(site, orders)).toMatch(
      /^The ERP database does not answer \(no connection: .*127\.0\.0\.1:\d+/,
    );
  } finally {
    await world.server.faults.startListening();
  }
  await world.reconnect();
  await carriedOver(site, orders);
});

test('DM-24 a required table without rows refuses one user’s snapshot by name of the table, the others go out', async () => {
  const site = new TestSite(world, { push: true });
  const [anna, bob] = world.users;
  const kept = await world.erp.query(`SELECT * FROM dbo.DeviceSetup WHERE UserName = N'${anna}'`);
  await world.erp.query(`DELETE FROM dbo.DeviceSetup WHERE UserName = N'${anna}'`);
  await site.start();
  const run = await site.firstRun('push');
  const again = async (): Promise<void> => {
    const [row] = kept;
    await world.erp.query(
      `INSERT INTO dbo.DeviceSetup (UserName, SalespersonCode, SalespersonName, LocationCode, DeviceRole, Disabled)
       VALUES (N'${anna}', N'${String(row?.['SalespersonCode'])}', N'X', N'${String(row?.['LocationCode'])}', N'Sales', 0)`,
    );
  };
  try {
    expect(run.outcome).toBe('failed');
    expect(run.counts).toMatchObject({ refused: 1 });
    const said = words(run.failure);
    expect(said.what).toMatch(/at least one row of DeviceSetup/);
    expect(said.next).toMatch(/Correct the data/);
    expect((await site.link()).light).toBe('attention');
    await world.cloud.control.settled();
    expect(world.cloud.control.deviceSnapshot({ area: site.area, user: anna })).toBeUndefined();
    expect(world.cloud.control.deviceSnapshot({ area: site.area, user: bob })).toBeDefined();
  } finally {
    await again();
  }
  expect((await site.run('push')).counts).toMatchObject({ refused: 0, accepted: 1 });
  await world.cloud.control.settled();
  expect(world.cloud.control.deviceSnapshot({ area: site.area, user: anna })).toBeDefined();
  expect((await site.link()).light).not.toBe('attention');
});
