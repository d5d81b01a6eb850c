import type { CatalogueColumn, CatalogueObject } from '../../../core/drift/catalogue.ts';
import { columnTypeText } from '../../../core/drift/catalogue.ts';
import type { FeedKey } from '../../../core/feeds/feed.ts';
import type { KeyOrder } from '../../../core/feeds/key-order.ts';
import type { SqlCell } from '../sql-connection.ts';

export type TableKey = { readonly columns: readonly CatalogueColumn[] } | { readonly why: string };

const NUMBERS = new Set([
  'tinyint',
  'smallint',
  'int',
  'bigint',
  'decimal',
  'numeric',
  'money',
  'smallmoney',
]);
const TEXTS = new Set([
  'char',
  'varchar',
  'nchar',
  'nvarchar',
  'uniqueidentifier',
  'date',
  'datetime',
  'smalldatetime',
]);
/** The driver hands moments over in milliseconds. */
const MILLISECONDS = 3;

/** How a key column is ordered; undefined for a type whose values cannot be carried or put in order without loss. */
export function orderOf({ type }: CatalogueColumn): KeyOrder | undefined {
  if (NUMBERS.has(type.name)) return 'number';
  if (TEXTS.has(type.name)) return 'text';
  return type.name === 'datetime2' && type.scale <= MILLISECONDS ? 'text' : undefined;
}

/** The columns that name a row: the wanted ones if they do, else the primary key, else the first that can. */
export function keyOf(object: CatalogueObject, wanted: readonly string[] | undefined): TableKey {
  if (object.kind === 'view') return { why: 'It is a view: feeds are of tables.' };
  const candidates = object.keys
    .toSorted((a, b) => Number(b.primary) - Number(a.primary))
    .filter(({ columns }) => wanted === undefined || sameNames(columns, wanted));
  if (candidates.length === 0)
    return {
      why:
        wanted === undefined
          ? 'The table has no primary key and no unique one.'
          : `No unique key of the table is ${wanted.join(', ')}.`,
    };
  let why = '';
  for (const { columns: names } of candidates) {
    const columns = names.flatMap((name) => object.columns.filter((column) => column.name === name));
    const bad = columns.find((column) => column.nullable || orderOf(column) === undefined);
    if (bad === undefined) return { columns };
    why ||= bad.nullable
      ? `The key column ${bad.name} may be NULL.`
      : `Rows cannot be named by ${bad.name}: ${columnTypeText(bad.type)}.`;
  }
  return { why };
}

const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.every((name) => b.includes(name));

/** A key from the first cells of a row; undefined when a cell is no text. */
export function keyFrom(columns: readonly CatalogueColumn[], row: readonly SqlCell[]): FeedKey | undefined {
  const key: string[] = [];
  for (let index = 0; index < columns.length; index += 1) {
    const cell = row[index];
    if (typeof cell !== 'string') return undefined;
    key.push(columns[index]?.type.name === 'uniqueidentifier' ? cell.toUpperCase() : cell);
  }
  return key;
}
