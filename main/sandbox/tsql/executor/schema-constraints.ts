import { SqlError } from '../errors.ts';
import type { ConstraintNode } from '../parser/ast.ts';
import { Scope } from '../plan/context.ts';
import { columnsOf, findTable } from '../plan/names.ts';
import { nameKey, Table } from '../storage/schema-objects.ts';
import type { Database, ForeignKeyDef } from '../storage/schema-objects.ts';
import type { Work } from './interp.ts';
import { addIndex, makeIndex } from './schema-indexes.ts';
import { objectExists, autoName, onUndo } from './schema-names.ts';
import type { Builder } from './schema-names.ts';
import { tableEnv, checkForeignKey } from './table-writer.ts';

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
