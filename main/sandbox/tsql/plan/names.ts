import { refused, bindingError } from '../errors.ts';
import type { ObjectName } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Table, Database } from '../storage/schema-objects.ts';
import type { SourceColumn, Binding } from './context.ts';

export function columnsOf(table: Table): SourceColumn[] {
  return table.columns.map((c) => ({
    name: c.name,
    key: nameKey(c.name),
    type: c.type,
    nullable: c.nullable,
    identity: c.identity !== undefined,
  }));
}

/** Splits a name into database, schema and object; missing parts take the defaults. */
export function resolveName(
  name: ObjectName,
  binding: Binding,
): { database: Database; schema: string; object: string } {
  if (name.length > 3) throw refused('names with a server part');
  const object = name.at(-1) ?? '';
  const schema = name.length > 1 && name.at(-2) !== '' ? (name.at(-2) ?? 'dbo') : 'dbo';
  const databaseName = name.length > 2 ? (name.at(-3) ?? '') : '';
  const database = databaseName === '' ? binding.database : binding.system.databaseNamed(databaseName);
  if (!database) throw bindingError(911, `Database '${databaseName}' does not exist.`);
  return { database, schema, object };
}

export function invalidObject(name: ObjectName): Error {
  return bindingError(208, `Invalid object name '${name.join('.')}'.`);
}

/** The table a name means, temporary ones included; undefined for views and names that mean nothing. */
export function findTable(name: ObjectName, binding: Binding): Table | undefined {
  const object = name.at(-1) ?? '';
  if (object.startsWith('#')) {
    binding.flags.temp = true;
    return binding.system.tempTable(object);
  }
  const at = resolveName(name, binding);
  const found = at.database.find(at.schema, at.object);
  return found?.kind === 'table' ? found : undefined;
}
