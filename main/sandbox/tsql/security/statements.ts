import { SqlError, refused } from '../errors.ts';
import type { Interp, Program, Work } from '../executor/interp.ts';
import type { Frame } from '../executor/session.ts';
import type { Binding } from '../plan/context.ts';
import { resolveName } from '../plan/names.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database, DbObject } from '../storage/schema-objects.ts';
import type { SecurityAction, SecurityStatement, SecurityTarget } from './ast.ts';
import { DATABASE_RIGHTS, OBJECT_RIGHTS, SERVER_RIGHTS } from './rights.ts';
import { entryKey, schemaSecurable, securableOf } from './principals.ts';
import type { DatabaseSecurity, Login, Principal, Securable } from './principals.ts';

type Action<K extends SecurityAction['k']> = SecurityAction & { readonly k: K };

/** Logins, users, roles and rights. All but logins are undone with their transaction. */
export function* executeSecurity(interp: Interp, { action }: SecurityStatement, frame: Frame): Program<void> {
  yield* interp.atomic(frame, (w) => {
    const { database } = frame;
    switch (action.k) {
      case 'createLogin':
        return createLogin(w, action);
      case 'alterLogin':
        return alterLogin(w, action);
      case 'createUser':
        return createUser(w, database, action);
      case 'alterUser':
        return alterUser(w, database, action);
      case 'createRole':
        mayManage(w, database, 'CREATE ROLE', 'ALTER ANY ROLE');
        return addPrincipal(w, database, { kind: 'role', name: action.name, defaultSchema: 'dbo' });
      case 'addMember':
        return addMember(w, database, action.role, action.member);
      case 'dropMember':
        return dropMember(w, database, action);
      case 'drop':
        return action.what === 'LOGIN' ? dropLogin(w, action) : dropPrincipal(w, database, action);
      case 'grant':
      case 'deny':
      case 'revoke':
        return permission(w, interp.binding(frame), action);
    }
  });
}

const denied = (): SqlError =>
  new SqlError(15247, 'User does not have permission to perform this action.', 16);

const noSuch = (what: string, name: string, verb = 'find'): SqlError =>
  new SqlError(
    15151,
    `Cannot ${verb} the ${what} '${name}', because it does not exist or you do not have permission.`,
  );

function mayManage(w: Work, database: Database, ...rights: readonly string[]): void {
  const { access } = w.session;
  if (access && !rights.some((right) => access.may(database, right))) throw denied();
}

function changed(w: Work, undo: () => void): void {
  const { security } = w.session.server;
  security.version++;
  w.transaction.undo.push(() => {
    undo();
    security.version++;
  });
}

function createLogin(w: Work, action: Action<'createLogin'>): void {
  const { security } = w.session.server;
  if (w.session.access?.mayOnServer('ALTER ANY LOGIN') === false) throw denied();
  const key = nameKey(action.name);
  if (security.logins.has(key))
    throw new SqlError(15025, `The server principal '${action.name}' already exists.`);
  const login = security.newLogin(action.name, action.password);
  if (action.database !== undefined) login.defaultDatabase = action.database;
  security.logins.set(key, login);
  changed(w, () => security.logins.delete(key));
}

function alterLogin(w: Work, { name, password, disabled }: Action<'alterLogin'>): void {
  const login = loginNamed(w, name);
  // Everybody may give himself another password, here without the old one being asked for.
  const own = login === w.session.access?.login && disabled === undefined;
  if (!own && w.session.access?.mayOnServer('ALTER ANY LOGIN') === false)
    throw noSuch('login', name, 'alter');
  const before = { password: login.password, disabled: login.disabled };
  login.password = password ?? login.password;
  login.disabled = disabled ?? login.disabled;
  changed(w, () => Object.assign(login, before));
}

function loginNamed(w: Work, name: string): Login {
  const login = w.session.server.security.logins.get(nameKey(name));
  if (!login) throw noSuch('login', name);
  return login;
}

function dropLogin(w: Work, { name, ifExists }: Action<'drop'>): void {
  const { server, access } = w.session;
  const key = nameKey(name);
  const login = server.security.logins.get(key);
  if (!login && ifExists) return;
  if (!login || access?.mayOnServer('ALTER ANY LOGIN') === false) throw noSuch('login', name, 'drop');
  if ([...server.sessions.values()].some((one) => nameKey(one.login) === key))
    throw new SqlError(15434, `Could not drop login '${name}' as the user is currently logged in.`);
  server.security.logins.delete(key);
  changed(w, () => server.security.logins.set(key, login));
}

