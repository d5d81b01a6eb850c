import { describe, expect, it } from 'vitest';
import {
  changed,
  HEADER_FIELDS,
  line,
  mappingOf,
  orderXml,
  plan,
  planned,
  refusal,
  ROW,
} from './mapping-support.ts';

const value = (result: Awaited<ReturnType<typeof planned>>, name: string): unknown =>
  result.unit.documents[0]?.header.values.find((one) => one.name === name)?.value;

const table = (name: string, ...rows: string[]): string =>
  `<table tablename="${name}">${rows.map((fields) => `<r status="insert">${fields}</r>`).join('')}</table>`;

describe('a plain order', () => {
  it('becomes one document with its lines, in the ERP’s values', async () => {
    const result = await planned(orderXml());
    const [document, ...others] = result.unit.documents;
    expect(others).toEqual([]);
    expect(document).toMatchObject({ document: 'order', entity: 'SalesHeader', rowId: ROW, number: 'SO-1' });
    expect(document?.header).toMatchObject({
      kind: 'procedure',
      target: { schema: 'sales', name: 'NewOrder' },
      returnsKey: { name: 'Id', type: { kind: 'int' } },
      returnsNumber: { name: 'ErpNo' },
    });
    expect(Object.fromEntries(document?.header.values.map((one) => [one.name, one.value]) ?? [])).toEqual({
      No: 'SO-1',
      Customer: 'C-1',
      Created: '2025-03-11T00:30:00.000',
      OrderDate: '2025-03-11',
      Kind: '10',
      Total: '12.5',
      Channel: 'PHONE',
      User: 'anna',
      Packet: 'packet-1',
      Reason: 'NONE',
    });
    expect(document?.lines.map((one) => [one.kind, one.values.map((value) => value.value)])).toEqual([
      ['insert', [{ headerKey: true }, 'I-1', '2.5']],
      ['insert', [{ headerKey: true }, 'I-2', '1']],
    ]);
    expect(document?.lines[0]?.values[0]?.type).toEqual({ kind: 'int' });
    expect(result.label).toBe('order SO-1, C-1');
    expect(result.amount).toBe('12.5');
    expect(result.unknown).toEqual([]);
    expect(result.changes).toEqual([]);
    expect(result.onConflict).toEqual(['park']);
  });

  it('awaits what it names, except what comes along', async () => {
    const header = `<DMS_ROWID>${ROW}</DMS_ROWID>${HEADER_FIELDS}<visitNo>V-1</visitNo>`;
    expect((await planned(orderXml({ header }))).references).toEqual([
      { what: 'visit', number: 'V-1', document: 'visit', table: undefined, otherwise: 'apply' },
      expect.objectContaining({ what: 'Customer', number: 'C-1', document: undefined, otherwise: 'park' }),
      expect.objectContaining({ what: 'Item', number: 'I-1' }),
      expect.objectContaining({ what: 'Item', number: 'I-2' }),
    ]);
    const visit = table(
      'CustomerActivity',
      '<DMS_ROWID>v1</DMS_ROWID><Action>101</Action><VisitNo>V-1</VisitNo>',
    );
    const together = await planned(orderXml({ header, more: visit }));
    expect(together.references.map((one) => one.what)).toEqual(['Customer', 'Item', 'Item']);
    expect(together.unit.documents.map((one) => one.document)).toEqual(['visit', 'order']);
    expect(together.onConflict).toEqual(['ignore', 'park']);
    expect(together.label).toBe('visit V-1 and 1 more');
  });

  it('one row id has one spelling', async () => {
    const header = `<DMS_ROWID>{${ROW.toUpperCase()}}</DMS_ROWID>${HEADER_FIELDS}`;
    expect((await planned(orderXml({ header }))).unit.documents[0]?.rowId).toBe(ROW);
  });
});

