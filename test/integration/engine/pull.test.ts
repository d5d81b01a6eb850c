import { expect, onTestFinished, test } from 'vitest';
import { itemId } from '../../../shared/model/ids.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

function bench(options: Parameters<typeof linkBench>[1] = {}): LinkBench {
  const made = linkBench(temporaryFolder(), options);
  onTestFinished(() => made.close());
  return made;
}
const never = new AbortController().signal;
const order = (no: string, more: Record<string, string> = {}): string =>
  packet('SalesHeader', `row-${no}`, { no, ...more });
const states = (b: LinkBench): string[] =>
  b.store.list({ limit: 100, offset: 0, direction: 'in' }).map((item) => `${item.label}: ${item.state}`);
const queue = (b: LinkBench): { waiting: string[]; delivered: string[]; done: string[] } =>
  b.cloud.control.queueState({ area: AREA });

test.each(['sticky', 'sqs'] as const)(
  'DM-47 packets reach the ERP and are reported done (%s)',
  async (mode) => {
    const b = bench({ switches: { queue: mode } });
    for (let n = 1; n <= 25; n += 1) b.deliver(order(`SO-${n}`));
    await b.run('pull');
    expect(b.erp.written.toSorted()).toEqual(
      Array.from({ length: 25 }, (_, n) => `order SO-${n + 1}`).toSorted(),
    );
    expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
    expect(b.cloud.control.statistics()).toMatchObject({ leakedKeys: 0, alteredEntries: 0 });
  },
);

test('DM-32 the same packet delivered three times is applied once', async () => {
  const b = bench({ switches: { queue: 'sqs' } });
  const id = b.deliver(order('SO-1'));
  await b.run('pull');
  for (let times = 0; times < 2; times += 1) {
    b.cloud.control.redeliver({ area: AREA, id });
    await b.run('pull');
  }
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
});

test('the same document resent under a new packet id is applied once, and both packets are settled', async () => {
  const b = bench();
  b.deliver(order('SO-1'));
  b.deliver(order('SO-1'));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(b.store.list({ limit: 9, offset: 0, states: ['settled'] })).toHaveLength(2);
});

test('the same packet id with other bytes is kept as an item of its own and parked', async () => {
  const b = bench({ switches: { queue: 'sqs' } });
  const id = b.deliver(order('SO-1'));
  await b.run('pull');
  b.cloud.control.redeliver({ area: AREA, id, xml: order('SO-2') });
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
  const parked = b.store.list({ limit: 9, offset: 0, states: ['parked'] });
  expect(parked).toHaveLength(1);
  expect(parked[0]?.reason).toMatchObject({ kind: 'failure', failure: { kind: 'conflict' } });
});

test('the same document with other contents is parked, the first one stays', async () => {
  const b = bench();
  b.deliver(order('SO-1'));
  await b.run('pull');
  b.deliver(packet('SalesHeader', 'row-SO-1', { no: 'SO-9' }));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(states(b).some((state) => state.endsWith('parked'))).toBe(true);
});

test('DM-54 an order that comes before its visit waits for it and goes through as soon as it is there', async () => {
  const b = bench();
  b.deliver(order('SO-1', { visitNo: 'V-1' }));
  await b.run('pull');
  expect(b.erp.written).toEqual([]);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ pendingIn: 1, parked: 0 });
  b.deliver(packet('Visit', 'row-V-1', { no: 'V-1' }));
  await b.run('pull');
  expect(b.erp.written).toEqual(['visit V-1', 'order SO-1']);
});

test('what never comes is waited for ten minutes, then the handler’s choice: park the order, apply the payment', async () => {
  const b = bench();
  b.deliver(order('SO-1', { visitNo: 'V-gone' }));
  b.deliver(packet('PaymentHeader', 'row-P-1', { no: 'P-1', orderNo: 'SO-gone' }));
  await b.run('pull');
  expect(b.erp.written).toEqual([]);
  await b.runtime.advance(599_000);
  await b.run('pull');
  expect(b.erp.written).toEqual([]);
  await b.runtime.advance(2_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['payment P-1']);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ pendingIn: 0, parked: 1 });
});

test('a clock set back makes nothing wait longer than its ten minutes', async () => {
  const b = bench();
  b.deliver(packet('PaymentHeader', 'row-P-1', { no: 'P-1', orderNo: 'SO-gone' }));
  await b.run('pull');
  b.runtime.clock.jumpWall(-3 * 3_600_000);
  await b.run('pull');
  expect(b.erp.written).toEqual([]);
  await b.runtime.advance(601_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['payment P-1']);
});

test('an order parked because its visit never came goes on by itself when it comes after all', async () => {
  const b = bench();
  b.deliver(order('SO-1', { visitNo: 'V-1' }));
  await b.run('pull');
  await b.runtime.advance(601_000);
  await b.run('pull');
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ pendingIn: 0, parked: 1 });
  b.deliver(packet('Visit', 'row-V-1', { no: 'V-1' }));
  await b.run('pull');
  expect(b.erp.written).toEqual(['visit V-1', 'order SO-1']);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ pendingIn: 0, parked: 0 });
});

test('a procedure that ends our transaction pauses the link until a person resumes it', async () => {
  const b = bench();
  b.erp.next = [{ kind: 'rejected', code: 'transaction-ended', where: 'dbo.Post', message: '' }];
  b.deliver(order('SO-1'));
  b.deliver(order('SO-2'));
  await b.run('pull');
  expect(b.erp.written).toEqual([]);
  expect(b.store.pause(b.link.parts.link)).toMatchObject({ by: 'program' });
  b.store.clearPause(b.link.parts.link);
  await b.run('pull');
  expect(b.erp.written.toSorted()).toEqual(['order SO-1', 'order SO-2']);
});

