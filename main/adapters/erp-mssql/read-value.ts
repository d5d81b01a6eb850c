import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { isPlainDecimal, isPlainMoment } from '../../../shared/model/plain-text.ts';
import { dateText, dateTimeText, parseLocalTime } from '../../../shared/model/time.ts';
import type { SqlCell, SqlColumn, SqlRow } from './sql-connection.ts';

/** The canonical text of a cell under its declared type; undefined when it is not of that type. Pure. */
export function canonicalText(cell: SqlCell, type: FieldType): string | null | undefined {
  if (cell === null) return null;
  if (type.kind === 'binary')
    return typeof cell === 'string' ? undefined : Buffer.from(cell).toString('base64');
  if (typeof cell !== 'string') return undefined;
  switch (type.kind) {
    case 'text':
    case 'guid':
      return cell;
    case 'decimal':
      return isPlainDecimal(cell) ? cell : parseDecimal(cell);
    case 'int':
    case 'bigint': {
      if (cell.length < 20 && !cell.includes('.') && isPlainDecimal(cell)) return cell;
      const value = parseDecimal(cell);
      if (value === undefined) return undefined;
      const whole = shortestDecimal(value);
      return whole.includes('.') ? undefined : whole;
    }
    case 'bool':
      return cell === '1' || cell === '0' ? cell : undefined;
    case 'datetime': {
      if (isPlainMoment(cell)) return cell;
      const time = parseLocalTime(cell);
      return time === undefined ? undefined : dateTimeText(time);
    }
    case 'date':
    case 'dateOfTime': {
      if (isPlainMoment(cell)) return cell.slice(0, DAY_CHARS);
      const time = parseLocalTime(cell);
      return time === undefined ? undefined : dateText(time);
    }
    default:
      return type.kind satisfies never;
  }
}

type Row = readonly (string | null)[];

/** What is to be done with a cell of a column. */
const ANY = 0;
/** Nothing, if it is a text. */
const TEXT = 1;
/** Its day is wanted. */
const DAY = 2;

/**
 * What makes the canonical texts of rows under the types of their columns, or gives the index of the first cell that is not of
 * its type. A row that holds its canonical texts already is given back itself. `sent` is what the server says of the columns.
 * Pure.
 */
export function rowReader(
  columns: readonly { readonly type: FieldType }[],
  sent: readonly Pick<SqlColumn, 'moments'>[],
): (row: SqlRow) => Row | number {
  const types = columns.map(({ type }) => type);
  const work = types.map(({ kind }, index) => {
    if (kind === 'text' || kind === 'guid') return TEXT;
    if (sent[index]?.moments !== true) return ANY;
    return kind === 'datetime' ? TEXT : kind === 'date' || kind === 'dateOfTime' ? DAY : ANY;
  });
  return (row) => {
    // A cell the server did not send is null.
    let texts: SqlCell[] | undefined =
      row.length === types.length ? undefined : types.map((_, index) => row[index] ?? null);
    for (let index = 0; index < types.length; index += 1) {
      const cell = row[index];
      const todo = work[index];
      if (typeof cell === 'string' && todo !== ANY) {
        if (todo === DAY) (texts ??= row.slice())[index] = cell.slice(0, DAY_CHARS);
        continue;
      }
      const type = types[index];
      if (cell === null || cell === undefined || type === undefined) continue;
      const text = canonicalText(cell, type);
      if (text === undefined) return index;
      if (text !== cell) (texts ??= row.slice())[index] = text;
    }
    // Only texts are left: bytes became text, or are of no type.
    return (texts ?? row) as Row;
  };
}

const DAY_CHARS = '2025-03-10'.length;
