import type { ReadDb, WriteDb } from '../connection.ts';
import { prepared } from './prepared.ts';

export function isEmptyFile(db: ReadDb): boolean {
  return Number(prepared(db, 'SELECT count(*) AS n FROM sqlite_schema').pluck().get()) === 0;
}

/** Writes a whole copy, log included, to a path that must not exist. */
export function copyTo(db: WriteDb, path: string): void {
  prepared(db, 'VACUUM INTO ?').run(path);
}
