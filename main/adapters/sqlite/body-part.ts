import { createHash } from 'node:crypto';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import type { BodyRef } from '../../core/runtime/body-store.ts';
import type { ReadDb } from './connection.ts';
import { hashOfList, listedParts, partOfList } from './listed-body.ts';
import { readBody } from './statements/item-read.ts';

/**
 * Some bytes of a body, from its row or from its file in the spool; undefined when it is gone, or is not the body that was
 * stored. A file is read at its place: saving a large body in parts costs what its bytes cost, not a pass from its beginning for
 * each part. Blocks while it reads; so it is called where nobody waits.
 */
export function readBodyPart(
  db: ReadDb,
  spool: string,
  body: BodyRef,
  part: { readonly offset: number; readonly limit: number },
): Uint8Array | undefined {
  const parts = listedParts(db, body);
  return parts === undefined
    ? readPlainPart(db, spool, body, part)
    : partOfList(parts, part, (segment, offset, limit) =>
        readPlainPart(db, spool, segment, { offset, limit }),
      );
}

/**
 * A body as somebody knows it who has its bytes: a packet kept as a list goes by the hash of its list, which no saved file
 * has. Costs a pass over the bytes of such a one.
 */
export function bodyAsBytes(db: ReadDb, spool: string, body: BodyRef): BodyRef {
  const parts = listedParts(db, body);
  if (parts === undefined) return body;
  const hash = hashOfList(parts, body.size, (segment, offset, limit) =>
    readPlainPart(db, spool, segment, { offset, limit }),
  );
  return hash === undefined ? body : { ...body, hash };
}

function readPlainPart(
  db: ReadDb,
  spool: string,
  body: BodyRef,
  part: { readonly offset: number; readonly limit: number },
): Uint8Array | undefined {
  const { offset, limit } = part;
  if (body.place === 'spool') return readSpooled(join(spool, body.hash), body.size, offset, limit);
  const bytes = readBody(db, body.hash);
  if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== body.hash) return undefined;
  return bytes.subarray(offset, offset + limit);
}

/** The same of a file in the spool, whoever names it. */
export function readSpooled(
  path: string,
  size: number,
  offset: number,
  limit: number,
): Uint8Array | undefined {
  let handle: number;
  try {
    handle = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    if (fstatSync(handle).size !== size) return undefined;
    const bytes = Buffer.alloc(Math.max(0, Math.min(limit, size - offset)));
    let read = 0;
    while (read < bytes.length) {
      const more = readSync(handle, bytes, read, bytes.length - read, offset + read);
      if (more === 0) return undefined;
      read += more;
    }
    return bytes;
  } catch {
    return undefined;
  } finally {
    closeSync(handle);
  }
}
