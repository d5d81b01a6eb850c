import { SqlError, refused } from '../errors.ts';
import type { ObjectName, Statement } from '../parser/ast.ts';
import type { Binding } from '../plan/context.ts';
import { resolveName } from '../plan/names.ts';
import type { Access } from './access.ts';

/** Whether the session may change the schema in this way. Costs administrators one look. */
export function checkSchemaRights(binding: Binding, s: Statement): void {
  const { access } = binding.system;
  if (access) check(access, binding, s);
}

const CREATES: Readonly<Record<string, string>> = {
  createTable: 'TABLE',
  createView: 'VIEW',
  createProcedure: 'PROCEDURE',
};

function check(access: Access, binding: Binding, s: Statement): void {
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- the others change no schema
  switch (s.k) {
    case 'createTable':
    case 'createView':
    case 'createProcedure':
      if (!isTemporary(s.name)) create(access, binding, s.name, CREATES[s.k] ?? '', 'alter' in s && s.alter);
      return;
    case 'createSchema':
      if (!access.may(binding.database, 'CREATE SCHEMA')) throw noCreate('SCHEMA', binding.database.name);
      return;
    case 'createDatabase':
      if (!access.mayOnServer('CREATE ANY DATABASE')) throw noCreate('DATABASE', 'master');
      return;
    case 'alterAdd':
    case 'alterDrop':
    case 'alterColumn':
    case 'alterCheck':
    case 'alterTrigger':
    case 'alterTracking':
      return alter(access, binding, s.name);
    case 'createIndex':
    case 'truncate':
      return alter(access, binding, s.table);
    case 'createTrigger':
      if (!mayAlter(access, binding, s.table))
        throw new SqlError(
          8197,
          `The object '${s.table.join('.')}' does not exist or is invalid for this operation.`,
          16,
          'batch',
        );
      return;
    case 'drop':
      return drop(access, binding, s);
    default:
      throw refused(`${s.k} by a login with limited rights`);
  }
}

const isTemporary = (name: ObjectName): boolean => (name.at(-1) ?? '').startsWith('#');

const noCreate = (what: string, database: string): SqlError =>
  new SqlError(262, `CREATE ${what} permission denied in database '${database}'.`, 14);

function create(access: Access, binding: Binding, name: ObjectName, what: string, alters: boolean): void {
  const at = resolveName(name, binding);
  access.enter(at.database);
  if (alters) {
    if (!mayAlter(access, binding, name)) throw new SqlError(208, `Invalid object name '${name.join('.')}'.`);
    return;
  }
  if (!access.may(at.database, `CREATE ${what}`)) throw noCreate(what, at.database.name);
  if (!access.may(at.database, 'ALTER', { schema: at.schema }))
    throw new SqlError(
      2760,
      `The specified schema name "${at.schema}" either does not exist or you do not have permission to use it.`,
      16,
      'batch',
    );
}

function mayAlter(access: Access, binding: Binding, name: ObjectName): boolean {
  if (isTemporary(name)) return true;
  const at = resolveName(name, binding);
  access.enter(at.database);
  const object = at.database.find(at.schema, at.object);
  return object !== undefined && access.may(at.database, 'ALTER', object);
}

function alter(access: Access, binding: Binding, name: ObjectName): void {
  if (!mayAlter(access, binding, name))
    throw new SqlError(
      1088,
      `Cannot find the object "${name.join('.')}" because it does not exist or you do not have permissions.`,
    );
}

function drop(access: Access, binding: Binding, s: Statement & { k: 'drop' }): void {
  if (s.what === 'DATABASE') {
    if (!access.mayOnServer('ALTER ANY DATABASE')) throw noDrop('database', s.names[0]);
    return;
  }
  if (s.what === 'INDEX') {
    const on = s.on ?? s.names[0]?.slice(0, -1) ?? [];
    if (!mayAlter(access, binding, on)) throw noDrop('index', s.names[0]);
    return;
  }
  for (const name of s.names) {
    if (s.what === 'SCHEMA') {
      if (!access.may(binding.database, 'CONTROL', { schema: name.at(-1) ?? '' }))
        throw new SqlError(
          15151,
          `Cannot drop the schema '${name.at(-1) ?? ''}', because it does not exist or you do not have permission.`,
        );
    } else if (!mayDrop(access, binding, name, s.ifExists)) throw noDrop(s.what.toLowerCase(), name);
  }
}

/** Dropping takes CONTROL on the object or ALTER on its schema. */
function mayDrop(access: Access, binding: Binding, name: ObjectName, ifExists: boolean): boolean {
  if (isTemporary(name)) return true;
  const at = resolveName(name, binding);
  const object = at.database.find(at.schema, at.object);
  if (!object) return ifExists;
  return (
    access.may(at.database, 'CONTROL', object) || access.may(at.database, 'ALTER', { schema: at.schema })
  );
}

const noDrop = (what: string, name: ObjectName | undefined): SqlError =>
  new SqlError(
    3701,
    `Cannot drop the ${what} '${(name ?? []).join('.')}', because it does not exist or you do not have permission.`,
    14,
    'statement',
    20,
  );
