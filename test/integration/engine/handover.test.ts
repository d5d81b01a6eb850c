import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { itemReading } from '../../../main/agent/handlers/reading.ts';
import { ERP_REFUSED } from '../../../shared/model/failure.ts';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import { STEPS, type StepName, type StepPhase } from '../../../main/core/runtime/steps.ts';
import { linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { MemoryErp } from '../../support/memory-erp.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';

const never = new AbortController().signal;

/** Orders go to a staging table; the ERP has 20 minutes. */
const STAGED: Mapping = mappingSchema.parse({
  ...MAPPING,
  pull: {
    ...MAPPING.pull,
    documents: MAPPING.pull.documents.map((handler) =>
      handler.document === 'order'
        ? {
            ...handler,
            write: { ...handler.write, to: { staging: { name: 'OrderInbox' } } },
            returns: { key: { name: 'Id', type: 'int' } },
            erpStatus: {
              column: 'Status',
              accepted: ['ok'],
              refused: ['no'],
              number: 'No',
              reason: 'Why',
              within: '20m',
            },
          }
        : handler,
    ),
  },
});

function bench(options: Parameters<typeof linkBench>[1] = {}, folder = temporaryFolder()): LinkBench {
  const made = linkBench(folder, { mapping: STAGED, ...options });
  onTestFinished(() => made.close());
  return made;
}
const order = (no: string, more: Record<string, string> = {}): string =>
  packet('SalesHeader', `row-${no}`, { no, ...more });
/** Parked at once: the cloud calls it anna's, its text bob's. */
const FOREIGN = packet('SalesHeader', 'row-9', { no: '9' }, 'bob');
const items = (b: LinkBench): readonly Item[] =>
  b.store.list({ limit: 100, offset: 0, direction: 'in', order: 'oldest' });
const states = (b: LinkBench): string[] => items(b).map((item) => item.state);
const counts = (b: LinkBench): { pendingIn: number; parked: number } =>
  b.store.counts(b.link.parts.link, b.runtime.wall());
const late = (b: LinkBench): unknown => b.store.handedCounts(b.link.parts.link, b.runtime.wall()).overdue;

const accepts = (erp: MemoryErp, no: string): unknown =>
  erp.decisions.set(`row-${no}`, { standing: 'accepted', reason: null, erpNumber: `SO-${no}` });
const refuses = (erp: MemoryErp, no: string, reason = 'credit limit'): unknown =>
  erp.decisions.set(`row-${no}`, { standing: 'refused', reason, erpNumber: null });

describe('a document that is handed over', () => {
  test('is what an update of it that comes meanwhile is compared with', async () => {
    const folder = temporaryFolder();
    const b = bench({}, folder);
    b.deliver(order('1', { discount: '5' }));
    await b.run('pull');
    const [handed] = items(b);
    expect(handed?.handed).toBeDefined();
    b.deliver(
      order('1', { discount: '7' })
        .replace('status="insert"', 'status="update"')
        .replace('>1</state>', '>2</state>'),
    );
    await b.run('pull');
    const update = items(b).at(-1);
    expect(update).toMatchObject({ state: 'parked' });
    const reads = inlineReads({
      file: join(folder, 'ferry.sqlite'),
      spool: join(folder, 'spool'),
      zone: 'UTC',
    });
    onTestFinished(() => reads.close());
    const shown = await itemReading(reads, never, () => STAGED).queueShow({ item: update?.id ?? 0 });
    if (!shown.ok) throw new Error(shown.error.message);
    expect(shown.value.difference).toMatchObject({ against: handed?.id });
    expect(shown.value.difference?.changes).toContainEqual(
      expect.objectContaining({ field: 'discount', before: '5', after: '7' }),
    );
    // It waits for the ERP as before.
    accepts(b.erp, '1');
    await b.run('pull');
    expect(states(b)).toEqual(['settled', 'parked']);
  });

  test('waits until the ERP accepts it, and is settled with the ERP’s number', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    expect(states(b)).toEqual(['waiting']);
    expect(items(b)[0]?.reason).toMatchObject({ kind: 'handed-over', documents: ['order 1'] });
    expect(counts(b)).toMatchObject({ pendingIn: 1, parked: 0 });
    accepts(b.erp, '1');
    await b.run('pull');
    expect(states(b)).toEqual(['settled']);
    expect(items(b)[0]?.outcome).toContain('SO-1');
    expect(b.erp.written).toEqual(['order 1']);
  });

  test('is parked with the ERP’s own words when it is refused, and goes on by itself when it is accepted after all', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    refuses(b.erp, '1', '<b>credit</b> limit');
    await b.run('pull');
    expect(items(b)[0]).toMatchObject({
      state: 'parked',
      reason: {
        kind: 'failure',
        failure: { kind: 'rejected', code: ERP_REFUSED, where: 'order 1', message: '<b>credit</b> limit' },
      },
    });
    expect(counts(b)).toMatchObject({ pendingIn: 0, parked: 1 });
    accepts(b.erp, '1');
    await b.run('pull');
    expect(states(b)).toEqual(['settled']);
    expect(b.erp.written).toEqual(['order 1']);
  });

  test('retried by a person after a refusal asks again and writes nothing', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    refuses(b.erp, '1');
    await b.run('pull');
    const [item] = items(b);
    if (item === undefined) throw new Error('no item');
    b.store.retry(item.id, b.runtime.wall());
    await b.run('pull');
    expect(states(b)).toEqual(['parked']);
    // Back to undecided: the ERP looks at it once more.
    b.erp.decisions.set('row-1', { standing: 'handed-over', reason: null, erpNumber: null });
    await b.run('pull');
    expect(states(b)).toEqual(['waiting']);
    expect(b.erp.written).toEqual(['order 1']);
  });

  test('is neither set aside nor discarded while the ERP may accept it; a refused one may be discarded', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    const item = items(b)[0] as Item;
    expect(await b.finish(b.link.park(item, '', never))).toBeUndefined();
    expect(await b.finish(b.link.discard(item, '', never))).toEqual({ kind: 'not-parked' });
    refuses(b.erp, '1');
    await b.run('pull');
    // The ERP takes it back just before: nothing is discarded.
    b.erp.decisions.set('row-1', { standing: 'handed-over', reason: null, erpNumber: null });
    expect(await b.finish(b.link.discard(items(b)[0] as Item, '', never))).toEqual({ kind: 'handed-over' });
    expect(states(b)).not.toContain('discarded');
    refuses(b.erp, '1');
    await b.run('pull');
    expect(await b.finish(b.link.discard(items(b)[0] as Item, 'typed in by hand', never))).toMatchObject({
      kind: 'discarded',
    });
    // Sent again by the phone, it is known, refused as before, and written nowhere.
    b.deliver(order('1'));
    await b.run('pull');
    expect(states(b)).toEqual(['discarded', 'parked']);
    expect(b.erp.written).toEqual(['order 1']);
  });

  test('accepted just before a person discards it is settled', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    refuses(b.erp, '1');
    await b.run('pull');
    accepts(b.erp, '1');
    expect(await b.finish(b.link.discard(items(b)[0] as Item, '', never))).toEqual({ kind: 'in-the-erp' });
    expect(states(b)).toEqual(['settled']);
  });

  test('sent again under another packet id follows the same word, in either order of arrival', async () => {
    const b = bench();
    b.deliver(order('1'));
    b.deliver(order('1'));
    await b.run('pull');
    expect(states(b)).toEqual(['waiting', 'waiting']);
    expect(b.erp.written).toEqual(['order 1']);
    refuses(b.erp, '1');
    await b.run('pull');
    expect(states(b)).toEqual(['parked', 'parked']);
    accepts(b.erp, '1');
    await b.run('pull');
    expect(states(b)).toEqual(['settled', 'settled']);
    b.deliver(order('1'));
    await b.run('pull');
    expect(states(b)).toEqual(['settled', 'settled', 'settled']);
    expect(b.erp.written).toEqual(['order 1']);
  });

  test('an answer of the ERP that was lost is found in the ledger', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    accepts(b.erp, '1');
    b.erp.verdictLost = true;
    await b.run('pull');
    expect(states(b)).toEqual(['waiting']);
    await b.runtime.advance(60_000);
    await b.run('pull');
    expect(states(b)).toEqual(['settled']);
  });

  test('is written again from the kept bytes when the ERP was restored to a moment before it, once', async () => {
    const b = bench();
    for (const no of ['1', '2']) b.deliver(order(no));
    await b.run('pull');
    refuses(b.erp, '2');
    await b.run('pull');
    expect(states(b)).toEqual(['waiting', 'parked']);
    b.erp.ledger.clear();
    b.erp.documents.clear();
    b.erp.decisions.clear();
    b.erp.written.length = 0;
    await b.finish(b.link.reconcile(true, never));
    await b.run('pull');
    expect(states(b)).toEqual(['waiting', 'waiting']);
    expect(b.erp.written.toSorted()).toEqual(['order 1', 'order 2']);
    for (const no of ['1', '2']) accepts(b.erp, no);
    await b.run('pull');
    expect(states(b)).toEqual(['settled', 'settled']);
  });

  test('undecided for longer than its mapping says is late, never before and never after its end', async () => {
    const b = bench();
    b.deliver(order('1', {}));
    await b.run('pull');
    await b.runtime.advance(19 * 60_000);
    expect(late(b)).toBeUndefined();
    expect(b.store.counts(b.link.parts.link, b.runtime.wall()).oldestPendingIn).toBeUndefined();
    await b.runtime.advance(2 * 60_000);
    expect(late(b)).toMatchObject({ count: 1, label: 'order 1' });
    // A look at the ledger meanwhile begins no new time.
    await b.runtime.advance(31 * 60_000);
    await b.run('pull');
    expect(late(b)).toMatchObject({ count: 1, label: 'order 1' });
    accepts(b.erp, '1');
    await b.run('pull');
    expect(late(b)).toBeUndefined();
  });

  test('does not hold up the snapshot of its user, whom it is to reach', async () => {
    const b = bench();
    b.deliver(order('1'));
    await b.run('pull');
    expect(b.store.openPacketsOf(b.link.parts.link, 'anna')).toEqual({ pending: 0, parkedSince: undefined });
    refuses(b.erp, '1');
    await b.run('pull');
    expect(b.store.openPacketsOf(b.link.parts.link, 'anna')).toEqual({ pending: 0, parkedSince: undefined });
  });
});

