import { SqlError } from '../errors.ts';
import type { ObjectName } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database, DbObject } from '../storage/schema-objects.ts';
import { BIT, INT, SYSNAME, TINYINT, nvarchar } from '../types/sql-type.ts';
import { view } from './view.ts';
import type { SystemViews } from './view.ts';

/** Nodes whose field names an object, and the field. */
const NAMING: Readonly<Record<string, string>> = {
  table: 'name',
  changes: 'table',
  truncate: 'table',
  exec: 'procedure',
};

interface Dependency {
  readonly by: DbObject;
  readonly name: ObjectName;
  readonly target: DbObject | undefined;
}

const isName = (value: unknown): value is ObjectName =>
  Array.isArray(value) && value.length > 0 && value.every((part) => typeof part === 'string');

/** Names anywhere in a tree. */
function* namesIn(node: unknown): Iterable<ObjectName> {
  if (!node || typeof node !== 'object') return;
  if (Array.isArray(node)) {
    for (const one of node) yield* namesIn(one);
    return;
  }
  const { k } = node as { k?: unknown };
  const field = typeof k === 'string' ? NAMING[k] : undefined;
  const name = field === undefined ? undefined : (node as Record<string, unknown>)[field];
  if (isName(name)) yield name;
  for (const value of Object.values(node)) yield* namesIn(value);
}

/** Names that hold within a statement only: of common table expressions, and aliases. */
function* localsIn(node: unknown): Iterable<string> {
  if (!node || typeof node !== 'object') return;
  const { ctes, alias, k } = node as { ctes?: unknown; alias?: unknown; k?: unknown };
  if (Array.isArray(ctes)) for (const one of ctes) yield nameKey((one as { name: string }).name);
  if (k === 'table' && typeof alias === 'string') yield nameKey(alias);
  for (const value of Object.values(node)) yield* localsIn(value);
}

/** What the text of an object names, each name once; what is made while it runs is no object. */
function* dependenciesOf(database: Database, by: DbObject): Iterable<Dependency> {
  if (by.kind === 'table') return;
  const tree = by.kind === 'view' ? by.query : by.body;
  const local = new Set([...localsIn(tree), ...(by.kind === 'trigger' ? ['inserted', 'deleted'] : [])]);
  const seen = new Set<string>();
  for (const name of namesIn(tree)) {
    const object = name.at(-1) ?? '';
    const key = name.map(nameKey).join('\0');
    if (seen.has(key) || object.startsWith('#') || object.startsWith('@')) continue;
    const schema = name.at(-2);
    if (schema !== undefined && ['sys', 'information_schema'].includes(nameKey(schema))) continue;
    const here = name.length < 3 || nameKey(name.at(-3) ?? '') === nameKey(database.name);
    const target = here ? database.find(schema || 'dbo', object) : undefined;
    if (!target && name.length === 1 && local.has(nameKey(object))) continue;
    seen.add(key);
    yield { by, name, target };
  }
}

/** Which objects name which others. Only owners of the database may read it. */
export const DEPENDENCY_VIEWS: SystemViews = {
  'sys.sql_expression_dependencies': view(
    function* (d, system) {
      if (system.access?.may(system.databaseNamed(d.name) ?? d, 'CONTROL') === false)
        throw new SqlError(
          229,
          `The SELECT permission was denied on the object 'sql_expression_dependencies', database '${d.name}', schema 'sys'.`,
          14,
          'statement',
          5,
        );
      for (const by of d.objects.values()) yield* dependenciesOf(d, by);
    },
    {
      referencing_id: [INT, (r) => r.by.objectId],
      referencing_minor_id: [INT, () => 0],
      referencing_class: [TINYINT, () => 1],
      referencing_class_desc: [nvarchar(60), () => 'OBJECT_OR_COLUMN'],
      is_schema_bound_reference: [BIT, () => false],
      referenced_class: [TINYINT, () => 1],
      referenced_class_desc: [nvarchar(60), () => 'OBJECT_OR_COLUMN'],
      referenced_server_name: [SYSNAME, () => null],
      referenced_database_name: [SYSNAME, (r) => r.name.at(-3) ?? null],
      referenced_schema_name: [SYSNAME, (r) => r.name.at(-2) ?? null],
      referenced_entity_name: [SYSNAME, (r) => r.name.at(-1) ?? null],
      referenced_id: [INT, (r) => r.target?.objectId ?? null],
      referenced_minor_id: [INT, () => 0],
      is_caller_dependent: [BIT, (r) => r.name.length === 1 && r.target?.kind === 'procedure'],
      is_ambiguous: [BIT, () => false],
    },
  ),
};
