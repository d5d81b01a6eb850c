import { SqlError, refused } from '../errors.ts';
import type { Statement } from '../parser/ast.ts';
import { findTable, resolveName } from '../plan/names.ts';
import { checkSchemaRights } from '../security/schema-rights.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { resolveType } from '../types/sql-type.ts';
import { alterTracking } from './alter-tracking.ts';
import { trackTruncation } from './change-tracking.ts';
import type { Work, Interp, Program } from './interp.ts';
import { alterAdd, alterDrop, alterColumn } from './schema-alter.ts';
import { tableNamed, touched, exclusive } from './schema-names.ts';
import { addIndex, indexOf } from './schema-indexes.ts';
import type { Builder } from './schema-names.ts';
import { createTable, replaceObject } from './schema-create.ts';
import { drop } from './schema-drop.ts';
import type { Frame } from './session.ts';

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
