import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { partsOf } from '../../core/packets/push/segments/packet-list.ts';
import { BodyStreamError } from '../../core/runtime/body-stream-error.ts';
import { ROW_BODY_BYTES } from '../../core/runtime/body-store.ts';
import type { BodyRef, BodyStore, StoredBody } from '../../core/runtime/body-store.ts';
import { DiskError } from '../../core/runtime/disk.ts';
import type { Disk } from '../../core/runtime/disk.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { fail, ok } from '../../../shared/model/result.ts';
import type { Result } from '../../../shared/model/result.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import type { Sha256 } from '../../../shared/model/ids.ts';
import { SpoolFolder } from './spool-folder.ts';
import { verified } from './verified-chunks.ts';

export interface BodyStoreOptions {
  readonly disk: Disk;
  /** Absolute path; created when absent. */
  readonly folder: string;
  /** Free bytes a spooled body must leave on the volume, so that the database can go on writing. */
  readonly reserveBytes: number;
  /** The same for what can be made again; absent: as much as for the others. */
  readonly againReserveBytes?: number | undefined;
  /** Bytes of a `row` body, from the store that keeps them; undefined when gone. */
  readonly rowBody: (hash: Sha256) => Uint8Array | undefined;
  /** Names unfinished files. */
  readonly newId: () => string;
  readonly runtime?: Pick<Runtime, 'fault'> | undefined;
}

export interface SpoolBodyStore extends BodyStore {
  /**
   * Removes what a kill left behind: `.part` files nobody writes, and bodies `named` does not hold and that were not
   * received since the last sweep. `named` is asked after the folder was read. Returns the removed names. Throws DiskError.
   */
  sweep(named: () => ReadonlySet<Sha256>): Promise<readonly string[]>;
}

/** How the reading of a stream ended. */
type Ended = Result<StoredBody>;

function whole(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  return only?.byteLength === size ? only : Buffer.concat(chunks, size);
}

export function createBodyStore(options: BodyStoreOptions): SpoolBodyStore {
  const { disk, rowBody } = options;
  const spool = new SpoolFolder(options);

  async function receive(
    chunks: AsyncIterable<Uint8Array>,
    limitBytes: number,
    signal: AbortSignal,
    kind?: 'again',
  ): Promise<Ended> {
    const hash = createHash('sha256');
    let held: Uint8Array[] = [];
    let size = 0;
    const { reserveBytes, againReserveBytes = reserveBytes } = options;
    const file = spool.part(kind === 'again' ? againReserveBytes : reserveBytes);
    try {
      for await (const chunk of chunks) {
        if (signal.aborted) return fail({ kind: 'cancelled' });
        size += chunk.byteLength;
        if (size > limitBytes)
          return fail({
            kind: 'rejected',
            code: 'body-too-large',
            message: `more than ${String(limitBytes)} bytes`,
          });
        hash.update(chunk);
        // Senders reuse their buffers, so what is kept is copied; slice() of a Buffer would not.
        if (size <= ROW_BODY_BYTES) held.push(Buffer.from(chunk));
        else {
          for (const early of held) await file.write(early);
          held = [];
          await file.write(chunk);
        }
      }
      if (signal.aborted) return fail({ kind: 'cancelled' });
      const name = sha256(hash.digest('hex'));
      if (size <= ROW_BODY_BYTES) {
        // Many small ones fill a disk too.
        if (kind === 'again') await spool.require(size, againReserveBytes);
        return ok({ place: 'row', hash: name, size, bytes: whole(held, size) });
      }
      await file.keepAs(name);
      return ok({ place: 'spool', hash: name, size });
    } catch (error) {
      if (error instanceof BodyStreamError) return fail(error.failure);
      if (error instanceof DiskError) return fail({ kind: 'disk', cause: `${error.code}: ${error.message}` });
      throw error;
    } finally {
      await file.discard();
    }
  }

  async function* open(ref: BodyRef): AsyncIterable<Uint8Array> {
    const list = ref.place === 'spool' ? rowBody(ref.hash) : undefined;
    if (list !== undefined) {
      yield* listed(list, ref);
      return;
    }
    yield* plain(ref);
  }

  async function* listed(list: Uint8Array, ref: BodyRef): AsyncIterable<Uint8Array> {
    const right = createHash('sha256').update(list).digest('hex') === ref.hash;
    const parts = right ? partsOf(Buffer.from(list).toString('utf8')) : undefined;
    if (parts === undefined) throw new DiskError('EBADBODY', `the list of the packet ${ref.hash} is damaged`);
    for (const part of parts)
      if ('text' in part) yield Buffer.from(part.text, 'utf8');
      else yield* plain(part.segment);
  }

  async function* plain(ref: BodyRef): AsyncIterable<Uint8Array> {
    if (ref.place === 'spool') {
      yield* verified(disk.read(join(options.folder, ref.hash)), ref);
      return;
    }
    const bytes = rowBody(ref.hash);
    if (bytes === undefined) throw new DiskError('ENOENT', `the body ${ref.hash} is gone from the store`);
    yield* verified([bytes], ref);
  }

  return {
    receive,
    open,
    sweep: (named) => spool.sweep(named),
    remove: async (hashes) => {
      for (const hash of hashes) await spool.remove(hash);
    },
  };
}
