import { SqlError } from '../errors.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database, DbObject } from '../storage/schema-objects.ts';
import type { Chain, Need } from './needs.ts';
import { entryKey, schemaSecurable, securableOf } from './principals.ts';
import type { Login, Principal, Securable, ServerSecurity } from './principals.ts';
import { visibleDatabase } from './visible-database.ts';

/** Rights on the database that come with another one. */
const IMPLIED: Readonly<Record<string, readonly string[]>> = {
  'CREATE TABLE': ['ALTER'],
  'CREATE VIEW': ['ALTER'],
  'CREATE PROCEDURE': ['ALTER'],
  'CREATE SCHEMA': ['ALTER'],
  'CREATE ROLE': ['ALTER'],
  'ALTER ANY USER': ['ALTER'],
  'ALTER ANY ROLE': ['ALTER'],
};

export function permissionDenied(right: string, object: DbObject, database: Database): SqlError {
  return new SqlError(
    229,
    `The ${right} permission was denied on the object '${object.name}', database '${database.name}', schema '${object.schema}'.`,
    14,
    'statement',
    5,
  );
}

/** What one login may do. Administrators have none of these: nothing is asked where there is nobody to ask. */
export class Access {
  readonly login: Login;
  private readonly security: ServerSecurity;
  /** Needs of compiled statements that were met, by the state of the rights then. */
  private readonly passed = new WeakMap<readonly Need[], number>();
  private readonly seen = new Map<
    Database,
    { readonly security: number; readonly schema: number; readonly facade: Database }
  >();

  constructor(login: Login, security: ServerSecurity) {
    this.login = login;
    this.security = security;
  }

  /** The user this login is in the database, or undefined: it may not even enter. */
  user(database: Database): Principal | undefined {
    return this.security.of(database).userOf(this.login.name);
  }

  enter(database: Database): Principal {
    const user = this.user(database);
    if (!user)
      throw new SqlError(
        916,
        `The server principal "${this.login.name}" is not able to access the database "${database.name}" under the current security context.`,
        14,
        'batch',
      );
    return user;
  }

  identities(database: Database): ReadonlySet<string> {
    const user = this.user(database);
    return user ? this.security.of(database).identities(user) : new Set();
  }

  /** On the database, a schema or an object; a DENY anywhere on the way down wins. */
  may(database: Database, right: string, object?: DbObject | { readonly schema: string }): boolean {
    const levels: Securable[] = ['d'];
    if (object) levels.push(schemaSecurable(object.schema));
    if (object && 'objectId' in object) levels.push(securableOf(object));
    if (object && this.owns(database, object.schema)) return true;
    const rights = [right, 'CONTROL', ...(object ? [] : (IMPLIED[right] ?? []))];
    let granted = false;
    for (const level of levels)
      for (const one of rights) {
        const state = this.state(database, one, level);
        if (state === 'deny') return false;
        granted ||= state === 'grant';
      }
    return granted;
  }

  private owns(database: Database, schema: string): boolean {
    return this.identities(database).has(nameKey(database.ownerOf(schema)));
  }

  /** On one column. A grant on the column holds against a DENY on the whole table, as it always has. */
  mayColumn(database: Database, right: string, object: DbObject, column: string): boolean {
    const own = this.state(database, right, securableOf(object), column);
    return own === undefined ? this.may(database, right, object) : own === 'grant';
  }

  /** On the object or any column of it. */
  maySome(database: Database, right: string, object: DbObject, columns: readonly string[]): boolean {
    return (
      this.may(database, right, object) ||
      columns.some((column) => this.mayColumn(database, right, object, column))
    );
  }

  mayOnServer(right: string): boolean {
    return this.login.rights.get(right) === 'grant';
  }

