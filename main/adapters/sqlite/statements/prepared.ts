import type { Statement } from 'better-sqlite3';
import type { ReadDb } from '../connection.ts';

const statements = new WeakMap<ReadDb, Map<string, Statement>>();

/** The statement for a text, compiled once per connection. Only for fixed texts: the map is never emptied. */
export function prepared(db: ReadDb, sql: string): Statement {
  let known = statements.get(db);
  if (known === undefined) statements.set(db, (known = new Map<string, Statement>()));
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = db.prepare(sql)));
  return statement;
}
