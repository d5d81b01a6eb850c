import { SqlError, refused } from '../errors.ts';
import type { ObjectName, Statement, TableBody } from '../parser/ast.ts';
import { findTable, resolveName } from '../plan/names.ts';
import { checkSchemaRights } from '../security/schema-rights.ts';
import { Table, nameKey } from '../storage/schema-objects.ts';
import type { DbObject } from '../storage/schema-objects.ts';
import { resolveType } from '../types/sql-type.ts';
import type { Interp, Program, Work } from './interp.ts';
import type { Frame } from './session.ts';

import {
  addIndex,
  addObject,
  buildTable,
  exclusive,
  indexOf,
  objectExists,
  onUndo,
  tableNamed,
  touched,
} from './schema-build.ts';
import type { Builder } from './schema-build.ts';
import { alterTracking } from './alter-tracking.ts';
import { trackTruncation } from './change-tracking.ts';
import { alterAdd, alterColumn, alterDrop } from './schema-alter.ts';

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

function dropTable(w: Work, b: Builder, name: ObjectName, ifExists: boolean): void {
  const short = name.at(-1) ?? '';
  const { session } = w;
  const missing = (): SqlError =>
    new SqlError(
      3701,
      `Cannot drop the table '${name.join('.')}', because it does not exist or you do not have permission.`,
      11,
      'statement',
      5,
    );
  if (short.startsWith('#')) {
    const key = nameKey(short);
    const table = session.temps.get(key);
    if (!table) {
      if (ifExists) return;
      throw missing();
    }
    session.temps.delete(key);
    session.tempVersion++;
    w.transaction.undo.push(() => {
      session.temps.set(key, table);
      session.tempVersion++;
    });
    return;
  }
  const at = resolveName(name, b.binding);
  const table = at.database.find(at.schema, at.object);
  if (table?.kind !== 'table') {
    if (ifExists && !table) return;
    throw missing();
  }
  if (table.referencedBy.some((f) => f.table !== table))
    throw new SqlError(
      3726,
      `Could not drop object '${name.join('.')}' because it is referenced by a FOREIGN KEY constraint.`,
    );
  exclusive(w, table);
  at.database.remove(table);
  at.database.tracking.tables.delete(table);
  for (const f of table.foreignKeys) f.target.referencedBy = f.target.referencedBy.filter((x) => x !== f);
  for (const t of table.triggers) at.database.remove(t);
  w.transaction.undo.push(() => {
    at.database.add(table);
    if (table.tracking) at.database.tracking.tables.add(table);
    for (const f of table.foreignKeys) f.target.referencedBy.push(f);
    for (const t of table.triggers) at.database.add(t);
  });
}

function dropObject(w: Work, b: Builder, s: Statement & { k: 'drop' }, name: ObjectName): void {
  const at = resolveName(name, b.binding);
  const object = at.database.find(at.schema, at.object);
  if (!object || object.kind !== s.what.toLowerCase()) {
    if (s.ifExists && !object) return;
    throw new SqlError(
      3701,
      `Cannot drop the ${s.what.toLowerCase()} '${name.join('.')}', because it does not exist or you do not have permission.`,
      11,
      'statement',
      5,
    );
  }
  at.database.remove(object);
  if (object.kind === 'trigger') object.table.triggers = object.table.triggers.filter((t) => t !== object);
  w.transaction.undo.push(() => {
    at.database.add(object);
    if (object.kind === 'trigger') object.table.triggers.push(object);
  });
}

