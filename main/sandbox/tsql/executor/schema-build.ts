import type { SqlValue } from '../face.ts';
import { SqlError } from '../errors.ts';
import { LockWait } from '../locks.ts';
import type {
  ColumnNode,
  ConstraintNode,
  Expr,
  IndexNode,
  KeyColumn,
  ObjectName,
  TableBody,
} from '../parser/ast.ts';
import { Scope } from '../plan/context.ts';
import type { Binding, Run } from '../plan/context.ts';
import { columnsOf, findTable, resolveName } from '../plan/names.ts';
import { RowIndex } from '../storage/rows.ts';
import type { Values } from '../storage/rows.ts';
import { Table, nameKey } from '../storage/schema-objects.ts';
import type { Column, Database, DbObject, ForeignKeyDef, IndexDef } from '../storage/schema-objects.ts';
import { compositeKeyer } from '../types/compare.ts';
import { INT, resolveType } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { checkForeignKey, checkUnique, tableEnv } from './table-writer.ts';
import type { Work } from './interp.ts';
import type { Session } from './session.ts';

export function objectExists(name: string): SqlError {
  return new SqlError(2714, `There is already an object named '${name}' in the database.`, 16, 'batch', 6);
}

function autoName(prefix: string, table: string, session: Session): string {
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

export function newColumn(b: Builder, table: Table, node: ColumnNode): Column {
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

export function addIndex(w: Work | undefined, table: Table, index: IndexDef): void {
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

export function addConstraint(
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

export function indexOf(b: Builder, table: Table, i: IndexNode): IndexDef {
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