function addPrincipal(
  w: Work,
  database: Database,
  at: Pick<Principal, 'kind' | 'name' | 'login' | 'defaultSchema'>,
): void {
  const security = securityOf(w, database);
  const { principals } = security;
  const key = nameKey(at.name);
  if (principals.has(key))
    throw new SqlError(15023, `User, group, or role '${at.name}' already exists in the current database.`);
  principals.set(key, { ...at, id: security.nextId(), fixed: false, roles: new Set() });
  changed(w, () => principals.delete(key));
}

const securityOf = (w: Work, database: Database): DatabaseSecurity => w.session.server.security.of(database);

function createUser(w: Work, database: Database, { name, login, schema }: Action<'createUser'>): void {
  mayManage(w, database, 'ALTER ANY USER');
  const known = w.session.server.security.logins.get(nameKey(login));
  if (!known) throw new SqlError(15007, `'${login}' is not a valid login or you do not have permission.`);
  const there = securityOf(w, database).userOf(login);
  if (there && there.name !== 'guest')
    throw new SqlError(15063, 'The login already has an account under a different user name.');
  addPrincipal(w, database, { kind: 'user', name, login: known.name, defaultSchema: schema ?? 'dbo' });
}

function alterUser(w: Work, database: Database, { name, schema }: Action<'alterUser'>): void {
  mayManage(w, database, 'ALTER ANY USER');
  const user = securityOf(w, database).principals.get(nameKey(name));
  if (user?.kind !== 'user' || user.fixed) throw noSuch('user', name, 'alter');
  const before = user.defaultSchema;
  user.defaultSchema = schema;
  changed(w, () => (user.defaultSchema = before));
}

/** ALTER ROLE .. ADD MEMBER and sp_addrolemember. A member already there stays one. */
export function addMember(w: Work, database: Database, role: string, member: string): void {
  const security = securityOf(w, database);
  mayManage(w, database, role.toLowerCase().startsWith('db_') ? 'CONTROL' : 'ALTER ANY ROLE');
  const into = security.principals.get(nameKey(role));
  if (into?.kind !== 'role' || into.id === 0) throw noSuch('role', role, 'alter');
  const one = security.principals.get(nameKey(member));
  if (!one || (one.fixed && one.kind === 'role')) throw noSuch('principal', member, 'add');
  if (one.kind === 'role' && security.identities(into).has(nameKey(member)))
    throw new SqlError(15413, 'Cannot make a role a member of itself.');
  const key = nameKey(role);
  if (one.roles.has(key)) return;
  one.roles.add(key);
  changed(w, () => one.roles.delete(key));
}

function dropMember(w: Work, database: Database, { role, member }: Action<'dropMember'>): void {
  mayManage(w, database, 'ALTER ANY ROLE');
  const one = securityOf(w, database).principals.get(nameKey(member));
  const key = nameKey(role);
  if (!one?.roles.has(key)) throw noSuch('principal', member, 'drop');
  one.roles.delete(key);
  changed(w, () => one.roles.add(key));
}

function dropPrincipal(w: Work, database: Database, { what, name, ifExists }: Action<'drop'>): void {
  const { principals, entries } = securityOf(w, database);
  const word = what === 'USER' ? 'user' : 'role';
  const key = nameKey(name);
  const one = principals.get(key);
  if (!one && ifExists) return;
  if (one?.kind !== word || one.fixed) throw noSuch(word, name, 'drop');
  mayManage(w, database, what === 'USER' ? 'ALTER ANY USER' : 'ALTER ANY ROLE');
  if ([...database.schemaOwners.values()].some((owner) => nameKey(owner) === key))
    throw new SqlError(15138, 'The database principal owns a schema in the database, and cannot be dropped.');
  if ([...principals.values()].some((other) => other.roles.has(key)))
    throw new SqlError(15144, 'The role has members. It must be empty before it can be dropped.');
  const rights = [...entries].filter(([entry]) => entry.startsWith(`${key}|`));
  principals.delete(key);
  for (const [entry] of rights) entries.delete(entry);
  changed(w, () => {
    principals.set(key, one);
    for (const [entry, state] of rights) entries.set(entry, state);
  });
}

