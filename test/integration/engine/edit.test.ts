import { describe, expect, onTestFinished, test } from 'vitest';
import type { Item } from '../../../main/core/queue/item.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { itemId, startId } from '../../../shared/model/ids.ts';
import { SimulatedCrash } from '../../support/test-runtime.ts';
import { sandboxSite, type SandboxSite } from '../../support/sandbox-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function site(): Promise<SandboxSite> {
  const made = await sandboxSite(temporaryFolder());
  onTestFinished(() => made.close());
  return made;
}

const items = (s: SandboxSite): readonly Item[] =>
  s.site.store.list({ direction: 'in', limit: 50, offset: 0 });
function only(s: SandboxSite, packet: string): Item {
  const found = items(s).filter((item) => item.externalId === packet);
  expect(found).toHaveLength(1);
  return found[0] as Item;
}

/** One order that is here and nowhere else. Row id and packet id. */
async function orderHere(s: SandboxSite): Promise<{ rowId: string; packet: string }> {
  s.reach.erp = 'away';
  const [order] = s.phone.orders([{ lines: 2 }]);
  await s.phone.send();
  const packet = s.phone.sentPackets().at(-1) ?? '';
  await s.runtime.advance(70_000);
  expect(only(s, packet).state).toBe('ready');
  return { rowId: order?.rowId.toUpperCase() ?? '', packet };
}

async function parked(s: SandboxSite): Promise<{ rowId: string; packet: string }> {
  const made = await orderHere(s);
  const park = await s.finish(s.site.handlers.queuePark({ item: only(s, made.packet).id, note: '' }));
  expect(park.ok).toBe(true);
  s.reach.erp = 'up';
  await s.runtime.advance(60_000);
  return made;
}

