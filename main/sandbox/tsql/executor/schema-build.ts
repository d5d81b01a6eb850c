import { SqlError } from '../errors.ts';
import type { ColumnNode, TableBody } from '../parser/ast.ts';
import { storedText } from '../parser/stored-text.ts';
import { Scope } from '../plan/context.ts';
import { columnsOf } from '../plan/names.ts';
import { Table, nameKey } from '../storage/schema-objects.ts';
import type { Column } from '../storage/schema-objects.ts';
import { resolveType, INT } from '../types/sql-type.ts';
import type { Work } from './interp.ts';
import { addConstraint } from './schema-constraints.ts';
import { addIndex, indexOf } from './schema-indexes.ts';
import { autoName } from './schema-names.ts';
import type { Builder } from './schema-names.ts';

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
      computed: { e: node.computed, text: `(${storedText(node.computed)})`, persisted: node.persisted },
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
