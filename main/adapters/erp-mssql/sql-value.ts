import { fitsDecimal, parseDecimal } from '../../../shared/model/decimal.ts';
import type { FieldType } from '../../../shared/model/field-type.ts';
import { dateText, dateTimeText, parseLocalTime } from '../../../shared/model/time.ts';
import type { SqlParameter } from './sql-connection.ts';

/** The SQL type a value is cast to, and the type of the variable that carries it into a procedure. */
export function sqlType(type: FieldType): string {
  switch (type.kind) {
    case 'text':
      return type.length === undefined || type.length > 4000 ? 'nvarchar(max)' : `nvarchar(${type.length})`;
    case 'decimal':
      return `decimal(${type.precision ?? 38}, ${type.scale ?? 10})`;
    case 'int':
      return 'int';
    case 'bigint':
      return 'bigint';
    case 'bool':
      return 'bit';
    case 'datetime':
      return 'datetime2(3)';
    case 'date':
    case 'dateOfTime':
      return 'date';
    case 'guid':
      return 'uniqueidentifier';
    case 'binary':
      return 'varbinary(max)';
    default:
      return unreachableKind(type.kind);
  }
}

export type CheckedValue =
  | { readonly ok: true; readonly type: SqlParameter['type']; readonly value: string | Uint8Array }
  | { readonly ok: false; readonly code: string; readonly message: string };

/**
 * Checks canonical text against its declared type before anything is sent: the server would cut a text, round a
 * decimal and read an empty number as zero without a word. Dates come out in the one spelling that no language
 * setting changes.
 */
export function checkValue(text: string, type: FieldType): CheckedValue {
  const good = (value: string): CheckedValue => ({ ok: true, type: 'nvarchar', value });
  const bad = (code: string, message: string): CheckedValue => ({ ok: false, code, message });
  switch (type.kind) {
    case 'text':
      return type.length !== undefined && text.length > type.length
        ? bad('text-too-long', `the text has ${text.length} characters, ${type.length} are allowed`)
        : good(text);
    case 'decimal': {
      const value = parseDecimal(text);
      if (value === undefined) return bad('not-a-decimal', 'the value is no decimal number');
      const { precision = 38, scale = 10 } = type;
      return fitsDecimal(value, precision, scale)
        ? good(value)
        : bad(
            'decimal-does-not-fit',
            `the value does not fit decimal(${precision},${scale}) without rounding`,
          );
    }
    case 'int':
      return wholeNumber(text, 31n) ? good(text) : bad('not-an-int', 'the value is no whole number of int');
    case 'bigint':
      return wholeNumber(text, 63n)
        ? good(text)
        : bad('not-a-bigint', 'the value is no whole number of bigint');
    case 'bool':
      return text === '1' || text === '0' ? good(text) : bad('not-a-bool', 'the value is neither 1 nor 0');
    case 'datetime': {
      const time = parseLocalTime(text);
      return time === undefined
        ? bad('not-a-moment', 'the value is no date and time')
        : good(dateTimeText(time));
    }
    case 'date':
    case 'dateOfTime': {
      const time = parseLocalTime(text);
      return time === undefined ? bad('not-a-date', 'the value is no date') : good(dateText(time));
    }
    case 'guid':
      return /^\{?[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\}?$/i.test(text)
        ? good(text.replaceAll(/[{}]/g, ''))
        : bad('not-a-guid', 'the value is no GUID');
    case 'binary':
      return text.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(text)
        ? { ok: true, type: 'varbinary', value: Uint8Array.from(Buffer.from(text, 'base64')) }
        : bad('not-base64', 'the value is no Base64 text');
    default:
      return unreachableKind(type.kind);
  }
}

function wholeNumber(text: string, bits: bigint): boolean {
  if (!/^-?\d{1,19}$/.test(text)) return false;
  const value = BigInt(text);
  return value >= -(1n << bits) && value < 1n << bits;
}

/** An expression for a checked value: texts and bytes go in as they are, everything else is cast on the server. */
export const castOf = (parameter: string, type: FieldType): string =>
  type.kind === 'text' || type.kind === 'binary' ? parameter : `CAST(${parameter} AS ${sqlType(type)})`;

/** A stored column as comparable text of at most 400 characters, the same on every connection of one server. */
export function columnAsText(column: string, type: FieldType): string {
  switch (type.kind) {
    case 'decimal':
      return `CONVERT(nvarchar(60), ${column}, 2)`;
    case 'datetime':
      return `CONVERT(nvarchar(30), CAST(${column} AS datetime2(3)), 126)`;
    case 'date':
    case 'dateOfTime':
      return `CONVERT(nvarchar(10), CAST(${column} AS date), 23)`;
    case 'text':
    case 'int':
    case 'bigint':
    case 'bool':
    case 'guid':
      return `CONVERT(nvarchar(400), ${column})`;
    case 'binary':
      return `CONVERT(nvarchar(400), CAST(${column} AS varbinary(190)), 2)`;
    default:
      return unreachableKind(type.kind);
  }
}

function unreachableKind(kind: never): never {
  throw new Error(`unknown type ${String(kind)}`);
}
