import { describe, expect, it } from 'vitest';
import type { Catalogue } from '../../../main/core/drift/catalogue.ts';
import { driftOf, questionOf } from '../../../main/core/drift/drift-of.ts';
import { findingText } from '../../../main/core/drift/finding.ts';
import { fillLookups, lookupsOf, questionKey } from '../../../main/core/mapping/fill-lookups.ts';
import { loadMapping } from '../../../main/core/mapping/load-mapping.ts';
import type { PacketPlan } from '../../../main/core/mapping/plan.ts';
import type { LookupAnswer } from '../../../main/core/packets/erp.ts';
import {
  changed,
  hash,
  line,
  mappingOf,
  orderXml,
  planned,
  refusal,
  type Breakable,
} from './mapping-support.ts';

const ORDER = 1;
const withHeader = (values: object): string =>
  changed((data: Breakable) => Object.assign(data.pull.documents[ORDER].write.values, values));
const withLine = (values: object): string =>
  changed((data: Breakable) => Object.assign(data.pull.documents[ORDER].lines[0].write.values, values));

const headerValue = (plan: PacketPlan, name: string): unknown =>
  plan.unit.documents[0]?.header.values.find((one) => one.name === name)?.value;

const fields = (more: string): string =>
  `<DMS_ROWID>5a3c7e10-0000-4000-8000-0000000000c1</DMS_ROWID><documentType>0</documentType><no>SO-1</no><customerNo>C-1</customerNo>${more}`;

describe('values of a mapping', () => {
  it('converts before codes and type', async () => {
    const mapping = mappingOf(
      withHeader({
        Total: { field: 'total', type: 'decimal(18,2)', convert: ['decimalComma', 'negate'] },
        Kind: { field: 'kind', type: 'int', convert: ['right(1)'], codes: 'kinds' },
        OrderDate: { field: 'day', type: 'date', convert: ['date("dd.MM.yyyy")'] },
      }),
    );
    const header = fields('<total>1.234,50</total><kind>K1</kind><day>31.12.2025</day>');
    const plan = await planned(orderXml({ header }), { mapping });
    expect(headerValue(plan, 'Total')).toBe('-1234.5');
    expect(headerValue(plan, 'Kind')).toBe('20');
    expect(headerValue(plan, 'OrderDate')).toBe('2025-12-31');
    const refused = await refusal(orderXml({ header: fields('<total>1.234</total>') }), { mapping });
    expect(refused).toMatchObject({ code: 'not-convertible', where: 'SalesHeader row 1', field: 'total' });
    expect(refused.message).toContain('(decimalComma)');
  });

  it('refuses a required field of which nothing is left', async () => {
    const mapping = mappingOf(
      withHeader({ Phone: { field: 'phone', type: 'text(20)', convert: ['digits'], required: true } }),
    );
    const refused = await refusal(orderXml({ header: fields('<phone>none</phone>') }), { mapping });
    expect(refused).toMatchObject({ code: 'missing-field', field: 'phone' });
    expect(refused.message).toContain('nothing is left of "none" after digits');
  });

  it('cuts where the mapping says so, and notes it; refuses otherwise', async () => {
    const mapping = mappingOf(withHeader({ Remark: { field: 'remark', type: 'text(5)', tooLong: 'cut' } }));
    const long = orderXml({ header: fields('<remark>abcd\u{1F600}xyz</remark>') });
    const plan = await planned(long, { mapping });
    expect(headerValue(plan, 'Remark')).toBe('abcd');
    expect(plan.notes).toEqual([
      {
        document: 'order',
        where: 'SalesHeader row 1',
        field: 'remark',
        was: 'abcd\u{1F600}xyz',
        kept: 'abcd',
      },
    ]);
    const short = await planned(orderXml({ header: fields('<remark>abcd</remark>') }), { mapping });
    expect(short.notes).toEqual([]);
    // What the phone sent is another document, whatever is left of it.
    expect(short.unit.documents[0]?.contentHash).not.toBe(plan.unit.documents[0]?.contentHash);
    const strict = mappingOf(withHeader({ Remark: { field: 'remark', type: 'text(5)' } }));
    expect(await refusal(long, { mapping: strict })).toMatchObject({ code: 'too-long', field: 'remark' });
  });

  it('works out expressions over the row, the header and the packet, whatever the capitals', async () => {
    const mapping = mappingOf(
      withLine({
        Amount: { cel: 'round(mul(row.Quantity, row.PRICE), 2)', type: 'decimal(18,2)' },
        Tag: { cel: 'header.NO + "/" + packet.id + (has(row.note) ? row.note : "")', type: 'text(40)' },
      }),
    );
    const lines = [
      `${line('I-1', '2.500')}<price>19.99</price>`,
      `${line('I-2')}<price>0.005</price><note>!</note>`,
    ];
    const plan = await planned(orderXml({ lines }), { mapping });
    const values = plan.unit.documents[0]?.lines.map((call) =>
      ['Amount', 'Tag'].map((name) => call.values.find((one) => one.name === name)?.value),
    );
    expect(values).toEqual([
      ['49.98', 'SO-1/packet-1'],
      ['0.01', 'SO-1/packet-1!'],
    ]);
    const again = await planned(orderXml({ lines }), { mapping, packetId: 'packet-2' });
    expect(again.unit.documents[0]?.contentHash).toBe(plan.unit.documents[0]?.contentHash);
    const dearer = lines.map((text) => text.replace('19.99', '20.00'));
    const other = await planned(orderXml({ lines: dearer }), { mapping });
    expect(other.unit.documents[0]?.contentHash).not.toBe(plan.unit.documents[0]?.contentHash);
  });

  it.each([
    [
      { cel: 'mul(row.totalAmount, row.missing)', type: 'decimal(18,2)' },
      'expression-failed',
      'a number is missing; the expression is "mul(',
    ],
    [{ cel: 'row.customerNo', type: 'int' }, 'not-a-number', '"C-1" is not a number; the expression is'],
    [{ cel: 'row.customerNo', type: 'text(2)' }, 'too-long', 'the expression is'],
    [{ cel: 'row.missing', type: 'text(2)', required: true }, 'missing-field', 'gives none'],
    [{ cel: 'codes("kinds", "9")', type: 'int' }, 'unmapped-code', 'is not in the code map "kinds"'],
  ])('parks for %j with table, row, field, expression and reason', async (value, code, words) => {
    const refused = await refusal(orderXml(), { mapping: mappingOf(withHeader({ X: value })) });
    expect(refused).toMatchObject({ code, where: 'SalesHeader row 1', field: 'X' });
    expect(refused.message).toContain(words);
  });
});

