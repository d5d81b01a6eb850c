import type { SqlValue } from '../face.ts';
import type { System } from '../plan/context.ts';
import type { Values } from '../storage/rows.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { View, Database } from '../storage/schema-objects.ts';
import { fitMoment, fromUnix } from '../types/moment.ts';
import { DATETIME } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';

export interface SystemView {
  readonly columns: readonly {
    readonly name: string;
    readonly type: Type;
    readonly nullable?: boolean | undefined;
  }[];
  rows(system: System): readonly Values[];
}

/** The columns of a view, for those who can compile its query. */
export type DescribeView = (
  view: View,
) => readonly { readonly name: string; readonly type: Type; readonly nullable: boolean }[];

/** Views by name, made for a database. */
export type SystemViews = Readonly<
  Record<string, (database: Database, describe: DescribeView) => SystemView>
>;

type Cells = Readonly<Record<string, readonly [Type, (row: never) => SqlValue]>>;

/** What the session may see of a database. */
export const seen = (database: Database, { access }: System): Database =>
  access?.visible(database) ?? database;

/** A view from a description: name, type and value of each column. */
export function view<T>(
  source: (database: Database, system: System) => Iterable<T>,
  cells: Readonly<Record<string, readonly [Type, (row: T) => SqlValue]>>,
): (database: Database) => SystemView {
  const entries = Object.entries(cells as Cells) as [string, readonly [Type, (row: T) => SqlValue]][];
  return (database) => ({
    columns: entries.map(([name, [type]]) => ({ name, type })),
    rows: (system) =>
      [...source(seen(database, system), system)].map((row) => entries.map(([, [, value]]) => value(row))),
  });
}

export const moment = (ms: number): SqlValue => fitMoment(fromUnix(ms), DATETIME);
export const schemaId = (d: Database, schema: string): number => d.schemas.get(nameKey(schema))?.id ?? 1;

export function* flat<T, U>(list: Iterable<T>, fn: (x: T) => Iterable<U>): Iterable<U> {
  for (const x of list) yield* fn(x);
}
