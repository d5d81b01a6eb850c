import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteLiteral, quoteName } from '../quote-ident.ts';
import { READ_OPTIONS } from './ledger-reads.ts';
import { KEY_LENGTH } from './ledger-schema.ts';
import { exactKey, type TextColumn } from './records.ts';
import { OWN_ERROR, passFence, UNIT_CATCH, UNIT_OPTIONS, UNIT_STATE } from './unit-frame.ts';
import { insertRow, type Named } from './unit-writes.ts';

export const INTENT_LENGTH = 100;
/** Longest key, as it is kept with an intent. */
export const RECORD_KEY_LENGTH = 2_000;

const KEY = 'COLLATE Latin1_General_BIN2';

/** The proof of each write of a record, beside the packets' ledger. Does nothing where it exists. */
export const recordLedgerTable = (schema: string): { readonly name: string; readonly statement: string } => {
  const table = `${quoteIdent(schema)}.[record_ledger]`;
  return {
    name: 'record_ledger',
    statement: `IF OBJECT_ID(${quoteLiteral(table)}, N'U') IS NULL
CREATE TABLE ${table} (
  id bigint IDENTITY(1,1) NOT NULL CONSTRAINT ferry_record_ledger_pk PRIMARY KEY,
  source nvarchar(${KEY_LENGTH.source}) ${KEY} NOT NULL,
  intent nvarchar(${INTENT_LENGTH}) ${KEY} NOT NULL,
  entity nvarchar(260) NOT NULL,
  operation nvarchar(10) NOT NULL,
  content_hash nvarchar(64) NOT NULL,
  fence bigint NOT NULL,
  record_key nvarchar(${RECORD_KEY_LENGTH}) NULL,
  readback_hash varbinary(32) NULL,
  written_at datetime2(3) NOT NULL,
  finished_at datetime2(3) NULL,
  CONSTRAINT ferry_record_ledger_key UNIQUE (source, intent)
)`,
  };
};

export const recordLedgerName = (schema: string): string => `${quoteIdent(schema)}.[record_ledger]`;

export const recordLedgerThere = (schema: string): string =>
  `SELECT CASE WHEN OBJECT_ID(${quoteLiteral(recordLedgerName(schema))}, N'U') IS NULL THEN 0 ELSE 1 END AS ferry_found;`;

/** Parameters: @source, @i0 … for each intent. */
export const lookAtIntents = (ledger: string, intents: number): string => `${READ_OPTIONS}
SELECT intent AS ferry_intent, content_hash, record_key, CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END AS finished FROM ${ledger} WHERE source = @source AND intent IN (${Array.from({ length: intents }, (_, index) => `@i${index}`).join(', ')});`;

/** Arguments are parameters by name. */
export interface LedgerEntry {
  readonly intent: string;
  readonly entity: string;
  readonly operation: string;
  readonly hash: string;
}

export const insertIntent = (ledger: string, entry: LedgerEntry): string =>
  `INSERT INTO ${ledger} (source, intent, entity, operation, content_hash, fence, written_at) VALUES (@source, ${entry.intent}, ${entry.entity}, ${entry.operation}, ${entry.hash}, CAST(@fence AS bigint), SYSUTCDATETIME());`;

/**
 * The last write, which also proves that the transaction is still the one that took the ledger row. `key` and `hash` are
 * expressions.
 */
export const finishIntent = (ledger: string, intent: string, key: string, hash: string): string =>
  `SET @step = N'result';
UPDATE ${ledger} SET record_key = ${key}, readback_hash = ${hash}, finished_at = SYSUTCDATETIME() WHERE source = @source AND intent = ${intent} AND finished_at IS NULL;
IF @@ROWCOUNT <> 1 SET @step = N'ended';
IF @@TRANCOUNT <> 1 OR XACT_STATE() <> 1 SET @step = N'ended';
IF @step = N'ended' THROW ${OWN_ERROR}, N'the transaction is not the one that was begun', 1;`;

/** The assigned key into variables of the key's own types: compared with a column of any collation they give way to it. */
export const insertRecord = (
  table: SqlName,
  values: readonly Named[],
  key: readonly { readonly name: string; readonly variable: string }[],
  into: string,
): string => `${insertRow(table, values, {
  variable: into,
  outputs: key.map(({ name }, index) => ({ name, as: `k${index}` })),
})}
SELECT ${key.map(({ variable }, index) => `${variable} = k${index}`).join(', ')} FROM ${into};`;

export const declareKey = (
  into: string,
  key: readonly { readonly variable: string; readonly sqlType: string }[],
): string => `DECLARE ${into} TABLE (${key.map(({ sqlType }, index) => `k${index} ${sqlType} NULL`).join(', ')});
${key.map(({ variable, sqlType }) => `DECLARE ${variable} ${sqlType};`).join('\n')}`;

