import { afterAll, beforeAll, expect, test } from 'vitest';
import {
  API_KEY,
  CLOUD_KEY,
  lightWords,
  openWorld,
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

type Fault = Parameters<BadInputWorld['cloud']['control']['faults']>[0][number];

/** Only this site's calls meet it. */
const fault = (site: TestSite, script: Omit<Fault, 'area'>): void =>
  world.cloud.control.faults([{ area: site.area, ...script }]);

async function settled(site: TestSite, orders: readonly OrderText[]): Promise<void> {
  await site.until(async () => {
    const { pendingIn, unreported, parked, unknown } = await site.link();
    return pendingIn.count + unreported + parked + unknown === 0 && site.inCloud().open.length === 0
      ? true
      : undefined;
  });
  for (const order of orders) expect(await inErp(world, order)).toEqual(ONCE);
}

/** Pulls until nothing waits at the cloud any more: a run may end before a body that broke is asked for again. */
async function pullAll(site: TestSite): Promise<void> {
  while ((await site.run('pull')).outcome !== 'ok');
}

test('DM-2 a wrong API key is named with the secret to set; nothing is lost; set right, all goes in once', async () => {
  const site = new TestSite(world, { apiKey: 'not-the-key' });
  const orders = [orderPacket(world), orderPacket(world)];
  const ids = orders.map(({ xml }) => site.deliver(xml));
  await site.start();
  const run = await site.firstRun('pull');
  expect(run.outcome).toBe('failed');
  const said = words(run.failure);
  expect(said.what).toMatch(/^The cloud of field-sales refuses the key \(list of packets: .*403.*Forbidden/);
  expect(said.next).toContain('erp-ferry secret set link.field-sales.apiKey');
  expect(said.owner).toBe('Cloud administrator');
  expect(JSON.stringify(run)).not.toContain('not-the-key');
  const link = await site.link();
  expect(link).toMatchObject({ light: 'attention', inCloud: { amount: 'unknown' } });
  expect(lightWords(link.lights.cloud)).toBe(said.what);
  expect(site.inCloud()).toMatchObject({ open: ids, done: [] });
  site.setSecret(CLOUD_KEY, API_KEY);
  expect((await site.run('pull')).outcome).toBe('ok');
  await settled(site, orders);
});

test.each(['xml', 'json'] as const)(
  'DM-5 HTML where a list as %s is expected: nothing is stored or reported, and the next list goes through',
  async (listFormat) => {
    const site = new TestSite(world, { listFormat });
    const order = orderPacket(world);
    const id = site.deliver(order.xml);
    fault(site, { on: 'list', kind: 'html', times: 2 });
    await site.start();
    const run = await site.firstRun('pull');
    expect(run.outcome).toBe('failed');
    const said = words(run.failure);
    expect(said.what).toMatch(
      listFormat === 'xml'
        ? /^The answer cannot be read: .*HTML.* \(list of packets, field-sales\)$/
        : /^The answer cannot be read: .+ \(list of packets, field-sales\)$/,
    );
    expect(said.next).toMatch(/proxy or sign-in page.*Nothing was stored or reported/);
    expect(said.owner).toBe('Cloud administrator');
    expect(await site.items()).toEqual([]);
    expect(site.inCloud()).toMatchObject({ open: [id], done: [] });
    world.cloud.control.clearFaults();
    await pullAll(site);
    await settled(site, [order]);
  },
);

test('DM-46 half a download is never a packet; the others of its list go on, and it follows whole', async () => {
  const site = new TestSite(world);
  const orders = [orderPacket(world), orderPacket(world), orderPacket(world)];
  const ids = orders.map(({ xml }) => site.deliver(xml));
  // The last of the list, as often as the cycle asks for it.
  fault(site, { on: 'download', kind: 'half', times: 3, skip: 2 });
  await site.start();
  const run = await site.firstRun('pull');
  expect(run.counts['broken']).toBe(3);
  const said = words(run.failure);
  expect(said.what).toMatch(/^The answer cannot be read: after \d+ bytes: .+ \(download, field-sales\)$/);
  expect(said.owner).toBe('Cloud administrator');
  const here = await site.items();
  expect(here.map(({ externalId }) => externalId)).not.toContain(ids[2]);
  expect(await inErp(world, orders[0] as OrderText)).toEqual(ONCE);
  expect(await inErp(world, orders[2] as OrderText)).toEqual(NEVER);
  expect(site.inCloud().done).toEqual([]);
  world.cloud.control.clearFaults();
  await pullAll(site);
  await settled(site, orders);
  expect(site.inCloud().done).toHaveLength(3);
});

test('DM-42 an expired download link is asked for anew; with none that works the packet stays in the cloud', async () => {
  const site = new TestSite(world);
  const order = orderPacket(world);
  const id = site.deliver(order.xml);
  fault(site, { on: 'download', kind: 'expired', times: 20 });
  await site.start();
  const run = await site.firstRun('pull');
  expect(run.outcome).toBe('failed');
  expect(words(run.failure).what).toMatch(/the storage refuses fresh download links/);
  expect(await site.items()).toEqual([]);
  expect(site.inCloud()).toMatchObject({ open: [id], done: [] });
  world.cloud.control.clearFaults();
  fault(site, { on: 'download', kind: 'expired', times: 1 });
  expect((await site.run('pull')).outcome).toBe('ok');
  await settled(site, [order]);
});

test('DM-10 a user the cloud does not know: his snapshot is parked by name, the other one goes out, and his follows', async () => {
  const site = new TestSite(world, { push: true });
  const [anna, bob] = world.users;
  const { control } = world.cloud;
  control.addUser({ area: site.area, user: anna, enabled: false });
  await site.start();
  const run = await site.firstRun('push');
  expect(run.counts).toMatchObject({ built: 2, accepted: 1, failed: 1 });
  const [parked] = (await site.items('out')).filter(({ state }) => state === 'parked');
  expect(parked?.user).toBe(anna);
  const said = words(parked?.reason);
  expect(said.what).toBe(`The cloud knows no active mobile user of this name (upload link for ${anna}).`);
  expect(said.next).toContain('query of the users');
  expect(said.owner).toBe('Cloud administrator');
  await control.settled();
  expect(control.deviceSnapshot({ area: site.area, user: bob })).toBeDefined();
  control.addUser({ area: site.area, user: anna });
  if (parked !== undefined) await site.retry(parked);
  await site.until(async () => ((await site.link()).pendingOut.count === 0 ? true : undefined));
  await control.settled();
  expect(control.deviceSnapshot({ area: site.area, user: anna })).toBeDefined();
});

test('DM-13 an expired upload link is asked for anew; with none that works the snapshot waits with its bytes', async () => {
  const site = new TestSite(world, { push: true });
  fault(site, { on: 'upload', kind: 'expired', times: 100 });
  await site.start();
  const run = await site.firstRun('push');
  expect(run.counts).toMatchObject({ built: 2, accepted: 0 });
  const said = words(run.failure);
  expect(said.what).toMatch(/^The cloud refuses the links it has just given: .*AccessDenied/);
  expect(said.next).toContain('is kept');
  expect(said.owner).toBe('Cloud administrator');
  const outgoing = await site.items('out');
  expect(outgoing).toHaveLength(2);
  for (const item of outgoing) {
    expect(['parked', 'ready', 'waiting']).toContain(item.state);
    expect((await site.show(item)).body.text).toContain('<NavMobileSync salesmancode=');
  }
  const accepted = (): number =>
    world.cloud.control.syncLog({ area: site.area }).filter(({ status }) => status === 'accepted').length;
  expect(accepted()).toBe(0);
  expect((await site.link()).light).toBe('attention');
  world.cloud.control.clearFaults();
  for (const item of await site.items('out')) await site.retry(item);
  await site.run('push');
  await site.until(async () => ((await site.link()).pendingOut.count === 0 ? true : undefined));
  await world.cloud.control.settled();
  expect(accepted()).toBe(2);
  for (const user of world.users)
    expect(world.cloud.control.deviceSnapshot({ area: site.area, user })).toBeDefined();
});