describe('notices', () => {
  test('what is set aside, discarded and taken back is told to the ERP’s side, once', async () => {
    const b = bench();
    b.deliver(order('1', { visitNo: 'V-gone' }));
    await b.run('pull');
    await b.runtime.advance(601_000);
    await b.run('pull');
    expect(states(b)).toEqual(['parked']);
    const id = items(b)[0]?.externalId ?? '';
    expect(b.erp.notices.get(id)).toMatchObject({
      user: 'anna',
      document: 'order',
      number: '1',
      state: 'parked',
      reason: expect.stringContaining('V-gone') as string,
    });
    const told = b.erp.told;
    await b.run('pull');
    expect(b.erp.told).toBe(told);
    b.deliver(packet('Visit', 'row-V', { no: 'V-gone' }));
    await b.run('pull');
    expect([...b.erp.notices.keys()]).toEqual([]);
  });

  test('stay owed while the ERP is away, and over a restart', async () => {
    const folder = temporaryFolder();
    const b = bench({}, folder);
    b.deliver(FOREIGN);
    await b.run('pull');
    const id = items(b)[0]?.externalId ?? '';
    b.erp.notices.clear();
    b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'off' };
    await b.finish(b.link.discard(items(b)[0] as Item, 'by hand', never));
    expect(states(b)).toEqual(['parked']);
    b.erp.away = undefined;
    await b.runtime.advance(60_000);
    await b.finish(b.link.discard(items(b)[0] as Item, 'by hand', never));
    b.store.close();
    const again = bench({ erp: b.erp, cloud: b.cloud, runtime: b.runtime }, folder);
    await again.run('pull');
    expect(again.erp.notices.get(id)).toMatchObject({ state: 'discarded', user: 'anna' });
  });

  test('an ERP that may not keep them is not asked again and again', async () => {
    const b = bench();
    b.erp.notifyFails = { kind: 'rejected', code: '229', message: 'denied' };
    b.deliver(FOREIGN);
    for (let n = 0; n < 5; n += 1) await b.run('pull');
    expect(b.erp.told).toBe(1);
    b.erp.notifyFails = undefined;
    await b.runtime.advance(11 * 60_000);
    await b.run('pull');
    await b.run('pull');
    expect(b.erp.told).toBe(2);
  });
});

