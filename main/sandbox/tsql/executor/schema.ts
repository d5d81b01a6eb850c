import type { SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type {
  ColumnNode,
  ConstraintNode,
  Expr,
  IndexNode,
  KeyColumn,
  ObjectName,
  Statement,
  TableBody,
} from '../parser/ast.ts';
import { Scope, nullRow } from '../plan/context.ts';
import type { Binding, Run } from '../plan/context.ts';
import { columnsOf, findTable, invalidObject, resolveName } from '../plan/source.ts';
import { RowIndex } from '../storage/rows.ts';
import type { Values } from '../storage/rows.ts';
import { Table, nameKey, rowversionBytes } from '../storage/schema-objects.ts';
import type { Column, Database, DbObject, ForeignKeyDef, IndexDef } from '../storage/schema-objects.ts';
import { compositeKeyer } from '../types/compare.ts';
import { converter } from '../types/convert.ts';
import { convertTo } from '../plan/convert-node.ts';
import { INT, resolveType } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { childrenOf, checkForeignKey, checkUnique, tableEnv, writerOf } from './table-writer.ts';
import type { Interp, Program, Work } from './interp.ts';
import type { Frame, Session } from './session.ts';

function objectExists(name: string): SqlError {
  return new SqlError(2714, `There is already an object named '${name}' in the database.`, 16, 'batch', 6);
}

function autoName(prefix: string, table: string, session: Session): string {
  const tail = session.server.newId().replaceAll('-', '').slice(0, 8);
  return `${prefix}__${table.slice(0, 9)}__${tail}`;
}

/** Undoes a change of the schema on rollback. */
function onUndo(w: Work, table: Table, undo: () => void): void {
  (table.local ? w.localUndo : w.transaction.undo).push(undo);
}

/** Other sessions' uncommitted rows hold up a change of their table. */
function exclusive(w: Work, table: Table): void {
  const holders = [];
  for (const t of w.session.server.log.transactions()) {
    if (t !== w.transaction && t.undo.some((u) => typeof u !== 'function' && u.table === table.store))
      holders.push(t.party);
  }
  if (holders.length > 0) throw new LockWait(holders);
}

function checkConstraintName(database: Database, schema: string, name: string): void {
  if (database.find(schema, name)) throw objectExists(name);
  for (const t of database.tables()) {
    if (nameKey(t.schema) !== nameKey(schema)) continue;
    const taken =
      [...t.checks, ...t.foreignKeys, ...t.indexes.filter((i) => i.constraint)].some(
        (c) => nameKey(c.name) === nameKey(name),
      ) || t.columns.some((c) => c.fallback && nameKey(c.fallback.name) === nameKey(name));
    if (taken) throw objectExists(name);
  }
}

export interface Builder {
  readonly session: Session;
  readonly database: Database;
  readonly binding: Binding;
  readonly run: Run | undefined;
}

function newColumn(b: Builder, table: Table, node: ColumnNode): Column {
  if (table.ordinal(node.name) >= 0)
    throw new SqlError(
      2705,
      `Column names in each table must be unique. Column name '${node.name}' in table '${table.name}' is specified more than once.`,
      16,
      'batch',
    );
  const id = table.nextColumnId++;
  if (node.computed) {
    const scope = new Scope(null);
    scope.sources.push({ slot: 0, alias: nameKey(table.name), columns: columnsOf(table) });
    const compiled = b.binding.scalar(node.computed, scope);
    return {
      name: node.name,
      id,
      type: compiled.type,
      nullable: node.nullable ?? true,
      computed: { e: node.computed, text: textOf(node.computed), persisted: node.persisted },
    };
  }
  const type = node.type ? resolveType(node.type, 1) : INT;
  const key = node.constraints.some((c) => c.k === 'key' && c.primary);
  const system = node.type?.name === 'sysname';
  const nullable = node.nullable ?? !(key || node.identity || system || type.name === 'rowversion');
  const { fallback } = node;
  return {
    name: node.name,
    id,
    type,
    nullable: type.name === 'rowversion' ? false : nullable,
    identity: node.identity,
    fallback: fallback && {
      name: fallback.name ?? autoName('DF', table.name, b.session),
      objectId: b.database.nextObjectId(),
      e: fallback.e,
      text: fallback.text,
      system: fallback.name === undefined,
    },
  };
}

function textOf(e: Expr): string {
  return JSON.stringify(e, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v));
}

