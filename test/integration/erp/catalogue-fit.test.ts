import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { driftOf, questionOf } from '../../../main/core/drift/drift-of.ts';
import type { Finding } from '../../../main/core/drift/finding.ts';
import type { ErpUser, WriteCall, WriteValue } from '../../../main/core/packets/erp.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { toPacket } from '../../../main/core/mapping/convert.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { document, SOURCE, type, unit } from '../../unit/erp-mssql/units.ts';
import { openBench, type Bench, type RawSession } from './bench.ts';

/**
 * Every change of a column, a table or a procedure that breaks a read or a write of the server under test must be found as
 * breaking, before it does; what breaks nothing must stop nothing. The values are the widest that the mapping lets through.
 */

const signal = new AbortController().signal;
const ZONES = { area: 'UTC', erp: 'UTC' };
const user: ErpUser = { name: 'ANNA', values: new Map() };

const PRICES = {
  No: 'text(20)',
  Text: 'text(50)',
  Price: 'decimal(19,6)',
  Pieces: 'int',
  Day: 'date',
  Active: 'bool',
  Mark: 'guid',
} as const;
const ORDERS = {
  Customer: ['text(20)', 'C'.repeat(20)],
  Note: ['text(50)', null],
  Amount: ['decimal(19,4)', '123456789012345.6789'],
  Pieces: ['int', '2147483647'],
  Total: ['bigint', '9223372036854775807'],
  Day: ['date', '2025-03-10'],
  At: ['datetime', '2025-03-10T08:15:31.123'],
  Active: ['bool', '1'],
  Mark: ['guid', '0e984725-c51c-4bf4-9960-e1c80e27aba0'],
} as const;
const PAID = { Amount: ORDERS.Amount, Remark: ['text(50)', 'r'.repeat(50)] } as const;

const written = (values: Readonly<Record<string, readonly [string, string | null]>>): WriteValue[] =>
  Object.entries(values).map(([name, [kind, value]]) => ({ name, type: type(kind), value }));
const mapped = (values: Readonly<Record<string, readonly [string, string | null]>>): object =>
  Object.fromEntries(
    Object.entries(values).map(([name, [kind, value]]) => [
      name,
      { field: name, type: kind, required: value !== null },
    ]),
  );

const MAPPING = mappingSchema.parse({
  mappingVersion: 1,
  name: 'fit',
  push: {
    entities: [
      {
        entity: 'Price',
        from: { table: { name: 'Prices' } },
        fields: Object.fromEntries(
          Object.entries(PRICES).map(([column, kind]) => [column, { column, type: kind }]),
        ),
        orderBy: ['No'],
      },
    ],
  },
  pull: {
    documents: [
      {
        document: 'order',
        entity: 'Orders',
        write: { to: { table: { name: 'Orders' }, rawInsert: true }, values: mapped(ORDERS) },
        returns: { key: { name: 'Id', type: 'int' }, number: { name: 'No', type: 'text(20)' } },
        lines: [
          {
            entity: 'Lines',
            join: { line: 'a', header: 'b' },
            write: {
              to: { table: { name: 'Lines' }, rawInsert: true },
              values: { OrderId: { header: 'key' } },
            },
          },
        ],
        references: [{ field: 'x', to: { table: { name: 'Prices' }, column: 'No' } }],
      },
      {
        document: 'payment',
        entity: 'Payments',
        write: { to: { procedure: { name: 'Pay' } }, values: mapped(PAID) },
        returns: { key: { name: 'Id', type: 'int' } },
      },
    ],
  },
});

/** Column to definition. */
type Table = Readonly<Record<string, string>>;
interface Schema {
  readonly Prices: Table;
  readonly Orders: Table;
  readonly Lines: Table;
  readonly parameters: Table;
  readonly more: readonly string[];
}
const FITTING: Schema = {
  Prices: {
    No: 'nvarchar(20) NOT NULL',
    Text: 'nvarchar(50) NULL',
    Price: 'decimal(19,6) NOT NULL',
    Pieces: 'int NULL',
    Day: 'date NULL',
    Active: 'bit NULL',
    Mark: 'uniqueidentifier NULL',
  },
  Orders: {
    Id: 'int IDENTITY(1,1) NOT NULL PRIMARY KEY',
    No: 'nvarchar(20) NULL',
    Customer: 'nvarchar(20) NOT NULL',
    Note: 'nvarchar(50) NULL',
    Amount: 'decimal(19,4) NOT NULL',
    Pieces: 'int NULL',
    Total: 'bigint NULL',
    Day: 'date NULL',
    At: 'datetime2(3) NULL',
    Active: 'bit NULL',
    Mark: 'uniqueidentifier NULL',
  },
  Lines: { LineId: 'int IDENTITY(1,1) NOT NULL', OrderId: 'int NOT NULL' },
  parameters: {
    '@Amount': 'decimal(19,4)',
    '@Remark': 'nvarchar(50) = NULL',
    '@Id': 'int OUTPUT',
  },
  more: [],
};
const PRICE_ROW: Readonly<Record<string, string>> = {
  No: "N'I-1'",
  Text: `N'${'t'.repeat(50)}'`,
  Price: '1234567890123.123456',
  Pieces: '2147483647',
  Day: "'2025-03-10'",
  Active: '1',
  Mark: "'0E984725-C51C-4BF4-9960-E1C80E27ABA0'",
};