class Killed extends Error {}

/** Everything a link does from a packet to its end, in a process that dies at one step; then in one that does not. */
describe('killed', () => {
  const edges = STEPS.filter((step) =>
    /^(pull\.(begin-attempt|apply|settle|park)$|handover\.|notice\.)/.test(step),
  ).flatMap((step) => (['before', 'after'] as const).map((phase) => [step, phase] as const));

  test.each(edges)('%s %s: handed over, refused and accepted, once each', async (step, phase) => {
    const folder = temporaryFolder();
    const inner = createTestRuntime({ seed: 1 });
    let armed = true;
    const dead = { now: false };
    const runtime = new Proxy(inner, {
      get: (target, name) =>
        name === 'step'
          ? (at: StepName, when: StepPhase) => {
              if (dead.now) throw new Killed();
              if (!armed || at !== step || when !== phase) return;
              armed = false;
              dead.now = true;
              throw new Killed();
            }
          : (Reflect.get(target, name) as unknown),
    });
    const erp = new MemoryErp();
    let b = linkBench(folder, { mapping: STAGED, runtime, erp });
    const ends: (() => void)[] = [];
    onTestFinished(() => {
      for (const end of ends) end();
    });
    const settle = async (): Promise<void> => {
      for (let turn = 0; turn < 3; turn += 1) {
        await b.run('pull').catch(() => undefined);
        if (dead.now) {
          dead.now = false;
          b.store.close();
          b = linkBench(folder, { mapping: STAGED, runtime, erp, cloud: b.cloud });
        }
        await inner.advance(61_000);
      }
    };
    ends.push(() => b.close());
    b.deliver(order('1'));
    b.deliver(order('2'));
    b.deliver(FOREIGN);
    await settle();
    accepts(erp, '1');
    refuses(erp, '2');
    await settle();
    expect(states(b).toSorted()).toEqual(['parked', 'parked', 'settled']);
    accepts(erp, '2');
    await settle();
    expect(states(b).toSorted()).toEqual(['parked', 'settled', 'settled']);
    expect(erp.written.toSorted()).toEqual(['order 1', 'order 2']);
    const broken = items(b).find((item) => item.state === 'parked');
    expect([...erp.notices.keys()]).toEqual([broken?.externalId]);
  });
});
