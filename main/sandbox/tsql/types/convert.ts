import type { SqlMoment, SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import { fit, format, fromFloat, overflow, rescale, scaleOfText, unscaled } from './decimal.ts';
import { EPOCH_1900, DAY_TICKS, fitMoment, formatMoment, parseMoment, shift } from './moment.ts';
import { family, isMoney, isUnicode, lengthOf, sameType, scaleOf, typeText, plainText } from './sql-type.ts';
import type { Type } from './sql-type.ts';
import { codePageBytes, codePageText, toCodePage, utf16Bytes, utf16Text } from './text.ts';

export type Converter = (value: SqlValue) => SqlValue;
type NotNull = Exclude<SqlValue, null>;
type Convert = (value: NotNull) => SqlValue;

const RANGES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [0n, 255n],
  smallint: [-32768n, 32767n],
  int: [-2147483648n, 2147483647n],
  bigint: [-9223372036854775808n, 9223372036854775807n],
};

/** Puts an integer into an integer type; a value outside it is 220 for the small ones, 8115 for the others. */
export function toInteger(value: bigint | number, type: Type): number | bigint {
  if (typeof value === 'number' && type.name === 'int' && value >= -2147483648 && value <= 2147483647)
    return value;
  const v = BigInt(value);
  const [low, high] = RANGES[type.name] as readonly [bigint, bigint];
  if (v < low || v > high) {
    if (type.name === 'tinyint' || type.name === 'smallint')
      throw new SqlError(220, `Arithmetic overflow error for data type ${type.name}, value = ${v}.`);
    throw overflow(type);
  }
  return type.name === 'bigint' ? v : Number(v);
}

function conversionFailed(value: string, from: Type, to: Type): SqlError {
  return new SqlError(
    245,
    `Conversion failed when converting the ${from.name} value '${value}' to data type ${to.name}.`,
    16,
    'rollback',
  );
}
function cannotConvert(from: Type, to: Type): SqlError {
  return new SqlError(
    8114,
    `Error converting data type ${typeText(from)} to ${to.name === 'decimal' ? 'numeric' : to.name}.`,
    16,
    'rollback',
  );
}

function intFromText(text: string, from: Type, to: Type): SqlValue {
  const s = text.trim();
  if (s === '') return to.name === 'bigint' ? 0n : 0;
  if (!/^[+-]?\s*\d+$/.test(s))
    throw to.name === 'bigint' ? cannotConvert(from, to) : conversionFailed(text, from, to);
  const value = BigInt(s.replace(/[+\s]/g, ''));
  const [low, high] = RANGES[to.name] as readonly [bigint, bigint];
  if (value < low || value > high) {
    if (to.name === 'bigint') throw overflow(to);
    throw new SqlError(
      to.name === 'int' ? 248 : 244,
      `The conversion of the ${from.name} value '${text}' overflowed an ${to.name} column.`,
      16,
      'rollback',
    );
  }
  return to.name === 'bigint' ? value : Number(value);
}

function bytesToInt(bytes: Uint8Array, to: Type): SqlValue {
  const size = { tinyint: 1, smallint: 2, int: 4, bigint: 8 }[to.name as 'int'] ?? 4;
  let value = 0n;
  for (const b of bytes.subarray(Math.max(0, bytes.length - size))) value = (value << 8n) | BigInt(b);
  if (to.name !== 'tinyint') value = BigInt.asIntN(size * 8, value);
  return to.name === 'bigint' ? value : Number(value);
}

function intToBytes(value: number | bigint, from: Type): Uint8Array {
  const size = { bit: 1, tinyint: 1, smallint: 2, int: 4, bigint: 8 }[from.name as 'int'] ?? 4;
  let v = BigInt.asUintN(size * 8, BigInt(value));
  const out = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--, v >>= 8n) out[i] = Number(v & 0xffn);
  return out;
}

