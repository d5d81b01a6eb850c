import { refused, SqlError } from '../errors.ts';
import type { ObjectName, TableBody } from '../parser/ast.ts';
import { resolveName } from '../plan/names.ts';
import { Table, nameKey } from '../storage/schema-objects.ts';
import type { DbObject } from '../storage/schema-objects.ts';
import type { Work } from './interp.ts';
import { objectExists, addObject } from './schema-names.ts';
import { buildTable } from './schema-build.ts';
import type { Builder } from './schema-names.ts';

export function createTable(w: Work, b: Builder, name: ObjectName, body: TableBody): Table {
  const short = name.at(-1) ?? '';
  const { session } = w;
  if (short.startsWith('##')) throw refused('global temporary tables');
  if (short.startsWith('#')) {
    const key = nameKey(short);
    if (session.temps.has(key)) throw objectExists(short);
    const table = new Table({
      schema: 'dbo',
      name: short,
      objectId: -Math.floor(session.server.random() * 1e9) - 1,
      created: session.server.clock.now(),
    });
    buildTable(b, undefined, table, body);
    session.temps.set(key, table);
    session.tempVersion++;
    w.frame.temps.push(key);
    w.transaction.undo.push(() => {
      session.temps.delete(key);
      session.tempVersion++;
    });
    return table;
  }
  const at = resolveName(name, b.binding);
  const schema = at.database.schemas.get(nameKey(at.schema));
  if (!schema)
    throw new SqlError(
      2760,
      `The specified schema name "${at.schema}" either does not exist or you do not have permission to use it.`,
      16,
      'batch',
    );
  if (at.database.find(at.schema, at.object)) throw objectExists(at.object);
  const table = new Table({
    schema: schema.name,
    name: at.object,
    objectId: at.database.nextObjectId(),
    created: session.server.clock.now(),
  });
  buildTable({ ...b, database: at.database }, undefined, table, body);
  // Foreign keys registered themselves at their targets; taking the table back has to unregister them.
  addObject(w, at.database, table);
  w.transaction.undo.push(() => {
    for (const f of table.foreignKeys) f.target.referencedBy = f.target.referencedBy.filter((x) => x !== f);
  });
  return table;
}

export function replaceObject(
  w: Work,
  b: Builder,
  name: ObjectName,
  alter: boolean,
  make: (at: { schema: string; name: string; objectId: number; created: number }) => DbObject,
): void {
  const at = resolveName(name, b.binding);
  const schema = at.database.schemas.get(nameKey(at.schema));
  if (!schema)
    throw new SqlError(
      2760,
      `The specified schema name "${at.schema}" either does not exist or you do not have permission to use it.`,
      16,
      'batch',
    );
  const existing = at.database.find(at.schema, at.object);
  if (existing && !alter) throw objectExists(at.object);
  if (!existing && alter) throw new SqlError(208, `Invalid object name '${name.join('.')}'.`, 16, 'batch');
  const object = make({
    schema: schema.name,
    name: at.object,
    objectId: existing?.objectId ?? at.database.nextObjectId(),
    created: w.session.server.clock.now(),
  });
  if (existing && existing.kind !== object.kind)
    throw new SqlError(
      2010,
      `Cannot perform alter on '${at.object}' because it is an incompatible object type.`,
      16,
      'batch',
    );
  if (existing) at.database.remove(existing);
  at.database.add(object);
  if (object.kind === 'trigger') {
    const { table } = object;
    const before = table.triggers;
    table.triggers = existing ? before.map((t) => (t === existing ? object : t)) : [...before, object];
    w.transaction.undo.push(() => (table.triggers = before));
  }
  w.transaction.undo.push(() => {
    at.database.remove(object);
    if (existing) at.database.add(existing);
  });
}
