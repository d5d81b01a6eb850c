import type { Statement } from 'better-sqlite3';
import type { ReadDb } from '../connection.ts';

const statements = new WeakMap<ReadDb, Map<string, Statement>>();

/**
 * The statement for a text, compiled once per connection. Only for fixed texts: the map is never emptied.
 *
 * SQLite weighs `column = ?` by the bound value where it has a choice of indexes, and compiles such a statement anew for each
 * value. In what runs for every packet or several times a second `column = +?` means the same and is compiled once.
 */
export function prepared(db: ReadDb, sql: string): Statement {
  let known = statements.get(db);
  if (known === undefined) statements.set(db, (known = new Map<string, Statement>()));
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = db.prepare(sql)));
  return statement;
}
