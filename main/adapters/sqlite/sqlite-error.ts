import Database from 'better-sqlite3';
import { StoreError } from '../../core/queue/store-error.ts';
import type { StoreErrorCode } from '../../core/queue/store-error.ts';

/** Prefixes, because SQLite names causes below them (SQLITE_IOERR_FSYNC). The first that fits counts. */
const CODES: readonly (readonly [string, StoreErrorCode, string])[] = [
  ['SQLITE_FULL', 'full', 'the disk is full'],
  ['SQLITE_IOERR', 'io', 'reading or writing the local store failed'],
  ['SQLITE_BUSY', 'busy', 'the local store is held by another program'],
  ['SQLITE_LOCKED', 'busy', 'the local store is held by another program'],
  ['SQLITE_CANTOPEN', 'cannot-open', 'the local store cannot be opened'],
  ['SQLITE_READONLY', 'cannot-open', 'the local store cannot be written'],
  ['SQLITE_PERM', 'cannot-open', 'the local store may not be accessed'],
  ['SQLITE_AUTH', 'cannot-open', 'the local store may not be accessed'],
  ['SQLITE_CORRUPT', 'corrupt', 'the local store is damaged'],
  ['SQLITE_NOTADB', 'corrupt', 'the file is no database'],
];

/** What the system did to us becomes StoreError; anything else is a bug and stays what it is. */
export function storeErrorOf(error: unknown): unknown {
  if (error instanceof Database.SqliteError) {
    const known = CODES.find(([prefix]) => error.code.startsWith(prefix));
    if (known !== undefined)
      return new StoreError(known[1], `${known[2]} (${error.code}: ${error.message})`, { cause: error });
  }
  // better-sqlite3 checks the folder itself and throws a plain TypeError.
  if (error instanceof TypeError && error.message.includes('directory does not exist'))
    return new StoreError('cannot-open', 'the folder of the local store does not exist', { cause: error });
  return error;
}

/** Runs `act` with its errors translated. */
export function translated<T>(act: () => T): T {
  try {
    return act();
  } catch (error) {
    throw storeErrorOf(error);
  }
}