let bench: Bench;
let raw: RawSession;
let erp: ClosablePacketErp;
beforeAll(async () => {
  bench = await openBench();
  raw = await bench.raw();
  erp = bench.erp();
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});
afterAll(() => bench?.close());

const columns = (table: Table): string =>
  Object.entries(table)
    .map(([name, definition]) => `${name} ${definition}`)
    .join(', ');

/** Whether the tables hold a row to be read. */
async function build(schema: Schema): Promise<boolean> {
  const procedure = Object.entries(schema.parameters)
    .map(([name, definition]) => `${name} ${definition}`)
    .join(', ');
  const has = (name: string): boolean => Object.hasOwn(schema.parameters, name);
  for (const drop of [
    `IF OBJECT_ID(N'dbo.Watcher', N'TR') IS NOT NULL DROP TRIGGER dbo.Watcher`,
    `IF OBJECT_ID(N'dbo.Prices', N'V') IS NOT NULL DROP VIEW dbo.Prices`,
    `IF OBJECT_ID(N'dbo.Pay', N'P') IS NOT NULL DROP PROCEDURE dbo.Pay`,
    ...['Prices', 'OldPrices', 'Orders', 'Lines', 'Paid'].map(
      (name) => `IF OBJECT_ID(N'dbo.${name}', N'U') IS NOT NULL DROP TABLE dbo.${name}`,
    ),
    `CREATE TABLE dbo.Paid (Amount decimal(38,10) NULL, Remark nvarchar(100) NULL)`,
    `CREATE TABLE dbo.Prices (${columns(schema.Prices)})`,
    `CREATE TABLE dbo.Orders (${columns(schema.Orders)})`,
    `CREATE TABLE dbo.Lines (${columns(schema.Lines)})`,
    `CREATE PROCEDURE dbo.Pay ${procedure} AS BEGIN SET NOCOUNT ON; INSERT INTO dbo.Paid (Amount, Remark) VALUES (${has('@Amount') ? '@Amount' : 'NULL'}, ${has('@Remark') ? '@Remark' : 'NULL'});${has('@Id') ? ' SET @Id = 7;' : ''} END`,
  ])
    await raw.query(drop);
  const given = Object.keys(PRICE_ROW).filter((name) => Object.hasOwn(schema.Prices, name));
  const values = given.map((name) => PRICE_ROW[name] ?? 'NULL');
  // A row that the changed table does not take is a table without rows.
  const held = await raw
    .query(`INSERT INTO dbo.Prices (${given.join(', ')}) VALUES (${values.join(', ')})`)
    .then(() => true)
    .catch(() => false);
  for (const batch of schema.more) await raw.query(batch);
  return held;
}

/** Whether what the mapping reads comes back as it says. */
async function reads(): Promise<boolean> {
  const view = await erp.reader.openView(signal);
  if (!view.ok) throw new Error(JSON.stringify(view.failure));
  const wanted = Object.entries(PRICES).map(([column, kind]) => ({ column, type: type(kind) }));
  try {
    const request = { columns: wanted, where: [], orderBy: ['No'], user, source: SOURCE };
    for await (const rows of view.value.read(
      { ...request, from: { table: { schema: 'dbo', name: 'Prices' } } },
      signal,
    ))
      for (const row of rows)
        if (row.some((value, index) => !toPacket(value, wanted[index]?.type ?? type('text'), ZONES).ok))
          return false;
    return true;
  } catch (error) {
    if (error instanceof BodyStreamError) return false;
    throw error;
  } finally {
    await view.value.close();
  }
}

let packets = 0;
async function apply(header: WriteCall, lines: readonly WriteCall[]): Promise<boolean> {
  packets += 1;
  const id = `packet-${packets}`;
  const done = await erp.writer.apply(
    unit({ packetId: id, documents: [document(`row ${packets}`, { header, lines })] }),
    signal,
  );
  return done.ok && done.value.kind === 'applied';
}