function toInt(from: Type, to: Type): Convert {
  const zero = to.name === 'bigint' ? (n: number): SqlValue => BigInt(n) : (n: number): SqlValue => n;
  switch (family(from)) {
    case 'int':
      return (v) => toInteger(v as number | bigint, to);
    case 'bit':
      return (v) => zero(v === true ? 1 : 0);
    case 'decimal':
      return (v) => {
        const text = v as string;
        const whole = rescale(unscaled(text), scaleOfText(text), 0, !isMoney(from));
        const [low, high] = RANGES[to.name] as readonly [bigint, bigint];
        if (whole < low || whole > high) throw overflow(to);
        return toInteger(whole, to);
      };
    case 'float':
      return (v) => {
        const whole = Math.trunc(v as number);
        const [low, high] = RANGES[to.name] as readonly [bigint, bigint];
        if (!Number.isFinite(whole) || BigInt(whole) < low || BigInt(whole) > high)
          throw new SqlError(232, `Arithmetic overflow error for type ${to.name}, value = ${plainText(v)}.`);
        return toInteger(BigInt(whole), to);
      };
    case 'text':
      return (v) => intFromText(v as string, from, to);
    case 'binary':
      return (v) => bytesToInt(v as Uint8Array, to);
    default:
      return (v) => {
        const m = v as SqlMoment;
        return toInteger(BigInt(m.days - EPOCH_1900 + (m.ticks >= DAY_TICKS / 2 ? 1 : 0)), to);
      };
  }
}

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)$/;

