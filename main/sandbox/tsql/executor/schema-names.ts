import { SqlError } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type { ObjectName } from '../parser/ast.ts';
import type { Binding, Run } from '../plan/context.ts';
import { findTable, resolveName } from '../plan/names.ts';
import { Table } from '../storage/schema-objects.ts';
import type { Database, DbObject } from '../storage/schema-objects.ts';
import type { Work } from './interp.ts';
import type { Session } from './session.ts';

export function objectExists(name: string): SqlError {
  return new SqlError(2714, `There is already an object named '${name}' in the database.`, 16, 'batch', 6);
}

export function autoName(prefix: string, table: string, session: Session): string {
  const tail = session.server.newId().replaceAll('-', '').slice(0, 8);
  return `${prefix}__${table.slice(0, 9)}__${tail}`;
}

/** Undoes a change of the schema on rollback. */
export function onUndo(w: Work, table: Table, undo: () => void): void {
  (table.local ? w.localUndo : w.transaction.undo).push(undo);
}

/** Other sessions' uncommitted rows hold up a change of their table. */
export function exclusive(w: Work, table: Table): void {
  const holders = [];
  for (const t of w.session.server.log.transactions()) {
    if (t !== w.transaction && t.undo.some((u) => typeof u !== 'function' && u.table === table.store))
      holders.push(t.party);
  }
  if (holders.length > 0) throw new LockWait(holders);
}

export interface Builder {
  readonly session: Session;
  readonly database: Database;
  readonly binding: Binding;
  readonly run: Run | undefined;
}

export function tableNamed(name: ObjectName, binding: Binding): { table: Table; database: Database } {
  const table = findTable(name, binding);
  if (!table)
    throw new SqlError(
      4902,
      `Cannot find the object "${name.join('.')}" because it does not exist or you do not have permissions.`,
      16,
      'batch',
    );
  const database = table.name.startsWith('#') ? binding.database : resolveName(name, binding).database;
  return { table, database };
}

/** Any change to a table: compiled parts are forgotten, now and when it is undone. */
export function touched(w: Work, table: Table, database: Database): void {
  const forget = (): void => {
    table.writer = undefined;
    database.version++;
    if (table.name.startsWith('#')) w.session.tempVersion++;
  };
  forget();
  onUndo(w, table, forget);
}

export function addObject(w: Work, database: Database, object: DbObject): void {
  database.add(object);
  w.transaction.undo.push(() => database.remove(object));
}