const NAME = {
  lookup: {
    table: { name: 'Customer' },
    match: { No_: { field: 'customerNo', type: 'text(20)' } },
    take: 'Name',
  },
  type: 'text(10)',
};
const fill = (plan: PacketPlan, answer: LookupAnswer | undefined): ReturnType<typeof fillLookups> =>
  fillLookups(
    plan.unit,
    lookupsOf(plan.unit, plan.lookups),
    new Map(answer === undefined ? [] : plan.lookups.map(({ question }) => [questionKey(question), answer])),
  );

describe('lookups', () => {
  it('are asked for, filled in, and no part of the content', async () => {
    const mapping = mappingOf(withHeader({ Name: NAME }));
    const plan = await planned(orderXml(), { mapping });
    expect(plan.lookups).toMatchObject([
      {
        entity: 'SalesHeader',
        line: undefined,
        name: 'Name',
        where: 'SalesHeader row 1',
        question: {
          table: { schema: 'dbo', name: 'Customer' },
          where: [{ column: 'No_', value: 'C-1' }],
          take: { column: 'Name', type: { kind: 'text', length: 10 } },
        },
      },
    ]);
    const filled = fill(plan, { kind: 'found', value: 'Müller' });
    if (!filled.ok) throw new Error(JSON.stringify(filled));
    expect(headerValue({ ...plan, unit: filled.value }, 'Name')).toBe('Müller');
    expect(filled.value.documents[0]?.contentHash).toBe(plan.unit.documents[0]?.contentHash);
    const other = await planned(orderXml({ header: fields('').replace('C-1', 'C-2') }), { mapping });
    expect(other.unit.documents[0]?.contentHash).not.toBe(plan.unit.documents[0]?.contentHash);
  });

  it('find their own line', async () => {
    const mapping = mappingOf(
      withLine({
        Unit: {
          lookup: {
            table: { name: 'Item' },
            match: { No_: { field: 'no', type: 'text(20)' } },
            take: 'Unit',
          },
          type: 'text(10)',
        },
      }),
    );
    const plan = await planned(orderXml({ lines: [line('I-1'), line('I-2'), line('I-1', '3')] }), {
      mapping,
    });
    const answers = new Map(
      plan.lookups.map(({ question }) => [
        questionKey(question),
        {
          kind: 'found',
          value: `unit of ${question.where[0]?.value ?? ''}`.slice(0, 11).slice(-3),
        } as LookupAnswer,
      ]),
    );
    expect(answers.size).toBe(2);
    const filled = fillLookups(plan.unit, plan.lookups, answers);
    if (!filled.ok) throw new Error(JSON.stringify(filled));
    expect(
      filled.value.documents[0]?.lines.map((call) => call.values.find(({ name }) => name === 'Unit')?.value),
    ).toEqual(['I-1', 'I-2', 'I-1']);
  });

  it.each([
    ['park', { kind: 'none' }, 'lookup-none: no row of dbo.Customer has No_ "C-1"'],
    ['park', undefined, 'lookup-none: no row of dbo.Customer has No_ "C-1"'],
    ['null', { kind: 'none' }, 'null'],
    [{ value: 'unknown' }, { kind: 'none' }, 'unknown'],
    ['null', { kind: 'ambiguous' }, 'lookup-ambiguous: more than one row of dbo.Customer has No_ "C-1"'],
    ['park', { kind: 'found', value: null }, 'null'],
    ['park', { kind: 'found', value: 'longer than ten' }, 'too-long: 15 characters where 10 fit'],
  ] as const)('otherwise %j, the ERP says %j: %s', async (otherwise, answer, expected) => {
    const mapping = mappingOf(withHeader({ Name: { ...NAME, otherwise } }));
    const plan = await planned(orderXml(), { mapping });
    const filled = fill(plan, answer);
    const said = filled.ok
      ? String(headerValue({ ...plan, unit: filled.value }, 'Name'))
      : filled.failure.kind === 'rejected'
        ? `${filled.failure.code}: ${filled.failure.message}`
        : filled.failure.kind;
    expect(said).toContain(expected);
    if (!filled.ok) expect(filled.failure).toMatchObject({ where: 'SalesHeader row 1', field: 'Name' });
  });

  it('are not asked for documents that are written already', async () => {
    const plan = await planned(orderXml(), { mapping: mappingOf(withHeader({ Name: NAME })) });
    expect(lookupsOf({ ...plan.unit, documents: [] }, plan.lookups)).toEqual([]);
  });

  it('want their tables and columns in the catalogue', () => {
    const mapping = mappingOf(
      withHeader({ Name: { ...NAME, lookup: { ...NAME.lookup, table: { name: 'Register' } } } }),
    );
    expect(questionOf(mapping).names).toContainEqual({ schema: 'dbo', name: 'Register' });
    const column = { nullable: true, identity: false, computed: false, generated: false, hasDefault: false };
    const texts = (columns: readonly (readonly [string, string])[]): Catalogue => ({
      objects: [
        {
          schema: 'dbo',
          name: 'Register',
          kind: 'table',
          columns: columns.map(([name, type]) => ({
            ...column,
            name,
            type: { name: type, precision: 0, scale: 0 },
          })),
          keys: [],
          foreignKeys: [],
          triggers: [],
        },
      ],
      procedures: [],
      synonyms: [],
      selects: [],
    });
    const found = (catalogue: Catalogue): readonly string[] =>
      driftOf(mapping, catalogue)
        .filter((one) => one.table === 'dbo.Register' && one.severity === 'breaking')
        .map((one) => `${one.column ?? ''}: ${findingText(one)}`);
    expect(found({ ...texts([]), objects: [] })).toEqual([
      expect.stringContaining('there is no table or view'),
    ]);
    expect(found(texts([]))).toHaveLength(2);
    expect(
      found(
        texts([
          ['No_', 'xml'],
          ['Name', 'varbinary'],
        ]),
      ),
    ).toEqual([
      expect.stringContaining('No_: the column is xml'),
      expect.stringContaining('Name: the column is varbinary'),
    ]);
    expect(
      found(
        texts([
          ['no_', 'varchar'],
          ['Name', 'nvarchar'],
        ]),
      ),
    ).toEqual([]);
  });
});