test('a clock set back three hours stops neither schedule nor orders nor reports', async () => {
  const b = bench();
  const stop = new AbortController();
  const running = b.link.run(stop.signal);
  await b.runtime.advance(10_000);
  b.runtime.clock.jumpWall(-3 * 3_600_000);
  b.deliver(order('SO-1'));
  await b.runtime.advance(6 * 60_000);
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
  stop.abort();
  await b.finish(running);
});

test('a commit whose answer was lost is found in the ledger and not repeated', async () => {
  const b = bench();
  b.erp.next = ['answer-lost'];
  b.deliver(order('SO-1'));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ unknown: 1 });
  await b.runtime.advance(2_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ unknown: 0, pendingIn: 0 });
});

test('a request that was lost is repeated under the same key', async () => {
  const b = bench();
  b.erp.next = ['request-lost', 'request-lost'];
  b.deliver(order('SO-1'));
  for (let round = 0; round < 3; round += 1) {
    await b.run('pull');
    await b.runtime.advance(2_000);
  }
  expect(b.erp.written).toEqual(['order SO-1']);
});

test('DM-55 a packet the ERP refuses is parked with its bytes, the ones behind it go on', async () => {
  const b = bench();
  b.erp.next = [{ kind: 'rejected', code: '547', where: 'dbo.Orders', message: 'no such customer' }];
  b.deliver(order('SO-1'));
  b.deliver(order('SO-2'));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-2']);
  const [parked] = b.store.list({ limit: 9, offset: 0, states: ['parked'] });
  expect(parked?.reason).toMatchObject({ failure: { kind: 'rejected', code: '547' } });
  const retried = b.store.retry(parked?.id ?? itemId(0), b.runtime.wall());
  expect(retried?.state).toBe('ready');
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-2', 'order SO-1']);
});

test('a packet of another company, one of another user and one that is no XML are parked; others go on', async () => {
  const b = bench();
  b.deliver(order('SO-1'), { company: 'OTHER' });
  b.deliver(packet('SalesHeader', 'r2', { no: 'SO-2' }, 'bob'));
  b.deliver('<NavMobileSync salesmancode="anna"><table tablename="SalesHeader"></r></table></NavMobileSync>');
  b.deliver('<!DOCTYPE x [<!ENTITY a "b">]><NavMobileSync salesmancode="anna"></NavMobileSync>');
  b.deliver(order('SO-5'));
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-5']);
  const parked = b.store.list({ limit: 9, offset: 0, states: ['parked'] });
  expect(parked).toHaveLength(4);
  for (const item of parked) {
    expect(item.reason).toMatchObject({ kind: 'failure', failure: { kind: 'rejected' } });
    let bytes = 0;
    for await (const chunk of b.link.parts.bodies.open(item.body)) bytes += chunk.byteLength;
    expect(bytes).toBe(item.body.size);
  }
  expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
});

test('DM-46 half a download, an HTML page and a vanished body are neither stored nor reported; others go on where parts may be', async () => {
  const b = bench({ partialDone: true });
  b.deliver(order('SO-1'));
  b.cloud.control.faults([{ on: 'download', kind: 'half', times: 1 }]);
  b.deliver(order('SO-2'));
  await b.run('pull');
  expect(b.erp.written).toContain('order SO-2');
  await b.runtime.advance(30_000);
  await b.run('pull');
  expect(b.erp.written.toSorted()).toEqual(['order SO-1', 'order SO-2']);
  expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
});

test('with the ERP away packets are stored, reported after 20 s, and applied in the end', async () => {
  const b = bench();
  b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
  for (let n = 1; n <= 15; n += 1) b.deliver(order(`SO-${n}`));
  const before = b.runtime.monotonic();
  await b.run('pull');
  expect(b.runtime.monotonic() - before).toBeGreaterThanOrEqual(20_000);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall())).toMatchObject({ pendingIn: 15 });
  await b.runtime.advance(20_000);
  await b.run('pull');
  expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
  b.erp.away = undefined;
  await b.runtime.advance(20_000);
  await b.run('pull');
  expect(b.erp.written).toHaveLength(15);
});

test('DM-52 a done call whose answer was lost is repeated without harm', async () => {
  const b = bench();
  b.deliver(order('SO-1'));
  b.cloud.control.faults([{ on: 'done', kind: 'lost-answer', times: 1 }]);
  await b.run('pull');
  await b.runtime.advance(30_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
  expect(queue(b)).toMatchObject({ waiting: [], delivered: [] });
  expect(b.store.counts(b.link.parts.link, b.runtime.wall()).unreported).toBe(0);
});

test('an item that may have happened is voided before a person sets it aside, so that a late commit cannot double it', async () => {
  const b = bench();
  b.erp.next = ['request-lost'];
  const id = b.deliver(order('SO-1'));
  await b.run('pull');
  const [item] = b.store.list({ limit: 1, offset: 0, states: ['unknown'] });
  if (item === undefined) throw new Error('no unknown item');
  const parked = await b.finish(b.link.park(item, 'entered by hand', never));
  expect(parked?.state).toBe('parked');
  expect(b.erp.ledger.get(id)?.state).toBe('void');
  // A person changes his mind: the next revision takes the void row over.
  b.store.retry(item.id, b.runtime.wall());
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
});

test('a full disk stores nothing, reports nothing, and goes on by itself', async () => {
  const b = bench();
  b.deliver(order('SO-1'));
  b.runtime.inject('disk.full', 1);
  await b.run('pull');
  expect(b.erp.written).toEqual([]);
  expect(queue(b).done).toEqual([]);
  await b.runtime.advance(30_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
});
