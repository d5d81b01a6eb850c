import type { Database, DbObject, Table, View } from '../storage/schema-objects.ts';

/** What a compiled statement wants to do with one object, for those for whom rights are checked. */
export interface Need {
  readonly database: Database;
  readonly object: Table | View;
  readonly right: 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'VIEW CHANGE TRACKING';
  /** Ordinals of the columns that are named, filled while the statement is compiled. */
  readonly columns: Set<number>;
  readonly names: readonly string[];
  /** Wanted even where no column is named: a table in FROM. */
  always: boolean;
}

/** Who owns the procedure, trigger or view a statement stands in: its objects are reached without rights of the caller. */
export type Chain = { readonly database: Database; readonly schema: string } | 'everything' | undefined;

/** The part of a binding that needs are noted in. */
export interface NeedNotes {
  readonly database: Database;
  readonly chain?: Chain;
  readonly system: { databases(): Iterable<Database> };
  readonly flags: { readonly needs: Need[] };
}

export const chainOf = (database: Database, object: DbObject | undefined): Chain =>
  object && { database, schema: object.schema };

/**
 * Notes that the statement being compiled wants this. Answers the set for ordinals of columns; undefined where nobody
 * needs a right: temporary tables, table variables, objects of the same owner.
 */
export function note(
  notes: NeedNotes,
  object: Table | View,
  right: Need['right'],
  more: {
    readonly database?: Database | undefined;
    readonly names?: readonly string[] | undefined;
    readonly columns?: readonly number[] | undefined;
    readonly always?: boolean | undefined;
  } = {},
): Need | undefined {
  const { chain } = notes;
  if (chain === 'everything' || object.name.startsWith('#')) return undefined;
  if (object.kind === 'table' && object.local) return undefined;
  const database = more.database ?? holderOf(notes, object);
  if (chain?.database === database && sameOwner(database, chain.schema, object.schema)) return undefined;
  const need: Need = {
    database,
    object,
    right,
    columns: new Set(more.columns),
    names: more.names ?? (object.kind === 'table' ? object.columns.map((c) => c.name) : []),
    always: more.always ?? true,
  };
  notes.flags.needs.push(need);
  return need;
}

function holderOf({ database, system }: NeedNotes, object: DbObject): Database {
  if (database.find(object.schema, object.name) === object) return database;
  for (const one of system.databases()) if (one.find(object.schema, object.name) === object) return one;
  return database;
}

/** An object belongs to the owner of its schema. */
const sameOwner = (database: Database, a: string, b: string): boolean =>
  database.ownerOf(a) === database.ownerOf(b);
