import type { SqlValue } from '../face.ts';
import { arg, need, ofSystem } from '../functions/shape.ts';
import type { Bind } from '../functions/shape.ts';
import { convertTo } from '../plan/convert-node.ts';
import type { Compiled, Env, Eval } from '../plan/context.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database, DbObject } from '../storage/schema-objects.ts';
import { INT, SYSNAME, nvarchar } from '../types/sql-type.ts';
import type { Access } from './access.ts';
import { splitName } from './split-name.ts';
import { DATABASE_RIGHTS, OBJECT_RIGHTS, SERVER_RIGHTS } from './rights.ts';

const textOf = (c: Compiled): Eval => convertTo(c, nvarchar(4000)).eval;
const userName: Bind = (args, call) => {
  need(call, args, 0, 1);
  if (args[0]) return principalName(args[0]);
  return ofSystem(SYSNAME, true, (e) => currentUser(e));
};
const currentUser = ({ run: { system } }: Env): string =>
  system.access ? (system.access.user(system.database)?.name ?? 'guest') : 'dbo';

function principalName(id: Compiled): Compiled {
  const wanted = convertTo(id, INT).eval;
  return ofSystem(SYSNAME, true, (e) => {
    const number = wanted(e);
    for (const one of e.run.system.principals().values()) if (one.id === number) return one.name;
    return null;
  });
}

const bare =
  (bind: Bind): Bind =>
  (_args, call, binding) =>
    bind([], call, binding);

/** 1, 0, or NULL for a role that is not there. */
function memberOf(e: Env, role: string): SqlValue {
  const { system } = e.run;
  const known = system.principals().get(nameKey(role));
  if (known?.kind !== 'role') return null;
  // An administrator is dbo, who is in db_owner and in no role of the database's own.
  if (!system.access) return known.id === 0 || known.fixed ? 1 : 0;
  return system.access.identities(system.database).has(nameKey(role)) ? 1 : 0;
}

const SERVER_ROLES = new Set([
  'sysadmin',
  'serveradmin',
  'securityadmin',
  'processadmin',
  'setupadmin',
  'bulkadmin',
  'diskadmin',
  'dbcreator',
  'public',
]);

const byName =
  (fn: (e: Env, name: string) => SqlValue): Bind =>
  (args, call) => {
    need(call, args, 1);
    const value = textOf(arg(args, 0));
    return ofSystem(INT, true, (e) => {
      const v = value(e);
      return v === null ? null : fn(e, v as string);
    });
  };

interface Question {
  readonly securable: string | null;
  readonly kind: string | null;
  readonly right: string | null;
  readonly column: string | null;
}

const yes = (answer: boolean): SqlValue => (answer ? 1 : 0);

/** HAS_PERMS_BY_NAME: NULL where the question makes no sense or is about nothing. */
function hasPermission(e: Env, { securable, kind, right, column }: Question): SqlValue {
  if (right === null) return null;
  const { system } = e.run;
  const { access } = system;
  const wanted = right.trim().toUpperCase();
  const knows = (rights: ReadonlySet<string>): boolean => wanted === 'ANY' || rights.has(wanted);
  switch (kind?.trim().toUpperCase()) {
    case undefined:
    case 'SERVER':
      if (!knows(SERVER_RIGHTS)) return null;
      return yes(access === undefined || (wanted === 'ANY' ? true : access.mayOnServer(wanted)));
    case 'DATABASE': {
      const database = system.databaseNamed(splitName(securable ?? '').at(-1) ?? '');
      if (!database || !knows(DATABASE_RIGHTS)) return null;
      if (!access) return 1;
      if (wanted === 'ANY' || wanted === 'CONNECT') return yes(access.user(database) !== undefined);
      return yes(access.may(database, wanted));
    }
    case 'SCHEMA': {
      const schema = splitName(securable ?? '').at(-1) ?? '';
      if (!system.database.schemas.has(nameKey(schema)) || !knows(OBJECT_RIGHTS)) return null;
      return yes(
        (wanted === 'ANY' ? [...OBJECT_RIGHTS] : [wanted]).some(
          (one) => access?.may(system.database, one, { schema }) ?? true,
        ),
      );
    }
    case 'OBJECT': {
      const object = objectNamed(system.database, securable ?? '');
      if (!object || !knows(OBJECT_RIGHTS)) return null;
      return yes(!access || onObject(access, system.database, object, wanted, column));
    }
    default:
      return null;
  }
}

function onObject(
  access: Access,
  database: Database,
  object: DbObject,
  right: string,
  column: string | null,
): boolean {
  if (right === 'ANY') return access.sees(database, object);
  if (column !== null) return access.mayColumn(database, right, object, column);
  return access.may(database, right, object);
}

function objectNamed(database: Database, text: string): DbObject | undefined {
  const parts = splitName(text);
  return database.find(parts.length > 1 ? (parts.at(-2) ?? 'dbo') : 'dbo', parts.at(-1) ?? '');
}

/** Who asks, what he is a member of, and what he may do. */
export const SECURITY_FUNCTIONS: Readonly<Record<string, Bind>> = {
  USER_NAME: userName,
  CURRENT_USER: bare(userName),
  SESSION_USER: bare(userName),
  USER: bare(userName),
  IS_MEMBER: byName(memberOf),
  IS_ROLEMEMBER: byName(memberOf),
  IS_SRVROLEMEMBER: byName((e, name) =>
    SERVER_ROLES.has(name.toLowerCase())
      ? yes(!e.run.system.access || name.toLowerCase() === 'public')
      : null,
  ),
  HAS_DBACCESS: byName((e, name) => {
    const database = e.run.system.databaseNamed(name);
    if (!database) return null;
    return yes(!e.run.system.access || e.run.system.access.user(database) !== undefined);
  }),
  DATABASE_PRINCIPAL_ID: byName((e, name) => e.run.system.principals().get(nameKey(name))?.id ?? null),
  HAS_PERMS_BY_NAME: (args, call) => {
    need(call, args, 3, 5);
    const [securable, kind, right] = [textOf(arg(args, 0)), textOf(arg(args, 1)), textOf(arg(args, 2))];
    const column = args[3] ? textOf(args[3]) : undefined;
    const text = (v: SqlValue): string | null => v as string | null;
    return ofSystem(INT, true, (e) =>
      hasPermission(e, {
        securable: text(securable(e)),
        kind: text(kind(e)),
        right: text(right(e)),
        column: column ? text(column(e)) : null,
      }),
    );
  },
};