function drop(w: Work, b: Builder, s: Statement & { k: 'drop' }): void {
  for (const name of s.names) {
    switch (s.what) {
      case 'TABLE':
        dropTable(w, b, name, s.ifExists);
        break;
      case 'INDEX': {
        const on = s.on ?? name.slice(0, -1);
        const { table, database } = tableNamed(on, b.binding);
        const index = table.indexes.find((i) => nameKey(i.name) === nameKey(name.at(-1) ?? ''));
        if (!index) {
          if (s.ifExists) break;
          throw new SqlError(
            3701,
            `Cannot drop the index '${name.join('.')}', because it does not exist or you do not have permission.`,
            11,
            'statement',
            5,
          );
        }
        if (index.constraint)
          throw new SqlError(
            3723,
            `An explicit DROP INDEX is not allowed on index '${index.name}'. It is being used for a constraint.`,
            16,
          );
        const before = table.indexes;
        table.indexes = before.filter((i) => i !== index);
        table.store.removeIndex(index.rows);
        onUndo(w, table, () => {
          table.indexes = before;
          table.store.addIndex(index.rows);
        });
        touched(w, table, database);
        break;
      }
      case 'SCHEMA': {
        const key = nameKey(name.at(-1) ?? '');
        const schema = b.database.schemas.get(key);
        if (!schema) {
          if (s.ifExists) break;
          throw new SqlError(
            15151,
            `Cannot drop the schema '${name.join('.')}', because it does not exist or you do not have permission.`,
          );
        }
        for (const o of b.database.objects.values())
          if (nameKey(o.schema) === key)
            throw new SqlError(
              3729,
              `Cannot drop schema '${schema.name}' because it is being referenced by object '${o.name}'.`,
            );
        b.database.schemas.delete(key);
        w.transaction.undo.push(() => b.database.schemas.set(key, schema));
        break;
      }
      case 'DATABASE': {
        const database = w.session.server.database(name.at(-1) ?? '');
        if (!database) {
          if (s.ifExists) break;
          throw new SqlError(
            3701,
            `Cannot drop the database '${name.join('.')}', because it does not exist or you do not have permission.`,
            11,
            'statement',
            5,
          );
        }
        if ([...w.session.server.sessions.values()].some((x) => x.database === database))
          throw new SqlError(3702, `Cannot drop database "${database.name}" because it is currently in use.`);
        w.session.server.databases.delete(nameKey(database.name));
        break;
      }
      default:
        dropObject(w, b, s, name);
    }
  }
}

