import type { SqlValue } from './face.ts';
import type { Server } from './executor/server.ts';
import { nameKey } from './storage/schema-objects.ts';
import type { Database, Table } from './storage/schema-objects.ts';
import type { TableTracking } from './storage/change-tracking.ts';
import type { Row, Values, Version } from './storage/rows.ts';

interface BackupTable {
  readonly rows: readonly Values[];
  readonly lastIdentity: bigint | null;
  readonly tracking: Omit<TableTracking, 'database'> | undefined;
}

/** The committed rows of every table; the schema is expected to be the same at restore. */
export interface Backup {
  readonly tables: ReadonlyMap<string, BackupTable>;
  readonly dbts: bigint;
  readonly changeVersion: bigint;
}

function committed(row: Row): Values | null {
  for (let v: Version | null = row.head; v; v = v.prev) if (v.owner === null) return v.values;
  return null;
}

function databaseOf(server: Server, name: string): Database {
  const database = server.database(name);
  if (!database) throw new Error(`no database ${name}`);
  return database;
}

function* committedRows(table: Table): Iterable<Values> {
  for (const row of table.store.rows) {
    const values = committed(row);
    if (values) yield values;
  }
}

export function backupDatabase(server: Server, name: string): Backup {
  const database = databaseOf(server, name);
  const tables = new Map<string, BackupTable>();
  for (const t of database.tables())
    tables.set(nameKey(t.fullName), {
      rows: [...committedRows(t)],
      lastIdentity: t.lastIdentity,
      tracking: t.tracking && { ...t.tracking, changes: [...t.tracking.changes] },
    });
  return { tables, dbts: database.dbts, changeVersion: database.tracking.current };
}

export function restoreDatabase(server: Server, name: string, backup: Backup): void {
  const database = databaseOf(server, name);
  for (const t of database.tables()) {
    const saved = backup.tables.get(nameKey(t.fullName));
    const store = t.store;
    for (const row of store.rows) {
      const { head } = row;
      row.head = { values: null, owner: null, seq: 0, prev: null };
      store.rows.delete(row);
      for (let v: Version | null = head; v; v = v.prev)
        if (v.values) for (const index of store.indexes) index.drop(row, v.values);
    }
    for (const values of saved?.rows ?? []) store.insert(values, null, []);
    t.lastIdentity = saved?.lastIdentity ?? null;
    if (t.tracking && saved?.tracking)
      t.tracking = { ...saved.tracking, database: database.tracking, changes: [...saved.tracking.changes] };
  }
  database.dbts = backup.dbts;
  database.tracking.rewind(backup.changeVersion);
  database.forkGuid = server.newId();
  database.version++;
}

/**
 * Lets the retention of Change Tracking run out for everything up to `version`, or up to now: what the clean-up of a
 * server does with old changes. Answers the version cleaned up to.
 */
export function expireChanges(server: Server, name: string, version?: bigint): bigint {
  const { tracking } = databaseOf(server, name);
  const upTo = version ?? tracking.current;
  tracking.cleanUp(upTo);
  return upTo;
}

export function rowsOf(server: Server, databaseName: string, name: string): SqlValue[][] {
  const database = databaseOf(server, databaseName);
  const [schema, table] = name.includes('.') ? (name.split('.') as [string, string]) : ['dbo', name];
  const found = database.find(schema, table);
  if (found?.kind !== 'table') throw new Error(`no table ${name} in ${databaseName}`);
  return [...committedRows(found)].map((values) => [...values]);
}
