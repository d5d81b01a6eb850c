import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { itemReading } from '../../../main/agent/handlers/reading.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { sandboxSite, type SandboxSite } from '../../support/sandbox-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

type Site = SandboxSite & { readonly show: (item: number) => Promise<ResultOf<'queueShow'>> };

/** The site, with a viewer's eyes on its store. */
async function site(): Promise<Site> {
  const folder = temporaryFolder();
  const made = await sandboxSite(folder);
  const file = join(folder, 'ferry.sqlite');
  const reads = inlineReads({ file, spool: join(folder, 'spool'), zone: 'UTC' });
  onTestFinished(async () => {
    await reads.close();
    await made.close();
  });
  const { mapping } = made.site.agent.parts.links[0]?.parts ?? {};
  const looking = itemReading(reads, new AbortController().signal, () => mapping);
  const show = async (item: number): Promise<ResultOf<'queueShow'>> => {
    const reply = await looking.queueShow({ item });
    if (!reply.ok) throw new Error(reply.error.message);
    return reply.value;
  };
  return { ...made, show };
}

const items = (s: Site): readonly Item[] => s.site.store.list({ direction: 'in', limit: 100, offset: 0 });
function only(s: Site, packet: string): Item {
  const [found, ...more] = items(s).filter((item) => item.externalId === packet);
  if (found === undefined || more.length > 0) throw new Error(`not one item of ${packet}`);
  return found;
}
async function textOf(s: Site, { body }: Item): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of s.site.agent.parts.bodies.open(body)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
/** An order the ERP has. */
async function applied(s: Site): Promise<Item> {
  s.phone.orders([{ lines: 2 }]);
  await s.phone.send();
  await s.runtime.advance(70_000);
  const item = only(s, s.phone.sentPackets().at(-1) ?? '');
  expect(item.state).toBe('settled');
  return item;
}

/** The same user sends this under a packet id of its own. */
async function arrives(s: Site, xml: string): Promise<Item> {
  const id = s.cloud.control.deliver({ area: SAMPLE.appArea, user: 'anna', company: SAMPLE.company, xml });
  await s.runtime.advance(70_000);
  return only(s, id);
}

const QUANTITY = /<quantity>[^<]*<\/quantity>/i;
const withQuantity = (xml: string, quantity = '77'): string =>
  xml.replace(QUANTITY, `<quantity>${quantity}</quantity>`);
/** Rows of the order say something else; the activity beside it stays as it is. */
const asStatus = (xml: string, status: 'update' | 'delete'): string =>
  xml.replace(/<table tablename="Sales(?:Header|Line)".*?<\/table>/gis, (table) =>
    table
      .replaceAll(/status="insert(?:ed)?"/gi, `status="${status}"`)
      .replaceAll(/<state>1<\/state>/gi, `<state>${status === 'update' ? 2 : 3}</state>`),
  );
const quantityChange = expect.objectContaining({ table: 'SalesLine', field: 'quantity', after: '77' });

