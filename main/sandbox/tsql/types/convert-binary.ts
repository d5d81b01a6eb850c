import { refused, SqlError } from '../errors.ts';
import { cannotConvert } from './convert-numbers.ts';
import type { Convert } from './convert-numbers.ts';
import { lengthOf, family, isUnicode } from './sql-type.ts';
import type { Type } from './sql-type.ts';
import { utf16Bytes, codePageBytes } from './text.ts';

function intToBytes(value: number | bigint, from: Type): Uint8Array {
  const size = { bit: 1, tinyint: 1, smallint: 2, int: 4, bigint: 8 }[from.name as 'int'] ?? 4;
  let v = BigInt.asUintN(size * 8, BigInt(value));
  const out = new Uint8Array(size);
  for (let i = size - 1; i >= 0; i--, v >>= 8n) out[i] = Number(v & 0xffn);
  return out;
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

export function toBinary(from: Type, to: Type, style: number): Convert {
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
        : (v) => cut(codePageBytes(v as string, from.codePage), false);
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

export function toGuid(from: Type): Convert {
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
