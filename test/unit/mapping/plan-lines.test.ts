import { describe, expect, it } from 'vitest';
import { changed, type Breakable, line, mappingOf, orderXml, planned, refusal } from './mapping-support.ts';

const LOTS = {
  entity: 'Lot',
  join: { line: 'documentNo', header: 'no' },
  under: { entity: 'SalesLine', join: [{ line: 'itemNo', to: 'no' }] },
  checks: [{ cel: 'cmp(row.quantity, "0") > 0', says: 'a lot of nothing' }],
  write: {
    to: { table: { name: 'Lots' }, rawInsert: true },
    values: { LotNo: { field: 'lotNo', type: 'text(20)' } },
  },
};

const COUNT = {
  document: 'stock count',
  entity: 'StockCount',
  group: ['place', 'day'],
  write: {
    to: { procedure: { name: 'NewCount' } },
    values: { Place: { field: 'place', type: 'text(20)', required: true } },
  },
  returns: { key: { name: 'CountId', type: 'int' } },
  lines: [
    {
      entity: 'StockCount',
      write: {
        to: { table: { name: 'CountLine' }, rawInsert: true },
        values: { CountId: { header: 'key' }, Item: { field: 'itemNo', type: 'text(20)' } },
      },
    },
  ],
};

const rows = (name: string, ...list: readonly Readonly<Record<string, string>>[]): string =>
  `<table tablename="${name}">${list
    .map(
      (fields) =>
        `<r status="insert">${Object.entries(fields)
          .map(([field, text]) => `<${field}>${text}</${field}>`)
          .join('')}</r>`,
    )
    .join('')}</table>`;

const lot = (itemNo: string, quantity = '1', lotNo = 'L1') => ({
  documentNo: 'SO-1',
  itemNo,
  lotNo,
  quantity,
});

describe('rows below lines', () => {
  const mapping = mappingOf(changed((data) => data.pull.documents[1].lines.push(LOTS)));
  it('go with their document when their line is there', async () => {
    const xml = orderXml({ lines: [line('I-1'), line('I-2')], more: rows('Lot', lot('I-2'), lot('I-1')) });
    const [document] = (await planned(xml, { mapping })).unit.documents;
    expect(document?.lines.filter(({ target }) => target.name === 'Lots')).toHaveLength(2);
  });
  it.each([
    ['of a line that is not there', rows('Lot', lot('I-9')), 'line-without-line'],
    ['of one of two equal lines', rows('Lot', lot('I-1')), 'ambiguous-line'],
    ['a check says no to', rows('Lot', lot('I-2', '0.00')), 'check-failed'],
  ])('%s are refused in words', async (_what, more, code) => {
    const xml = orderXml({ lines: [line('I-1'), line('I-1'), line('I-2')], more });
    expect(await refusal(xml, { mapping })).toMatchObject({ code, where: 'Lot row 1' });
  });
});

describe('a table of lines without headers', () => {
  const mapping = mappingOf(changed((data) => data.pull.documents.push(COUNT)));
  const count = (id: string, place: string, itemNo: string) => ({ DMS_ROWID: id, place, day: '1', itemNo });
  const one = [count('c', 'VAN1', 'A'), count('a', 'VAN2', 'B'), count('b', 'VAN1', 'C')] as const;
  it('is one document for each group, known again in any order', async () => {
    const documents = async (list: readonly Readonly<Record<string, string>>[]) =>
      (await planned(orderXml({ more: rows('StockCount', ...list) }), { mapping })).unit.documents
        .filter(({ document }) => document === 'stock count')
        .map(({ rowId, contentHash, lines, header }) => ({
          rowId,
          contentHash,
          place: header.values[0]?.value,
          items: lines.map(({ values }) => JSON.stringify(values[1]?.value)).toSorted(),
        }))
        .toSorted((x, y) => x.rowId.localeCompare(y.rowId));
    const found = await documents(one);
    expect(found).toMatchObject([
      { rowId: 'a', place: 'VAN2', items: ['"B"'] },
      { rowId: 'b', place: 'VAN1', items: ['"A"', '"C"'] },
    ]);
    expect(await documents(one.toReversed())).toEqual(found);
  });
  it('is refused when a row comes twice', async () => {
    const more = rows('StockCount', one[0], one[0]);
    expect(await refusal(orderXml({ more }), { mapping })).toMatchObject({ code: 'row-twice' });
  });
});

it.each<[string, (data: Breakable) => void, string]>([
  [
    'lines that nothing joins',
    (data) => delete data.pull.documents[1].lines[0].join,
    'nothing says which document a row belongs to',
  ],
  [
    'a group without lines',
    (data) => (data.pull.documents[1].group = ['no']),
    'its rows would be written nowhere',
  ],
  [
    'a check that is no question',
    (data) => (data.pull.documents[1].checks = [{ cel: 'row.no + "x"', says: 'x' }]),
    'the result is',
  ],
  [
    'rows below lines of another document',
    (data) => (data.pull.documents[1].lines[0].under = { entity: 'Other', join: [{ line: 'a', to: 'b' }] }),
    'is no other table',
  ],
])('%s are refused in the mapping', (_what, change, message) => {
  expect(() => mappingOf(changed(change))).toThrow(message);
});
