import { SqlError } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import type { Database } from '../storage/schema-objects.ts';
import { primaryOf, trackTruncation } from './change-tracking.ts';
import type { Work } from './interp.ts';
import { onUndo, tableNamed, touched } from './schema-names.ts';
import type { Builder } from './schema-names.ts';

/** ALTER TABLE .. ENABLE or DISABLE CHANGE_TRACKING. */
export function alterTracking(w: Work, b: Builder, s: Statement & { k: 'alterTracking' }): void {
  const { table, database } = tableNamed(s.name, b.binding);
  const before = table.tracking;
  if (s.enable) {
    if (!database.tracking.on || table.name.startsWith('#'))
      throw new SqlError(
        1718,
        `Change tracking must be enabled on database '${table.name.startsWith('#') ? 'tempdb' : database.name}' before it can be enabled on table '${table.name}'.`,
      );
    if (before) throw new SqlError(4996, `Change tracking is already enabled for table '${table.name}'.`);
    if (!primaryOf(table))
      throw new SqlError(
        4997,
        `Cannot enable change tracking on table '${table.name}'. Change tracking requires a primary key on the table. Create a primary key on the table before enabling change tracking.`,
      );
    const begin = database.tracking.current;
    table.tracking = {
      database: database.tracking,
      columnsToo: s.columns,
      begin,
      minValid: begin,
      changes: [],
    };
    database.tracking.tables.add(table);
    // Versions a client got before the tracking was off would hide what was written since.
    if (table.wasTracked) trackTruncation(w, table);
    table.wasTracked = true;
  } else {
    if (!before) throw new SqlError(4998, `Change tracking is not enabled on table '${table.name}'.`);
    table.tracking = undefined;
    database.tracking.tables.delete(table);
  }
  onUndo(w, table, () => {
    table.tracking = before;
    if (before) database.tracking.tables.add(table);
    else database.tracking.tables.delete(table);
  });
  touched(w, table, database);
}

/** ALTER DATABASE .. SET CHANGE_TRACKING. */
export function alterDatabaseTracking(database: Database, s: Statement & { k: 'databaseTracking' }): void {
  const { tracking } = database;
  if (database.id < 5)
    throw new SqlError(
      5090,
      `Database '${database.name}' is a system database. Change tracking settings cannot be modified for system databases.`,
    );
  if (s.set === 'on' && tracking.on)
    throw new SqlError(5088, `Change tracking is already enabled for database '${database.name}'.`);
  if (s.set !== 'on' && !tracking.on)
    throw new SqlError(
      5089,
      `Change tracking is disabled for database '${database.name}'. Change tracking must be enabled on a database to modify change tracking settings.`,
    );
  if (s.set === 'off' && tracking.tables.size > 0)
    throw new SqlError(
      22115,
      `Change tracking is enabled for one or more tables in database '${database.name}'. Disable change tracking on each table before disabling it for the database.`,
    );
  if (s.set === 'on') {
    tracking.retention = 2;
    tracking.unit = 'DAYS';
    tracking.autoCleanup = true;
  }
  tracking.on = s.set !== 'off';
  tracking.retention = s.retention ?? tracking.retention;
  tracking.unit = s.unit ?? tracking.unit;
  tracking.autoCleanup = s.autoCleanup ?? tracking.autoCleanup;
}
