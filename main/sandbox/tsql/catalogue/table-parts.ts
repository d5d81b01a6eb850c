import type { Column, Database, Table, IndexDef } from '../storage/schema-objects.ts';
import type { DescribeView } from './view.ts';

interface ColumnRow {
  table: { objectId: number; schema: string; name: string };
  column: Column;
  position: number;
}
export function* columnRows(database: Database): Iterable<ColumnRow> {
  for (const table of database.tables())
    for (const [i, column] of table.columns.entries()) yield { table, column, position: i + 1 };
}
/** Columns of views have neither identity nor default; whether they may be NULL follows from the query. */
export function* allColumnRows(database: Database, describe: DescribeView): Iterable<ColumnRow> {
  yield* columnRows(database);
  for (const view of database.objects.values())
    if (view.kind === 'view')
      for (const [i, column] of describe(view).entries())
        yield { table: view, column: { ...column, id: i + 1 }, position: i + 1 };
}
export function* indexRows(database: Database): Iterable<{ table: Table; index: IndexDef }> {
  for (const table of database.tables()) for (const index of table.indexes) yield { table, index };
}

interface ConstraintRow {
  catalog: string;
  table: Table;
  name: string;
  type: string;
  columns: readonly number[];
}
export function* constraintRows(d: Database): Iterable<ConstraintRow> {
  for (const table of d.tables()) {
    for (const i of table.indexes)
      if (i.constraint)
        yield {
          catalog: d.name,
          table,
          name: i.name,
          type: i.primary ? 'PRIMARY KEY' : 'UNIQUE',
          columns: i.columns.map((c) => c.ordinal),
        };
    for (const f of table.foreignKeys)
      yield { catalog: d.name, table, name: f.name, type: 'FOREIGN KEY', columns: f.columns };
    for (const c of table.checks) yield { catalog: d.name, table, name: c.name, type: 'CHECK', columns: [] };
  }
}
