import { createHash } from 'node:crypto';
import type { BodyRef } from '../../core/runtime/body-store.ts';
import { DiskError } from '../../core/runtime/disk.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * The same bytes in chunks of at most 64 KiB, checked against the reference. One chunk is held back until the next is
 * there, so that the last one is given only when the whole is right: damage never reaches a reader as a complete body.
 */
export async function* verified(
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  ref: BodyRef,
): AsyncIterable<Uint8Array> {
  const hash = createHash('sha256');
  let size = 0;
  let last: Uint8Array | undefined;
  for await (const piece of source) {
    hash.update(piece);
    size += piece.byteLength;
    for (let start = 0; start < piece.byteLength; start += CHUNK_BYTES) {
      if (last !== undefined) yield last;
      last = piece.subarray(start, start + CHUNK_BYTES);
    }
  }
  if (size !== ref.size || hash.digest('hex') !== ref.hash)
    throw new DiskError('EBADBODY', `the body ${ref.hash} is damaged: ${String(size)} bytes`);
  if (last !== undefined) yield last;
}
