import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { isPlainDay, isPlainDecimal, isPlainMoment } from '../../../shared/model/plain-text.ts';
import { dateText, dateTimeText, parseLocalTime } from '../../../shared/model/time.ts';
import type { SqlCell } from './sql-connection.ts';

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
      if (isPlainMoment(cell)) return cell.slice(0, 10);
      if (cell.length === 10 && isPlainDay(cell)) return cell;
      const time = parseLocalTime(cell);
      return time === undefined ? undefined : dateText(time);
    }
    default:
      return type.kind satisfies never;
  }
}
