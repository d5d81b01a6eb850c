import { expect, test } from 'vitest';
import { collectPacket } from '../../../main/core/packets/codec/collect-packet.ts';
import type { Packet } from '../../../main/core/packets/codec/packet.ts';
import { packetDiff } from '../../../main/core/packets/apply/packet-diff.ts';

async function* once(text: string) {
  yield new TextEncoder().encode(text);
}

async function packet(rows: string, table = 'SalesLine'): Promise<Packet> {
  const xml = `<NavMobileSync salesmancode="a"><table tablename="${table}">${rows}</table></NavMobileSync>`;
  const signal = new AbortController().signal;
  const read = await collectPacket(once(xml), { runtime: { yield: async () => undefined }, signal });
  if (!read.ok) throw new Error(JSON.stringify(read.failure));
  return read.value;
}

const row = (id: string, fields: string): string =>
  `<r status="insert"><DMS_ROWID>${id}</DMS_ROWID>${fields}</r>`;

test('a changed, a new and a missing value, by table, row and field', async () => {
  const before = await packet(row('A', '<Qty>1</Qty><Note>x</Note>'));
  const after = await packet(row('a', '<qty>2</qty><Unit>BOX</Unit>'));
  expect(packetDiff(before, after)).toEqual({
    changes: [
      { table: 'SalesLine', row: 'a', field: 'DMS_ROWID', before: 'A', after: 'a' },
      { table: 'SalesLine', row: 'a', field: 'qty', before: '1', after: '2' },
      { table: 'SalesLine', row: 'a', field: 'Unit', before: null, after: 'BOX' },
      { table: 'SalesLine', row: 'a', field: 'Note', before: 'x', after: null },
    ],
    more: 0,
  });
});

test('rows are the same by their id wherever they stand; by number where ids are missing', async () => {
  const before = await packet(row('A', '<Q>1</Q>') + row('B', '<Q>2</Q>'));
  const turned = await packet(row('B', '<Q>2</Q>') + row('A', '<Q>1</Q>'));
  expect(packetDiff(before, turned)).toEqual({ changes: [], more: 0 });
  const without = await packet('<r><Q>1</Q></r><r><Q>2</Q></r>');
  const other = await packet('<r><Q>1</Q></r><r status="update"><Q>3</Q></r>');
  expect(packetDiff(without, other).changes).toEqual([
    { table: 'SalesLine', row: '2', field: 'status', before: 'insert', after: 'update' },
    { table: 'SalesLine', row: '2', field: 'Q', before: '2', after: '3' },
  ]);
});

test('a row or table taken out, and a packet that could not be read', async () => {
  const before = await packet(row('A', '<Q>1</Q>'));
  const other = await packet(row('A', '<Q>1</Q>'), 'Other');
  expect(packetDiff(before, other).changes.map(({ table, after }) => [table, after])).toEqual([
    ['Other', 'insert'],
    ['Other', 'A'],
    ['Other', '1'],
    ['SalesLine', null],
    ['SalesLine', null],
    ['SalesLine', null],
  ]);
  expect(packetDiff(undefined, before).changes.every((change) => change.before === null)).toBe(true);
});

test('is bounded in changes and in the length of values', async () => {
  const many = Array.from({ length: 150 }, (_, n) => row(`R${n}`, `<Q>${'x'.repeat(500)}</Q>`)).join('');
  const { changes, more } = packetDiff(undefined, await packet(many));
  expect(changes).toHaveLength(200);
  expect(changes.length + more).toBe(450);
  expect(Math.max(...changes.map(({ after }) => after?.length ?? 0))).toBe(200);
});
