import { parseDecimal, shortestDecimal } from '../../../../shared/model/decimal.ts';
import {
  dateText,
  dateTimeText,
  instantOfLocal,
  localTimeAt,
  parseLocalTime,
} from '../../../../shared/model/time.ts';
import type { Instant, LocalTime } from '../../../../shared/model/time.ts';
import type { RecordId } from '../../../core/records/record-store.ts';
import { canonicalText } from '../read-value.ts';
import { checkValue, type CheckedValue } from '../sql-value.ts';
import type { RecordColumn } from './record-table.ts';

/** Values between the port's canonical texts and the ERP's columns. Moments are the ERP's wall clock, kept to the second. */

const INSTANT = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/;

export function parseInstant(text: string): Instant | undefined {
  const match = INSTANT.exec(text);
  const time = match?.[1] === undefined ? undefined : parseLocalTime(match[1]);
  return time === undefined ? undefined : instantOfLocal(time, 'UTC');
}

export const instantText = (at: Instant): string => `${dateTimeText(localTimeAt(at, 'UTC')).slice(0, 19)}Z`;

/** A value as the column is to be given it. A moment may also be the ERP's own wall clock, as constants are written. */
export function givenValue(value: string, { type }: RecordColumn, zone: string): CheckedValue {
  if (type.kind === 'bool') return checkValue(value === 'true' ? '1' : value === 'false' ? '0' : value, type);
  const instant = type.kind === 'datetime' ? parseInstant(value) : undefined;
  return checkValue(instant === undefined ? value : dateTimeText(localTimeAt(instant, zone)), type);
}

/** Wall clocks to the second that read as this moment: where a clock was put forward there are readings that never were. */
export function wallTexts(instant: Instant, zone: string): readonly string[] {
  const wall = localTimeAt(instant, zone);
  const hour = 3_600_000;
  const at = instantOfLocal(wall, 'UTC');
  return [0, -hour, hour, -hour / 2, hour / 2, -2 * hour, 2 * hour]
    .map((shift): LocalTime => localTimeAt(at + shift, 'UTC'))
    .filter((reading, index) => index === 0 || instantOfLocal(reading, zone) === instant)
    .map((reading) => dateTimeText(reading).slice(0, 19));
}

/** The canonical text of what `columnText` reads; undefined when it is not of the column's type. */
export function fromColumn(
  text: string | null,
  { type }: RecordColumn,
  zone: string,
): string | null | undefined {
  if (text === null) return null;
  switch (type.kind) {
    case 'text':
      return text;
    case 'bool':
      return text === '1' ? 'true' : text === '0' ? 'false' : undefined;
    case 'guid':
      return text.toLowerCase();
    case 'decimal': {
      const value = parseDecimal(text);
      return value === undefined ? undefined : shortestDecimal(value);
    }
    case 'datetime': {
      const time = parseLocalTime(text);
      return time === undefined ? undefined : instantText(instantOfLocal(time, zone));
    }
    case 'binary':
      return Buffer.from(text, 'hex').toString('base64');
    case 'int':
    case 'bigint':
    case 'date':
    case 'dateOfTime':
      return canonicalText(text, type);
    default:
      return type.kind satisfies never;
  }
}

/** One key column as it stands in an id: exact, so moments are the wall clock with its milliseconds. */
export function keyPart(text: string, { type, native }: RecordColumn): string {
  switch (type.kind) {
    case 'decimal':
    case 'int':
    case 'bigint': {
      const value = parseDecimal(text);
      return value === undefined ? text : shortestDecimal(value);
    }
    case 'guid':
      return text.toLowerCase();
    case 'date':
    case 'datetime': {
      const time = parseLocalTime(text);
      if (time === undefined) return text;
      return type.kind === 'date' ? dateText(time) : dateTimeText(time);
    }
    case 'text':
      // A column of fixed length gives its own blanks.
      return native === 'char' || native === 'nchar' ? text.replace(/ +$/, '') : text;
    case 'bool':
    case 'binary':
    case 'dateOfTime':
      return text;
    default:
      return type.kind satisfies never;
  }
}

export const idOf = (parts: readonly string[]): RecordId =>
  parts.length === 1 ? (parts[0] ?? '') : JSON.stringify(parts);

/** The parts of an id; undefined when no row of such a key can have it. */
export function idParts(id: RecordId, columns: number): readonly string[] | undefined {
  if (columns === 1) return [id];
  try {
    const parts: unknown = JSON.parse(id);
    return Array.isArray(parts) && parts.length === columns && parts.every((part) => typeof part === 'string')
      ? parts
      : undefined;
  } catch {
    return undefined;
  }
}
