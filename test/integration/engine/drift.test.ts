import { expect, onTestFinished, test } from 'vitest';
import type { Catalogue } from '../../../main/core/drift/catalogue.ts';
import { failureView } from '../../../shared/contract/explain-reason.ts';
import { linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { catalogueOf } from '../../unit/drift/catalogue-of.ts';

const FITTING = catalogueOf(MAPPING);
const without = (table: string): Catalogue => ({
  ...FITTING,
  objects: FITTING.objects.filter((one) => one.name !== table),
});
const refusal = (code: string) =>
  ({ kind: 'rejected', code, where: 'dbo.Visits', message: `error ${code}` }) as const;

function bench(): LinkBench {
  const made = linkBench(temporaryFolder());
  made.erp.schema = FITTING;
  made.erp.usersOf = ['anna', 'bob'].map((name) => ({ name, values: new Map([['UserName', name]]) }));
  made.erp.tables = { Setup: [['anna']], Company: [['A', 'Acme']], Customer: [['C-1', 'Corner']] };
  onTestFinished(() => made.close());
  return made;
}
const run = (b: LinkBench, flow: 'pull' | 'push') =>
  b.store.runs({ limit: 20 }).find((one) => one.flow === flow);
const visit = (number: string): string => packet('Visit', `row-${number}`, { no: number });
const parked = (b: LinkBench): number => b.store.counts(b.link.parts.link, b.runtime.wall()).parked;
const waiting = (b: LinkBench): number => b.store.counts(b.link.parts.link, b.runtime.wall()).pendingIn;

test('a table that is gone stops applying before anything is claimed; packets are kept, and go in with the run after it is back', async () => {
  const b = bench();
  b.erp.schema = without('Visits');
  b.deliver(visit('V-1'));
  await b.run('pull');
  expect(run(b, 'pull')).toMatchObject({
    outcome: 'failed',
    counts: { stored: 1, applied: 0, parked: 0 },
    failure: { kind: 'rejected', code: 'drift-erp', where: 'dbo.Visits' },
  });
  const failure = run(b, 'pull')?.failure;
  expect(failure === undefined ? undefined : failureView(failure)).toMatchObject({
    owner: 'erp-administrator',
    what: { key: 'failure.driftErp.what' },
  });
  expect([b.erp.written, parked(b), waiting(b)]).toEqual([[], 0, 1]);
  expect(b.store.list({ link: b.link.parts.link, limit: 5, offset: 0 })[0]).toMatchObject({ attempts: 0 });

  b.erp.schema = FITTING;
  await b.run('pull');
  expect(run(b, 'pull')).toMatchObject({ outcome: 'ok', counts: { applied: 1 } });
  expect([b.erp.written, waiting(b)]).toEqual([['visit V-1'], 0]);
});

test('only the flow that does not fit is stopped: snapshots go on while orders wait, and the other way round', async () => {
  const b = bench();
  b.erp.schema = without('Orders');
  b.deliver(visit('V-1'));
  await b.run('push');
  // Whose packet waits gets no snapshot that does not know it.
  expect(run(b, 'push')).toMatchObject({ outcome: 'ok', counts: { held: 1, accepted: 1 } });
  expect(run(b, 'pull')).toMatchObject({ outcome: 'failed', failure: { where: 'dbo.Orders' } });

  b.erp.schema = without('Customer');
  const read = b.erp.reads.length;
  await b.run('push');
  expect(run(b, 'pull')).toMatchObject({ outcome: 'ok', counts: { applied: 1 } });
  expect(run(b, 'push')).toMatchObject({
    outcome: 'failed',
    failure: { code: 'drift-erp', where: 'dbo.Customer' },
  });
  expect(b.erp.reads).toHaveLength(read);

  b.erp.schema = FITTING;
  await b.run('push');
  expect(run(b, 'push')).toMatchObject({ outcome: 'ok', counts: { held: 0 } });
});

test('a schema that changes between looks is found by its first refusal: the packet waits and is not parked', async () => {
  const b = bench();
  await b.run('pull');
  b.erp.schema = without('Visits');
  b.erp.next = [refusal('208')];
  b.deliver(visit('V-1'));
  await b.run('pull');
  expect(run(b, 'pull')).toMatchObject({ outcome: 'failed', failure: { code: 'drift-erp' } });
  expect([parked(b), waiting(b)]).toEqual([0, 1]);
  b.erp.schema = FITTING;
  await b.run('pull');
  expect(run(b, 'pull')).toMatchObject({ outcome: 'ok', counts: { applied: 1 } });
});

test('a refusal of the data itself is parked as ever, whatever its number', async () => {
  const b = bench();
  b.erp.next = [refusal('515'), refusal('50123')];
  b.deliver(visit('V-1'));
  b.deliver(visit('V-2'));
  await b.run('pull');
  expect([parked(b), b.erp.written]).toEqual([2, []]);
});

test('a fitting ERP is asked once an hour and after it was away, a stopped one with every run', async () => {
  const b = bench();
  await b.run('pull');
  await b.run('pull');
  expect(b.erp.schemaReads).toBe(1);
  await b.runtime.advance(3_600_000);
  await b.run('pull');
  expect(b.erp.schemaReads).toBe(2);
  b.erp.schema = without('Visits');
  await b.runtime.advance(3_600_000);
  await b.run('pull');
  await b.run('pull');
  expect(b.erp.schemaReads).toBe(4);
});

test('a login that may not read the catalogue works as before', async () => {
  const b = bench();
  b.erp.schema = undefined;
  b.deliver(visit('V-1'));
  await b.run('pull');
  expect(run(b, 'pull')).toMatchObject({ outcome: 'ok', counts: { applied: 1 } });
});

test('a running link heals by itself soon after the schema fits again', async () => {
  const b = bench();
  b.erp.schema = without('Visits');
  b.deliver(visit('V-1'));
  const stop = new AbortController();
  const running = b.link.run(stop.signal);
  await b.runtime.advance(60_000);
  expect([waiting(b), parked(b), b.erp.written]).toEqual([1, 0, []]);
  const asked = b.erp.schemaReads;
  await b.runtime.advance(60_000);
  // Not in a tight loop: by itself about twice a minute, and with each run.
  expect(b.erp.schemaReads - asked).toBeLessThan(6);
  b.erp.schema = FITTING;
  await b.runtime.advance(35_000);
  expect(b.erp.written).toEqual(['visit V-1']);
  stop.abort();
  await b.finish(running);
});
