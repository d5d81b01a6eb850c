import { SqlError } from '../errors.ts';
import type { ObjectName, Statement } from '../parser/ast.ts';
import { resolveName } from '../plan/names.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Work } from './interp.ts';
import { exclusive, tableNamed, onUndo, touched } from './schema-names.ts';
import type { Builder } from './schema-names.ts';

function dropTable(w: Work, b: Builder, name: ObjectName, ifExists: boolean): void {
  const short = name.at(-1) ?? '';
  const { session } = w;
  const missing = (): SqlError =>
    new SqlError(
      3701,
      `Cannot drop the table '${name.join('.')}', because it does not exist or you do not have permission.`,
      11,
      'statement',
      5,
    );
  if (short.startsWith('#')) {
    const key = nameKey(short);
    const table = session.temps.get(key);
    if (!table) {
      if (ifExists) return;
      throw missing();
    }
    session.temps.delete(key);
    session.tempVersion++;
    w.transaction.undo.push(() => {
      session.temps.set(key, table);
      session.tempVersion++;
    });
    return;
  }
  const at = resolveName(name, b.binding);
  const table = at.database.find(at.schema, at.object);
  if (table?.kind !== 'table') {
    if (ifExists && !table) return;
    throw missing();
  }
  if (table.referencedBy.some((f) => f.table !== table))
    throw new SqlError(
      3726,
      `Could not drop object '${name.join('.')}' because it is referenced by a FOREIGN KEY constraint.`,
    );
  exclusive(w, table);
  at.database.remove(table);
  at.database.tracking.tables.delete(table);
  for (const f of table.foreignKeys) f.target.referencedBy = f.target.referencedBy.filter((x) => x !== f);
  for (const t of table.triggers) at.database.remove(t);
  w.transaction.undo.push(() => {
    at.database.add(table);
    if (table.tracking) at.database.tracking.tables.add(table);
    for (const f of table.foreignKeys) f.target.referencedBy.push(f);
    for (const t of table.triggers) at.database.add(t);
  });
}

function dropObject(w: Work, b: Builder, s: Statement & { k: 'drop' }, name: ObjectName): void {
  const at = resolveName(name, b.binding);
  const object = at.database.find(at.schema, at.object);
  if (!object || object.kind !== s.what.toLowerCase()) {
    if (s.ifExists && !object) return;
    throw new SqlError(
      3701,
      `Cannot drop the ${s.what.toLowerCase()} '${name.join('.')}', because it does not exist or you do not have permission.`,
      11,
      'statement',
      5,
    );
  }
  at.database.remove(object);
  if (object.kind === 'trigger') object.table.triggers = object.table.triggers.filter((t) => t !== object);
  w.transaction.undo.push(() => {
    at.database.add(object);
    if (object.kind === 'trigger') object.table.triggers.push(object);
  });
}

export function drop(w: Work, b: Builder, s: Statement & { k: 'drop' }): void {
  for (const name of s.names) {
    switch (s.what) {
      case 'TABLE':
        dropTable(w, b, name, s.ifExists);
        break;
      case 'INDEX': {
        const on = s.on ?? name.slice(0, -1);
        const { table, database } = tableNamed(on, b.binding);
        const index = table.indexes.find((i) => nameKey(i.name) === nameKey(name.at(-1) ?? ''));
        if (!index) {
          if (s.ifExists) break;
          throw new SqlError(
            3701,
            `Cannot drop the index '${name.join('.')}', because it does not exist or you do not have permission.`,
            11,
            'statement',
            5,
          );
        }
        if (index.constraint)
          throw new SqlError(
            3723,
            `An explicit DROP INDEX is not allowed on index '${index.name}'. It is being used for a constraint.`,
            16,
          );
        const before = table.indexes;
        table.indexes = before.filter((i) => i !== index);
        table.store.removeIndex(index.rows);
        onUndo(w, table, () => {
          table.indexes = before;
          table.store.addIndex(index.rows);
        });
        touched(w, table, database);
        break;
      }
      case 'SCHEMA': {
        const key = nameKey(name.at(-1) ?? '');
        const schema = b.database.schemas.get(key);
        if (!schema) {
          if (s.ifExists) break;
          throw new SqlError(
            15151,
            `Cannot drop the schema '${name.join('.')}', because it does not exist or you do not have permission.`,
          );
        }
        for (const o of b.database.objects.values())
          if (nameKey(o.schema) === key)
            throw new SqlError(
              3729,
              `Cannot drop schema '${schema.name}' because it is being referenced by object '${o.name}'.`,
            );
        b.database.schemas.delete(key);
        w.transaction.undo.push(() => b.database.schemas.set(key, schema));
        break;
      }
      case 'DATABASE': {
        const database = w.session.server.database(name.at(-1) ?? '');
        if (!database) {
          if (s.ifExists) break;
          throw new SqlError(
            3701,
            `Cannot drop the database '${name.join('.')}', because it does not exist or you do not have permission.`,
            11,
            'statement',
            5,
          );
        }
        if ([...w.session.server.sessions.values()].some((x) => x.database === database))
          throw new SqlError(3702, `Cannot drop database "${database.name}" because it is currently in use.`);
        w.session.server.databases.delete(nameKey(database.name));
        break;
      }
      default:
        dropObject(w, b, s, name);
    }
  }
}
