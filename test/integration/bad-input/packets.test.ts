import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { ItemView } from '../../../shared/contract/contract.ts';
import { openWorld, TestSite, words, type BadInputWorld, type Words } from './bad-input-bench.ts';
import { inErp, NEVER, ONCE, orderPacket } from './order-packet.ts';

let world: BadInputWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world.close());

const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

interface Refused {
  readonly site: TestSite;
  readonly item: ItemView;
  readonly said: Words;
}

/**
 * A bad packet between two good ones of the same list: it is parked with its bytes, the good ones reach the ERP once, and
 * all three are reported, because nothing of them can be lost any more.
 */
async function refused(
  xml: string,
  to: { user?: string; company?: string } = {},
  options: ConstructorParameters<typeof TestSite>[1] = {},
): Promise<Refused> {
  const site = new TestSite(world, options);
  const [before, after] = [orderPacket(world), orderPacket(world)];
  site.deliver(before.xml);
  const id = site.deliver(xml, to);
  site.deliver(after.xml);
  await site.start();
  await site.run('pull');
  const item = await site.until(async () => {
    const [found] = (await site.items()).filter((one) => one.state === 'parked');
    return found;
  });
  expect(item.externalId).toBe(id);
  expect(await inErp(world, before)).toEqual(ONCE);
  expect(await inErp(world, after)).toEqual(ONCE);
  const { body } = await site.show(item);
  expect(body).toMatchObject({ hash: sha256(xml), size: Buffer.byteLength(xml), text: xml, truncated: false });
  const link = await site.link();
  expect(link).toMatchObject({ light: 'attention', parked: 1, pendingIn: { count: 0 } });
  await site.until(async () => (site.inCloud().open.length === 0 ? true : undefined));
  expect(site.inCloud().done).toHaveLength(3);
  return { site, item, said: words(item.reason) };
}

test('DM-45 a packet with a DOCTYPE is refused before it is parsed, its bytes kept', async () => {
  const { said } = await refused(
    `<!DOCTYPE r [<!ENTITY a "b">]><NavMobileSync salesmancode="${world.users[0]}"></NavMobileSync>`,
  );
  expect(said.what).toMatch(/document type declaration.*1:1/);
  expect(said.next).toMatch(/doctype/);
  expect(said.owner).toBe('Integrator');
});

test('DM-45 mis-nested XML is refused with line and column, its bytes kept', async () => {
  const { said } = await refused(
    `<NavMobileSync salesmancode="${world.users[0]}"><table tablename="SalesHeader"><r status="insert"><no>1</r></no></table></NavMobileSync>`,
  );
  expect(said.what).toMatch(/SalesHeader row 1, 1:\d+/);
  expect(said.next).toMatch(/malformed/);
});

test('DM-55 an unknown documentType names value, table, row and field; after the mapping knows it a retry applies it once', async () => {
  const order = orderPacket(world, { documentType: '77' });
  const { site, said } = await refused(order.xml);
  expect(await inErp(world, order)).toEqual(NEVER);
  expect(said.what).toContain('"77"');
  expect(said.what).toContain('SalesHeader row 1');
  expect(said.what).toContain('documentType');
  expect(said.owner).toBe('Integrator');
});
