import { SqlError, refused } from '../errors.ts';
import type { SqlValue, SqlMoment } from '../face.ts';
import { overflow, rescale, unscaled, scaleOfText, fit, fromFloat, format } from './decimal.ts';
import { EPOCH_1900, DAY_TICKS } from './moment.ts';
import { typeText, family, isMoney, plainText, scaleOf } from './sql-type.ts';
import type { Type } from './sql-type.ts';

type NotNull = Exclude<SqlValue, null>;
export type Convert = (value: NotNull) => SqlValue;

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
export function cannotConvert(from: Type, to: Type): SqlError {
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

export function toInt(from: Type, to: Type): Convert {
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

export function toDecimal(from: Type, to: Type): Convert {
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

export function toFloat(from: Type, to: Type): Convert {
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

export function toBit(from: Type, to: Type): Convert {
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
