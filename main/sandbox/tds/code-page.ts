/**
 * SQL_Latin1_General_CP1_CI_AS as the wire knows it: language 0x0409, ignore case, kana and width, sort id 52. It is
 * what a client uses to encode `char` and `varchar`, so it decides for code page 1252.
 */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

const decoder = new TextDecoder('windows-1252');
const byteOf = new Map<number, number>();
for (let byte = 0x80; byte < 0xa0; byte += 1)
  byteOf.set(decoder.decode(Uint8Array.of(byte)).charCodeAt(0), byte);

const QUESTION_MARK = 0x3f;

export function decodeCodePage(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** What the code page lacks becomes a question mark, as on SQL Server. */
export function encodeCodePage(text: string): Buffer {
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
