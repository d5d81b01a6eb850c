import { expect, onTestFinished, test } from 'vitest';
import { linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;
const order = (no: string): string => packet('SalesHeader', `row-${no}`, { no });
const DAY = 86_400_000;

function bench(): LinkBench {
  const made = linkBench(temporaryFolder());
  onTestFinished(() => made.close());
  return made;
}

/** The ERP as it was before these packets; what was written is gone with them. */
function restored(b: LinkBench, lost: readonly string[]): void {
  for (const id of lost) b.erp.ledger.delete(id);
  for (const [key, document] of b.erp.documents)
    if (lost.includes(document.packetId)) b.erp.documents.delete(key);
  b.erp.written.length = 0;
  b.erp.away = { kind: 'fenced', endpoint: 'erp:main', reason: 'erp-restored', detail: '' };
}

test('after a restore of the ERP nothing is written until a person says so, then exactly what is missing', async () => {
  const b = bench();
  const first = b.deliver(order('SO-1'));
  const second = b.deliver(order('SO-2'));
  await b.run('pull');
  restored(b, [second]);
  b.deliver(order('SO-3'));
  await b.run('pull');
  expect(b.erp.written).toEqual([]);

  const seen = await b.finish(b.link.reconcile(false, never));
  expect(seen).toMatchObject({ ok: true, value: { compared: 2, missing: [second], replayed: false } });
  expect(b.erp.written).toEqual([]);

  const done = await b.finish(b.link.reconcile(true, never));
  expect(done).toMatchObject({ ok: true, value: { missing: [second], gone: [], replayed: true } });
  await b.runtime.advance(60_000);
  await b.run('pull');
  expect(b.erp.written.toSorted()).toEqual(['order SO-2', 'order SO-3']);
  expect(b.erp.ledger.get(first)?.state).toBe('applied');
  // Asked once more, nothing is missing and nothing is written again.
  const again = await b.finish(b.link.reconcile(true, never));
  expect(again).toMatchObject({ ok: true, value: { compared: 3, missing: [] } });
  await b.run('pull');
  expect(b.erp.written).toHaveLength(2);
});

test('packets that went to the archive are written again from there', async () => {
  const b = bench();
  const id = b.deliver(order('SO-1'));
  await b.run('pull');
  await b.runtime.advance(2 * DAY);
  expect(b.store.archiveSome(b.runtime.wall())).toMatchObject({ moved: 1 });
  restored(b, [id]);
  const done = await b.finish(b.link.reconcile(true, never));
  expect(done).toMatchObject({ ok: true, value: { missing: [id], gone: [] } });
  await b.runtime.advance(60_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-1']);
});

test('what is kept no more is named, so that a person can enter it, and holds nothing else up', async () => {
  const b = bench();
  const id = b.deliver(order('SO-1'));
  await b.run('pull');
  await b.runtime.advance(200 * DAY);
  b.store.archiveSome(b.runtime.wall());
  b.store.dropMonths(b.runtime.wall());
  restored(b, [id]);
  const done = await b.finish(b.link.reconcile(true, never));
  expect(done).toMatchObject({ ok: true, value: { missing: [id], gone: [id], replayed: true } });
  b.deliver(order('SO-2'));
  await b.runtime.advance(60_000);
  await b.run('pull');
  expect(b.erp.written).toEqual(['order SO-2']);
});