function permission(w: Work, binding: Binding, action: Action<'grant' | 'deny' | 'revoke'>): void {
  if (action.permissions.some(({ right }) => SERVER_RIGHTS.has(right)) && action.on.k === 'database')
    return serverPermission(w, action);
  const { database, on, object } = securable(w, binding, action.on);
  const { principals, entries } = securityOf(w, database);
  for (const grantee of action.to) {
    const principal = principals.get(nameKey(grantee));
    if (!principal) throw noSuch('user', grantee);
    if (principal.fixed && principal.id !== 0 && principal.id !== 2)
      throw new SqlError(
        4604,
        'Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, information_schema, sys, or yourself.',
      );
    for (const { right, columns } of action.permissions) {
      if (!rightsFor(action.on.k).has(right))
        throw new SqlError(4606, `Granted or revoked privilege ${right} is not compatible with object.`, 16);
      compatible(right, object);
      if (columns !== undefined && !['SELECT', 'UPDATE', 'REFERENCES'].includes(right))
        throw new SqlError(
          1020,
          'Sub-entity lists (such as column or security expressions) cannot be specified for entity-level permissions.',
          15,
        );
      for (const column of columns ?? [undefined])
        set(w, entries, action.k, entryKey(grantee, right, on, knownColumn(object, column)));
      // What is taken from the whole table is taken from its columns.
      if (action.k === 'revoke' && columns === undefined)
        for (const entry of entries.keys())
          if (entry.startsWith(`${nameKey(grantee)}|${right}|${on}|`)) set(w, entries, 'revoke', entry);
    }
  }
}

function set(
  w: Work,
  entries: Map<string, 'grant' | 'deny'>,
  verb: 'grant' | 'deny' | 'revoke',
  key: string,
): void {
  const before = entries.get(key);
  if (verb === 'revoke') entries.delete(key);
  else entries.set(key, verb);
  changed(w, () => (before === undefined ? entries.delete(key) : entries.set(key, before)));
}

const rightsFor = (kind: SecurityTarget['k']): ReadonlySet<string> =>
  kind === 'database' ? DATABASE_RIGHTS : OBJECT_RIGHTS;

function compatible(right: string, object: DbObject | undefined): void {
  if (!object) return;
  const code = object.kind === 'procedure';
  const rows = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'REFERENCES', 'VIEW CHANGE TRACKING'].includes(right);
  if (code ? rows : right === 'EXECUTE')
    throw new SqlError(4606, `Granted or revoked privilege ${right} is not compatible with object.`);
}

function knownColumn(object: DbObject | undefined, column: string | undefined): string | undefined {
  if (column === undefined || object?.kind !== 'table') return column;
  if (object.ordinal(column) < 0)
    throw new SqlError(1911, `Column name '${column}' does not exist in the target table or view.`);
  return column;
}

function securable(
  w: Work,
  binding: Binding,
  on: SecurityTarget,
): { database: Database; on: Securable; object?: DbObject } {
  const { access } = w.session;
  const { database } = binding;
  switch (on.k) {
    case 'database':
      if (on.name !== undefined && nameKey(on.name) !== nameKey(database.name))
        throw noSuch('database', on.name);
      if (access && !access.may(database, 'CONTROL')) throw denied();
      return { database, on: 'd' };
    case 'schema':
      if (
        !database.schemas.has(nameKey(on.name)) ||
        access?.may(database, 'CONTROL', { schema: on.name }) === false
      )
        throw noSuch('schema', on.name);
      return { database, on: schemaSecurable(on.name) };
    case 'object': {
      const at = resolveName(on.name, binding);
      const object = at.database.find(at.schema, at.object);
      if (!object || object.kind === 'trigger' || access?.may(at.database, 'CONTROL', object) === false)
        throw noSuch('object', at.object);
      if (at.database !== database) throw refused('rights on objects of another database');
      return { database, on: securableOf(object), object };
    }
  }
}

function serverPermission(w: Work, action: Action<'grant' | 'deny' | 'revoke'>): void {
  if (w.session.access) throw new SqlError(4613, 'Grantor does not have GRANT permission.');
  for (const grantee of action.to) {
    const { rights } = loginNamed(w, grantee);
    for (const { right } of action.permissions) set(w, rights, action.k, right);
  }
}
