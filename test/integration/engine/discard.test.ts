import { expect, onTestFinished, test } from 'vitest';
import type { Item } from '../../../main/core/queue/item.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { startId } from '../../../shared/model/ids.ts';
import { SimulatedCrash } from '../../support/test-runtime.ts';
import { sandboxSite, type SandboxSite } from '../../support/sandbox-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

async function site(): Promise<SandboxSite> {
  const made = await sandboxSite(temporaryFolder());
  onTestFinished(() => made.close());
  return made;
}

const items = (s: SandboxSite, direction: 'in' | 'out' = 'in'): readonly Item[] =>
  s.site.store.list({ direction, limit: 50, offset: 0 });
function only(s: SandboxSite, packet: string): Item {
  const found = items(s).filter((item) => item.externalId === packet);
  expect(found).toHaveLength(1);
  return found[0] as Item;
}
const discard = (s: SandboxSite, item: Item, confirm: string = item.externalId) =>
  s.finish(s.site.handlers.queueDiscard({ item: item.id, confirm, note: 'no longer wanted' }));
const linkOf = (s: SandboxSite) => s.site.agent.parts.links[0]?.parts.link ?? ('' as never);

/** One order, made and sent while the ERP is away: it is here and nowhere else. Row id and packet id. */
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

test('a discarded packet that is delivered again is not applied, and is reported done', async () => {
  const s = await site();
  const { packet } = await parked(s);
  const done = await discard(s, only(s, packet));
  expect(done).toMatchObject({ ok: true, value: { item: { state: 'discarded' } } });
  s.cloud.control.redeliver({ area: SAMPLE.appArea, id: packet });
  await s.runtime.advance(180_000);
  expect(await s.orders()).toEqual([]);
  expect(only(s, packet).state).toBe('discarded');
  expect(s.cloud.control.queueState({ area: SAMPLE.appArea })).toMatchObject({ waiting: [], delivered: [] });
  expect(await discard(s, only(s, packet))).toMatchObject({ ok: false, error: { code: 'not-now' } });
});

test('only a parked item, and only with its packet id typed exactly', async () => {
  const s = await site();
  const { packet } = await orderHere(s);
  expect(await discard(s, only(s, packet))).toMatchObject({ ok: false, error: { code: 'not-now' } });
  await s.finish(s.site.handlers.queuePark({ item: only(s, packet).id, note: '' }));
  for (const wrong of ['', packet.toUpperCase(), ` ${packet}`, packet.slice(1)])
    expect(await discard(s, only(s, packet), wrong)).toMatchObject({
      ok: false,
      error: { code: 'bad-arguments' },
    });
  expect(only(s, packet).state).toBe('parked');
  expect(await s.finish(s.site.handlers.queueDiscard({ item: 999, confirm: '', note: '' }))).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
});

test('while the ERP does not answer nothing can be proven: the item stays parked', async () => {
  const s = await site();
  const { packet } = await parked(s);
  for (const reach of ['away', 'frozen'] as const) {
    s.reach.erp = reach;
    expect(await discard(s, only(s, packet))).toMatchObject({ ok: false, error: { code: 'unavailable' } });
    expect(only(s, packet).state).toBe('parked');
  }
});

test('a discarded packet is not lost for good: what is typed again by its phone goes in under a new id', async () => {
  const s = await site();
  const { packet, rowId } = await parked(s);
  await discard(s, only(s, packet));
  await s.phone.resend(packet);
  await s.runtime.advance(180_000);
  expect(await s.orders()).toEqual([rowId]);
});

test('interrupted between the proof and the store, it is parked and can be discarded again, or retried', async () => {
  for (const then of ['discard', 'retry'] as const) {
    const s = await site();
    const { packet, rowId } = await parked(s);
    s.runtime.onStep = (name, phase) => {
      if (name === 'pull.discard') throw new SimulatedCrash(name, phase);
    };
    await expect(discard(s, only(s, packet))).rejects.toThrow('crash before pull.discard');
    s.runtime.onStep = undefined;
    expect(only(s, packet).state).toBe('parked');
    if (then === 'discard') expect(await discard(s, only(s, packet))).toMatchObject({ ok: true });
    else await s.site.handlers.queueRetry({ item: only(s, packet).id });
    await s.runtime.advance(120_000);
    expect(await s.orders()).toEqual(then === 'discard' ? [] : [rowId]);
  }
});

/**
 * A packet whose commit is on its way while nobody knows, parked because three starts in a row ended with it in hand: the one
 * way to be parked without the proof.
 */
