import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { openWorld, TestSite, words, type BadInputWorld, type Words } from './bad-input-bench.ts';
import { inErp, NEVER, ONCE, orderPacket, type OrderText } from './order-packet.ts';

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
  expect(body).toMatchObject({
    hash: sha256(xml),
    size: Buffer.byteLength(xml),
    text: xml,
    truncated: false,
  });
  const link = await site.link();
  expect(link).toMatchObject({ light: 'attention', parked: 1, pendingIn: { count: 0 } });
  await site.until(async () => (site.inCloud().open.length === 0 ? true : undefined));
  expect(site.inCloud().done).toHaveLength(3);
  return { site, item, said: words(item.reason) };
}

/** The item goes through after its cause was healed: applied once, nothing left for a person. */
async function healed({ site, item }: Refused, order: OrderText): Promise<void> {
  expect(await inErp(world, order)).toEqual(NEVER);
  await site.retry(await site.item(item.externalId));
  await site.until(async () => ((await site.item(item.externalId)).state === 'settled' ? true : undefined));
  expect(await inErp(world, order)).toEqual(ONCE);
  expect(await site.link()).toMatchObject({ parked: 0, pendingIn: { count: 0 }, unknown: 0 });
}

test('DM-45 a packet with a DOCTYPE is refused before it is parsed, its bytes kept', async () => {
  const { said } = await refused(
    `<!DOCTYPE r [<!ENTITY a "b">]><NavMobileSync salesmancode="${world.users[0]}"></NavMobileSync>`,
  );
  expect(said.what).toMatch(/^The packet cannot be read: .*document type declaration.*\(1:1\)$/);
  expect(said.next).toMatch(/queue show.*doctype/);
  expect(said.owner).toBe('Integrator');
});

test('DM-45 mis-nested XML is refused with table, row, line and column, its bytes kept', async () => {
  const { said } = await refused(
    `<NavMobileSync salesmancode="${world.users[0]}"><table tablename="SalesHeader"><r status="insert"><no>1</r></no></table></NavMobileSync>`,
  );
  expect(said.what).toMatch(/^The packet cannot be read: .*\(SalesHeader row 1, 1:\d+ no\)$/);
  expect(said.next).toMatch(/queue show.*malformed/);
});

test('DM-55 an unknown documentType names value, row and field; once the mapping knows it a retry applies it', async () => {
  const order = orderPacket(world, { documentType: '77' });
  const { site, item, said } = await refused(order.xml);
  expect(said).toMatchObject({ owner: 'Integrator' });
  expect(said.what).toMatch(/^Refused: .*"77".*\(SalesHeader row 1 documentType\)$/);
  expect(said.next).toContain('mapping');
  await site.stop();
  site.changeMapping((text) => text.replace('"1": "invoice"', '"1": "invoice", "77": "order"'));
  await site.start();
  await healed({ site, item, said }, order);
});

test('DM-55 an order of an unknown customer waits, is parked by name, and goes through once the customer is there', async () => {
  const customer = `C-${process.pid}`;
  const order = orderPacket(world, { customer });
  const parked = await refused(order.xml, {}, { orderWindow: '1s' });
  expect(parked.said.what).toContain(`Customers ${customer}`);
  expect(parked.said.next).toMatch(/retry/i);
  await world.erp.query(
    `INSERT INTO dbo.Customers (CustomerNo, Name, Route, PriceGroup, CurrencyCode, ModifiedAt)
     SELECT N'${customer}', N'New', Route, PriceGroup, CurrencyCode, ModifiedAt FROM dbo.Customers WHERE CustomerNo = N'${world.customer}'`,
  );
  await healed(parked, order);
});

test('an order the ERP itself refuses names its error and table, and goes through once the item is there', async () => {
  const item = `I-${process.pid}`;
  const order = orderPacket(world, { item });
  const parked = await refused(order.xml);
  expect(parked.said.what).toMatch(/^Refused: .*FK_SalesOrderLine_Items.*\(.*Sales Order Line.*\)$/);
  expect(parked.said.next).toContain('547');
  await world.erp.query(
    `INSERT INTO dbo.Items (ItemNo, Description, BaseUnit, UnitPrice, VatPercent, Inventory, PriceIncludesVat, ModifiedAt)
     SELECT N'${item}', Description, BaseUnit, UnitPrice, VatPercent, Inventory, PriceIncludesVat, ModifiedAt FROM dbo.Items WHERE ItemNo = N'${world.item}'`,
  );
  await healed(parked, order);
});

test('DM-35 a packet of another company is parked with its name, and applied once the link lists it', async () => {
  const order = orderPacket(world);
  const { site, item, said } = await refused(order.xml, { company: 'OTHER_CO' });
  expect(said.what).toMatch(/company "OTHER_CO".*\(packet /);
  expect(said.what).toContain(item.externalId);
  expect(said.next).toContain('companies in site.json');
  expect(said.owner).toBe('Integrator');
  await site.stop();
  const { settings } = site;
  Object.assign(settings.links[0].cloud, { companies: [SAMPLE.company, 'OTHER_CO'] });
  site.writeSettings(settings);
  await site.start();
  await healed({ site, item, said }, order);
});

test('DM-23 a packet that names another user than its list is parked under both, and never written', async () => {
  const [anna, bob] = world.users;
  const order = orderPacket(world, { user: bob });
  const { item, said } = await refused(order.xml, { user: anna });
  expect(item.user).toBe(anna);
  expect(said.what).toContain(`user "${bob}"`);
  expect(said.what).toContain(item.externalId);
  expect(said.owner).toBe('Cloud administrator');
  expect(await inErp(world, order)).toEqual(NEVER);
});
