import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { isPlainDecimal, isPlainMoment, remembering } from '../../../shared/model/plain-text.ts';
import { dateText, dateTimeText, parseLocalTime } from '../../../shared/model/time.ts';
import type { SqlCell, SqlRow } from './sql-connection.ts';

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
      return dayText(cell);
    }
    default:
      return type.kind satisfies never;
  }
}

const dayText = remembering((cell) => {
  const time = parseLocalTime(cell);
  return time === undefined ? undefined : dateText(time);
});

/** The canonical texts of a row under the types of its columns, or the index of the first cell that is not of its type. Pure. */
export function canonicalRow(
  row: SqlRow,
  columns: readonly { readonly type: FieldType }[],
): readonly (string | null)[] | number {
  const texts: (string | null)[] = [];
  for (let index = 0; index < columns.length; index += 1) {
    const cell = row[index] ?? null;
    const type = columns[index]?.type;
    if (cell === null || type === undefined) texts.push(null);
    else if (type.kind === 'text' && typeof cell === 'string') texts.push(cell);
    else {
      const text = canonicalText(cell, type);
      if (text === undefined) return index;
      texts.push(text);
    }
  }
  return texts;
}
