import type { SqlMoment, SqlValue } from '../face.ts';
import { compareDecimals, rescale, scaleOfText, unscaled } from './decimal.ts';
import { compareMoments, utcOf } from './moment.ts';
import { family, scaleOf, plainText } from './sql-type.ts';
import type { Type } from './sql-type.ts';
import { compareText, foldAs } from './text.ts';

type NotNull = Exclude<SqlValue, null>;

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const n = Math.max(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const d = (a[i] ?? 0) - (b[i] ?? 0);
    if (d !== 0) return d;
  }
  return 0;
}

/** Uniqueidentifiers sort by their last group first, and within the first three groups by stored byte. */
function guidKey(text: string): string {
  const [a = '', b = '', c = '', d = '', e = ''] = text.split('-');
  const swap = (s: string): string => (s.match(/../g) ?? []).toReversed().join('');
  return e + d + swap(c) + swap(b) + swap(a);
}

/** Order of two values of the same type, neither of them NULL. */
export function comparer(type: Type): (a: NotNull, b: NotNull) => number {
  switch (family(type)) {
    case 'text':
      return (a, b) => compareText(a as string, b as string, type.collation);
    case 'decimal':
      return (a, b) => compareDecimals(a as string, b as string);
    case 'date':
      return (a, b) => compareMoments(a as SqlMoment, b as SqlMoment);
    case 'binary':
      return (a, b) => compareBytes(a as Uint8Array, b as Uint8Array);
    case 'guid':
      return (a, b) => {
        const [x, y] = [guidKey(a as string), guidKey(b as string)];
        return x < y ? -1 : x > y ? 1 : 0;
      };
    default:
      return (a, b) => (a < b ? -1 : a > b ? 1 : 0);
  }
}

/** Equality only, which is cheaper than order for text. */
export function equality(type: Type): (a: NotNull, b: NotNull) => boolean {
  if (family(type) === 'text')
    return (a, b) => a === b || foldAs(a as string, type.collation) === foldAs(b as string, type.collation);
  if (family(type) === 'guid' || family(type) === 'int' || family(type) === 'bit' || family(type) === 'float')
    return (a, b) => a === b;
  const compare = comparer(type);
  return (a, b) => compare(a, b) === 0;
}

/** Orders with NULL first, as ORDER BY does. */
export function nullsFirst(type: Type): (a: SqlValue, b: SqlValue) => number {
  const compare = comparer(type);
  return (a, b) => (a === null ? (b === null ? 0 : -1) : b === null ? 1 : compare(a, b));
}

export type Key = string | number;
const NULL_KEY = '\u0000';

/** A key under which values that are equal in the type are the same. */
export function keyer(type: Type): (value: SqlValue) => Key {
  switch (family(type)) {
    case 'text':
      return (v) => (v === null ? NULL_KEY : foldAs(v as string, type.collation));
    case 'decimal': {
      const scale = scaleOf(type);
      return (v) => {
        if (v === null) return NULL_KEY;
        const s = scaleOfText(v as string);
        return s === scale ? (v as string) : rescale(unscaled(v as string), s, Math.max(s, scale)).toString();
      };
    }
    case 'date':
      return (v) => {
        if (v === null) return NULL_KEY;
        const m = utcOf(v as SqlMoment);
        return `${m.days}:${m.ticks}`;
      };
    case 'binary':
      return (v) => {
        if (v === null) return NULL_KEY;
        const bytes = v as Uint8Array;
        let end = bytes.length;
        while (end > 0 && bytes[end - 1] === 0) end--;
        let out = '';
        for (let i = 0; i < end; i++) out += String.fromCharCode((bytes[i] as number) + 1);
        return out;
      };
    case 'int':
      return type.name === 'bigint'
        ? (v) => (v === null ? NULL_KEY : plainText(v))
        : (v) => (v === null ? NULL_KEY : (v as number));
    case 'float':
      return (v) => (v === null ? NULL_KEY : (v as number));
    default:
      return (v) => (v === null ? NULL_KEY : plainText(v));
  }
}

/** One key out of several columns. */
export function compositeKeyer(types: readonly Type[]): (values: readonly SqlValue[]) => Key {
  const parts = types.map(keyer);
  const [first] = parts;
  if (first && parts.length === 1) return (values) => first(values[0] as SqlValue);
  return (values) => {
    let out = '';
    for (let i = 0; i < parts.length; i++) {
      const k = (parts[i] as (v: SqlValue) => Key)(values[i] as SqlValue);
      out += `${i ? '\u0001' : ''}${k}`;
    }
    return out;
  };
}