describe('the content hash', () => {
  const hashOf = async (xml: string, more = {}): Promise<unknown> =>
    (await planned(xml, more)).unit.documents[0]?.contentHash;

  it('is the same for the same order in another packet, other spelling, other order of lines and fields', async () => {
    const first = await hashOf(orderXml());
    expect(
      await hashOf(orderXml({ lines: [line('I-2', '1.0'), line('I-1', '2.5')] }), { packetId: 'other' }),
    ).toBe(first);
    expect(
      await hashOf(orderXml({ header: `<more>1</more>${HEADER_FIELDS}<DMS_ROWID>${ROW}</DMS_ROWID>` })),
    ).toBe(first);
    const reordered = changed((d) => {
      const values = d.pull.documents[1].write.values;
      d.pull.documents[1].write.values = Object.fromEntries(Object.entries(values).reverse());
    });
    expect(await hashOf(orderXml(), { mapping: mappingOf(reordered) })).toBe(first);
    const recoded = changed((d) => (d.pull.codes.kinds['0'] = '99'));
    expect(await hashOf(orderXml(), { mapping: mappingOf(recoded) })).toBe(first);
  });

  it.each([
    ['a quantity', { lines: [line('I-1', '2.5001'), line('I-2', '1')] }],
    ['a line more', { lines: [line('I-1', '2.5'), line('I-2', '1'), line('I-2', '1')] }],
    ['a line less', { lines: [line('I-1', '2.5')] }],
    ['a header field', { header: `<DMS_ROWID>${ROW}</DMS_ROWID>${HEADER_FIELDS.replace('C-1', 'C-2')}` }],
    ['a code', { header: `<DMS_ROWID>${ROW}</DMS_ROWID>${HEADER_FIELDS.replace('>0<', '>1<')}` }],
  ])('differs with %s', async (_, change) => {
    expect(await hashOf(orderXml(change))).not.toBe(await hashOf(orderXml()));
  });
});

describe('refusals say table, row and field', () => {
  const header = (fields: string): string => orderXml({ header: fields, lines: [] });
  const id = `<DMS_ROWID>${ROW}</DMS_ROWID>`;

  it.each([
    [
      'an unknown document type',
      header(id + HEADER_FIELDS.replace('>0<', '>7<')),
      'no-handler',
      'documentType',
    ],
    ['a missing document type', header(`${id}<no>1</no>`), 'no-handler', 'documentType'],
    [
      'a missing required field',
      header(id + HEADER_FIELDS.replace('C-1', ' ')),
      'missing-field',
      'customerNo',
    ],
    ['no row id', header(HEADER_FIELDS), 'missing-row-id', 'DMS_ROWID'],
    ['a blank row id', header(`<DMS_ROWID> </DMS_ROWID>${HEADER_FIELDS}`), 'missing-row-id', 'DMS_ROWID'],
    [
      'a row id too long to keep',
      header(`<DMS_ROWID>${'x'.repeat(101)}</DMS_ROWID>${HEADER_FIELDS}`),
      'key-too-long',
      'DMS_ROWID',
    ],
    [
      'a number that does not fit',
      header(id + HEADER_FIELDS.replace('12.50', '12.505')),
      'does-not-fit',
      'totalAmount',
    ],
    [
      'a date that is none',
      header(id + HEADER_FIELDS.replace('2025-03-10', '2025-13-10')),
      'not-a-date',
      'dateCreated',
    ],
    ['markup in a field', header(id + HEADER_FIELDS.replace('C-1', 'C<b/>-1')), 'nested-field', 'customerNo'],
  ])('%s', async (_, xml, code, field) => {
    expect(await refusal(xml)).toMatchObject({ code, field, where: 'SalesHeader row 1' });
  });

  it('names the value of an unknown document type and of an unmapped code', async () => {
    const seven = header(id + HEADER_FIELDS.replace('>0<', '>7<'));
    expect((await refusal(seven)).message).toContain('"7"');
    const open = mappingOf(changed((d) => delete d.pull.documents[1].when));
    expect(await refusal(seven, { mapping: open })).toMatchObject({
      code: 'unmapped-code',
      field: 'documentType',
      message: expect.stringContaining('"7"') as string,
    });
    const proto = header(id + HEADER_FIELDS.replace('>0<', '>constructor<'));
    expect((await refusal(proto, { mapping: open })).code).toBe('unmapped-code');
  });

  it('a line without header, one for two headers, one its document does not take', async () => {
    expect(await refusal(orderXml({ lines: [line('I-1'), line('I-2', '1', 'SO-9')] }))).toMatchObject({
      code: 'line-without-header',
      where: 'SalesLine row 2',
      field: 'documentNo',
    });
    const twin = table('SalesHeader', `<DMS_ROWID>other</DMS_ROWID>${HEADER_FIELDS}`);
    expect(await refusal(orderXml({ more: twin }))).toMatchObject({ code: 'ambiguous-line' });
    const two = mappingOf(
      changed((d) => {
        d.pull.documents[1].when.in = ['1'];
        d.pull.documents.push({
          ...d.pull.documents[1],
          document: 'quote',
          when: { field: 'documentType', in: ['0'] },
          lines: [],
          references: [],
        });
      }),
    );
    expect(await refusal(orderXml(), { mapping: two })).toMatchObject({ code: 'line-not-taken' });
  });

  it('the same row id twice', async () => {
    const twin = table(
      'SalesHeader',
      `<DMS_ROWID>${ROW.toUpperCase()}</DMS_ROWID>${HEADER_FIELDS.replace('SO-1', 'SO-2')}`,
    );
    expect(await refusal(orderXml({ more: twin }))).toMatchObject({
      code: 'row-twice',
      where: 'SalesHeader row 2',
    });
  });
});