describe('what a packet changes', () => {
  test('a row that is known, with other contents, in another packet', async () => {
    const s = await site();
    const before = await applied(s);
    const item = await arrives(s, withQuantity(await textOf(s, before)));
    expect(item).toMatchObject({ state: 'parked', reason: { failure: { kind: 'conflict' } } });
    const { difference } = await s.show(item.id);
    expect(difference).toEqual({
      against: before.id,
      againstAt: before.createdAt,
      changes: [quantityChange],
      more: 0,
    });
    // The older one changes nothing, and one that says the same again neither.
    expect((await s.show(before.id)).difference).toBeUndefined();
    const again = await arrives(s, await textOf(s, before));
    expect((await s.show(again.id)).difference).toBeUndefined();
  });

  test('an update and a delete of an order the ERP has', async () => {
    const s = await site();
    const before = await applied(s);
    const text = await textOf(s, before);
    const update = await arrives(s, asStatus(withQuantity(text), 'update'));
    expect(update.state).toBe('parked');
    const shown = (await s.show(update.id)).difference;
    expect(shown?.against).toBe(before.id);
    expect(shown?.changes).toContainEqual(quantityChange);
    expect(shown?.changes).toContainEqual(
      expect.objectContaining({ table: 'SalesHeader', field: 'status', before: 'insert', after: 'update' }),
    );
    const header = /<table tablename="SalesHeader".*?<\/table>/is.exec(asStatus(text, 'delete'))?.[0] ?? '';
    const rowId = /<DMS_ROWID>[^<]*<\/DMS_ROWID>/i.exec(header)?.[0] ?? '';
    const gone = await arrives(
      s,
      `<NavMobileSync salesmancode="anna"><table tablename="SalesHeader"><r status="delete">${rowId}<documentType>0</documentType></r></table></NavMobileSync>`,
    );
    expect(gone.state).toBe('parked');
    // What it does not say it does not change, and nothing is applied by itself.
    expect((await s.show(gone.id)).difference).toMatchObject({
      against: before.id,
      changes: [{ table: 'SalesHeader', field: 'status', before: 'insert', after: 'delete' }],
      more: 0,
    });
    expect(await s.orders()).toHaveLength(1);
  });

  test('status and state of a row that contradict each other', async () => {
    const s = await site();
    const before = await applied(s);
    const text = await textOf(s, before);
    const header = /<table tablename="SalesHeader".*?<\/table>/is;
    const item = await arrives(
      s,
      text.replace(header, (table) =>
        table.replace('</r>', '<state>2</state></r>').replace('<state>1</state>', ''),
      ),
    );
    expect(item).toMatchObject({ state: 'parked', reason: { failure: { code: 'status-differs' } } });
    expect((await s.show(item.id)).difference).toMatchObject({
      against: before.id,
      changes: [{ table: 'SalesHeader', field: 'state', after: '2' }],
      more: 0,
    });
  });

  test('an update of an order that is parked itself', async () => {
    const s = await site();
    s.reach.erp = 'away';
    s.phone.orders([{ lines: 2 }]);
    await s.phone.send();
    await s.runtime.advance(70_000);
    const before = only(s, s.phone.sentPackets().at(-1) ?? '');
    await s.finish(s.site.handlers.queuePark({ item: before.id, note: '' }));
    s.reach.erp = 'up';
    await s.runtime.advance(60_000);
    const item = await arrives(s, asStatus(withQuantity(await textOf(s, before)), 'update'));
    expect(item.state).toBe('parked');
    const { difference } = await s.show(item.id);
    expect(difference?.against).toBe(before.id);
    expect(difference?.changes).toContainEqual(quantityChange);
  });

  test('against the bytes an older packet was edited to', async () => {
    const s = await site();
    s.reach.erp = 'away';
    s.phone.orders([{ lines: 1 }]);
    await s.phone.send();
    await s.runtime.advance(70_000);
    const before = only(s, s.phone.sentPackets().at(-1) ?? '');
    const text = await textOf(s, before);
    await s.finish(s.site.handlers.queuePark({ item: before.id, note: '' }));
    s.reach.erp = 'up';
    await s.runtime.advance(60_000);
    const edit = {
      item: before.id,
      xml: withQuantity(text, '55'),
      confirm: before.externalId,
      by: 'maria',
      note: '',
    };
    expect((await s.finish(s.site.handlers.queueEdit(edit))).ok).toBe(true);
    await s.runtime.advance(60_000);
    const item = await arrives(s, withQuantity(text));
    expect((await s.show(item.id)).difference?.changes).toEqual([
      expect.objectContaining({ field: 'quantity', before: '55', after: '77' }),
    ]);
  });

  test('against a packet that is in the archive', async () => {
    const s = await site();
    const before = await applied(s);
    const text = await textOf(s, before);
    expect(s.site.store.archiveSome(s.runtime.wall() + 1).moved).toBeGreaterThan(0);
    expect(s.site.store.get(before.id)).toBeUndefined();
    const item = await arrives(s, withQuantity(text));
    expect((await s.show(item.id)).difference).toMatchObject({
      against: before.id,
      changes: [quantityChange],
    });
  });

  test('tables and codes the mapping does not know are shown while parked and when settled', async () => {
    const s = await site();
    const survey = (xml: string): string =>
      xml.replace(
        '</NavMobileSync>',
        '<table tablename="Survey"><r status="insert"><DMS_ROWID>q-1</DMS_ROWID></r></table></NavMobileSync>',
      );
    const before = await applied(s);
    const text = await textOf(s, before);
    const parked = await arrives(s, survey(withQuantity(text)));
    expect((await s.show(parked.id)).unknown).toEqual([{ what: 'table', name: 'Survey' }]);
    const settled = await arrives(
      s,
      `<NavMobileSync salesmancode="anna"><table tablename="Survey"><r status="insert"><DMS_ROWID>q-2</DMS_ROWID></r></table></NavMobileSync>`,
    );
    expect(settled.state).toBe('settled');
    expect((await s.show(settled.id)).unknown).toEqual([{ what: 'table', name: 'Survey' }]);
    const run = s.site.store.runs({ limit: 20 }).find(({ counts }) => counts['unknownKept'] !== undefined);
    expect(run?.counts['unknownKept']).toBe(1);
    expect((await s.show(before.id)).unknown).toBeUndefined();
  });
});