const problems = (text: string): readonly string[] => {
  const loaded = loadMapping(text, hash);
  return loaded.ok ? [] : loaded.failure.map((one) => `${one.path}: ${one.message}; ${one.hint}`);
};
const AT = 'pull.documents[1].write.values.X';

describe('the check of a mapping', () => {
  it.each([
    [
      { field: 'a', type: 'text(5)', convert: ['trim', 'uper'] },
      `${AT}.convert[1]: there is no converter "uper"; did you mean upper?`,
    ],
    [
      { field: 'a', type: 'text(5)', convert: ['left'] },
      `${AT}.convert[0]: "left" is not how left is written; write left(10)`,
    ],
    [{ field: 'a', type: 'text', tooLong: 'cut' }, `${AT}.tooLong: text has no length to cut at`],
    [
      { field: 'a', type: 'int', codes: 'kindz' },
      `${AT}.codes: there is no code map "kindz"; did you mean "kinds"?`,
    ],
    [
      { field: 'a', type: 'decimal(5,2)', convert: ['decimalComma'], default: '1.234' },
      `${AT}.default: "1.234" may be thousands`,
    ],
    [{ cel: 'row.a +', type: 'int' }, `${AT}.cel: Unexpected token: EOF, at character 8`],
    [{ cel: 'header.a', type: 'int' }, `${AT}.cel: a header has no header`],
    [
      { ...NAME, lookup: { ...NAME.lookup, match: {} } },
      `${AT}.lookup.match: nothing says which row is meant`,
    ],
    [
      { ...NAME, lookup: { ...NAME.lookup, take: 'a\u0000' } },
      `${AT}.lookup.take: a name holds a zero character`,
    ],
    [
      { ...NAME, lookup: { ...NAME.lookup, match: { No: { field: 'a', type: 'text(5)', convert: ['?'] } } } },
      `${AT}.lookup.match.No.convert[0]: there is no converter "?"`,
    ],
    [
      { ...NAME, lookup: { ...NAME.lookup, match: { No: { field: 'a', type: 'binary' } } } },
      `${AT}.lookup.match.No.type: a row cannot be found by a binary value`,
    ],
    [{ ...NAME, type: 'int', otherwise: { value: 'x' } }, `${AT}.otherwise.value: "x" is not a number`],
  ])('names what is wrong with %j', (value, expected) => {
    expect(problems(withHeader({ X: value }))).toEqual([expect.stringContaining(expected)]);
  });

  it('knows the header in lines only', () => {
    expect(problems(withLine({ X: { cel: 'header.no', type: 'text' } }))).toEqual([]);
  });

  it('names a zero character in every name that reaches the ERP', () => {
    const nul = 'a\u0000b';
    const text = changed((data: Breakable) => {
      data.push.entities[0].from.table.name = nul;
      data.push.entities[0].fields.No.column = nul;
      data.push.entities[0].orderBy = [nul];
      data.pull.documents[0].write.to.table.schema = nul;
      data.pull.documents[ORDER].write.values[nul] = { packet: 'user' };
      data.pull.documents[ORDER].returns.number.name = nul;
      data.pull.documents[ORDER].references[1].to.column = nul;
    });
    expect(problems(text).map((one) => one.split(': ')[0])).toEqual([
      'push.entities[0].from.table.name',
      'push.entities[0].fields.No.column',
      'push.entities[0].orderBy[0]',
      'pull.documents[0].write.to.schema',
      'pull.documents[1].write.values["a\\u0000b"]',
      'pull.documents[1].returns.number.name',
      'pull.documents[1].references[1].to.column',
    ]);
  });
});
