import type { ByteReader } from './byte-reader.ts';
import type { ByteWriter } from './byte-writer.ts';

/** Order in which a GUID's bytes travel: the first three groups reversed, the rest as written. */
const ORDER = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

export function writeGuidBody(out: ByteWriter, text: string): void {
  const written = Buffer.from(text.replaceAll('-', ''), 'hex');
  if (written.length !== 16)
    throw new Error(`the engine gave ${JSON.stringify(text)} for a uniqueidentifier`);
  for (const from of ORDER) out.u8(written.readUInt8(from));
}

export function readGuidBody(from: ByteReader): string {
  const wire = from.view(16);
  const hex = ORDER.map((at) => wire.readUInt8(at).toString(16).padStart(2, '0'))
    .join('')
    .toUpperCase();
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
