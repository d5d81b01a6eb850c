import { quoteIdent, quoteLiteral, quoteName } from '../quote-ident.ts';
import type { NeededRight } from '../grants/rights.ts';

/** Ends a batch for the tools of administrators; no statement. */
export const BATCH_END = 'GO';

/** One line, whatever is in it. */
export const comment = (text: string): string =>
  text === '' ? '--' : `-- ${text.replaceAll(/[\p{Cc}\u2028\u2029]+/gu, ' ')}`;

export const useDatabase = (database: string): string => onOneLine(`USE ${quoteIdent(database)};`);

/**
 * Tools that split a script at GO look at lines, not at brackets: a statement with a line end inside a name goes in as
 * text without one.
 */
function onOneLine(statement: string): string {
  if (!/[\r\n]/.test(statement)) return statement;
  const text = quoteLiteral(statement)
    .replaceAll('\r', "' + NCHAR(13) + N'")
    .replaceAll('\n', "' + NCHAR(10) + N'");
  return `DECLARE @statement nvarchar(max); SET @statement = ${text}; EXEC (@statement);`;
}

/** For a comment: the administrator chooses the password. */
export const createLoginLine = (login: string, windows: boolean): string =>
  windows
    ? `CREATE LOGIN ${quoteIdent(login)} FROM WINDOWS;`
    : `CREATE LOGIN ${quoteIdent(login)} WITH PASSWORD = N'...', CHECK_POLICY = ON;`;

const ifNoPrincipal = (name: string): string =>
  `IF NOT EXISTS (SELECT 1 FROM sys.database_principals WHERE name = ${quoteLiteral(name)})`;

export const createRole = (role: string): string =>
  onOneLine(`${ifNoPrincipal(role)} CREATE ROLE ${quoteIdent(role)};`);

export const createUser = (login: string): string =>
  onOneLine(`${ifNoPrincipal(login)} CREATE USER ${quoteIdent(login)} FOR LOGIN ${quoteIdent(login)};`);

export const addToRole = (role: string, user: string): string =>
  onOneLine(`ALTER ROLE ${quoteIdent(role)} ADD MEMBER ${quoteIdent(user)};`);

const columnsOf = ({ columns }: NeededRight): string =>
  columns === undefined ? '' : ` (${columns.map(quoteIdent).join(', ')})`;

/** Columns stand behind the object. A right for views or tracked tables only looks first what the object is. */
export function grantRight(role: string, right: NeededRight): string {
  const name = quoteName(right.on);
  const grant = `GRANT ${right.right} ON ${name}${columnsOf(right)} TO ${quoteIdent(role)};`;
  switch (right.onlyFor) {
    case undefined:
      return onOneLine(grant);
    case 'view':
      return onOneLine(`IF OBJECT_ID(${quoteLiteral(name)}, N'V') IS NOT NULL ${grant}`);
    case 'tracked':
      // As text, because a server without the catalogue's view would refuse the whole batch.
      return onOneLine(
        `IF OBJECT_ID(N'sys.change_tracking_tables') IS NOT NULL EXEC (${quoteLiteral(`IF EXISTS (SELECT 1 FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(${quoteLiteral(name)})) ${grant}`)});`,
      );
    default:
      return right.onlyFor satisfies never;
  }
}

const flags = (fields: readonly string[]): string => fields.join(', ');

/** Rights told of an object; each is a column of `rightsOnObjects`. */
export const OBJECT_RIGHTS = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'EXECUTE',
  'REFERENCES',
  'VIEW DEFINITION',
  'VIEW CHANGE TRACKING',
  'ALTER',
  'CONTROL',
  'TAKE OWNERSHIP',
] as const;

const permission = (securable: string, kind: string, right: string, column?: string): string =>
  `HAS_PERMS_BY_NAME(${securable}, N'${kind}', N'${right}'${column === undefined ? '' : `, ${column}, N'COLUMN'`})`;

const OBJECT = `QUOTENAME(s.name) + N'.' + QUOTENAME(o.name)`;
const FROM_OBJECTS = 'FROM sys.objects AS o INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id';

/** Everything the login sees, with what it may do: it sees what it has a right on. */
export const rightsOnObjects = `SET NOCOUNT ON;
SELECT s.name AS ferry_object, o.name AS object_name, RTRIM(o.type) AS object_type, ${flags(
  OBJECT_RIGHTS.map((right, index) => `${permission(OBJECT, 'OBJECT', right)} AS r${index}`),
)} ${FROM_OBJECTS} WHERE o.is_ms_shipped = 0 AND o.type IN ('U', 'V', 'P', 'PC', 'SN', 'FN', 'IF', 'TF') ORDER BY s.name, o.name;`;

