import type { Result } from '../../../shared/model/result.ts';
import type { Sha256 } from '../../../shared/model/ids.ts';

/** Largest body kept in the local database, in bytes; larger ones are files in the spool. */
export const ROW_BODY_BYTES = 256 * 1024;

/** A body that is durable (`spool`) or becomes so with the row that names it (`row`). */
export type StoredBody =
  | { readonly place: 'row'; readonly hash: Sha256; readonly size: number; readonly bytes: Uint8Array }
  | { readonly place: 'spool'; readonly hash: Sha256; readonly size: number };

/** What the queue row remembers of a body. */
export interface BodyRef {
  readonly place: 'row' | 'spool';
  readonly hash: Sha256;
  readonly size: number;
}

/** Takes bytes in and gives them back by hash. */
export interface BodyStore {
  /**
   * Reads the stream to its end. A small body stays in memory for the transaction that stores its row; a larger one is
   * written to the spool, synced, renamed, synced again. Idempotent: the name is the hash. Failures: `disk`, those the
   * stream itself carries (thrown inside `chunks` as BodyStreamError), `rejected` with code `body-too-large`. What can be made
   * again (`again`) leaves more of the disk free than what cannot.
   */
  receive(
    chunks: AsyncIterable<Uint8Array>,
    limitBytes: number,
    signal: AbortSignal,
    kind?: 'again',
  ): Promise<Result<StoredBody>>;
  /**
   * The bytes, in chunks of at most 64 KiB; of a packet kept as a list those of its parts, one after the other. Throws when the
   * body is gone or damaged, before the last chunk of what is damaged is given.
   */
  open(ref: BodyRef): AsyncIterable<Uint8Array>;
  /** Gives the room of bodies in the spool back. Only for what nothing names any more. Absent is fine. */
  remove(hashes: readonly Sha256[]): Promise<void>;
}
