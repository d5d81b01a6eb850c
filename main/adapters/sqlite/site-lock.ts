import { join } from 'node:path';
import Database from 'better-sqlite3';
import { storeErrorOf } from './sqlite-error.ts';
import { StoreError } from '../../core/queue/store-error.ts';

/**
 * Connections that hold a site. A handle that only the caller's local variable referred to was collected, and the lock with
 * it, while the agent ran on.
 */
const held = new Set<Database.Database>();

export interface SiteLock {
  /** Idempotent. */
  release(): void;
}

/**
 * Takes the site for this process: one agent per data folder. The system frees it when the process ends, however it ends.
 * `agent.lock` must not be opened by anything else of this process (a backup skips it): on POSIX systems closing any
 * handle of a file drops the process's locks on it. Throws StoreError when the folder cannot be written.
 */
export function acquireSiteLock(folder: string): SiteLock | 'held' {
  let db: Database.Database | undefined;
  try {
    db = new Database(join(folder, 'agent.lock'), { timeout: 0 });
    db.exec('BEGIN EXCLUSIVE');
  } catch (error) {
    db?.close();
    const known = storeErrorOf(error);
    if (known instanceof StoreError && known.code === 'busy') return 'held';
    throw known;
  }
  const lock = db;
  held.add(lock);
  return {
    release: () => {
      held.delete(lock);
      lock.close();
    },
  };
}