/** Tables whose changes the server keeps, of those the login sees. Not every server knows the view. */
export const trackedObjects = `SET NOCOUNT ON;
SELECT s.name AS ferry_tracked, o.name AS object_name FROM sys.change_tracking_tables AS t INNER JOIN sys.objects AS o ON o.object_id = t.object_id INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id;`;

/** Columns that may be read or changed one by one, where the whole object may not. */
export const rightsOnColumns = `SET NOCOUNT ON;
SELECT s.name AS ferry_column, o.name AS object_name, c.name AS column_name, ${permission(OBJECT, 'OBJECT', 'SELECT', 'c.name')} AS r0, ${permission(OBJECT, 'OBJECT', 'UPDATE', 'c.name')} AS r1 ${FROM_OBJECTS} INNER JOIN sys.columns AS c ON c.object_id = o.object_id WHERE o.is_ms_shipped = 0 AND o.type IN ('U', 'V') ORDER BY s.name, o.name, c.column_id;`;

/** Rights on a schema hold for every object in it, those to come too. */
export const SCHEMA_RIGHTS = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'EXECUTE', 'ALTER', 'CONTROL'] as const;

export const rightsOnSchemas = `SET NOCOUNT ON;
SELECT s.name AS ferry_schema, ${flags(
  SCHEMA_RIGHTS.map((right, index) => `${permission('QUOTENAME(s.name)', 'SCHEMA', right)} AS r${index}`),
)} FROM sys.schemas AS s ORDER BY s.name;`;

export const DATABASE_RIGHTS = [
  'SELECT',
  'INSERT',
  'UPDATE',
  'DELETE',
  'EXECUTE',
  'VIEW DEFINITION',
  'ALTER',
  'CONTROL',
  'CREATE TABLE',
  'CREATE VIEW',
  'CREATE PROCEDURE',
  'CREATE SCHEMA',
  'ALTER ANY USER',
  'ALTER ANY ROLE',
  'ALTER ANY SCHEMA',
] as const;
export const SERVER_RIGHTS = [
  'CONTROL SERVER',
  'ALTER ANY LOGIN',
  'ALTER ANY DATABASE',
  'CREATE ANY DATABASE',
  'VIEW SERVER STATE',
  'VIEW ANY DEFINITION',
] as const;
export const DATABASE_ROLES = [
  'db_owner',
  'db_datareader',
  'db_datawriter',
  'db_ddladmin',
  'db_securityadmin',
  'db_accessadmin',
  'db_backupoperator',
] as const;
export const SERVER_ROLES = [
  'sysadmin',
  'serveradmin',
  'securityadmin',
  'processadmin',
  'setupadmin',
  'bulkadmin',
  'diskadmin',
  'dbcreator',
] as const;

/** One row: d0 … rights on the database, s0 … on the server, m0 … roles of the database, n0 … of the server. */
export const rightsAtLarge = `SET NOCOUNT ON;
SELECT SUSER_SNAME() AS ferry_login, USER_NAME() AS user_name, DB_NAME() AS database_name, ${flags([
  ...DATABASE_RIGHTS.map(
    (right, index) => `${permission('QUOTENAME(DB_NAME())', 'DATABASE', right)} AS d${index}`,
  ),
  ...SERVER_RIGHTS.map((right, index) => `HAS_PERMS_BY_NAME(NULL, NULL, N'${right}') AS s${index}`),
  ...DATABASE_ROLES.map((role, index) => `IS_MEMBER(N'${role}') AS m${index}`),
  ...SERVER_ROLES.map((role, index) => `IS_SRVROLEMEMBER(N'${role}') AS n${index}`),
])};`;

/** What comes with a role, so that it is told once. */
export const ROLE_RIGHTS: Readonly<Record<string, readonly string[]>> = {
  db_datareader: ['SELECT'],
  db_datawriter: ['INSERT', 'UPDATE', 'DELETE'],
  db_ddladmin: [
    'ALTER',
    'CREATE TABLE',
    'CREATE VIEW',
    'CREATE PROCEDURE',
    'CREATE SCHEMA',
    'ALTER ANY SCHEMA',
    'ALTER ANY USER',
    'ALTER ANY ROLE',
  ],
  db_securityadmin: ['ALTER ANY ROLE', 'VIEW DEFINITION', 'CREATE SCHEMA'],
  db_accessadmin: ['ALTER ANY USER', 'CREATE SCHEMA'],
};
