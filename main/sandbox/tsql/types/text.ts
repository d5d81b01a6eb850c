import { SERVER_PAGE, inPage, pageBytes, pageText } from './code-pages.ts';
import type { Type } from './sql-type.ts';

/** The server's collation: case-insensitive, accent-sensitive, trailing blanks without meaning. */
const collator = new Intl.Collator('en', { sensitivity: 'accent' });
const caseful = new Intl.Collator('en', { sensitivity: 'variant', caseFirst: 'lower' });

const ASCII = /^[\x20-\x7e]*$/;

export function trimEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text.charCodeAt(end - 1) === 32) end--;
  return end === text.length ? text : text.slice(0, end);
}

/** Two texts are equal under the server's collation exactly when their folds are the same string. */
export function fold(text: string): string {
  const trimmed = trimEnd(text);
  const lower = trimmed.toLowerCase();
  return lower.includes('\u03c2') ? lower.replaceAll('\u03c2', '\u03c3') : lower;
}

export function foldAs(text: string, collation: Type['collation']): string {
  return collation ? trimEnd(text) : fold(text);
}

export function compareText(a: string, b: string, collation?: Type['collation']): number {
  if (a === b) return 0;
  if (collation === 'binary') {
    const [x, y] = [trimEnd(a), trimEnd(b)];
    return x < y ? -1 : x > y ? 1 : 0;
  }
  if (collation === 'case-sensitive') return caseful.compare(trimEnd(a), trimEnd(b));
  const x = fold(a);
  const y = fold(b);
  if (x === y) return 0;
  const order = collator.compare(x, y);
  if (order !== 0) return order;
  return x < y ? -1 : 1;
}

/** The 27 characters that Windows-1252 keeps where Latin-1 has control characters. */
const CP1252 =
  '\u20ac\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u017d\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u017e\u0178';
const CP1252_BYTES = [
  0x80, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8b, 0x8c, 0x8e, 0x91, 0x92, 0x93, 0x94, 0x95,
  0x96, 0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9e, 0x9f,
];

/** What is left of a text in a `varchar`: characters outside the code page become question marks. */
export function toCodePage(text: string, page = SERVER_PAGE): string {
  if (ASCII.test(text)) return text;
  if (page !== SERVER_PAGE) return inPage(text, page);
  let out = '';
  for (const c of text) {
    const code = c.codePointAt(0) ?? 0;
    if (code < 0x100 || CP1252.includes(c)) out += c;
    else out += code > 0xffff ? '??' : '?';
  }
  return out;
}

export function codePageBytes(text: string, page = SERVER_PAGE): Uint8Array {
  if (page !== SERVER_PAGE) return pageBytes(text, page);
  const out = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) {
    const at = CP1252.indexOf(text[i] as string);
    out[i] = at >= 0 ? (CP1252_BYTES[at] as number) : text.charCodeAt(i) < 0x100 ? text.charCodeAt(i) : 0x3f;
  }
  return out;
}

export function codePageText(bytes: Uint8Array, page = SERVER_PAGE): string {
  if (page !== SERVER_PAGE) return pageText(bytes, page);
  let out = '';
  for (const b of bytes) {
    const at = CP1252_BYTES.indexOf(b);
    out += at >= 0 ? CP1252[at] : String.fromCharCode(b);
  }
  return out;
}

export function utf16Bytes(text: string): Uint8Array {
  const out = new Uint8Array(text.length * 2);
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    out[i * 2] = code & 0xff;
    out[i * 2 + 1] = code >> 8;
  }
  return out;
}

export function utf16Text(bytes: Uint8Array): string {
  let out = '';
  for (let i = 0; i + 1 < bytes.length; i += 2)
    out += String.fromCharCode((bytes[i] as number) | ((bytes[i + 1] as number) << 8));
  return out;
}

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/g;
const cache = new Map<string, RegExp>();

/** A LIKE pattern as a regular expression. Trailing blanks of the pattern count, those of a char value do not. */
export function likePattern(
  pattern: string,
  escape: string | undefined,
  collation: Type['collation'],
): RegExp {
  const key = `${collation ?? ''}\u0000${escape ?? ''}\u0000${pattern}`;
  const known = cache.get(key);
  if (known) return known;
  let out = '';
  for (let i = 0; i < pattern.length; i++) {
    const c = pattern[i] as string;
    if (c === escape && i + 1 < pattern.length) {
      i++;
      out += (pattern[i] as string).replace(SPECIAL, '\\$&');
    } else if (c === '%') out += '[^]*';
    else if (c === '_') out += '[^]';
    else if (c === '[') {
      const close = setEnd(pattern, i, escape);
      if (close < 0) {
        out = '[]';
        break;
      }
      out += characterSet(pattern.slice(i + 1, close), escape);
      i = close;
    } else out += c.replace(SPECIAL, '\\$&');
  }
  const regexp = new RegExp(`^(?:${out})$`, collation ? '' : 'i');
  if (cache.size > 500) cache.clear();
  cache.set(key, regexp);
  return regexp;
}

function setEnd(pattern: string, from: number, escape: string | undefined): number {
  for (let i = from + 1; i < pattern.length; i++) {
    if (pattern[i] === escape) i++;
    else if (pattern[i] === ']' && i > from + 1) return i;
  }
  return -1;
}

function characterSet(text: string, escape: string | undefined): string {
  const negated = text.startsWith('^');
  let out = '';
  for (let i = negated ? 1 : 0; i < text.length; i++) {
    if (text[i] === escape && i + 1 < text.length) {
      i++;
      out += (text[i] as string).replace(SPECIAL, '\\$&');
      continue;
    }
    const c = text[i] as string;
    if (text[i + 1] === '-' && i + 2 < text.length) {
      out += `${c.replace(SPECIAL, '\\$&')}-${(text[i + 2] as string).replace(SPECIAL, '\\$&')}`;
      i += 2;
    } else out += c.replace(SPECIAL, '\\$&');
  }
  return `[${negated ? '^' : ''}${out}]`;
}