export function decimalFromText(text: string, from: Type, to: Type): string {
  const s = text.trim();
  if (!NUMBER.test(s)) throw cannotConvert(from, to);
  const clean = s
    .replace('+', '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.$/, '');
  return fit(rescale(unscaled(clean), scaleOfText(clean), scaleOf(to)), to);
}

function toDecimal(from: Type, to: Type): Convert {
  const scale = scaleOf(to);
  switch (family(from)) {
    case 'int':
      return (v) => fit(rescale(BigInt(v as number | bigint), 0, scale), to);
    case 'bit':
      return (v) => fit(rescale(v === true ? 1n : 0n, 0, scale), to);
    case 'decimal':
      return (v) => fit(rescale(unscaled(v as string), scaleOfText(v as string), scale), to);
    case 'float':
      return (v) => {
        if (!Number.isFinite(v as number) || Math.abs(v as number) > 1e39) throw overflow(to);
        return fit(fromFloat(v as number, scale), to);
      };
    case 'text':
      if (isMoney(to)) {
        return (v) => {
          const s = (v as string).trim().replace(/[$€£,]/g, '');
          if (s === '') return format(0n, 4);
          if (!NUMBER.test(s))
            throw new SqlError(
              235,
              'Cannot convert a char value to money. The char value has incorrect syntax.',
              16,
              'rollback',
            );
          return decimalFromText(s, from, to);
        };
      }
      return (v) => decimalFromText(v as string, from, to);
    default:
      throw refused(`converting ${from.name} to ${to.name}`);
  }
}

function toFloat(from: Type, to: Type): Convert {
  const narrow = to.name === 'real' ? Math.fround : (n: number): number => n;
  switch (family(from)) {
    case 'text':
      return (v) => {
        const s = (v as string).trim();
        if (s === '') return 0;
        if (!/^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(s)) throw cannotConvert(from, to);
        return narrow(Number(s));
      };
    case 'bit':
      return (v) => (v === true ? 1 : 0);
    default:
      return (v) => narrow(Number(v as number | string));
  }
}

function toBit(from: Type, to: Type): Convert {
  switch (family(from)) {
    case 'text':
      return (v) => {
        const s = (v as string).trim().toLowerCase();
        if (s === 'true') return true;
        if (s === 'false' || s === '') return false;
        if (!/^[+-]?\d+$/.test(s)) throw conversionFailed(v as string, from, to);
        return BigInt(s.replace('+', '')) !== 0n;
      };
    case 'decimal':
      return (v) => unscaled(v as string) !== 0n;
    case 'binary':
      return (v) => (v as Uint8Array).some((b) => b !== 0);
    case 'bit':
      return (v) => v;
    default:
      return (v) => Number(v) !== 0;
  }
}

/** A float as text: six digits, scientific when it is long. */
function floatText(n: number, style: number): string {
  if (style === 2 || style === 3)
    return n
      .toExponential(style === 2 ? 15 : 16)
      .replace(/e([+-])(\d)$/, 'e$10$2')
      .replace(/e([+-])(\d\d)$/, 'e$10$2');
  if (n === 0) return '0';
  const digits = style === 1 ? 8 : 6;
  const short = Number(n.toPrecision(digits));
  if (style !== 1 && Math.abs(short) >= 1e-4 && Math.abs(short) < 1e6) return String(short);
  const [mantissa = '', exponent = ''] = (style === 1 ? n.toExponential(7) : short.toExponential()).split(
    'e',
  );
  const value = Number(exponent);
  return `${mantissa}e${value < 0 ? '-' : '+'}${String(Math.abs(value)).padStart(3, '0')}`;
}

function hexText(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += b.toString(16).padStart(2, '0').toUpperCase();
  return out;
}

function toText(from: Type, to: Type, style: number): Convert {
  const size = lengthOf(to);
  const wide = isUnicode(to);
  const padded = to.name === 'char' || to.name === 'nchar';
  const cut = (s: string): string => {
    const t = size !== 'max' && s.length > size ? s.slice(0, size) : s;
    return padded && size !== 'max' ? t.padEnd(size, ' ') : t;
  };
  const number = (s: string, integer: boolean): string => {
    if (size !== 'max' && s.length > size) {
      if (integer && !wide) return cut('*');
      throw overflow(to);
    }
    return cut(s);
  };
  switch (family(from)) {
    case 'text':
      return wide || !isUnicode(from) ? (v) => cut(v as string) : (v) => cut(toCodePage(v as string));
    case 'int':
      return (v) => number(String(v as number), true);
    case 'bit':
      return (v) => cut(v === true ? '1' : '0');
    case 'decimal':
      if (isMoney(from)) {
        return (v) => {
          const text = v as string;
          if (style === 2) return number(text, false);
          const [whole = '', fraction = ''] = format(rescale(unscaled(text), 4, 2), 2).split('.');
          return number(`${style === 1 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole}.${fraction}`, false);
        };
      }
      return (v) => number(v as string, false);
    case 'float':
      return (v) => number(floatText(v as number, style), false);
    case 'guid':
      return (v) => {
        if (size !== 'max' && size < 36)
          throw new SqlError(8170, 'Insufficient result space to convert uniqueidentifier value to char.');
        return cut(v as string);
      };
    case 'date':
      return (v) => cut(formatMoment(v as SqlMoment, from, style));
    case 'binary':
      if (style === 1) return (v) => cut(`0x${hexText(v as Uint8Array)}`);
      if (style === 2) return (v) => cut(hexText(v as Uint8Array));
      return wide ? (v) => cut(utf16Text(v as Uint8Array)) : (v) => cut(codePageText(v as Uint8Array));
    case 'variant':
      return (v) => cut(v as string);
  }
}

function hexBytes(text: string, from: Type, to: Type): Uint8Array {
  if (text.length % 2 || !/^[0-9a-fA-F]*$/.test(text)) throw cannotConvert(from, to);
  const out = new Uint8Array(text.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(text.slice(i * 2, i * 2 + 2), 16);
  return out;
}

function guidBytes(text: string): Uint8Array {
  const hex = text.replaceAll('-', '');
  const out = new Uint8Array(16);
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  order.forEach((at, i) => {
    out[i] = Number.parseInt(hex.slice(at * 2, at * 2 + 2), 16);
  });
  return out;
}

function guidText(bytes: Uint8Array): string {
  const order = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];
  const hex = order
    .map((at) => (bytes[at] ?? 0).toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

function toBinary(from: Type, to: Type, style: number): Convert {
  const size = lengthOf(to);
  const fixed = to.name === 'binary' || to.name === 'rowversion';
  /** Numbers fill from the right, everything else from the left. */
  const cut = (bytes: Uint8Array, right: boolean): Uint8Array => {
    if (size === 'max') return bytes;
    if (bytes.length > size) return right ? bytes.slice(bytes.length - size) : bytes.slice(0, size);
    if (!fixed || bytes.length === size) return bytes;
    const out = new Uint8Array(size);
    out.set(bytes, right ? size - bytes.length : 0);
    return out;
  };
  switch (family(from)) {
    case 'text':
      if (style === 1) {
        return (v) => {
          const s = v as string;
          if (!/^0x/i.test(s)) throw cannotConvert(from, to);
          return cut(hexBytes(s.slice(2), from, to), false);
        };
      }
      if (style === 2) return (v) => cut(hexBytes(v as string, from, to), false);
      return isUnicode(from)
        ? (v) => cut(utf16Bytes(v as string), false)
        : (v) => cut(codePageBytes(v as string), false);
    case 'int':
      return (v) => cut(intToBytes(v as number, from), true);
    case 'bit':
      return (v) => cut(new Uint8Array([v === true ? 1 : 0]), true);
    case 'guid':
      return (v) => cut(guidBytes(v as string), false);
    case 'binary':
      return (v) => cut(v as Uint8Array, false);
    default:
      throw refused(`converting ${from.name} to ${to.name}`);
  }
}

const GUID = /^\{?[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}\}?/;

function toGuid(from: Type): Convert {
  if (family(from) === 'binary') return (v) => guidText(v as Uint8Array);
  return (v) => {
    const m = GUID.exec(v as string);
    if (!m)
      throw new SqlError(
        8169,
        'Conversion failed when converting from a character string to uniqueidentifier.',
        16,
        'rollback',
      );
    return m[0].replace(/[{}]/g, '').toUpperCase();
  };
}

function toDate(from: Type, to: Type): Convert {
  switch (family(from)) {
    case 'text':
      return (v) => parseMoment(v as string, to);
    case 'date':
      if (from.name === 'time')
        return (v) =>
          fitMoment({ days: to.name === 'time' ? 0 : EPOCH_1900, ticks: (v as SqlMoment).ticks }, to);
      if (from.name === 'datetimeoffset' && to.name !== 'datetimeoffset')
        return (v) => fitMoment({ days: (v as SqlMoment).days, ticks: (v as SqlMoment).ticks }, to);
      return (v) => fitMoment(v as SqlMoment, to);
    case 'int':
    case 'bit':
    case 'decimal':
    case 'float':
      return (v) => {
        const n = Number(v as number | string);
        const days = Math.floor(n);
        return fitMoment(
          shift({ days: EPOCH_1900 + days, ticks: 0 }, Math.round((n - days) * DAY_TICKS)),
          to,
        );
      };
    default:
      throw refused(`converting ${from.name} to ${to.name}`);
  }
}

/** Which pairs exist at all, and which only with CAST or CONVERT. */
function checkAllowed(from: Type, to: Type, explicit: boolean): void {
  const f = family(from);
  const t = family(to);
  const never = (): SqlError =>
    explicit
      ? bindingError(
          529,
          `Explicit conversion from data type ${typeText(from)} to ${typeText(to)} is not allowed.`,
        )
      : bindingError(206, `Operand type clash: ${typeText(from)} is incompatible with ${typeText(to)}.`);
  const newer = (type: Type): boolean => ['date', 'time', 'datetime2', 'datetimeoffset'].includes(type.name);
  const numeric = (g: string): boolean => g === 'int' || g === 'decimal' || g === 'float' || g === 'bit';
  if (f === t || f === 'variant' || t === 'variant') {
    if (
      f === 'date' &&
      ((from.name === 'date' && to.name === 'time') || (from.name === 'time' && to.name === 'date'))
    )
      throw never();
    return;
  }
  if (t === 'guid' && (numeric(f) || f === 'date')) throw never();
  if (f === 'guid' && (numeric(t) || t === 'date')) throw never();
  if (t === 'date' && newer(to) && numeric(f)) throw never();
  if (f === 'date' && newer(from) && numeric(t)) throw never();
  if (f === 'binary' && (t === 'float' || (t === 'date' && newer(to)))) throw never();
  if (!explicit) {
    const needsCast =
      (f === 'text' && t === 'binary') || (f === 'date' && numeric(t)) || (f === 'binary' && t === 'date');
    if (needsCast)
      throw bindingError(
        257,
        `Implicit conversion from data type ${typeText(from)} to ${typeText(to)} is not allowed. Use the CONVERT function to run this query.`,
      );
  }
}

/**
 * How a value of one type becomes one of another; undefined when nothing is to be done. Text that is too long is cut,
 * as in CAST and variables; columns check before.
 */
export function converter(from: Type, to: Type, explicit = false, style = 0): Converter | undefined {
  if (sameType(from, to)) return undefined;
  checkAllowed(from, to, explicit);
  const convert = pick(from, to, style);
  return convert && ((v) => (v === null ? null : convert(v)));
}

function pick(from: Type, to: Type, style: number): Convert | undefined {
  switch (family(to)) {
    case 'int':
      return from.name === to.name ? undefined : toInt(from, to);
    case 'decimal':
      return toDecimal(from, to);
    case 'float':
      return from.name === to.name ? undefined : toFloat(from, to);
    case 'bit':
      return toBit(from, to);
    case 'text': {
      if (
        family(from) === 'text' &&
        to.name !== 'char' &&
        to.name !== 'nchar' &&
        (isUnicode(to) || !isUnicode(from))
      ) {
        const [have, room] = [lengthOf(from), lengthOf(to)];
        if (room === 'max' || (have !== 'max' && have <= room)) return undefined;
      }
      return toText(from, to, style);
    }
    case 'binary':
      return toBinary(from, to, style);
    case 'guid':
      return toGuid(from);
    case 'date':
      return toDate(from, to);
    case 'variant':
      return undefined;
  }
}
