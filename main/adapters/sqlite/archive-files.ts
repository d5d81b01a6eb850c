import Database from 'better-sqlite3';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError } from '../../core/queue/store-error.ts';
import type { Sha256 } from '../../../shared/model/ids.ts';
import { instantOfLocal, localTimeAt, type Instant } from '../../../shared/model/time.ts';
import { openForReading, type ReadDb, type WriteDb } from './connection.ts';
import { translated } from './sqlite-error.ts';
import {
  ARCHIVE_SCHEMA,
  findArchived,
  type ArchivedPacket,
  type ArchivedPacketKey,
  insertArchived,
  insertArchivedBody,
  readArchivedSpoolHashes,
} from './statements/archive.ts';
import { isEmptyFile } from './statements/file.ts';
import type { RawRow } from './statements/retention.ts';

/** "FERA": a month of this program's archive. */
const APPLICATION_ID = 0x46455241;
const VERSION = 1;
const MONTH = /^\d{4}-\d{2}\.sqlite$/;
const BUSY_TIMEOUT_MS = 5_000;

/** An item on its way into the archive, with the bytes that go with it. */
export interface ArchivedItem {
  readonly item: RawRow;
  readonly body: RawRow | undefined;
}

/** The months of settled items: files `YYYY-MM.sqlite`, a month being that of the site's zone. */
export interface ArchiveFiles {
  /** `2026-03`. */
  monthOf(at: Instant): string;
  /** Durable when it returns. What is there already stays as it is, so it may be repeated. Throws StoreError. */
  add(month: string, items: readonly ArchivedItem[]): void;
  /** A pulled packet as it was archived; undefined when its month is gone. Throws StoreError. */
  find(wanted: ArchivedPacketKey): ArchivedPacket | undefined;
  /** Names of all bodies that archived items have in the spool. Throws StoreError: then nothing may be swept. */
  spoolHashes(): readonly Sha256[];
  /** Removes the months that ended before; returns them. Throws StoreError when a file is held. */
  dropBefore(before: Instant): readonly string[];
}

export function archiveFiles(folder: string, zone: string): ArchiveFiles {
  const months = (): readonly string[] =>
    existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => MONTH.test(name))
          .map((name) => name.slice(0, 7))
          .sort()
      : [];
  const path = (month: string): string => join(folder, `${month}.sqlite`);
  const monthOf = (at: Instant): string => {
    const { year, month } = localTimeAt(at, zone);
    return `${String(year).padStart(4, '0')}-${String(month).padStart(2, '0')}`;
  };
  return {
    monthOf,

    add: (month, items) => {
      onDisk(() => ensureFolder(folder));
      withFile(openMonth(path(month)), (db) => {
        const step = db.transaction(() => {
          for (const { item, body } of items) {
            if (body !== undefined) insertArchivedBody(db, body);
            insertArchived(db, item);
          }
        });
        step.immediate();
      });
    },

    find: (wanted) => {
      const file = path(monthOf(wanted.settledAt));
      if (!existsSync(file)) return undefined;
      return withFile(openForReading(file), (db) => {
        refuseOther(db, file);
        return findArchived(db, wanted);
      });
    },

    spoolHashes: () =>
      months().flatMap((month) =>
        withFile(openForReading(path(month)), (db) => {
          refuseOther(db, path(month));
          return readArchivedSpoolHashes(db);
        }),
      ),

    dropBefore: (before) => {
      const old = months().filter((month) => endOf(month, zone) <= before);
      onDisk(() => {
        // The journal last: without its file it is nothing, while a file without its journal may be half a transaction.
        for (const month of old)
          for (const part of ['', '-journal']) rmSync(`${path(month)}${part}`, { force: true });
      });
      return old;
    },
  };
}

function endOf(month: string, zone: string): Instant {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const next = number >= 12 ? { year: year + 1, month: 1 } : { year, month: number + 1 };
  return instantOfLocal({ ...next, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0 }, zone);
}

function openMonth(file: string): WriteDb {
  return translated(() => {
    const db = new Database(file, { timeout: BUSY_TIMEOUT_MS }) as WriteDb;
    try {
      // One file and nothing beside it between two batches: a month is copied and dropped as a whole.
      db.pragma('journal_mode = DELETE');
      // With a rollback journal FULL is not enough: a power loss may bring the journal's name back and with it undo the commit.
      db.pragma('synchronous = EXTRA');
      if (db.pragma('synchronous', { simple: true }) !== 3)
        throw new StoreError('cannot-open', 'the archive cannot be written durably');
      if (isEmptyFile(db)) {
        const create = db.transaction(() => {
          db.exec(ARCHIVE_SCHEMA);
          db.pragma(`application_id = ${String(APPLICATION_ID)}`);
          db.pragma(`user_version = ${String(VERSION)}`);
        });
        create.immediate();
      }
      refuseOther(db, file);
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  });
}

function refuseOther(db: ReadDb, file: string): void {
  if (db.pragma('application_id', { simple: true }) !== APPLICATION_ID && !isEmptyFile(db))
    throw new StoreError('foreign', `${file} is no archive of this program`);
  if (Number(db.pragma('user_version', { simple: true })) > VERSION)
    throw new StoreError('newer', `${file} was written by a newer version of this program`);
}

function withFile<D extends ReadDb, T>(db: D, act: (db: D) => T): T {
  try {
    return translated(() => act(db));
  } finally {
    db.close();
  }
}

function ensureFolder(folder: string): void {
  if (existsSync(folder)) return;
  mkdirSync(folder);
  // Windows syncs no folders; elsewhere the new name must outlive a power loss as the files in it do.
  if (process.platform === 'win32') return;
  const handle = openSync(dirname(folder), 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What the file system refuses becomes StoreError. */
function onDisk(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error)) throw error;
    const full = error.code === 'ENOSPC';
    throw new StoreError(full ? 'full' : 'io', `the archive folder: ${error.message}`, { cause: error });
  }
}
