import type { FieldType } from '../../shared/model/field-type.ts';
import { type } from '../unit/erp-mssql/units.ts';

export interface TortureColumn {
  /** Unquoted. */
  readonly name: string;
  readonly sql: string;
  /** As the mapping spells it. */
  readonly type: string;
  /** The writer leaves it out: the server fills it in. */
  readonly given?: 'by the server' | undefined;
}

export interface TortureTable {
  readonly schema?: string | undefined;
  readonly name: string;
  /** The first one is the key: whole numbers, in rising order. */
  readonly columns: readonly TortureColumn[];
  /** What the mapping is given, by column that the writer fills in; null for none. */
  readonly rows: readonly (readonly (string | null)[])[];
  /** What stands there by SQL Server's rules, for all columns; the given values when left out. */
  readonly stored?: readonly (readonly (string | null)[])[] | undefined;
  /** Batches after CREATE TABLE. */
  readonly also?: readonly string[] | undefined;
  /** Read only: written by a trigger of another table. */
  readonly filledBy?: string | undefined;
}

export const typeOf = (column: TortureColumn): FieldType => type(column.type);

const key: TortureColumn = { name: 'K', sql: 'int NOT NULL PRIMARY KEY', type: 'int' };
const column = (name: string, sql: string, mapped: string): TortureColumn => ({ name, sql, type: mapped });
const text = (name: string, sql = 'nvarchar(40) NULL', mapped = 'text(40)'): TortureColumn =>
  column(name, sql, mapped);

/** Tables whose names are the trouble: one text column with a name as bad. */
const NAMES: readonly (readonly [table: string, column: string])[] = [
  ['Order', 'select'],
  ['User Group Line', 'Unit of Measure Code'],
  ['Price]List', 'No]]'],
  ['Sören\'s "Best"', `it's "quoted"`],
  ['Группа 商品 ü', 'Количество'],
  ['dbo.Sales;Order--', 'a.b;c--'],
  [' leading and trailing', '/* c */'],
  ['[in brackets]', '[dbo].[x]'],
  ['@at #hash $dollar', '@p0'],
];

const MAX_38 = '9'.repeat(38);
const CLEF = '\u{1D11E}';

