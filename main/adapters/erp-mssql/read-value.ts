import { parseDecimal, shortestDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
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
      return parseDecimal(cell);
    case 'int':
    case 'bigint': {
      const value = parseDecimal(cell);
      if (value === undefined) return undefined;
      const whole = shortestDecimal(value);
      return whole.includes('.') ? undefined : whole;
    }
    case 'bool':
      return cell === '1' || cell === '0' ? cell : undefined;
    case 'datetime': {
      const time = parseLocalTime(cell);
      return time === undefined ? undefined : dateTimeText(time);
    }
    case 'date':
    case 'dateOfTime': {
      const time = parseLocalTime(cell);
      return time === undefined ? undefined : dateText(time);
    }
    default:
      return type.kind satisfies never;
  }
}