/** The text of an item as it is, or as the phone sent it. */
async function textOf(s: SandboxSite, item: Item, original = false): Promise<string> {
  const body = (original ? s.site.store.edits(item.id)[0]?.before : undefined) ?? item.body;
  const chunks: Uint8Array[] = [];
  for await (const chunk of s.site.agent.parts.bodies.open(body)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** Another quantity in the first line. */
function editedText(text: string, quantity = '77'): string {
  const changed = text.replace(/<quantity>[^<]*<\/quantity>/i, `<quantity>${quantity}</quantity>`);
  expect(changed).not.toBe(text);
  return changed;
}

const edit = (s: SandboxSite, item: Item, xml: string, confirm: string = item.externalId) =>
  s.finish(s.site.handlers.queueEdit({ item: item.id, xml, confirm, by: 'maria', note: 'as told by phone' }));

async function editQuantity(s: SandboxSite, packet: string, quantity = '77') {
  const item = only(s, packet);
  return edit(s, item, editedText(await textOf(s, item), quantity));
}

describe('a packet that was edited', () => {
  test('goes into the ERP as edited, once, and everything about it is kept', async () => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    const before = only(s, packet);
    const original = await textOf(s, before);
    const done = await editQuantity(s, packet);
    expect(done).toMatchObject({ ok: true, value: { item: { id: before.id, revision: 1 }, more: 0 } });
    expect(done.ok && done.value.changes).toEqual([
      expect.objectContaining({ table: 'SalesLine', field: 'quantity', after: '77' }),
    ]);
    await s.runtime.advance(60_000);
    expect(await s.orders()).toEqual([rowId]);
    const after = only(s, packet);
    expect(after).toMatchObject({ id: before.id, state: 'settled' });
    expect(after.body.hash).not.toBe(before.body.hash);
    expect(await textOf(s, after)).toBe(editedText(original));
    expect(await textOf(s, after, true)).toBe(original);
    expect(s.site.store.edits(before.id)).toEqual([
      expect.objectContaining({
        by: 'maria',
        note: 'as told by phone',
        revision: 1,
        before: before.body,
        after: after.body,
      }),
    ]);
    expect(s.site.store.timeline(before.id).map(({ event }) => event)).toContain('edited-by-person');
    const parts = s.site.agent.parts.links[0]?.parts;
    if (parts === undefined) throw new Error('no link');
    const look = parts.erp.writer.look(parts.source, packet, [], new AbortController().signal);
    const ledger = await s.finish(look);
    expect(ledger).toMatchObject({
      ok: true,
      value: { packet: { state: 'applied', revision: 1, payloadHash: after.body.hash } },
    });
  });

  test('is delivered again as the phone sent it: known, not applied again, reported done', async () => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    await editQuantity(s, packet);
    s.cloud.control.redeliver({ area: SAMPLE.appArea, id: packet });
    await s.runtime.advance(180_000);
    expect(await s.orders()).toEqual([rowId]);
    expect(only(s, packet).state).toBe('settled');
    s.cloud.control.redeliver({ area: SAMPLE.appArea, id: packet });
    await s.runtime.advance(180_000);
    expect(only(s, packet).state).toBe('settled');
    expect(s.cloud.control.queueState({ area: SAMPLE.appArea })).toMatchObject({
      waiting: [],
      delivered: [],
    });
  });

  test('may be parked and edited again; each edit is kept', async () => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    const original = await textOf(s, only(s, packet));
    s.reach.erp = 'up';
    await s.site.handlers.pause({ reason: '' });
    expect((await editQuantity(s, packet, '5')).ok).toBe(true);
    expect((await s.finish(s.site.handlers.queuePark({ item: only(s, packet).id, note: '' }))).ok).toBe(true);
    expect((await editQuantity(s, packet, '6')).ok).toBe(true);
    await s.site.handlers.resume({});
    await s.runtime.advance(60_000);
    expect(await s.orders()).toEqual([rowId]);
    const edits = s.site.store.edits(only(s, packet).id);
    expect(edits.map(({ changes }) => changes.map(({ after }) => after))).toEqual([['5'], ['6']]);
    expect(edits[1]?.before.hash).toBe(edits[0]?.after.hash);
    expect(edits[1]?.revision).toBeGreaterThan(edits[0]?.revision ?? 0);
    expect(await textOf(s, only(s, packet), true)).toBe(original);
  });

  test('is known by its first bytes after its item has moved to the archive, whose bodies stay', async () => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    const { id, body } = only(s, packet);
    await editQuantity(s, packet);
    await s.runtime.advance(60_000);
    expect(s.site.store.archiveSome(s.runtime.wall() + 1).moved).toBeGreaterThan(0);
    expect(s.site.store.get(id)).toBeUndefined();
    const [kept] = s.site.store.edits(id);
    expect(s.site.store.rowBody(body.hash)).toBeDefined();
    expect(kept && s.site.store.rowBody(kept.after.hash)).toBeDefined();
    s.cloud.control.redeliver({ area: SAMPLE.appArea, id: packet });
    await s.runtime.advance(180_000);
    expect(items(s).filter(({ externalId }) => externalId === packet)).toEqual([]);
    expect(await s.orders()).toEqual([rowId]);
    expect(s.cloud.control.queueState({ area: SAMPLE.appArea })).toMatchObject({
      waiting: [],
      delivered: [],
    });
  });
});

