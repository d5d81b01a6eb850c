import { nameKey } from '../storage/schema-objects.ts';
import type { Database, DbObject } from '../storage/schema-objects.ts';

/** Who may connect. Those that exist from the start are administrators: nothing is checked for them. */
export interface Login {
  readonly name: string;
  readonly id: number;
  readonly administrator: boolean;
  password: string;
  disabled: boolean;
  defaultDatabase: string;
  /** Rights on the server: `VIEW SERVER STATE`. */
  readonly rights: Map<string, 'grant' | 'deny'>;
}

/** A user or role of one database. */
export interface Principal {
  readonly kind: 'user' | 'role';
  readonly name: string;
  readonly id: number;
  readonly fixed: boolean;
  readonly login?: string | undefined;
  defaultSchema: string;
  /** Keys of the roles it is a direct member of. */
  readonly roles: Set<string>;
}

/** `d` for the database, `s:` and `o:` for a schema and an object. */
export type Securable = 'd' | `s:${string}` | `o:${number}`;

const FIXED_ROLES: readonly (readonly [
  name: string,
  id: number,
  state: 'grant' | 'deny',
  rights: readonly string[],
])[] = [
  ['db_owner', 16384, 'grant', ['CONTROL']],
  ['db_accessadmin', 16385, 'grant', ['ALTER ANY USER']],
  ['db_securityadmin', 16386, 'grant', ['ALTER ANY ROLE', 'VIEW DEFINITION']],
  ['db_ddladmin', 16387, 'grant', ['ALTER']],
  ['db_backupoperator', 16389, 'grant', ['BACKUP DATABASE', 'BACKUP LOG']],
  ['db_datareader', 16390, 'grant', ['SELECT']],
  ['db_datawriter', 16391, 'grant', ['INSERT', 'UPDATE', 'DELETE']],
  ['db_denydatareader', 16392, 'deny', ['SELECT']],
  ['db_denydatawriter', 16393, 'deny', ['INSERT', 'UPDATE', 'DELETE']],
];

/** Databases everybody with a login may open. */
const FOR_GUESTS = new Set(['master', 'tempdb', 'msdb']);

/** Users, roles and rights of one database. */
export class DatabaseSecurity {
  readonly principals = new Map<string, Principal>();
  readonly entries = new Map<string, 'grant' | 'deny'>();
  readonly guests: boolean;
  private lastId = 4;

  constructor(database: Database) {
    this.guests = FOR_GUESTS.has(nameKey(database.name));
    const fixed = (kind: Principal['kind'], name: string, id: number): void => {
      this.principals.set(nameKey(name), {
        kind,
        name,
        id,
        fixed: true,
        defaultSchema: 'dbo',
        roles: new Set(),
      });
    };
    fixed('role', 'public', 0);
    fixed('user', 'dbo', 1);
    fixed('user', 'guest', 2);
    for (const [name, id, state, rights] of FIXED_ROLES) {
      fixed('role', name, id);
      for (const right of rights) this.entries.set(entryKey(name, right, 'd', undefined), state);
    }
  }

  nextId(): number {
    return ++this.lastId;
  }

  /** The user a login has here; guest where guests may come in. */
  userOf(login: string): Principal | undefined {
    const key = nameKey(login);
    for (const one of this.principals.values())
      if (one.login !== undefined && nameKey(one.login) === key) return one;
    return this.guests ? this.principals.get('guest') : undefined;
  }

  /** The principal itself, public, and every role it is in, directly or not. */
  identities(of: Principal): ReadonlySet<string> {
    const all = new Set([nameKey(of.name), 'public']);
    const visit = (one: Principal): void => {
      for (const role of one.roles) {
        if (all.has(role)) continue;
        all.add(role);
        const next = this.principals.get(role);
        if (next) visit(next);
      }
    };
    visit(of);
    return all;
  }
}

export const entryKey = (
  principal: string,
  right: string,
  on: Securable,
  column: string | undefined,
): string => `${nameKey(principal)}|${right}|${on}|${column === undefined ? '' : nameKey(column)}`;

/** Logins of the server and what its databases know of them. */
export class ServerSecurity {
  readonly logins = new Map<string, Login>();
  /** Rises with every change, so that what was found out under an older one is found out anew. */
  version = 1;
  private readonly databases = new WeakMap<Database, DatabaseSecurity>();
  private lastLogin = 255;

  constructor(administrators: readonly { readonly user: string; readonly password: string }[]) {
    for (const { user, password } of administrators)
      this.logins.set(nameKey(user), this.newLogin(user, password, true));
  }

  newLogin(name: string, password: string, administrator = false): Login {
    return {
      name,
      id: ++this.lastLogin,
      administrator,
      password,
      disabled: false,
      defaultDatabase: 'master',
      rights: new Map(),
    };
  }

  of(database: Database): DatabaseSecurity {
    let found = this.databases.get(database);
    if (!found) {
      found = new DatabaseSecurity(database);
      this.databases.set(database, found);
    }
    return found;
  }
}

/** Undefined for an unknown name, a wrong password and a login that is switched off: a stranger learns no more. */
export function knownLogin(security: ServerSecurity, user: string, password: string): Login | undefined {
  const login = security.logins.get(nameKey(user));
  return login && !login.disabled && login.password === password ? login : undefined;
}

export const securableOf = (object: DbObject): Securable => `o:${object.objectId}`;
export const schemaSecurable = (schema: string): Securable => `s:${nameKey(schema)}`;