const dbo = (name: string): { schema: string; name: string } => ({ schema: 'dbo', name });
const key = { name: 'Id', type: type('int') };

/** Whether what the mapping writes arrives, and is in the table as it was sent. */
async function writes(): Promise<boolean> {
  const order: WriteCall = {
    kind: 'insert',
    target: dbo('Orders'),
    values: written(ORDERS),
    returnsKey: key,
    returnsNumber: { name: 'No', type: type('text(20)') },
  };
  const line: WriteCall = {
    kind: 'insert',
    target: dbo('Lines'),
    values: [{ name: 'OrderId', type: type('int'), value: { headerKey: true } }],
  };
  const full: WriteCall = {
    ...order,
    values: order.values.map((one) => (one.name === 'Note' ? { ...one, value: 'n'.repeat(50) } : one)),
  };
  const known = await erp.reader.exists(dbo('Prices'), 'No', 'I-1', signal);
  if (!known.ok) return false;
  if (!(await apply(order, [line])) || !(await apply(full, [line]))) return false;
  const payment: WriteCall = {
    kind: 'procedure',
    target: dbo('Pay'),
    values: written(PAID),
    returnsKey: key,
  };
  if (!(await apply(payment, []))) return false;
  const [stored] = await raw
    .query(
      `SELECT CONVERT(nvarchar(60), Amount) AS amount, CONVERT(nvarchar(60), At, 126) AS at, LEN(Customer) AS chars, CONVERT(nvarchar(60), CAST(Total AS bigint)) AS total, CONVERT(nvarchar(60), CAST(Pieces AS bigint)) AS pieces, CONVERT(nvarchar(40), Day, 23) AS day FROM dbo.Orders`,
    )
    // Binary floating point has rounded it up beyond the type it came from.
    .catch(() => []);
  const [paid] = await raw.query(
    `SELECT CONVERT(nvarchar(60), Amount) AS amount, LEN(Remark) AS chars FROM dbo.Paid`,
  );
  return (
    String(stored?.['amount']).startsWith('123456789012345.6789') &&
    String(stored?.['at']).replace(' ', 'T').startsWith('2025-03-10T08:15:31') &&
    String(stored?.['day']).startsWith('2025-03-10') &&
    stored?.['total'] === '9223372036854775807' &&
    stored['pieces'] === '2147483647' &&
    stored['chars'] === 20 &&
    String(paid?.['amount']).startsWith('123456789012345.6789') &&
    paid?.['chars'] === 50
  );
}

async function found(): Promise<readonly Finding[]> {
  const catalogue = await erp.catalogue(questionOf(MAPPING), signal);
  if (!catalogue.ok) throw new Error(JSON.stringify(catalogue.failure));
  return driftOf(MAPPING, catalogue.value);
}

async function verdict(schema: Schema): Promise<{ push: string; pull: string }> {
  const held = await build(schema);
  const findings = await found();
  const said = (flow: Finding['flow']): string =>
    findings.some((one) => one.flow === flow && one.severity === 'breaking')
      ? 'breaking'
      : 'no more than a note';
  const [read, wrote] = [await reads(), await writes()];
  return {
    push: `${read ? (held ? 'works' : 'reads nothing') : 'breaks'}, ${said('push')}`,
    pull: `${wrote ? 'works' : 'breaks'}, ${said('pull')}`,
  };
}

const without = (table: Table, name: string): Table =>
  Object.fromEntries(Object.entries(table).filter(([one]) => one !== name));
const TYPES = [
  'nvarchar(10)',
  'nvarchar(49)',
  'nvarchar(400)',
  'nvarchar(max)',
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'decimal(9,2)',
  'decimal(19,2)',
  'decimal(38,10)',
  'float',
  'bit',
  'date',
  'datetime',
  'datetime2(7)',
  'uniqueidentifier',
  'varbinary(50)',
];