describe('nothing is edited', () => {
  test('but what is parked, with its packet id typed exactly', async () => {
    const s = await site();
    const { packet } = await orderHere(s);
    const text = editedText(await textOf(s, only(s, packet)));
    const ready = only(s, packet);
    expect(await edit(s, ready, text)).toMatchObject({ ok: false, error: { code: 'not-now' } });
    const link = ready.link;
    s.site.store.claim(link, 'in', startId('other'), s.runtime.wall());
    expect(only(s, packet).state).toBe('working');
    expect(await edit(s, only(s, packet), text)).toMatchObject({ ok: false, error: { code: 'not-now' } });
    s.site.store.releaseClaims(s.site.agent.parts.startId, s.runtime.wall());
    expect(only(s, packet).state).toBe('unknown');
    expect(await edit(s, only(s, packet), text)).toMatchObject({ ok: false, error: { code: 'not-now' } });
    s.reach.erp = 'up';
    await s.runtime.advance(60_000);
    expect(only(s, packet).state).toBe('settled');
    expect(await edit(s, only(s, packet), text)).toMatchObject({ ok: false, error: { code: 'not-now' } });
    expect(s.site.store.edits(ready.id)).toEqual([]);
    expect(
      await s.finish(s.site.handlers.queueEdit({ item: 999, xml: 'x', confirm: '', by: '', note: '' })),
    ).toMatchObject({ ok: false, error: { code: 'not-found' } });
  });

  test('with another confirmation, the same bytes, or a text that could not be applied', async () => {
    const s = await site();
    const { packet } = await parked(s);
    const item = only(s, packet);
    const text = await textOf(s, item);
    const user = /salesmancode="([^"]*)"/i.exec(text)?.[1] ?? '';
    for (const [xml, confirm] of [
      [editedText(text), packet.toUpperCase()],
      [editedText(text), ''],
      [text, packet],
      ['no packet', packet],
      [text.slice(0, -5), packet],
      [editedText(text, 'many'), packet],
      [text.replace(`"${user}"`, '"boris"'), packet],
      [text.replace(/ salesmancode="[^"]*"/i, ''), packet],
    ] as const)
      expect(await edit(s, item, xml, confirm), xml.slice(0, 80)).toMatchObject({
        ok: false,
        error: { code: 'bad-arguments' },
      });
    expect(only(s, packet)).toEqual(item);
    expect(s.site.store.edits(item.id)).toEqual([]);
  });

  test('while the ERP does not answer', async () => {
    const s = await site();
    const { packet } = await parked(s);
    const item = only(s, packet);
    for (const reach of ['away', 'frozen'] as const) {
      s.reach.erp = reach;
      expect(await editQuantity(s, packet)).toMatchObject({ ok: false, error: { code: 'unavailable' } });
      expect(only(s, packet)).toEqual(item);
    }
  });

  test('of what a person retried in the middle of it', async () => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    const { id } = only(s, packet);
    s.runtime.onStep = (name, phase) => {
      if (name !== 'edit.exchange' || phase !== 'before') return;
      s.runtime.onStep = undefined;
      s.site.store.retry(itemId(id), s.runtime.wall());
    };
    expect(await editQuantity(s, packet)).toMatchObject({ ok: false, error: { code: 'not-now' } });
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual([rowId]);
    expect(s.site.store.edits(id)).toEqual([]);
  });
});

describe('interrupted', () => {
  test.each(
    (['edit.keep-body', 'pull.void', 'edit.exchange'] as const).flatMap((step) =>
      (['before', 'after'] as const).map((phase) => [step, phase] as const),
    ),
  )('at %s %s, it may be edited again, and one order comes of it', async (step, phase) => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    const text = await textOf(s, only(s, packet));
    await s.site.handlers.pause({ reason: '' });
    s.runtime.onStep = (name, when) => {
      if (name === step && when === phase) throw new SimulatedCrash(name, when);
    };
    await expect(edit(s, only(s, packet), editedText(text))).rejects.toThrow(`crash ${phase} ${step}`);
    s.runtime.onStep = undefined;
    const durable = step === 'edit.exchange' && phase === 'after';
    expect(only(s, packet).state).toBe(durable ? 'ready' : 'parked');
    if (!durable) expect(await edit(s, only(s, packet), editedText(text))).toMatchObject({ ok: true });
    await s.site.handlers.resume({});
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual([rowId]);
    expect(await textOf(s, only(s, packet))).toBe(editedText(text));
    expect(s.site.store.edits(only(s, packet).id)).toHaveLength(1);
  });
});

/** Parked by three starts that ended with it in hand, while a commit of it is on its way. */
async function parkedWithCommitOnItsWay(s: SandboxSite): Promise<{
  rowId: string;
  packet: string;
  land: () => Promise<void>;
}> {
  const made = await orderHere(s);
  const land = s.commitLate();
  s.reach.erp = 'up';
  for (let turn = 0; only(s, made.packet).state !== 'unknown'; turn += 1) {
    expect(turn).toBeLessThan(2_000);
    await s.runtime.advance(20);
  }
  await s.site.handlers.pause({ reason: '' });
  await s.runtime.advance(2_000);
  const { store } = s.site;
  const { link } = only(s, made.packet);
  for (const start of ['one', 'two', 'three']) {
    expect(store.claim(link, 'in', startId(start), s.runtime.wall())?.externalId).toBe(made.packet);
    store.releaseClaims(s.site.agent.parts.startId, s.runtime.wall());
  }
  expect(only(s, made.packet).state).toBe('parked');
  return { ...made, land };
}

