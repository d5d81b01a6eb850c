import type { System } from '../plan/context.ts';
import type { Principal } from '../security/principals.ts';
import { INT, SYSNAME, nvarchar } from '../types/sql-type.ts';
import { view } from './view.ts';
import type { SystemViews } from './view.ts';

/** Fixed principals, roles and oneself are seen by everybody; other users by administrators. */
function* principalsSeen(system: System): Iterable<Principal> {
  const own = system.access?.user(system.database);
  for (const one of system.principals().values())
    if (!system.access || one.fixed || one.kind === 'role' || one === own) yield one;
}

/** Logins, users, roles and their members: what a script asks before it makes a role or user. */
export const PRINCIPAL_VIEWS: SystemViews = {
  'sys.database_principals': view((_, s) => principalsSeen(s), {
    name: [SYSNAME, (p) => p.name],
    principal_id: [INT, (p) => p.id],
    type: [{ name: 'char', length: 1 }, (p) => (p.kind === 'role' ? 'R' : 'S')],
    type_desc: [nvarchar(60), (p) => (p.kind === 'role' ? 'DATABASE_ROLE' : 'SQL_USER')],
    default_schema_name: [SYSNAME, (p) => (p.kind === 'role' ? null : p.defaultSchema)],
    is_fixed_role: [{ name: 'bit' }, (p) => p.kind === 'role' && p.fixed],
  }),
  'sys.server_principals': view((_, s) => s.logins(), {
    name: [SYSNAME, (l) => l.name],
    principal_id: [INT, (l) => l.id],
    type: [{ name: 'char', length: 1 }, () => 'S'],
    type_desc: [nvarchar(60), () => 'SQL_LOGIN'],
    is_disabled: [{ name: 'bit' }, (l) => l.disabled],
    default_database_name: [SYSNAME, (l) => l.defaultDatabase],
  }),
  'sys.database_role_members': view(
    function* (_, s) {
      for (const one of principalsSeen(s))
        for (const role of one.roles) yield { role: s.principals().get(role)?.id ?? 0, member: one.id };
    },
    {
      role_principal_id: [INT, (r) => r.role],
      member_principal_id: [INT, (r) => r.member],
    },
  ),
};
