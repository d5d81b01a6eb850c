import { SqlError } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import type { KeyColumn, Expr, IndexNode } from '../parser/ast.ts';
import { Scope } from '../plan/context.ts';
import type { Run } from '../plan/context.ts';
import { columnsOf } from '../plan/names.ts';
import { RowIndex } from '../storage/rows.ts';
import type { Values } from '../storage/rows.ts';
import { Table, nameKey } from '../storage/schema-objects.ts';
import type { IndexDef } from '../storage/schema-objects.ts';
import { compositeKeyer } from '../types/compare.ts';
import type { Type } from '../types/sql-type.ts';
import type { Work } from './interp.ts';
import { onUndo } from './schema-names.ts';
import type { Builder } from './schema-names.ts';
import { tableEnv, checkUnique } from './table-writer.ts';

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
