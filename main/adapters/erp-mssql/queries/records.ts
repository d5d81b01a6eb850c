import type { FieldType } from '../../../../shared/model/field-type.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';
import { READ_OPTIONS } from './ledger-reads.ts';

/** A column of a mapped table, with the type its texts are of and the server's own name of its type. */
export interface TextColumn {
  readonly name: string;
  readonly type: FieldType;
  readonly native: string;
}

const FIXED = new Set(['char', 'nchar']);
const VARYING = new Set(['varchar', 'nvarchar', 'sysname']);
const LONG = new Set(['text', 'ntext']);
const FLOATING = new Set(['float', 'real']);

/** As in rows and in parameters alike. `of`: how the table is called in the statement. */
const named = (of: string, name: string): string =>
  of === '' ? quoteIdent(name) : `${of}.${quoteIdent(name)}`;

/** A value as exact text: the same one whether it is read or compared. */
export const columnText = (of: string, column: TextColumn): string =>
  exactText(named(of, column.name), column);

function exactText(column: string, { type, native }: TextColumn): string {
  switch (type.kind) {
    case 'text':
      if (FIXED.has(native)) return `RTRIM(${column})`;
      if (LONG.has(native)) return `CONVERT(nvarchar(max), ${column})`;
      return VARYING.has(native) ? column : `CONVERT(nvarchar(400), ${column})`;
    case 'decimal':
      return `CONVERT(nvarchar(60), ${number(column, type, native)}, 2)`;
    case 'int':
    case 'bigint':
      return `CONVERT(nvarchar(60), ${column})`;
    case 'bool':
      return `CONVERT(nvarchar(10), CAST(CAST(${column} AS bit) AS int))`;
    case 'datetime':
      return `LEFT(CONVERT(nvarchar(30), ${column}, 126), 19)`;
    case 'date':
    case 'dateOfTime':
      return `CONVERT(nvarchar(10), CAST(${column} AS date), 23)`;
    case 'guid':
      return `CONVERT(nvarchar(36), ${column})`;
    case 'binary':
      return `CONVERT(nvarchar(max), CAST(${column} AS varbinary(max)), 2)`;
    default:
      return type.kind satisfies never;
  }
}

const number = (column: string, { precision = 38, scale = 10 }: FieldType, native: string): string =>
  FLOATING.has(native) ? `CAST(${column} AS decimal(${precision}, ${scale}))` : column;

/** A key column as exact text: a moment with its milliseconds. */
export const keyText = (of: string, column: TextColumn): string => exactKey(named(of, column.name), column);

/** The same of a variable that holds it. */
export const exactKey = (expression: string, column: TextColumn): string =>
  column.type.kind === 'datetime'
    ? `CONVERT(nvarchar(30), CAST(${expression} AS datetime2(3)), 126)`
    : exactText(expression, column);

/** The column itself, as the server compares it. */
export function compared(of: string, { name, type, native }: TextColumn): string {
  const column = named(of, name);
  if (LONG.has(native)) return `CONVERT(nvarchar(max), ${column})`;
  if (type.kind === 'decimal') return number(column, type, native);
  if (type.kind === 'bool' && native !== 'bit') return `CAST(${column} AS bit)`;
  return type.kind === 'date' && native !== 'date' ? `CAST(${column} AS date)` : column;
}

/** Parameter: the value and a dot behind it, so that blanks at its end count. */
export const sameText = (of: string, column: TextColumn, parameter: string): string =>
  `(CONVERT(nvarchar(max), ${columnText(of, column)}) + N'.') COLLATE Latin1_General_BIN2 = ${parameter}`;

export const isNull = (of: string, { name }: TextColumn): string => `${named(of, name)} IS NULL`;
export const isNotNull = (of: string, { name }: TextColumn): string => `${named(of, name)} IS NOT NULL`;
export const isOneOf = (what: string, parameters: readonly string[]): string =>
  `${what} IN (${parameters.join(', ')})`;
/** Holds for no row. */
export const NEVER = '1 = 0';
export const all = (conditions: readonly string[]): string =>
  conditions.length === 0 ? '1 = 1' : conditions.map((one) => `(${one})`).join(' AND ');
export const anyOf = (conditions: readonly string[]): string =>
  conditions.length === 0 ? NEVER : conditions.map((one) => `(${one})`).join(' OR ');
/** Nothing is another value than anything. */
export const differs = (of: string, column: TextColumn, parameter: string): string =>
  `${compared(of, column)} <> ${parameter} OR ${isNull(of, column)}`;

export interface RecordColumns {
  readonly table: SqlName;
  readonly key: readonly TextColumn[];
  readonly fields: readonly TextColumn[];
  readonly version: string | undefined;
  readonly changedAt: TextColumn | undefined;
  /** A condition on `t`; undefined: every row. */
  readonly filter: string | undefined;
}

/** Cells of a record in their order: key, fields, version, moment of change, whether the filter holds. */
function recordCells({ key, fields, version, changedAt, filter }: RecordColumns): string {
  const versionText =
    version === undefined
      ? 'NULL'
      : `CONVERT(nvarchar(40), CAST(t.${quoteIdent(version)} AS varbinary(8)), 2)`;
  return [
    ...key.map((column, index) => `${keyText('t', column)} AS k${index}`),
    ...fields.map((column, index) => `${columnText('t', column)} AS f${index}`),
    `${versionText} AS row_version`,
    `${changedAt === undefined ? 'NULL' : columnText('t', changedAt)} AS changed_at`,
    `${filter === undefined ? '1' : `CASE WHEN ${filter} THEN 1 ELSE 0 END`} AS in_filter`,
  ].join(', ');
}

/** The rows under `where`, a condition on `t`; the first column says which question this answers. */
export const selectRecords = (columns: RecordColumns, where: string, marker: string): string =>
  `SELECT 1 AS ${marker}, ${recordCells(columns)} FROM ${quoteName(columns.table)} AS t WHERE ${where};`;

export const readRecords = (columns: RecordColumns, where: string): string => `${READ_OPTIONS}
${selectRecords(columns, where, 'ferry_record')}`;

/** Keys in the server's order. */
export const pageOfKeys = (table: SqlName, key: readonly TextColumn[], where: string, rows: number): string =>
  `${READ_OPTIONS}
SELECT TOP (${rows}) 1 AS ferry_key, ${key.map((column, index) => `${keyText('t', column)} AS k${index}`).join(', ')} FROM ${quoteName(table)} AS t WHERE ${where} ORDER BY ${key.map((column) => `t.${quoteIdent(column.name)}`).join(', ')};`;

/** After a key, in the server's order. `values` are expressions, one a column. */
export const afterKey = (key: readonly TextColumn[], values: readonly string[]): string =>
  anyOf(
    key.map((column, index) =>
      all([
        ...key.slice(0, index).map((before, at) => `t.${quoteIdent(before.name)} = ${values[at] ?? 'NULL'}`),
        `t.${quoteIdent(column.name)} > ${values[index] ?? 'NULL'}`,
      ]),
    ),
  );

export const atKey = (of: string, key: readonly TextColumn[], values: readonly string[]): string =>
  all(key.map(({ name }, index) => `${named(of, name)} = ${values[index] ?? 'NULL'}`));
