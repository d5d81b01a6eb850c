import { createHash } from 'node:crypto';
import { sha256, type Sha256 } from '../../../shared/model/ids.ts';
import { partsOf, type PacketPart } from '../../core/packets/push/segments/packet-list.ts';
import type { BodyRef } from '../../core/runtime/body-store.ts';
import type { ReadDb } from './connection.ts';
import { readBody } from './statements/item-read.ts';

/** The parts of a packet that is kept as a list; undefined where it is none, or its text is not the one that was kept. */
export function listedParts(db: ReadDb, body: BodyRef): readonly PacketPart[] | undefined {
  if (body.place !== 'spool') return undefined;
  const bytes = readBody(db, body.hash);
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== body.hash) return undefined;
  return partsOf(Buffer.from(bytes).toString('utf8'));
}

type ReadPart = (body: BodyRef, offset: number, limit: number) => Uint8Array | undefined;

/** Some bytes of a packet put together from its parts; undefined when one of those needed is gone. */
export function partOfList(
  parts: readonly PacketPart[],
  { offset, limit }: { readonly offset: number; readonly limit: number },
  readPart: ReadPart,
): Uint8Array | undefined {
  const found: Uint8Array[] = [];
  let at = 0;
  for (const part of parts) {
    const text = 'text' in part ? Buffer.from(part.text, 'utf8') : undefined;
    const size = 'text' in part ? (text?.byteLength ?? 0) : part.segment.size;
    const from = Math.max(0, offset - at);
    const to = Math.min(size, offset + limit - at);
    at += size;
    if (from >= to) continue;
    const bytes = 'text' in part ? text?.subarray(from, to) : readPart(part.segment, from, to - from);
    if (bytes === undefined) return undefined;
    found.push(bytes);
  }
  return Buffer.concat(found);
}

const PIECE_BYTES = 1024 * 1024;

/** SHA-256 of the bytes of such a packet, as somebody computes it who saved them; undefined when a part is gone. */
export function hashOfList(
  parts: readonly PacketPart[],
  size: number,
  readPart: ReadPart,
): Sha256 | undefined {
  const hash = createHash('sha256');
  for (let offset = 0; offset < size; offset += PIECE_BYTES) {
    const bytes = partOfList(parts, { offset, limit: PIECE_BYTES }, readPart);
    if (bytes === undefined) return undefined;
    hash.update(bytes);
  }
  return sha256(hash.digest('hex'));
}