  private state(
    database: Database,
    right: string,
    on: Securable,
    column?: string,
  ): 'grant' | 'deny' | undefined {
    const { entries } = this.security.of(database);
    let found: 'grant' | undefined;
    for (const who of this.identities(database)) {
      const state = entries.get(entryKey(who, right, on, column));
      if (state === 'deny') return state;
      found ??= state;
    }
    return found;
  }

  /** Whether anything at all was granted on it: what has been, may be seen. */
  sees(database: Database, object: DbObject): boolean {
    const parent = object.kind === 'trigger' ? object.table : object;
    const on = new Set<string>([securableOf(parent), schemaSecurable(parent.schema), 'd']);
    if (this.owns(database, parent.schema)) return true;
    const who = this.identities(database);
    for (const [key, state] of this.security.of(database).entries) {
      if (state !== 'grant') continue;
      const [principal = '', right = '', securable = ''] = key.split('|');
      if (!who.has(principal) || !on.has(securable)) continue;
      // Rights on the database that say nothing of its tables show none of them.
      if (securable !== 'd' || OF_OBJECTS.has(right)) return true;
    }
    return false;
  }

  /** The database as this login sees it in the catalogue. */
  visible(database: Database): Database {
    const { version } = this.security;
    const known = this.seen.get(database);
    if (known && known.security === version && known.schema === database.version) return known.facade;
    const facade = visibleDatabase(this, database);
    this.seen.set(database, { security: version, schema: database.version, facade });
    return facade;
  }

  /** Throws 229 or 230 for the first need without a right. */
  check(needs: readonly Need[]): void {
    if (needs.length === 0 || this.passed.get(needs) === this.security.version) return;
    this.demand(needs);
    this.passed.set(needs, this.security.version);
  }

  private demand(needs: readonly Need[]): void {
    for (const { database, object, right, columns, names, always } of needs) {
      if (columns.size === 0 && !always) continue;
      this.enter(database);
      if (this.may(database, right, object) && !this.hasColumnDenies(database, object, right)) continue;
      if (right === 'INSERT' || right === 'DELETE' || !this.maySome(database, right, object, names))
        throw permissionDenied(right, object, database);
      for (const ordinal of columns) {
        const column = names[ordinal] ?? '';
        if (!this.mayColumn(database, right, object, column))
          throw new SqlError(
            230,
            `The ${right} permission was denied on the column '${column}' of the object '${object.name}', database '${database.name}', schema '${object.schema}'.`,
            14,
          );
      }
    }
  }

  private hasColumnDenies(database: Database, object: DbObject, right: string): boolean {
    const marker = `|${right}|${securableOf(object)}|`;
    for (const [key, state] of this.security.of(database).entries)
      if (state === 'deny' && key.includes(marker) && !key.endsWith('|')) return true;
    return false;
  }

  /** A bulk load that passes over checks and triggers takes the right to switch them off. */
  checkBulk(database: Database, table: DbObject, options: readonly string[]): void {
    if (table.name.startsWith('#')) return;
    this.enter(database);
    if (!this.may(database, 'INSERT', table)) throw permissionDenied('INSERT', table, database);
    const all = options.includes('CHECK_CONSTRAINTS') && options.includes('FIRE_TRIGGERS');
    if (!all && !this.may(database, 'ALTER', table))
      throw new SqlError(4834, 'You do not have permission to use the bulk load statement.', 16, 'batch');
  }

  /** EXECUTE, unless the caller is an object of the same owner. */
  checkExecute(database: Database, procedure: DbObject, caller: Chain): void {
    if (
      caller !== undefined &&
      caller !== 'everything' &&
      caller.database === database &&
      database.ownerOf(caller.schema) === database.ownerOf(procedure.schema)
    )
      return;
    this.enter(database);
    if (!this.may(database, 'EXECUTE', procedure)) throw permissionDenied('EXECUTE', procedure, database);
  }
}

const OF_OBJECTS = new Set([
  'CONTROL',
  'ALTER',
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'EXECUTE',
  'REFERENCES',
  'VIEW DEFINITION',
]);
