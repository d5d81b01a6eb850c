import type { Database, DbObject, Table } from '../storage/schema-objects.ts';

/** Whose eyes it is. */
interface Viewer {
  sees(database: Database, object: DbObject): boolean;
  may(database: Database, right: string, object: DbObject): boolean;
}

/**
 * A database as the catalogue shows it to somebody: objects without any right on them are not there, texts are NULL and
 * triggers missing without VIEW DEFINITION. Only for reading.
 */
export function visibleDatabase(access: Viewer, database: Database): Database {
  const objects = new Map<string, DbObject>();
  for (const [key, object] of database.objects) {
    if (!access.sees(database, object)) continue;
    if (object.kind === 'trigger') {
      // A trigger has no rights of its own.
      if (access.may(database, 'VIEW DEFINITION', object.table)) objects.set(key, object);
      continue;
    }
    const defined = access.may(database, 'VIEW DEFINITION', object);
    objects.set(
      key,
      defined ? object : object.kind === 'table' ? bare(object) : overlay(object, { text: null }),
    );
  }
  return overlay(database, { objects });
}

/** Its columns, keys and constraints, but nothing that is program text. */
const bare = (table: Table): Table =>
  overlay(table, {
    triggers: [],
    columns: table.columns.map((column) => ({
      ...column,
      computed: column.computed && { ...column.computed, text: null },
      fallback: column.fallback && { ...column.fallback, text: null },
    })),
    checks: table.checks.map((check) => ({ ...check, text: null })),
  });

/** The same object with other values for some of its fields. */
function overlay<T extends object>(of: T, fields: Readonly<Record<string, unknown>>): T {
  return Object.create(
    of,
    Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, { value }])),
  ) as T;
}
