import { closeSync, existsSync, fsyncSync, openSync, renameSync, rmSync } from 'node:fs';
import { StoreError } from '../../core/queue/store-error.ts';
import type { ReadDb, WriteDb } from './connection.ts';
import type { Migration } from './migrations/migration.ts';
import { copyTo, isEmptyFile } from './statements/file.ts';

/** "FERY": tells our file from any other database. */
const APPLICATION_ID = 0x46455259;

const numberPragma = (db: ReadDb, name: string): number => Number(db.pragma(name, { simple: true }));
const latestOf = (migrations: readonly Migration[]): number => migrations.at(-1)?.version ?? 0;

/** Throws StoreError `newer` or `foreign`; gives the version found, 0 for an empty file. */
export function refuseForeign(db: ReadDb, file: string, migrations: readonly Migration[]): number {
  const found = numberPragma(db, 'user_version');
  const ours = numberPragma(db, 'application_id') === APPLICATION_ID;
  if (!ours && !(found === 0 && isEmptyFile(db)))
    throw new StoreError('foreign', `${file} is a database of another program`);
  const latest = latestOf(migrations);
  if (found > latest)
    throw new StoreError(
      'newer',
      `${file} was written by a newer version of this program (format ${String(found)}, this version knows ` +
        `${String(latest)}): install that version again or restore a copy from before`,
    );
  return found;
}

/** The same for a reader, who cannot upgrade: refuses an older store too (`older`). */
export function refuseOlder(db: ReadDb, file: string, migrations: readonly Migration[]): void {
  const found = refuseForeign(db, file, migrations);
  if (found < latestOf(migrations))
    throw new StoreError(
      'older',
      `${file} was written by an older version of this program: start the agent once, it upgrades it`,
    );
}

/**
 * Brings the file to the last of `migrations`, each in a transaction of its own; an older store is copied to
 * `<file>.v<version>` first. Refuses what `refuseForeign` refuses.
 */
export function migrate(db: WriteDb, file: string, migrations: readonly Migration[]): void {
  const found = refuseForeign(db, file, migrations);
  if (found === latestOf(migrations)) return;
  if (found > 0) copyAside(db, `${file}.v${String(found)}`);
  for (const migration of migrations.filter((one) => one.version > found)) {
    const step = db.transaction(() => {
      db.exec(migration.sql);
      db.pragma(`application_id = ${String(APPLICATION_ID)}`);
      db.pragma(`user_version = ${String(migration.version)}`);
    });
    step.immediate();
  }
}

/** A whole copy under its final name or none: written beside it, synced, renamed. */
function copyAside(db: WriteDb, target: string): void {
  const unfinished = `${target}.part`;
  if (existsSync(unfinished)) rmSync(unfinished);
  copyTo(db, unfinished);
  const handle = openSync(unfinished, 'r+');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  renameSync(unfinished, target);
}