/** A row that its own trigger moved or dropped has no key to be known by. */
export const refuseAbsent = (table: SqlName, where: string): string =>
  `SELECT @rows = COUNT(*) FROM ${quoteName(table)} AS t WHERE ${where};
IF @rows <> 1 BEGIN SET @step = N'not-there'; THROW ${OWN_ERROR}, N'the new row is not found by its key', 1; END;`;

export const updateRecord = (table: SqlName, changes: readonly Named[], where: string): string =>
  `UPDATE ${quoteName(table)} SET ${changes.map(({ name, expression }) => `${quoteIdent(name)} = ${expression}`).join(', ')} WHERE ${where};
SET @rows = @@ROWCOUNT;`;

export const deleteRecord = (table: SqlName, where: string): string =>
  `DELETE FROM ${quoteName(table)} WHERE ${where};
SET @rows = @@ROWCOUNT;`;

/** Nothing to change: whether it is as it was decided upon is still to be said. */
export const countRecord = (table: SqlName, where: string): string =>
  `SELECT @rows = COUNT(*) FROM ${quoteName(table)} WHERE ${where};`;

/** A guarded write: done when one row was as decided upon, else told apart and undone. `now` reads the row as it is. */
export const guarded = (
  write: string,
  done: string,
  table: SqlName,
  where: string,
  now: string,
): string => `${write}
IF @rows > 1 BEGIN SET @step = N'not-unique'; THROW ${OWN_ERROR}, N'more than one row has this key', 1; END;
IF @rows = 1
BEGIN
${done}
END
ELSE
BEGIN
SET @step = N'result';
SET @outcome = CASE WHEN EXISTS (SELECT 1 FROM ${quoteName(table)} AS t WHERE ${where}) THEN N'moved' ELSE N'missing' END;
${now}
ROLLBACK TRANSACTION;
END;`;

export const COMMIT_RECORD = `SET @step = N'commit';
COMMIT TRANSACTION;
SET @outcome = N'done';`;

/** Key columns as one text: parts with their bars and backslashes escaped, a bar between them. */
export const storedKey = (
  key: readonly { readonly column: TextColumn; readonly variable: string }[],
): string =>
  key
    .map(
      ({ column, variable }) =>
        `REPLACE(REPLACE(CONVERT(nvarchar(max), ${exactKey(variable, column)}), N'\\', N'\\\\'), N'|', N'\\|')`,
    )
    .join(" + N'|' + ");

/** `texts` are expressions of exact texts on `t`. SQL Server 2012 hashes 8,000 bytes at most. */
export const hashOfRecord = (table: SqlName, texts: readonly string[], where: string): string =>
  texts.length === 0
    ? 'NULL'
    : `(SELECT TOP (1) HASHBYTES('SHA2_256', CAST(${texts.map((text) => `ISNULL(CONVERT(nvarchar(max), ${text}), N'') COLLATE DATABASE_DEFAULT`).join(" + N'|' + ")} AS nvarchar(4000))) FROM ${quoteName(table)} AS t WHERE ${where})`;

/** Errors after which the writes behind would only wait as long again: deadlock, lock time-out. */
const WAITED = '1205, 1222';

const one = (lease: string, index: number, body: string): string => `IF @stop = 0
BEGIN
SELECT @outcome = NULL, @at = ${index}, @step = N'begin', @number = NULL, @state = NULL, @severity = NULL, @line = NULL, @procedure = NULL, @message = NULL, @open = NULL, @rows = NULL, @fence_now = NULL;
BEGIN TRY
BEGIN TRANSACTION;
${passFence(lease)}
SET @step = N'ledger';
${body}
END TRY
${UNIT_CATCH}
IF @outcome = N'failed' AND (@step IN (N'begin', N'lock', N'fence', N'ended', N'commit') OR @number IN (${WAITED})) SET @stop = 1;
SELECT @at AS ferry_write_${index}, @outcome AS outcome, @step AS step, @number AS error_number, @line AS error_line, @procedure AS error_procedure, @message AS error_message, @open AS open_transactions;
END;`;

/** Each body is a transaction of its own; what stands behind one that stopped is not begun. */
export const recordsBatch = (
  lease: string,
  declarations: readonly string[],
  bodies: readonly string[],
): string => `${UNIT_OPTIONS}
${UNIT_STATE}
DECLARE @stop int;
SET @stop = 0;
${declarations.join('\n')}
${bodies.map((body, index) => one(lease, index, body)).join('\n')}`;
