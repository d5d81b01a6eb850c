import { quoteIdent } from '../../erp-mssql/quote-ident.ts';

/** Questions that change nothing and take no lock. Each answers one row. */

export const whoAnswers = `SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version, DB_NAME() AS database_name;`;

export const consistentReads = `SELECT snapshot_isolation_state AS snapshot_state FROM sys.databases WHERE name = DB_NAME();`;

const literal = (text: string): string => `N'${text.replaceAll("'", "''")}'`;

/** What it takes to make the ledger where it is missing. */
export const creationRights = (schema: string): string =>
  `SELECT CASE WHEN SCHEMA_ID(${literal(schema)}) IS NULL THEN 0 ELSE 1 END AS schema_there, ` +
  `HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CREATE TABLE') AS create_table, ` +
  `HAS_PERMS_BY_NAME(DB_NAME(), N'DATABASE', N'CREATE SCHEMA') AS create_schema;`;

const TABLES = ['site', 'lease', 'ledger', 'ledger_document', 'series'] as const;
const RIGHTS = ['SELECT', 'INSERT', 'UPDATE'] as const;

/** One column for each right the daily work needs, named `INSERT on lease`: 1, or 0 where it is missing. */
export const ledgerRights = (schema: string): string =>
  `SELECT ${TABLES.flatMap((table) =>
    RIGHTS.map(
      (right) =>
        `HAS_PERMS_BY_NAME(${literal(`${quoteIdent(schema)}.${quoteIdent(table)}`)}, N'OBJECT', N'${right}') AS [${right} on ${table}]`,
    ),
  ).join(', ')};`;