function replaceObject(
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

function run(w: Work, b: Builder, s: Statement): void {
  switch (s.k) {
    case 'createTable':
      createTable(w, b, s.name, s.body);
      return;
    case 'alterAdd':
      alterAdd(w, b, s.name, s.body);
      return;
    case 'alterDrop':
      alterDrop(w, b, s);
      return;
    case 'alterColumn':
      alterColumn(w, b, s);
      return;
    case 'alterTrigger': {
      const { table, database } = tableNamed(s.name, b.binding);
      for (const t of table.triggers)
        if (s.triggers === 'all' || s.triggers.some((n) => nameKey(n) === nameKey(t.name)))
          t.disabled = !s.enable;
      touched(w, table, database);
      return;
    }
    case 'alterTracking':
      alterTracking(w, b, s);
      return;
    case 'alterCheck': {
      const { table, database } = tableNamed(s.name, b.binding);
      for (const c of [...table.checks, ...table.foreignKeys])
        if (s.constraints === 'all' || s.constraints.some((n) => nameKey(n) === nameKey(c.name)))
          c.enabled = s.enable;
      touched(w, table, database);
      return;
    }
    case 'createIndex': {
      const table = findTable(s.table, b.binding);
      if (!table)
        throw new SqlError(
          1088,
          `Cannot find the object "${s.table.join('.')}" because it does not exist or you do not have permissions.`,
          16,
          'batch',
        );
      exclusive(w, table);
      if (table.indexes.some((i) => nameKey(i.name) === nameKey(s.index.name)))
        throw new SqlError(
          1913,
          `The operation failed because an index or statistics with name '${s.index.name}' already exists on table '${table.fullName}'.`,
          16,
          'batch',
        );
      addIndex(w, table, indexOf(b, table, s.index));
      touched(w, table, table.name.startsWith('#') ? b.database : resolveName(s.table, b.binding).database);
      return;
    }
    case 'createView':
      b.binding.query(s.query, null, b.binding);
      replaceObject(w, b, s.name, s.alter, (at) => ({
        kind: 'view',
        ...at,
        query: s.query,
        columns: s.columns,
        text: s.text,
      }));
      return;
    case 'createProcedure':
      replaceObject(w, b, s.name, s.alter, (at) => ({
        kind: 'procedure',
        ...at,
        parameters: s.parameters.map((p) => ({ ...p, resolved: resolveType(p.type, 1) })),
        body: s.body,
        text: s.text,
      }));
      return;
    case 'createTrigger': {
      const target = findTable(s.table, b.binding);
      if (!target)
        throw new SqlError(
          8197,
          `The object '${s.table.join('.')}' does not exist or is invalid for this operation.`,
          16,
          'batch',
        );
      const name = s.name.length > 1 ? s.name : [target.schema, s.name[0] ?? ''];
      replaceObject(w, b, name, s.alter, (at) => ({
        kind: 'trigger',
        ...at,
        table: target,
        events: s.events,
        body: s.body,
        text: s.text,
        disabled: false,
      }));
      return;
    }
    case 'createSchema': {
      const key = nameKey(s.name);
      if (b.database.schemas.has(key))
        throw new SqlError(
          2714,
          `There is already an object named '${s.name}' in the database.`,
          16,
          'batch',
          6,
        );
      const id = Math.max(4, ...[...b.database.schemas.values()].map((x) => x.id)) + 1;
      b.database.schemas.set(key, { name: s.name, id });
      w.transaction.undo.push(() => b.database.schemas.delete(key));
      return;
    }
    case 'createDatabase':
      if (w.session.server.database(s.name))
        throw new SqlError(
          1801,
          `Database '${s.name}' already exists. Choose a different database name.`,
          16,
          'batch',
        );
      w.session.server.addDatabase(s.name);
      return;
    case 'truncate': {
      const { table, database } = tableNamed(s.table, b.binding);
      if (table.referencedBy.some((f) => f.table !== table))
        throw new SqlError(
          4712,
          `Cannot truncate table '${table.name}' because it is being referenced by a FOREIGN KEY constraint.`,
        );
      exclusive(w, table);
      const last = table.lastIdentity;
      for (const row of table.store.rows)
        if (row.head.values) table.store.write(row, null, w.transaction, w.transaction.undo as never);
      table.lastIdentity = null;
      trackTruncation(w, table);
      w.transaction.undo.push(() => (table.lastIdentity = last));
      database.version++;
      return;
    }
    case 'drop':
      drop(w, b, s);
      return;
    default:
      throw refused(s.k);
  }
}

export const SCHEMA_STATEMENTS: ReadonlySet<string> = new Set([
  'createTable',
  'alterAdd',
  'alterDrop',
  'alterColumn',
  'alterTrigger',
  'alterCheck',
  'alterTracking',
  'createIndex',
  'createView',
  'createProcedure',
  'createTrigger',
  'createSchema',
  'createDatabase',
  'truncate',
  'drop',
]);

/** CREATE, ALTER, DROP and TRUNCATE: transactional, like everything but databases. */
export function* executeSchema(interp: Interp, s: Statement, frame: Frame): Program<void> {
  yield* interp.atomic(frame, (w) => {
    if ((s.k === 'createDatabase' || (s.k === 'drop' && s.what === 'DATABASE')) && !w.transaction.implicit) {
      throw new SqlError(
        226,
        `${s.k === 'drop' ? 'DROP' : 'CREATE'} DATABASE statement not allowed within multi-statement transaction.`,
      );
    }
    const binding = interp.binding(frame);
    checkSchemaRights(binding, s);
    run(w, { session: interp.session, database: frame.database, binding, run: w.run }, s);
  });
}