async function parkedWithCommitOnItsWay(s: SandboxSite): Promise<{
  rowId: string;
  packet: string;
  land: () => Promise<void>;
}> {
  const made = await orderHere(s);
  const land = s.commitLate();
  s.reach.erp = 'up';
  // Until the attempt whose answer is lost; then everything stands still.
  for (let turn = 0; only(s, made.packet).state !== 'unknown'; turn += 1) {
    expect(turn).toBeLessThan(2_000);
    await s.runtime.advance(20);
  }
  await s.site.handlers.pause({ reason: '' });
  await s.runtime.advance(2_000);
  const { store } = s.site;
  const link = linkOf(s);
  for (const start of ['one', 'two', 'three']) {
    expect(store.claim(link, 'in', startId(start), s.runtime.wall())?.externalId).toBe(made.packet);
    store.releaseClaims(s.site.agent.parts.startId, s.runtime.wall());
  }
  expect(only(s, made.packet)).toMatchObject({ state: 'parked', reason: { kind: 'unclean-exits' } });
  return { ...made, land };
}

test('a commit that lands after the discard finds its key taken: applied never', async () => {
  const s = await site();
  const { packet, land } = await parkedWithCommitOnItsWay(s);
  expect(await discard(s, only(s, packet))).toMatchObject({ ok: true });
  await s.finish(land());
  expect(await s.orders()).toEqual([]);
  await s.site.handlers.resume({});
  await s.runtime.advance(120_000);
  expect(await s.orders()).toEqual([]);
  expect(only(s, packet).state).toBe('discarded');
});

test('a commit that landed before the discard wins: applied once, and the item is settled as applied', async () => {
  const s = await site();
  const { packet, rowId, land } = await parkedWithCommitOnItsWay(s);
  await s.finish(land());
  expect(await s.orders()).toEqual([rowId]);
  await s.site.handlers.resume({});
  const done = await discard(s, only(s, packet));
  expect(done).toMatchObject({ ok: false, error: { code: 'not-now' } });
  expect(done.ok ? '' : done.error.message).toContain('settled as applied');
  expect(only(s, packet).state).toBe('settled');
  await s.runtime.advance(120_000);
  expect(await s.orders()).toEqual([rowId]);
});

test('an attempt after a void row is kept out by a higher one, also when its commit lands late', async () => {
  const s = await site();
  const { packet } = await parked(s);
  // Void row written, and the program ended before it could say so: the item does not know of its revision.
  s.runtime.onStep = (name, phase) => {
    if (name === 'pull.discard') throw new SimulatedCrash(name, phase);
  };
  await expect(discard(s, only(s, packet))).rejects.toThrow();
  s.runtime.onStep = undefined;
  const land = s.commitLate();
  await s.site.handlers.queueRetry({ item: only(s, packet).id });
  for (let turn = 0; only(s, packet).state !== 'unknown'; turn += 1) {
    expect(turn).toBeLessThan(2_000);
    await s.runtime.advance(20);
  }
  await s.site.handlers.pause({ reason: '' });
  expect((await s.finish(s.site.handlers.queuePark({ item: only(s, packet).id, note: '' }))).ok).toBe(true);
  await s.finish(land());
  expect(await s.orders()).toEqual([]);
  expect(await discard(s, only(s, packet))).toMatchObject({ ok: true });
  expect(await s.orders()).toEqual([]);
});

test('other contents under the same packet id can be discarded and stand in nobody’s way', async () => {
  const s = await site();
  const { packet, rowId } = await orderHere(s);
  const other = `<NavMobileSync salesmancode="anna"><table tablename="X" name="X"></table></NavMobileSync>`;
  s.cloud.control.redeliver({ area: SAMPLE.appArea, id: packet, xml: other });
  await s.runtime.advance(90_000);
  const [second] = items(s).filter((item) => item.externalId === packet && item.state === 'parked');
  await s.site.handlers.pause({ reason: '' });
  s.reach.erp = 'up';
  await s.runtime.advance(60_000);
  expect(await discard(s, second as Item)).toMatchObject({ ok: true });
  await s.site.handlers.resume({});
  await s.runtime.advance(120_000);
  expect(await s.orders()).toEqual([rowId]);
  expect(
    items(s)
      .filter(({ externalId }) => externalId === packet)
      .map(({ state }) => state)
      .toSorted(),
  ).toEqual(['discarded', 'settled']);
});

test('a snapshot is discarded without asking the ERP', async () => {
  const s = await site();
  s.reach.cloud = 'away';
  await s.runtime.advance(3_600_000 - 60_000);
  // Every user's snapshot is built again after a day; here one is parked by hand.
  s.runtime.clock.jumpWall(86_400_000);
  s.reach.cloud = 'up';
  s.cloud.control.faults([{ on: 'upload', kind: 'status', status: 400, times: 9 }]);
  await s.runtime.advance(4_000_000);
  const [snapshot] = items(s, 'out').filter(({ state }) => state === 'parked');
  expect(snapshot).toBeDefined();
  s.reach.erp = 'away';
  expect(await discard(s, snapshot as Item)).toMatchObject({
    ok: true,
    value: { item: { state: 'discarded', direction: 'out' } },
  });
});
