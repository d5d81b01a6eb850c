import type { LedgerNames } from '../ledger-names.ts';

/** Who answers, and its clock. */
export const serverFacts = `SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS product_version, CAST(@@SERVERNAME AS nvarchar(128)) AS server_name, DB_NAME() AS database_name, (SELECT create_date FROM sys.databases WHERE name = DB_NAME()) AS database_created, SYSUTCDATETIME() AS utc_now;`;

/** Changes with every restore to an earlier point. Needs a right not every login has, so it is a request of its own. */
export const recoveryFork = `SELECT CAST(recovery_fork_guid AS nvarchar(40)) AS recovery_fork FROM sys.database_recovery_status WHERE database_id = DB_ID();`;

export const readSite = (names: LedgerNames): string =>
  `SELECT ledger_id AS ferry_site, server_name, database_name, database_created, recovery_fork, schema_version FROM ${names.site} WHERE only_row = 1;`;

/** Parameters: @ledger_id, @server, @database, @created, @fork, @version. A duplicate means another agent was first. */
export const writeSite = (names: LedgerNames): string =>
  `INSERT INTO ${names.site} (only_row, ledger_id, server_name, database_name, database_created, recovery_fork, schema_version) VALUES (1, @ledger_id, @server, @database, @created, @fork, CAST(@version AS int));`;

/** Binds the ledger to the server and database it is in now. Same parameters as above, without @ledger_id. */
export const rebindSite = (names: LedgerNames): string =>
  `UPDATE ${names.site} SET server_name = @server, database_name = @database, database_created = @created, recovery_fork = @fork WHERE only_row = 1;`;

/** After what came with a later version was added; an older program refuses the ledger from then on. Parameter: @version. */
export const raiseVersion = (names: LedgerNames): string =>
  `UPDATE ${names.site} SET schema_version = CAST(@version AS int) WHERE only_row = 1 AND schema_version < CAST(@version AS int);`;
