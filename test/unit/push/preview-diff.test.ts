import { expect, test } from 'vitest';
import { tableDifference, type TableDifference } from '../../../main/core/packets/push/preview-diff.ts';
import { rowTexts, tableOf } from '../../../main/core/packets/push/preview-rows.ts';
import { writeTable } from '../../../main/core/packets/codec/write-packet.ts';
import { seededRandom } from '../../support/seeded-random.ts';

type Row = Readonly<Record<string, string | null>>;
const runtime = { yield: () => Promise.resolve() };

/** Bytes as a packet has them, in pieces that cut rows and characters anywhere. */
async function* bytes(name: string, rows: readonly Row[], piece = 7): AsyncIterable<Uint8Array> {
  for await (const chunk of writeTable({ name, rows: rows.map((row) => Object.entries(row)) }))
    for (let from = 0; from < chunk.length; from += piece) yield chunk.slice(from, from + piece);
}
const difference = (
  before: readonly Row[],
  after: readonly Row[],
  more: { held?: number; listed?: number; keyFields?: readonly string[] } = {},
): Promise<TableDifference> =>
  tableDifference(
    {
      before: () => rowTexts(bytes('Item', before)),
      after: () => rowTexts(bytes('Item', after)),
      keyFields: more.keyFields ?? ['No'],
      listed: more.listed ?? 200,
      held: more.held,
    },
    runtime,
  );
const items = (count: number, price = '1'): Row[] =>
  Array.from({ length: count }, (_, index) => ({ No: `I-${String(index).padStart(6, '0')}`, Price: price }));

test('a changed, an added and a removed row are told with their fields', async () => {
  const before: Row[] = [
    { No: 'A', Name: 'one', Price: '1.00' },
    { No: 'B', Name: 'two', Price: '2.00' },
    { No: 'C', Name: 'three' },
  ];
  const after: Row[] = [
    { No: 'A', Name: 'one', Price: '1.00' },
    { No: 'AA', Name: 'new' },
    { No: 'B', Name: 'two', Price: '2.50', Unit: 'PCS' },
  ];
  expect(await difference(before, after)).toEqual({
    added: 1,
    removed: 1,
    changed: 1,
    changes: [
      {
        row: 'B',
        change: 'changed',
        fields: [
          { field: 'Price', before: '2.00', after: '2.50' },
          { field: 'Unit', before: undefined, after: 'PCS' },
        ],
      },
      {
        row: 'AA',
        change: 'added',
        fields: [
          { field: 'No', after: 'AA' },
          { field: 'Name', after: 'new' },
        ],
      },
      {
        row: 'C',
        change: 'removed',
        fields: [
          { field: 'No', before: 'C' },
          { field: 'Name', before: 'three' },
        ],
      },
    ],
  });
});

test('a row is known by its id before its key, whatever its capitals', async () => {
  const before: Row[] = [{ No: 'A', DMS_ROWID: 'AB-1', Name: 'one' }];
  const after: Row[] = [{ No: 'B', DMS_ROWID: 'ab-1', Name: 'one' }];
  const found = await difference(before, after);
  expect([found.changed, found.added, found.removed]).toEqual([1, 0, 0]);
  expect(found.changes[0]).toMatchObject({ row: 'ab-1' });
});

test('without id and key the row itself counts, and its number names it', async () => {
  const found = await difference([{ Name: 'x' }, { Name: 'y' }], [{ Name: 'x' }, { Name: 'z' }], {
    keyFields: [],
  });
  expect(found).toMatchObject({ added: 1, removed: 1, changed: 0 });
  expect(found.changes.map(({ row, change }) => [row, change])).toEqual([
    ['2', 'added'],
    ['2', 'removed'],
  ]);
});

test('values that look like markup, breaks and letters cut in two stay values', async () => {
  const before: Row[] = [
    { No: 'A', Name: '</r>\n<r status="insert"> & "q" \r\n Жълта 🚚', r: 'field named r' },
  ];
  const after: Row[] = [
    { No: 'A', Name: '</r>\n<r status="insert"> & "q" \r\n Жълта 🚛', r: 'field named r' },
  ];
  const { changes } = await difference(before, after);
  expect(changes).toEqual([
    {
      row: 'A',
      change: 'changed',
      fields: [{ field: 'Name', before: before[0]?.['Name'], after: after[0]?.['Name'] }],
    },
  ]);
  expect(await tableOf(bytes('Ite"m & <co>', [{ No: 'A' }], 3))).toBe('Ite"m & <co>');
});

test('counts are exact and the same in one pass and in many, whatever is held', async () => {
  const random = seededRandom(7);
  for (let round = 0; round < 6; round += 1) {
    const before = items(400);
    const expected = { added: 0, removed: 0, changed: 0 };
    const after: Row[] = before.flatMap((row): Row[] => {
      const what = random();
      if (what < 0.1) {
        expected.removed += 1;
        return [];
      }
      if (what < 0.2) {
        expected.changed += 1;
        return [{ ...row, Price: '9' }];
      }
      if (what < 0.3) {
        expected.added += 1;
        return [{ No: `${row['No']}x`, Price: '3' }, row];
      }
      return [row];
    });
    const whole = await difference(before, after);
    expect(whole).toMatchObject(expected);
    const parts = await difference(before, after, { held: 12 });
    expect(parts).toMatchObject(expected);
    const names = ({ changes }: TableDifference): string[] =>
      changes.map((one) => `${one.change} ${one.row}`).sort();
    expect(names(parts)).toEqual(names(whole));
  }
});

test('the same rows in another order are the same rows', async () => {
  const rows = items(300);
  expect(await difference(rows, [...rows].reverse(), { held: 20 })).toEqual({
    added: 0,
    removed: 0,
    changed: 0,
    changes: [],
  });
});

test('all changes are counted, as many listed as wanted, long values cut', async () => {
  const found = await difference(items(1_000), items(1_000, 'x'.repeat(5_000)), { listed: 200 });
  expect(found.changed).toBe(1_000);
  expect(found.changes).toHaveLength(200);
  expect(found.changes[0]?.fields[0]?.after?.length).toBeLessThan(400);
});
