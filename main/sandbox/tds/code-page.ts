import { pageBytes } from '../tsql/types/code-pages.ts';

/**
 * SQL_Latin1_General_CP1_CI_AS as the wire knows it: language 0x0409, ignore case, kana and width, sort id 52. It is
 * what a client uses to encode `char` and `varchar`, so it decides for code page 1252.
 */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

/** A language of each other code page: a client finds the page by it. */
const LANGUAGES: Readonly<Record<number, number>> = {
  1250: 0x0415,
  1251: 0x0419,
  1253: 0x0408,
  1254: 0x041f,
  1255: 0x040d,
  1256: 0x0401,
  1257: 0x0427,
  1258: 0x042a,
  874: 0x041e,
  932: 0x0411,
  936: 0x0804,
  949: 0x0412,
  950: 0x0404,
};
const UTF8 = 65001;
/** Ignore case, kana and width; and, in the same number, that texts are UTF-8. */
const IGNORE = 0xd0;
const IS_UTF8 = 0x04;

/** The collation that tells a client of this code page; the server's own without one. */
export function collationFor(codePage: number | undefined): Buffer {
  if (codePage === UTF8) return Buffer.from([0x09, 0x04, IGNORE, IS_UTF8, 0]);
  const language = codePage === undefined ? undefined : LANGUAGES[codePage];
  return language === undefined ? COLLATION : Buffer.from([language & 0xff, language >> 8, IGNORE, 0, 0]);
}

const decoder = new TextDecoder('windows-1252');
const byteOf = new Map<number, number>();
for (let byte = 0x80; byte < 0xa0; byte += 1)
  byteOf.set(decoder.decode(Uint8Array.of(byte)).charCodeAt(0), byte);

const QUESTION_MARK = 0x3f;

export function decodeCodePage(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** What the code page lacks becomes a question mark, as on SQL Server. */
export function encodeCodePage(text: string, codePage?: number): Uint8Array {
  if (codePage !== undefined) return pageBytes(text, codePage);
  const bytes = Buffer.allocUnsafe(text.length);
  let to = 0;
  for (let i = 0; i < text.length; i += 1) {
    const unit = text.charCodeAt(i);
    // Both halves of a surrogate pair count, as on SQL Server: two question marks.
    bytes[to] = unit < 0x80 || (unit >= 0xa0 && unit <= 0xff) ? unit : (byteOf.get(unit) ?? QUESTION_MARK);
    to += 1;
  }
  return bytes;
}