export function makeIndex(
  b: Builder,
  table: Table,
  def: {
    name: string;
    unique: boolean;
    primary: boolean;
    constraint: boolean;
    clustered: boolean;
    columns: readonly KeyColumn[];
    included: readonly string[];
    where?: Expr | undefined;
    whereText?: string | undefined;
  },
): IndexDef {
  const ordinals = def.columns.map((c) => {
    const o = table.ordinal(c.name);
    if (o < 0)
      throw new SqlError(
        1911,
        `Column name '${c.name}' does not exist in the target table or view.`,
        16,
        'batch',
      );
    return o;
  });
  const keyOf = compositeKeyer(ordinals.map((o) => table.columns[o]?.type as Type));
  let filter: ((values: Values) => boolean) | undefined;
  if (def.where) {
    const scope = new Scope(null);
    scope.sources.push({ slot: 0, alias: nameKey(table.name), columns: columnsOf(table) });
    const test = b.binding.condition(def.where, scope);
    filter = (values) => test(tableEnv({} as Run, values)) === true;
  }
  const single = ordinals.length === 1 ? ordinals[0] : undefined;
  const rows = new RowIndex((values) => {
    if (filter && !filter(values)) return undefined;
    return single === undefined
      ? keyOf(ordinals.map((o) => values[o] as SqlValue))
      : keyOf([values[single] as SqlValue]);
  });
  return {
    name: def.name,
    id: def.clustered ? 1 : table.nextIndexId++,
    unique: def.unique,
    primary: def.primary,
    constraint: def.constraint,
    constraintId: def.constraint ? b.database.nextObjectId() : 0,
    clustered: def.clustered,
    columns: ordinals.map((ordinal, i) => ({ ordinal, desc: def.columns[i]?.desc ?? false })),
    included: def.included.map((n) => table.ordinal(n)),
    where: def.where,
    whereText: def.whereText,
    rows,
  };
}

function addIndex(w: Work | undefined, table: Table, index: IndexDef): void {
  table.indexes.push(index);
  table.indexes.sort((x, y) => x.id - y.id);
  table.store.addIndex(index.rows);
  const remove = (): void => {
    table.indexes = table.indexes.filter((i) => i !== index);
    table.store.removeIndex(index.rows);
  };
  if (!w) return;
  if (index.unique) {
    try {
      for (const row of table.store.rows) checkUnique(w, table, index, row);
    } catch (error) {
      remove();
      if (error instanceof SqlError)
        throw new SqlError(
          1505,
          `The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name '${table.fullName}' and the index name '${index.name}'.`,
          16,
          'statement',
        );
      throw error;
    }
  }
  onUndo(w, table, remove);
}

function addConstraint(
  b: Builder,
  w: Work | undefined,
  table: Table,
  c: ConstraintNode,
  column?: string,
): void {
  if (c.name !== undefined && !table.local && !table.name.startsWith('#'))
    checkConstraintName(b.database, table.schema, c.name);
  switch (c.k) {
    case 'key': {
      if (c.primary) {
        if (table.indexes.some((i) => i.primary))
          throw new SqlError(
            1779,
            `Table '${table.name}' already has a primary key defined on it.`,
            16,
            'batch',
          );
        for (const k of c.columns) {
          const col = table.columns[table.ordinal(k.name)];
          if (col && col.nullable && table.store.rows.size > 0)
            throw new SqlError(
              8111,
              `Cannot define PRIMARY KEY constraint on nullable column in table '${table.name}'.`,
              16,
              'batch',
            );
          if (col) col.nullable = false;
        }
      }
      const clustered = c.clustered ?? (c.primary && !table.indexes.some((i) => i.clustered));
      addIndex(
        w,
        table,
        makeIndex(b, table, {
          name: c.name ?? autoName(c.primary ? 'PK' : 'UQ', table.name, b.session),
          unique: true,
          primary: c.primary,
          constraint: true,
          clustered,
          columns: c.columns,
          included: [],
        }),
      );
      return;
    }
    case 'check': {
      const def = {
        name: c.name ?? autoName('CK', table.name, b.session),
        objectId: b.database.nextObjectId(),
        e: c.e,
        text: c.text,
        column,
        enabled: true,
      };
      const scope = new Scope(null);
      scope.sources.push({ slot: 0, alias: nameKey(table.name), columns: columnsOf(table) });
      const test = b.binding.condition(c.e, scope);
      if (w)
        for (const row of table.store.rows)
          if (row.head.values && test(tableEnv(w.run, row.head.values)) === false)
            throw new SqlError(
              547,
              `The ALTER TABLE statement conflicted with the CHECK constraint "${def.name}". The conflict occurred in table "${table.fullName}".`,
              16,
              'statement',
              0,
            );
      table.checks.push(def);
      if (w) onUndo(w, table, () => (table.checks = table.checks.filter((x) => x !== def)));
      return;
    }
    case 'foreign':
      addForeignKey(b, w, table, c);
      return;
    case 'default': {
      const col = table.columns[table.ordinal(c.column)];
      if (!col)
        throw new SqlError(
          1752,
          `Column '${c.column}' in table '${table.name}' is invalid for creating a default constraint.`,
          16,
          'batch',
        );
      if (col.fallback) throw new SqlError(1781, 'Column already has a DEFAULT bound to it.', 16, 'batch');
      col.fallback = {
        name: c.name ?? autoName('DF', table.name, b.session),
        objectId: b.database.nextObjectId(),
        e: c.e,
        text: c.text,
        system: c.name === undefined,
      };
      if (w) onUndo(w, table, () => (col.fallback = undefined));
    }
  }
}