type Case = readonly [what: string, schema: Schema];
const CASES: readonly Case[] = [
  ...(['Prices', 'Orders'] as const).flatMap((table) =>
    Object.keys(FITTING[table])
      .filter((column) => column !== 'Id')
      .flatMap((column): Case[] => [
        [`${table}.${column} dropped`, { ...FITTING, [table]: without(FITTING[table], column) }],
        [
          `${table}.${column} renamed`,
          {
            ...FITTING,
            [table]: { ...without(FITTING[table], column), [`${column}2`]: FITTING[table][column] },
          },
        ],
        ...TYPES.map((one): Case => [
          `${table}.${column} as ${one}`,
          { ...FITTING, [table]: { ...FITTING[table], [column]: `${one} NULL` } },
        ]),
      ]),
  ),
  ...Object.keys(ORDERS).flatMap((column): Case[] => [
    [
      `Orders.${column} must have a value`,
      {
        ...FITTING,
        Orders: {
          ...FITTING.Orders,
          [column]: (FITTING.Orders[column] ?? '').replace(/ NULL/, ' NOT NULL').replace('NOT NOT', 'NOT'),
        },
      },
    ],
    [`Orders.${column} computed`, { ...FITTING, Orders: { ...FITTING.Orders, [column]: 'AS (1 + 1)' } }],
  ]),
  ...['smallint NULL', 'bigint NULL', 'uniqueidentifier NULL', 'nvarchar(20) NULL'].map((one): Case => [
    `Lines.OrderId as ${one}`,
    { ...FITTING, Lines: { ...FITTING.Lines, OrderId: one } },
  ]),
  ...[
    'int NULL',
    'int NOT NULL',
    'int NOT NULL DEFAULT 3',
    'int IDENTITY(1,1) NOT NULL',
    'AS (2)',
    'rowversion',
  ].map((one): Case => [
    `Lines gets New ${one}`,
    { ...FITTING, Lines: { ...without(FITTING.Lines, 'LineId'), New: one } },
  ]),
  ...['int', 'int = 5', 'int = NULL', 'int OUTPUT'].map((one): Case => [
    `Pay gets @New ${one}`,
    { ...FITTING, parameters: { ...FITTING.parameters, '@New': one } },
  ]),
  ...['@Amount', '@Remark', '@Id'].map((one): Case => [
    `Pay loses ${one}`,
    { ...FITTING, parameters: without(FITTING.parameters, one) },
  ]),
  ['Pay gives no key', { ...FITTING, parameters: { ...FITTING.parameters, '@Id': 'int' } }],
  ['Pay takes less', { ...FITTING, parameters: { ...FITTING.parameters, '@Remark': 'nvarchar(20)' } }],
  [
    'Pay takes fewer digits',
    { ...FITTING, parameters: { ...FITTING.parameters, '@Amount': 'decimal(19,2)' } },
  ],
  ['Orders is gone', { ...FITTING, more: ['DROP TABLE dbo.Orders'] }],
  ['Prices is gone', { ...FITTING, more: ['DROP TABLE dbo.Prices'] }],
  ['Pay is gone', { ...FITTING, more: ['DROP PROCEDURE dbo.Pay'] }],
  [
    'Prices is a view',
    {
      ...FITTING,
      more: [
        `CREATE TABLE dbo.OldPrices (${columns(FITTING.Prices)})`,
        'DROP TABLE dbo.Prices',
        'CREATE VIEW dbo.Prices AS SELECT * FROM dbo.OldPrices',
      ],
    },
  ],
  [
    'Orders has a trigger',
    {
      ...FITTING,
      more: ['CREATE TRIGGER dbo.Watcher ON dbo.Orders AFTER INSERT AS BEGIN SET NOCOUNT ON; END'],
    },
  ],
];

/** Stopped although the values tried here get through: others that the mapping allows would not, or would come out changed. */
const OTHER_VALUES = new Set([
  'push: Prices.Pieces as float',
  'push: Prices.Active as decimal(9,2)',
  'push: Prices.Active as float',
  'pull: Orders.Pieces as nvarchar(10)',
  'pull: Orders.Pieces as varbinary(50)',
  'pull: Orders.Total as varbinary(50)',
  'pull: Orders.Active as datetime',
  'pull: Orders.Active as varbinary(50)',
  'pull: Orders.Mark as varbinary(50)',
  'pull: Lines.OrderId as smallint NULL',
]);

describe('a schema against a server', () => {
  it('as the mapping says works and is fine', async () => {
    expect(await verdict(FITTING)).toEqual({
      push: 'works, no more than a note',
      pull: 'works, no more than a note',
    });
    expect(await found()).toEqual([]);
  });

  it('never breaks anything unfound, and stops nothing that works', { timeout: 60_000 }, async () => {
    const unfound: string[] = [];
    const stopped: string[] = [];
    for (const [what, schema] of CASES) {
      const said = await verdict(schema);
      for (const flow of ['push', 'pull'] as const) {
        if (said[flow] === 'breaks, no more than a note') unfound.push(`${flow}: ${what}`);
        if (said[flow] === 'works, breaking' && !OTHER_VALUES.has(`${flow}: ${what}`))
          stopped.push(`${flow}: ${what}`);
      }
    }
    expect(unfound).toEqual([]);
    expect(stopped).toEqual([]);
    expect(CASES.length).toBeGreaterThan(350);
  });
});
