import { SERVER_PAGE, cutToBytes } from './code-pages.ts';
import { SqlError } from '../errors.ts';
import type { SqlMoment } from '../face.ts';
import type { Convert } from './convert-numbers.ts';
import { overflow, format, rescale, unscaled } from './decimal.ts';
import { formatMoment } from './moment.ts';
import { lengthOf, isUnicode, family, isMoney } from './sql-type.ts';
import type { Type } from './sql-type.ts';
import { toCodePage, utf16Text, codePageText } from './text.ts';

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

export function toText(from: Type, to: Type, style: number): Convert {
  const size = lengthOf(to);
  const wide = isUnicode(to);
  const padded = to.name === 'char' || to.name === 'nchar';
  const page = to.codePage ?? SERVER_PAGE;
  const cut = (s: string): string => {
    const t =
      size === 'max'
        ? s
        : wide || to.codePage === undefined
          ? s.length > size
            ? s.slice(0, size)
            : s
          : cutToBytes(s, size, page);
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
      return wide || (!isUnicode(from) && from.codePage === to.codePage)
        ? (v) => cut(v as string)
        : (v) => cut(toCodePage(v as string, page));
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
      return wide ? (v) => cut(utf16Text(v as Uint8Array)) : (v) => cut(codePageText(v as Uint8Array, page));
    case 'variant':
      return (v) => cut(v as string);
  }
}
