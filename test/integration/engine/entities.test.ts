import { expect, onTestFinished, test } from 'vitest';
import { mappingSchema, type Mapping } from '../../../shared/model/mapping.ts';
import { linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

/** Orders of nothing are refused in words; number series are kept. */
const CHECKED: Mapping = mappingSchema.parse({
  ...MAPPING,
  pull: {
    ...MAPPING.pull,
    series: [{ entity: 'DocumentSerieUpdate', key: ['tableName'], current: 'current' }],
    documents: MAPPING.pull.documents.map((handler) =>
      handler.document === 'order'
        ? { ...handler, checks: [{ cel: 'cmp(row.amount, "0") != 0', says: 'an order of nothing' }] }
        : handler,
    ),
  },
});

function bench(): LinkBench {
  const made = linkBench(temporaryFolder(), { mapping: CHECKED });
  onTestFinished(() => made.close());
  return made;
}
const order = (amount: string): string =>
  packet('SalesHeader', 'row-1', { no: '1', amount }).replace(
    '</NavMobileSync>',
    '<table tablename="DocumentSerieUpdate"><r status="insert"><tableName>SalesHeader</tableName><current>17</current></r></table></NavMobileSync>',
  );
const state = (b: LinkBench): unknown => b.store.list({ limit: 9, offset: 0 })[0];

test('a packet that a check of the mapping parks says why, and its number series is kept all the same', async () => {
  const b = bench();
  const id = b.deliver(order('0.00'));
  await b.run('pull');
  expect(state(b)).toMatchObject({
    state: 'parked',
    reason: { failure: { kind: 'rejected', code: 'check-failed', message: 'an order of nothing' } },
  });
  expect(b.erp.written).toEqual([]);
  expect(b.erp.ledger.get(`${id}/series`)).toMatchObject({ state: 'applied', documents: [] });
  expect(b.erp.ledger.has(id)).toBe(false);
});

test('while the series cannot be written the packet is not parked', async () => {
  const b = bench();
  b.deliver(order('0'));
  b.erp.next = [{ kind: 'unreachable', endpoint: 'erp:main', cause: 'gone' }];
  await b.run('pull');
  expect(state(b)).toMatchObject({ state: 'ready' });
  await b.runtime.advance(60_000);
  await b.run('pull');
  expect(state(b)).toMatchObject({ state: 'parked' });
});