describe('a commit of the old bytes', () => {
  test('that lands after the edit and before the edited packet finds its key taken', async () => {
    const s = await site();
    const { packet, rowId, land } = await parkedWithCommitOnItsWay(s);
    expect(await editQuantity(s, packet)).toMatchObject({ ok: true });
    await s.finish(land());
    expect(await s.orders()).toEqual([]);
    await s.site.handlers.resume({});
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual([rowId]);
    expect(only(s, packet)).toMatchObject({ state: 'settled' });
    expect(await textOf(s, only(s, packet))).toContain('<quantity>77</quantity>');
  });

  test('that lands after the edited packet changes nothing', async () => {
    const s = await site();
    const { packet, rowId, land } = await parkedWithCommitOnItsWay(s);
    expect(await editQuantity(s, packet)).toMatchObject({ ok: true });
    await s.site.handlers.resume({});
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual([rowId]);
    await s.finish(land());
    expect(await s.orders()).toEqual([rowId]);
  });

  test('that landed before the edit wins: nothing is edited, and the item is settled as applied', async () => {
    const s = await site();
    const { packet, rowId, land } = await parkedWithCommitOnItsWay(s);
    await s.finish(land());
    await s.site.handlers.resume({});
    const done = await editQuantity(s, packet);
    expect(done).toMatchObject({ ok: false, error: { code: 'not-now' } });
    expect(only(s, packet).state).toBe('settled');
    expect(s.site.store.edits(only(s, packet).id)).toEqual([]);
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual([rowId]);
  });

  test('of an earlier edit is kept out by the next edit', async () => {
    const s = await site();
    const { packet, rowId } = await parked(s);
    const land = s.commitLate();
    expect(await editQuantity(s, packet, '5')).toMatchObject({ ok: true });
    for (let turn = 0; only(s, packet).state !== 'unknown'; turn += 1) {
      expect(turn).toBeLessThan(2_000);
      await s.runtime.advance(20);
    }
    await s.site.handlers.pause({ reason: '' });
    expect((await s.finish(s.site.handlers.queuePark({ item: only(s, packet).id, note: '' }))).ok).toBe(true);
    expect(await editQuantity(s, packet, '6')).toMatchObject({ ok: true });
    await s.finish(land());
    expect(await s.orders()).toEqual([]);
    await s.site.handlers.resume({});
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual([rowId]);
    expect(await textOf(s, only(s, packet))).toContain('<quantity>6</quantity>');
  });
});

test('other contents under one packet id: the one that is in keeps the other from being edited', async () => {
  const s = await site();
  const { packet, rowId } = await orderHere(s);
  const other = `<NavMobileSync salesmancode="anna"><table tablename="X" name="X"></table></NavMobileSync>`;
  s.cloud.control.redeliver({ area: SAMPLE.appArea, id: packet, xml: other });
  await s.runtime.advance(90_000);
  const second = items(s).find((item) => item.externalId === packet && item.state === 'parked') as Item;
  const first = items(s).find((item) => item.externalId === packet && item.state === 'ready') as Item;
  s.reach.erp = 'up';
  expect(await edit(s, second, await textOf(s, first))).toMatchObject({
    ok: false,
    error: { code: 'bad-arguments' },
  });
  await s.runtime.advance(120_000);
  expect(await s.orders()).toEqual([rowId]);
  expect(await edit(s, second, other.replace('"X"', '"Y"'))).toMatchObject({
    ok: false,
    error: { code: 'not-now' },
  });
  expect(s.site.store.get(second.id)?.state).toBe('parked');
});