export const TORTURE_TABLES: readonly TortureTable[] = [
  ...NAMES.map(([name, other]): TortureTable => ({
    name,
    columns: [key, text(other)],
    rows: [
      ['1', name],
      ['2', other],
    ],
  })),
  {
    schema: 'Own schema]',
    name: 'Table',
    columns: [key, text('Value')],
    rows: [['1', 'in a schema of its own']],
  },
  {
    name: 'T texts',
    columns: [
      key,
      text('one', 'nvarchar(1) NULL', 'text(1)'),
      text('most', 'nvarchar(4000) NULL', 'text(4000)'),
      text('max', 'nvarchar(max) NULL', 'text'),
      text('ascii', 'varchar(30) NULL', 'text(30)'),
    ],
    rows: [
      ['1', 'x', 'y'.repeat(4000), 'z'.repeat(9000), 'plain'],
      ['2', 'ž', `${CLEF}a`.repeat(1333), `${CLEF}\u{1F600}`.repeat(3000), '~'],
      ['3', '商', 'e\u0301 \u00e9 ﬁ ß İ ı', `line\r\nfeed\ttab\u0001\u001f`, `'"[]--;`],
      ['4', null, null, null, null],
    ],
  },
  {
    name: 'T blanks',
    columns: [key, text('v', 'nvarchar(20) NULL', 'text(20)'), text('m', 'nvarchar(max) NULL', 'text')],
    rows: [
      ['1', '', ''],
      ['2', null, null],
      ['3', ' ', ' '],
      ['4', 'a', 'a'],
      ['5', 'a  ', 'a  '],
      ['6', '  a', '\u00a0a\u00a0'],
    ],
  },
  {
    name: 'T padded',
    columns: [key, text('c', 'char(5) NULL', 'text(5)'), text('n', 'nchar(5) NULL', 'text(5)')],
    rows: [
      ['1', 'ab', 'žß'],
      ['2', '', ''],
      ['3', null, null],
    ],
    // Fixed length is padded with spaces.
    stored: [
      ['1', 'ab   ', 'žß   '],
      ['2', '     ', '     '],
      ['3', null, null],
    ],
  },
  {
    name: 'T decimals',
    columns: [
      key,
      column('d38', 'decimal(38,0) NULL', 'decimal(38,0)'),
      column('d3810', 'decimal(38,10) NULL', 'decimal(38,10)'),
      column('d3838', 'decimal(38,38) NULL', 'decimal(38,38)'),
      column('d10', 'numeric(1,0) NULL', 'decimal(1,0)'),
      column('d184', 'decimal(18,4) NULL', 'decimal(18,4)'),
    ],
    rows: [
      ['1', MAX_38, `${'9'.repeat(28)}.${'9'.repeat(10)}`, `0.${MAX_38}`, '9', '99999999999999.9999'],
      ['2', `-${MAX_38}`, `-${'9'.repeat(28)}.${'9'.repeat(10)}`, `-0.${MAX_38}`, '-9', '-0.0001'],
      ['3', '0', '0', '0', '0', '0'],
      ['4', '9007199254740993', '0.0000000001', `0.${'0'.repeat(37)}1`, '1', '12345678901234.5678'],
      ['5', null, null, null, null, null],
    ],
  },
  {
    name: 'T money',
    columns: [
      key,
      column('m', 'money NULL', 'decimal(19,4)'),
      column('s', 'smallmoney NULL', 'decimal(10,4)'),
    ],
    rows: [
      ['1', '922337203685477.5807', '214748.3647'],
      ['2', '-922337203685477.5808', '-214748.3648'],
      ['3', '0.0001', '-0.0001'],
      ['4', null, null],
    ],
  },
  {
    name: 'T whole numbers',
    columns: [
      key,
      column('t', 'tinyint NULL', 'int'),
      column('s', 'smallint NULL', 'int'),
      column('i', 'int NULL', 'int'),
      column('b', 'bigint NULL', 'bigint'),
    ],
    rows: [
      ['1', '255', '32767', '2147483647', '9223372036854775807'],
      ['2', '0', '-32768', '-2147483648', '-9223372036854775808'],
      ['3', '1', '0', '0', '9007199254740993'],
      ['4', null, null, null, null],
    ],
  },
  {
    name: 'T bits',
    columns: [key, column('b', 'bit NULL', 'bool')],
    rows: [
      ['1', '1'],
      ['2', '0'],
      ['3', null],
    ],
  },
  {
    name: 'T days',
    columns: [key, column('d', 'date NULL', 'date')],
    rows: [
      ['1', '1753-01-01'],
      ['2', '9999-12-31'],
      ['3', '2024-02-29'],
      ['4', '1900-03-01'],
      ['5', null],
    ],
  },
  {
    name: 'T moments',
    columns: [
      key,
      column('m3', 'datetime2(3) NULL', 'datetime'),
      column('m7', 'datetime2(7) NULL', 'datetime'),
    ],
    rows: [
      ['1', '1753-01-01T00:00:00.000', '1753-01-01T00:00:00.001'],
      ['2', '9999-12-31T23:59:59.999', '9999-12-31T23:59:59.999'],
      ['3', '2025-03-30T03:30:00.120', '2025-10-26T03:30:00.987'],
      ['4', '1969-12-31T23:59:59.999', '1970-01-01T00:00:00.001'],
      ['5', null, null],
    ],
  },
  {
    name: 'T old moments',
    columns: [key, column('d', 'datetime NULL', 'datetime'), column('s', 'smalldatetime NULL', 'datetime')],
    rows: [
      ['1', '1753-01-01T00:00:00.000', '1900-01-01T00:00:00.000'],
      ['2', '9999-12-31T23:59:59.997', '2079-06-06T23:59:00.000'],
      ['3', '2025-03-10T08:15:30.001', '2025-03-10T08:15:29.000'],
      ['4', '2025-03-10T08:15:30.005', '2025-03-10T08:15:30.000'],
      ['5', null, null],
    ],
    // datetime counts in thirds of 10 ms, smalldatetime in minutes; both round.
    stored: [
      ['1', '1753-01-01T00:00:00.000', '1900-01-01T00:00:00.000'],
      ['2', '9999-12-31T23:59:59.997', '2079-06-06T23:59:00.000'],
      ['3', '2025-03-10T08:15:30.000', '2025-03-10T08:15:00.000'],
      ['4', '2025-03-10T08:15:30.007', '2025-03-10T08:16:00.000'],
      ['5', null, null],
    ],
  },
  {
    name: 'T guids',
    columns: [key, column('g', 'uniqueidentifier NULL', 'guid')],
    rows: [
      ['1', '0e984725-c51c-4bf4-9960-e1c80e27aba0'],
      ['2', '00000000-0000-0000-0000-000000000000'],
      ['3', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
      ['4', null],
    ],
    stored: [
      ['1', '0E984725-C51C-4BF4-9960-E1C80E27ABA0'],
      ['2', '00000000-0000-0000-0000-000000000000'],
      ['3', 'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF'],
      ['4', null],
    ],
  },
  {
    name: 'T bytes',
    columns: [key, column('v', 'varbinary(10) NULL', 'binary'), column('m', 'varbinary(max) NULL', 'binary')],
    rows: [
      ['1', 'AAEC', Buffer.alloc(20_000, 0xa5).toString('base64')],
      ['2', '/////////////w==', 'AA=='],
      ['3', null, null],
    ],
  },
  {
    name: 'T floats',
    columns: [key, column('f', 'float NULL', 'decimal(38,10)'), column('r', 'real NULL', 'decimal(20,4)')],
    rows: [
      ['1', '0.1', '0.5'],
      ['2', '-9007199254740992', '16777216'],
      ['3', '0', '0'],
      ['4', '123456789012345.5', '-0.25'],
      ['5', null, null],
    ],
  },
  {
    name: 'T server fills in',
    columns: [
      { name: 'Id', sql: 'int IDENTITY(7,1) NOT NULL PRIMARY KEY', type: 'int', given: 'by the server' },
      text('Name', 'nvarchar(20) NULL', 'text(20)'),
      column('Price', 'decimal(18,4) NULL', 'decimal(18,4)'),
      { name: 'Twice', sql: 'AS (Price * 2)', type: 'decimal(20,4)', given: 'by the server' },
      {
        name: 'State',
        sql: `nvarchar(10) NOT NULL DEFAULT N'new'`,
        type: 'text(10)',
        given: 'by the server',
      },
    ],
    rows: [
      ['a', '12.3456'],
      ['b', null],
    ],
    stored: [
      ['7', 'a', '12.3456', '24.6912', 'new'],
      ['8', 'b', null, null, 'new'],
    ],
  },
  {
    name: 'T with trigger',
    columns: [
      { name: 'Id', sql: 'int IDENTITY(1,1) NOT NULL PRIMARY KEY', type: 'int', given: 'by the server' },
      text('Name', 'nvarchar(20) NULL', 'text(20)'),
      { name: 'No', sql: 'nvarchar(20) NULL', type: 'text(20)', given: 'by the server' },
    ],
    rows: [['first'], ['second']],
    stored: [
      ['1', 'first', 'N-1'],
      ['2', 'second', 'N-2'],
    ],
  },
  {
    // Its own identity is far from the other's: a key taken from the wrong scope would be seen.
    name: 'T written by trigger',
    columns: [
      { name: 'AuditId', sql: 'int IDENTITY(5000,1) NOT NULL PRIMARY KEY', type: 'int' },
      column('OfId', 'int NOT NULL', 'int'),
      text('What', 'nvarchar(40) NOT NULL', 'text(40)'),
    ],
    rows: [],
    filledBy: 'T with trigger',
    stored: [
      ['5000', '1', 'first'],
      ['5001', '2', 'second'],
    ],
    also: [
      `CREATE TRIGGER dbo.[T trigger] ON dbo.[T with trigger] AFTER INSERT AS
BEGIN
SET NOCOUNT ON;
INSERT INTO dbo.[T written by trigger] (OfId, What) SELECT Id, Name FROM inserted;
UPDATE dbo.[T with trigger] SET No = N'N-' + CAST(Id AS nvarchar(10)) WHERE Id IN (SELECT Id FROM inserted);
END`,
    ],
  },
];

const quoted = (name: string): string => `[${name.replaceAll(']', ']]')}]`;
export const nameOf = (table: TortureTable): string =>
  `${quoted(table.schema ?? 'dbo')}.${quoted(table.name)}`;

/** Batches that make a table, quoted by hands other than the product's. */
export function createTable(table: TortureTable): readonly string[] {
  const columns = table.columns.map((one) => `${quoted(one.name)} ${one.sql}`);
  return [
    ...(table.schema === undefined
      ? []
      : [`IF SCHEMA_ID(N'${table.schema}') IS NULL EXEC (N'CREATE SCHEMA ${quoted(table.schema)}')`]),
    `CREATE TABLE ${nameOf(table)} (${columns.join(', ')})`,
    ...(table.also ?? []),
  ];
}

/** A column as text by the server's own conversion, so that the driver's reading of values has no part in it. */
export function seenAs(one: TortureColumn): string {
  const name = quoted(one.name);
  if (/^(decimal|numeric)/.test(one.sql)) return `CAST(${name} AS nvarchar(60))`;
  if (/^(money|smallmoney|float|real)/.test(one.sql)) return `CONVERT(nvarchar(60), ${name}, 2)`;
  if (/^(tinyint|smallint|int|bigint|AS)/.test(one.sql)) return `CAST(${name} AS nvarchar(60))`;
  if (one.sql.startsWith('bit')) return `CAST(CAST(${name} AS int) AS nvarchar(1))`;
  if (one.sql.startsWith('date ')) return `CONVERT(nvarchar(10), ${name}, 23)`;
  if (/^(datetime|smalldatetime)/.test(one.sql)) return `CONVERT(nvarchar(40), ${name}, 121)`;
  if (one.sql.startsWith('uniqueidentifier')) return `CAST(${name} AS nvarchar(36))`;
  return name;
}
