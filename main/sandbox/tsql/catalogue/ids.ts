import type { SqlValue } from '../face.ts';
import type { System } from '../plan/context.ts';
import { splitName } from '../security/split-name.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { DbObject } from '../storage/schema-objects.ts';
import { allObjects } from './object-list.ts';
import { systemObjects } from './system-views.ts';
import { seen } from './view.ts';

const KINDS: Readonly<Record<string, DbObject['kind']>> = {
  u: 'table',
  v: 'view',
  p: 'procedure',
  tr: 'trigger',
};

/** OBJECT_ID: NULL for a name that means nothing or something of another kind. */
export function objectIdOf(system: System, text: string, kind: string | undefined): SqlValue {
  const parts = splitName(text);
  const name = parts.at(-1) ?? '';
  const wanted = kind === undefined ? undefined : kind.trim().toLowerCase();
  if (name.startsWith('#')) {
    const t = system.tempTable(name);
    return t && (wanted === undefined || wanted === 'u') ? t.objectId : null;
  }
  const asked =
    parts.length > 2 && parts.at(-3) ? system.databaseNamed(parts.at(-3) as string) : system.database;
  if (!asked) return null;
  const database = seen(asked, system);
  const schema = parts.length > 1 && parts.at(-2) ? (parts.at(-2) as string) : 'dbo';
  const found = database.find(schema, name);
  if (found) return wanted === undefined || KINDS[wanted] === found.kind ? found.objectId : null;
  for (const o of [...allObjects(database), ...systemObjects()]) {
    if (
      (o.parent || o.shipped) &&
      nameKey(o.name) === nameKey(name) &&
      nameKey(o.schema) === nameKey(schema) &&
      (wanted === undefined || o.type[0].trim().toLowerCase() === wanted)
    )
      return o.objectId;
  }
  return null;
}

export function objectById(system: System, id: number | null): DbObject | undefined {
  for (const o of seen(system.database, system).objects.values()) if (o.objectId === id) return o;
  return undefined;
}

/** Schema and name of an object of the session's database or of the catalogue. */
export function nameOfId(
  system: System,
  id: number | null,
): { readonly schema: string; readonly name: string } | undefined {
  const own = objectById(system, id);
  if (own || id === null || id >= 0) return own;
  for (const o of systemObjects()) if (o.objectId === id) return o;
  return undefined;
}