function addForeignKey(
  b: Builder,
  w: Work | undefined,
  table: Table,
  c: ConstraintNode & { k: 'foreign' },
): void {
  if (table.name.startsWith('#') || table.local) return;
  const target =
    nameKey(c.table.at(-1) ?? '') === nameKey(table.name) && c.table.length < 3
      ? table
      : findTable(c.table, b.binding);
  if (!target)
    throw new SqlError(
      1767,
      `Foreign key '${c.name ?? ''}' references invalid table '${c.table.join('.')}'.`,
      16,
      'batch',
    );
  const primary = target.indexes.find((i) => i.primary);
  const names = c.references.length
    ? c.references
    : (primary?.columns.map((k) => target.columns[k.ordinal]?.name ?? '') ?? []);
  const targetColumns = names.map((n) => target.ordinal(n));
  const columns = c.columns.map((n) => table.ordinal(n));
  if (columns.includes(-1) || targetColumns.includes(-1))
    throw new SqlError(1769, `Foreign key '${c.name ?? ''}' references invalid column.`, 16, 'batch');
  if (
    !target.indexes.some(
      (i) =>
        i.unique &&
        !i.where &&
        i.columns.length === targetColumns.length &&
        i.columns.every((k) => targetColumns.includes(k.ordinal)),
    )
  ) {
    throw new SqlError(
      1776,
      `There are no primary or candidate keys in the referenced table '${target.fullName}' that match the referencing column list in the foreign key '${c.name ?? ''}'.`,
      16,
      'batch',
    );
  }
  const key: ForeignKeyDef = {
    name: c.name ?? autoName('FK', table.name, b.session),
    objectId: b.database.nextObjectId(),
    table,
    columns,
    target,
    targetColumns,
    onDelete: c.onDelete,
    onUpdate: c.onUpdate,
    enabled: true,
  };
  if (w) for (const row of table.store.rows) if (row.head.values) checkForeignKey(w, key, row.head.values);
  table.foreignKeys.push(key);
  target.referencedBy.push(key);
  if (w)
    onUndo(w, table, () => {
      table.foreignKeys = table.foreignKeys.filter((x) => x !== key);
      target.referencedBy = target.referencedBy.filter((x) => x !== key);
    });
}

/** Fills a new table from its description. */
export function buildTable(b: Builder, w: Work | undefined, table: Table, body: TableBody): void {
  const later: ColumnNode[] = [];
  for (const node of body.columns) {
    if (node.computed) {
      // Computed columns may name columns behind them; they keep their place.
      later.push(node);
      table.columns.push({ name: node.name, id: table.nextColumnId++, type: INT, nullable: true });
    } else table.columns.push(newColumn(b, table, node));
  }
  for (const node of later) {
    const at = table.ordinal(node.name);
    const place = table.columns[at] as Column;
    table.columns[at] = { ...place, name: `\u0000${node.name}` };
    const column = newColumn(b, table, node);
    table.columns[at] = { ...column, id: place.id };
  }
  const keysFirst = [...body.constraints].sort((x, y) => Number(y.k === 'key') - Number(x.k === 'key'));
  for (const node of body.columns)
    for (const c of node.constraints) if (c.k === 'key') addConstraint(b, w, table, c, node.name);
  for (const node of body.columns)
    for (const c of node.constraints) if (c.k !== 'key') addConstraint(b, w, table, c, node.name);
  for (const c of keysFirst) addConstraint(b, w, table, c);
  for (const i of body.indexes) addIndex(w, table, indexOf(b, table, i));
}

