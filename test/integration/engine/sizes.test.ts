import { expect, onTestFinished, test } from 'vitest';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import { linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Orders go to a staging table, whose rows the ERP takes when it likes. */
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
            erpStatus: { column: 'Status', accepted: ['ok'], refused: ['no'], within: '20m' },
          }
        : handler,
    ),
  },
});

const FEW = 30;
const MANY = 4 * FEW;

interface Work {
  /** Calls of the store. */
  readonly calls: number;
  /** Durable steps begun and ended. */
  readonly steps: number;
}

/** What is asked of the store, and made durable, while this is done. */
async function workOf(b: LinkBench, act: () => Promise<void>): Promise<Work> {
  const { store } = b.link.parts;
  let calls = 0;
  const undo = Object.entries(store).flatMap(([name, was]: [string, unknown]) => {
    if (typeof was !== 'function') return [];
    Object.assign(store, {
      [name]: (...given: readonly unknown[]): unknown => {
        calls += 1;
        return Reflect.apply(was, store, given);
      },
    });
    return [() => Object.assign(store, { [name]: was })];
  });
  const before = b.runtime.steps.length;
  await act();
  for (const one of undo) one();
  return { calls, steps: b.runtime.steps.length - before };
}

function bench(mapping: Mapping = MAPPING): LinkBench {
  const b = linkBench(temporaryFolder(), { mapping, parallelDownloads: 1 });
  onTestFinished(() => b.close());
  return b;
}
const orders = (b: LinkBench, count: number, userOf: (n: number) => string): void => {
  for (let n = 0; n < count; n += 1) {
    const user = userOf(n);
    b.deliver(packet('SalesHeader', `row-${n}`, { no: `${n}` }, user), { user });
  }
};

/** Taken while the ERP is away, then drained. */
async function backlog(count: number, userOf: (n: number) => string): Promise<Work> {
  const b = bench();
  b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
  orders(b, count, userOf);
  await b.run('pull');
  await b.runtime.advance(60_000);
  b.erp.away = undefined;
  const work = await workOf(b, () => b.run('pull'));
  expect(b.erp.written).toHaveLength(count);
  return work;
}

/** Handed over, looked after while the ERP takes its time, then accepted. */
async function handedOver(count: number): Promise<{ readonly waits: Work; readonly ends: Work }> {
  const b = bench(STAGED);
  orders(b, count, () => 'anna');
  await b.run('pull');
  const { store, link } = b.link.parts;
  expect(store.handedCounts(link, b.runtime.wall()).waiting).toBe(count);
  await b.runtime.advance(60_000);
  const waits = await workOf(b, () => b.run('pull'));
  for (let n = 0; n < count; n += 1)
    b.erp.decisions.set(`row-${n}`, { standing: 'accepted', reason: null, erpNumber: `SO-${n}` });
  await b.runtime.advance(60_000);
  const ends = await workOf(b, () => b.run('pull'));
  expect(store.handedCounts(link, b.runtime.wall()).waiting).toBe(0);
  return { waits, ends };
}

/** Four times as much is at most four times the work, and a tenth of that. */
function expectLinear(few: Work, many: Work): void {
  expect(few.calls).toBeGreaterThan(FEW);
  expect(few.steps).toBeGreaterThan(FEW);
  expect(many.calls).toBeLessThan(few.calls * 4.4);
  expect(many.steps).toBeLessThan(few.steps * 4.4);
}

test('what waits of one user, and of as many users, takes a bounded number of steps each', async () => {
  for (const userOf of [() => 'anna', (n: number) => `user-${n}`])
    expectLinear(await backlog(FEW, userOf), await backlog(MANY, userOf));
}, 60_000);

test('packets handed over cost nothing while they wait, and a bounded number of steps each when they are accepted', async () => {
  const [few, many] = [await handedOver(FEW), await handedOver(MANY)];
  expect(many.waits.calls).toBeLessThan(few.waits.calls + 10);
  expect(many.waits.steps).toBeLessThan(few.waits.steps + 10);
  expectLinear(few.ends, many.ends);
}, 60_000);
