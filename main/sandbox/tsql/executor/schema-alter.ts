import type { SqlValue } from '../face.ts';
import { SqlError } from '../errors.ts';
import type { ObjectName, Statement, TableBody } from '../parser/ast.ts';
import { Scope } from '../plan/context.ts';
import { Table, nameKey, rowversionBytes } from '../storage/schema-objects.ts';
import { converter } from '../types/convert.ts';
import { convertTo } from '../plan/convert-node.ts';
import { resolveType } from '../types/sql-type.ts';
import { tableEnv, writerOf } from './table-writer.ts';
import type { Work } from './interp.ts';

import { addConstraint } from './schema-constraints.ts';
import { exclusive, onUndo, tableNamed, touched } from './schema-names.ts';
import { makeIndex } from './schema-indexes.ts';
import { newColumn } from './schema-build.ts';
import type { Builder } from './schema-names.ts';

export function alterAdd(w: Work, b: Builder, name: ObjectName, body: TableBody): void {
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
  if (index?.primary && table.tracking)
    throw new SqlError(
      3735,
      `The primary key constraint '${index.name}' on table '${table.name}' cannot be dropped because change tracking is enabled on the table. Change tracking requires a primary key constraint on the table. Disable change tracking before dropping the constraint.`,
      16,
      'batch',
    );
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

export function alterDrop(w: Work, b: Builder, s: Statement & { k: 'alterDrop' }): void {
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

export function alterColumn(w: Work, b: Builder, s: Statement & { k: 'alterColumn' }): void {
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