function indexOf(b: Builder, table: Table, i: IndexNode): IndexDef {
  return makeIndex(b, table, {
    name: i.name,
    unique: i.unique,
    primary: false,
    constraint: false,
    clustered: i.clustered,
    columns: i.columns,
    included: i.included,
    where: i.where,
    whereText: i.whereText,
  });
}

function tableNamed(name: ObjectName, binding: Binding): { table: Table; database: Database } {
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
function touched(w: Work, table: Table, database: Database): void {
  const forget = (): void => {
    table.writer = undefined;
    database.version++;
    if (table.name.startsWith('#')) w.session.tempVersion++;
  };
  forget();
  onUndo(w, table, forget);
}

function addObject(w: Work, database: Database, object: DbObject): void {
  database.add(object);
  w.transaction.undo.push(() => database.remove(object));
}

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

function alterAdd(w: Work, b: Builder, name: ObjectName, body: TableBody): void {
  const { table, database } = tableNamed(name, b.binding);
  exclusive(w, table);
  const at: Builder = { ...b, database };
  for (const node of body.columns) {
    const column = newColumn(at, table, node);
    const env = tableEnv(w.run, []);
    const fallback = column.fallback
      ? convertTo(b.binding.scalar(column.fallback.e, new Scope(null)), column.type).eval
      : undefined;
    if (
      !column.nullable &&
      !column.fallback &&
      !column.computed &&
      !column.identity &&
      column.type.name !== 'rowversion' &&
      table.store.rows.size > 0
    ) {
      throw new SqlError(
        4901,
        `ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition specified. Column '${column.name}' cannot be added to non-empty table '${table.name}'.`,
        16,
        'batch',
      );
    }
    table.columns = [...table.columns, column];
    table.writer = undefined;
    const computed = column.computed ? writerOf(table, b.binding).computed.at(-1) : undefined;
    const restore = table.store.rewrite((values) => {
      const wide: SqlValue[] = [...values, null];
      let value: SqlValue = column.nullable || !fallback ? null : fallback(env);
      if (column.type.name === 'rowversion') value = rowversionBytes(database.nextRowversion());
      if (column.identity) value = Number(table.nextIdentity(column));
      wide[values.length] = value;
      if (computed) wide[values.length] = computed.value(tableEnv(w.run, wide));
      return wide;
    });
    onUndo(w, table, () => {
      table.columns = table.columns.filter((c) => c !== column);
      restore();
    });
    for (const c of node.constraints) addConstraint(at, w, table, c, node.name);
  }
  for (const c of body.constraints) addConstraint(at, w, table, c);
  touched(w, table, database);
}

function dropConstraint(w: Work, table: Table, name: string, ifExists: boolean): void {
  const key = nameKey(name);
  const index = table.indexes.find((i) => i.constraint && nameKey(i.name) === key);
  if (index) {
    if (
      table.referencedBy.some((f) => f.targetColumns.every((o) => index.columns.some((c) => c.ordinal === o)))
    )
      throw new SqlError(
        3725,
        `The constraint '${name}' is being referenced by a foreign key constraint.`,
        16,
        'batch',
      );
    const before = table.indexes;
    table.indexes = before.filter((i) => i !== index);
    table.store.removeIndex(index.rows);
    onUndo(w, table, () => {
      table.indexes = before;
      table.store.addIndex(index.rows);
    });
    return;
  }
  const [checks, keys] = [table.checks, table.foreignKeys];
  const column = table.columns.find((c) => c.fallback && nameKey(c.fallback.name) === key);
  if (checks.some((c) => nameKey(c.name) === key)) {
    table.checks = checks.filter((c) => nameKey(c.name) !== key);
    onUndo(w, table, () => (table.checks = checks));
  } else if (keys.some((c) => nameKey(c.name) === key)) {
    const gone = keys.filter((c) => nameKey(c.name) === key);
    table.foreignKeys = keys.filter((c) => nameKey(c.name) !== key);
    for (const f of gone) f.target.referencedBy = f.target.referencedBy.filter((x) => x !== f);
    onUndo(w, table, () => {
      table.foreignKeys = keys;
      for (const f of gone) f.target.referencedBy.push(f);
    });
  } else if (column) {
    const { fallback } = column;
    column.fallback = undefined;
    onUndo(w, table, () => (column.fallback = fallback));
  } else if (!ifExists) throw new SqlError(3728, `'${name}' is not a constraint.`, 16, 'batch');
}

function alterDrop(w: Work, b: Builder, s: Statement & { k: 'alterDrop' }): void {
  const { table, database } = tableNamed(s.name, b.binding);
  exclusive(w, table);
  for (const name of s.constraints) dropConstraint(w, table, name, s.ifExists);
  for (const name of s.columns) {
    const at = table.ordinal(name);
    if (at < 0) {
      if (s.ifExists) continue;
      throw new SqlError(
        4924,
        `ALTER TABLE DROP COLUMN failed because column '${name}' does not exist in table '${table.name}'.`,
        16,
        'batch',
      );
    }
    const used =
      table.indexes.some((i) => i.columns.some((c) => c.ordinal === at)) ||
      table.foreignKeys.some((f) => f.columns.includes(at)) ||
      table.columns[at]?.fallback ||
      table.checks.some((c) => nameKey(c.column ?? '') === nameKey(name));
    if (used) throw new SqlError(5074, `An object is dependent on column '${name}'.`, 16, 'batch');
    const moved = (o: number): number => (o > at ? o - 1 : o);
    const [columns, indexes, keys] = [table.columns, table.indexes, table.foreignKeys];
    const restore = table.store.rewrite((values) => values.filter((_, i) => i !== at));
    table.columns = columns.filter((_, i) => i !== at);
    for (const i of indexes) table.store.removeIndex(i.rows);
    table.indexes = [];
    for (const i of indexes) {
      const rebuilt = makeIndex({ ...b, database }, table, {
        ...i,
        columns: i.columns.map((c) => ({ name: columns[c.ordinal]?.name ?? '', desc: c.desc })),
        included: i.included.map((o) => columns[o]?.name ?? ''),
      });
      table.indexes.push({ ...rebuilt, id: i.id, constraintId: i.constraintId });
      table.store.addIndex(rebuilt.rows);
    }
    const places = [...keys, ...table.referencedBy].map((f) => ({
      f,
      columns: f.columns,
      targetColumns: f.targetColumns,
    }));
    for (const f of keys) f.columns = f.columns.map(moved);
    for (const f of table.referencedBy) f.targetColumns = f.targetColumns.map(moved);
    onUndo(w, table, () => {
      for (const i of table.indexes) table.store.removeIndex(i.rows);
      restore();
      table.columns = columns;
      table.indexes = indexes;
      for (const p of places) Object.assign(p.f, { columns: p.columns, targetColumns: p.targetColumns });
      for (const i of indexes) table.store.addIndex(i.rows);
    });
  }
  touched(w, table, database);
}

function alterColumn(w: Work, b: Builder, s: Statement & { k: 'alterColumn' }): void {
  const { table, database } = tableNamed(s.name, b.binding);
  exclusive(w, table);
  const at = table.ordinal(s.column.name);
  const column = table.columns[at];
  if (!column)
    throw new SqlError(
      4924,
      `ALTER TABLE ALTER COLUMN failed because column '${s.column.name}' does not exist in table '${table.name}'.`,
      16,
      'batch',
    );
  if (table.indexes.some((i) => i.columns.some((c) => c.ordinal === at))) {
    const type = s.column.type ? resolveType(s.column.type, 1) : column.type;
    if (type.name !== column.type.name)
      throw new SqlError(5074, `An index is dependent on column '${column.name}'.`, 16, 'batch');
  }
  const type = s.column.type ? resolveType(s.column.type, 1) : column.type;
  const nullable = s.column.nullable ?? true;
  const convert = converter(column.type, type);
  const restore = table.store.rewrite((values) => {
    const copy = [...values];
    const value = copy[at] ?? null;
    copy[at] = convert ? convert(value) : value;
    if (copy[at] === null && !nullable)
      throw new SqlError(
        515,
        `Cannot insert the value NULL into column '${column.name}', table '${table.fullName}'; column does not allow nulls.`,
        16,
        'statement',
        2,
      );
    return copy;
  });
  const before = { type: column.type, nullable: column.nullable };
  Object.assign(column, { type, nullable });
  onUndo(w, table, () => {
    Object.assign(column, before);
    restore();
  });
  touched(w, table, database);
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
  for (const f of table.foreignKeys) f.target.referencedBy = f.target.referencedBy.filter((x) => x !== f);
  for (const t of table.triggers) at.database.remove(t);
  w.transaction.undo.push(() => {
    at.database.add(table);
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
    run(
      w,
      { session: interp.session, database: frame.database, binding: interp.binding(frame), run: w.run },
      s,
    );
  });
}

export { bindingError, childrenOf, invalidObject, nullRow };
