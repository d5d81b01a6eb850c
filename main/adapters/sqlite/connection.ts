import Database from 'better-sqlite3';
import { StoreError } from '../../core/queue/store-error.ts';
import { translated } from './sqlite-error.ts';

declare const readable: unique symbol;
declare const writable: unique symbol;

/** A connection for reading statements; a viewer has nothing else. */
export type ReadDb = Database.Database & { readonly [readable]: true };
/** The agent's connection. */
export type WriteDb = ReadDb & { readonly [writable]: true };

/** Longer than any transaction of ours, shorter than a person's patience. */
const BUSY_TIMEOUT_MS = 5_000;
/** A checkpoint cuts the log back to this; SQLite checkpoints by itself every 1000 pages (4 MB). */
const LOG_LIMIT_BYTES = 16 * 1024 * 1024;

export interface WriteLimits {
  /** How long a transaction waits for another program that holds the file. */
  readonly busyTimeoutMs?: number | undefined;
  /** Largest size of the file; beyond it writing fails as on a full disk. */
  readonly maxBytes?: number | undefined;
}

/** Opens or creates the file for the one writer. Throws StoreError. */
export function openForWriting(file: string, limits: WriteLimits = {}): WriteDb {
  const { busyTimeoutMs = BUSY_TIMEOUT_MS, maxBytes } = limits;
  return translated(() => {
    const db = new Database(file, { timeout: busyTimeoutMs });
    try {
      db.pragma('journal_mode = WAL');
      // In WAL mode SQLite's own default may leave the last commits in the system's cache; "durable when it returns" needs FULL.
      db.pragma('synchronous = FULL');
      db.pragma('foreign_keys = ON');
      db.pragma(`journal_size_limit = ${String(LOG_LIMIT_BYTES)}`);
      expectPragma(db, 'journal_mode', 'wal');
      expectPragma(db, 'synchronous', 2);
      expectPragma(db, 'foreign_keys', 1);
      expectPragma(db, 'busy_timeout', busyTimeoutMs);
      if (maxBytes !== undefined) {
        const pageBytes = Number(db.pragma('page_size', { simple: true }));
        db.pragma(`max_page_count = ${String(Math.floor(maxBytes / pageBytes))}`);
      }
      return db as WriteDb;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** Opens an existing file for reading only. Throws StoreError. */
export function openForReading(file: string): ReadDb {
  return translated(() => {
    const db = new Database(file, { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS });
    try {
      db.pragma('query_only = ON');
      expectPragma(db, 'query_only', 1);
      return db as ReadDb;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

/** A pragma that SQLite does not follow is silently ignored, so each one that a promise rests on is read back. */
function expectPragma(db: Database.Database, name: string, expected: string | number): void {
  const found: unknown = db.pragma(name, { simple: true });
  if (found !== expected)
    throw new StoreError(
      'cannot-open',
      `the local store runs with ${name} = ${String(found)}, ${String(expected)} is required`,
    );
}
