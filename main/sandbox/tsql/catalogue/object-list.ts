import type { DbObject, Database } from '../storage/schema-objects.ts';

const TYPE_CODES: Readonly<Record<DbObject['kind'], readonly [string, string]>> = {
  table: ['U ', 'USER_TABLE'],
  view: ['V ', 'VIEW'],
  procedure: ['P ', 'SQL_STORED_PROCEDURE'],
  trigger: ['TR', 'SQL_TRIGGER'],
};

/** Everything with an object id, constraints included. */
export interface AnyObject {
  name: string;
  schema: string;
  objectId: number;
  created: number;
  type: readonly [string, string];
  parent: number;
  /** Comes with the server. */
  shipped?: boolean | undefined;
}
export function* allObjects(database: Database): Iterable<AnyObject> {
  for (const o of database.objects.values()) {
    yield {
      name: o.name,
      schema: o.schema,
      objectId: o.objectId,
      created: o.created,
      type: TYPE_CODES[o.kind],
      parent: o.kind === 'trigger' ? o.table.objectId : 0,
    };
    if (o.kind !== 'table') continue;
    const child = (name: string, objectId: number, code: string, text: string): AnyObject => ({
      name,
      schema: o.schema,
      objectId,
      created: o.created,
      type: [code, text],
      parent: o.objectId,
    });
    for (const i of o.indexes)
      if (i.constraint)
        yield child(
          i.name,
          i.constraintId,
          i.primary ? 'PK' : 'UQ',
          i.primary ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT',
        );
    for (const c of o.checks) yield child(c.name, c.objectId, 'C ', 'CHECK_CONSTRAINT');
    for (const f of o.foreignKeys) yield child(f.name, f.objectId, 'F ', 'FOREIGN_KEY_CONSTRAINT');
    for (const c of o.columns)
      if (c.fallback) yield child(c.fallback.name, c.fallback.objectId, 'D ', 'DEFAULT_CONSTRAINT');
  }
}
