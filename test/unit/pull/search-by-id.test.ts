import { expect, test } from 'vitest';
import type { DocumentResult } from '../../../main/core/packets/erp.ts';
import { sourceId } from '../../../shared/model/ids.ts';
import { A, LINK, T, hashOf, meta, snapshot, store, storePacket } from '../sqlite/sample.ts';

const document = (rowId: string, number: string, erpNumber: string): DocumentResult => ({
  document: 'order',
  rowId,
  number,
  erpKey: '7',
  erpNumber,
  standing: 'applied',
  reason: null,
});

function filled() {
  const queue = store();
  queue.releaseClaims(A, T);
  const ids = ['p1', 'p2', 'p3'].map((id, index) => storePacket(queue, id, T + index).id);
  for (const [index, id] of ids.entries()) {
    queue.claim(LINK, 'in', A, T + 10);
    queue.settlePacket(
      id,
      {
        source: sourceId('dynamics-mobile', 'h', 'A'),
        outcome: 'applied',
        label: index === 2 ? 'payment of ERP-2' : `order SO-${index + 1}`,
        documents: [document(`ROW-${index + 1}`, `SO-${index + 1}`, `ERP-${index + 1}`)],
        payloadHash: hashOf(`bytes of p${index + 1}`),
      },
      T + 20,
    );
  }
  const sent = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T + 30);
  queue.claim(LINK, 'out', A, T + 31);
  queue.settleSnapshot(sent.id, { syncLogId: 'B7F0-log' }, T + 32);
  return {
    queue,
    found: (text: string, more: object = {}) => {
      const query = { text, limit: 10, offset: 0, ...more };
      return queue.list(query).map(({ externalId }) => externalId);
    },
  };
}

test('an item is found by each id that somebody else knows it by', () => {
  const { found } = filled();
  expect(found('p1')).toEqual(['p1']);
  expect(found('SO-1')).toEqual(['p1']);
  expect(found('erp-1')).toEqual(['p1']);
  expect(found('row-3')).toEqual(['p3']);
  expect(found('b7f0-LOG')).toEqual(['out-ANNA-one']);
  expect(found('out-ANNA-one')).toEqual(['out-ANNA-one']);
  expect(found('ROW')).toEqual([]);
});

test('what has the id comes first, then what only mentions it; each once, counted, page by page', () => {
  const { queue, found } = filled();
  expect(found('ERP-2')).toEqual(['p2', 'p3']);
  expect(queue.count({ text: 'ERP-2' })).toBe(2);
  expect(found('ERP-2', { limit: 1 })).toEqual(['p2']);
  expect(found('ERP-2', { limit: 1, offset: 1 })).toEqual(['p3']);
  expect(found('ERP-2', { offset: 2 })).toEqual([]);
});

test('the other filters hold for it as well', () => {
  const { found } = filled();
  expect(found('ERP-1', { direction: 'out' })).toEqual([]);
  expect(found('b7f0-log', { direction: 'in' })).toEqual([]);
  expect(found('ERP-1', { states: ['parked'] })).toEqual([]);
  expect(found('ERP-1', { user: 'anna' })).toEqual(['p1']);
});

test('many items cost no more: every part is one look into an index', () => {
  const { queue, found } = filled();
  for (let n = 0; n < 3_000; n += 1) storePacket(queue, `x${n}`, T + 100 + n);
  expect(found('ERP-1')).toEqual(['p1']);
  expect(found('ERP-2')).toEqual(['p2', 'p3']);
  expect(queue.count({ text: 'ERP-2' })).toBe(2);
});