describe('what else a packet may hold', () => {
  it('several orders, tables in any order, lines to their own headers', async () => {
    const second = table(
      'SalesHeader',
      `<DMS_ROWID>second</DMS_ROWID>${HEADER_FIELDS.replace('SO-1', 'SO-2')}`,
    );
    const result = await planned(
      orderXml({ lines: [line('B', '1', 'SO-2'), line('A'), line('C', '1', 'SO-2')], more: second }),
    );
    expect(
      result.unit.documents.map((one) => [one.number, one.lines.map((call) => call.values[1]?.value)]),
    ).toEqual([
      ['SO-1', ['A']],
      ['SO-2', ['B', 'C']],
    ]);
    expect(result.amount).toBe('25');
  });

  it('rows no document wants are fine where the table is kept only', async () => {
    const action = table('CustomerActivity', '<DMS_ROWID>x</DMS_ROWID><Action>301</Action>');
    const result = await planned(orderXml({ more: action }));
    expect(result.unit.documents).toHaveLength(1);
    // Kept and shown: nobody said what the code means.
    expect(result.unknown).toEqual([{ what: 'code', name: 'CustomerActivity: Action 301' }]);
  });

  it('tables the mapping does not name are listed when they have rows', async () => {
    const more = table('Survey', '<a>1</a>') + table('SalesLineInventory', '<a>1</a>') + table('Nothing');
    expect((await planned(orderXml({ more }))).unknown).toEqual([{ what: 'table', name: 'Survey' }]);
  });

  it('number series, the highest of each', async () => {
    const serie = (current: string, type = '0'): string =>
      `<tableName>SalesHeader</tableName><documentType>${type}</documentType><current>${current}</current>`;
    const result = await planned(
      `<NavMobileSync>${table('DocumentSerieUpdate', serie('9'), serie('10'), serie('8'), serie('3', '1'))}</NavMobileSync>`,
    );
    expect(result.unit.series).toEqual([
      { user: 'anna', series: 'SalesHeader/0', current: '10' },
      { user: 'anna', series: 'SalesHeader/1', current: '3' },
    ]);
    expect(result.unit.documents).toEqual([]);
    expect(result.label).toBe('DocumentSerieUpdate');
    const bad = `<NavMobileSync>${table('DocumentSerieUpdate', serie('x'))}</NavMobileSync>`;
    expect(await refusal(bad)).toMatchObject({ code: 'not-a-number', field: 'current' });
  });

  it('an order of several kilobytes of amounts is added exactly', async () => {
    const second = table(
      'SalesHeader',
      `<DMS_ROWID>second</DMS_ROWID>${HEADER_FIELDS.replace('SO-1', 'SO-2').replace('12.50', '0.20')}`,
    );
    const first = `<DMS_ROWID>${ROW}</DMS_ROWID>${HEADER_FIELDS.replace('12.50', '0.10')}`;
    expect((await planned(orderXml({ header: first, more: second }))).amount).toBe('0.3');
  });
});

describe('changed rows', () => {
  it.each(['update', 'delete'] as const)(
    '%s: noted with the decision, and not in the unit',
    async (status) => {
      const result = await planned(orderXml({ status }));
      expect(result.unit.documents).toEqual([]);
      expect(result.changes).toEqual([
        { document: 'order', entity: 'SalesHeader', rowId: ROW, row: 1, status, decision: 'park' },
      ]);
    },
  );

  it('a changed line is noted and left out of its order', async () => {
    const xml = orderXml().replace('<r status="insert"><documentNo>', '<r status="update"><documentNo>');
    const result = await planned(xml);
    expect(result.unit.documents[0]?.lines).toHaveLength(1);
    expect(result.changes).toMatchObject([
      { entity: 'SalesLine', row: 1, status: 'update', decision: 'park' },
    ]);
  });
});

it('a value that is absent and has no default is null, and the unit still names it', async () => {
  const header = `<DMS_ROWID>${ROW}</DMS_ROWID>${HEADER_FIELDS.replace(/<dateCreated>.*?<\/dateCreated>/, '')}`;
  const result = await planned(orderXml({ header }));
  expect(value(result, 'Created')).toBeNull();
  expect(value(result, 'OrderDate')).toBeNull();
});

it('the same packet gives the same plan', async () => {
  expect(await plan(orderXml())).toEqual(await plan(orderXml()));
});
