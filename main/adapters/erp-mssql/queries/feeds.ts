import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import type { ColumnType } from '../../../core/drift/catalogue.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';

/** Somebody's open transaction is waited for this long, then the call fails and is made again later. */
const LOCK_MS = 5_000;

const OPTIONS = `SET NOCOUNT ON;
SET LOCK_TIMEOUT ${LOCK_MS};`;

/** Parameter: @name, quoted. */
export const tableFacts = `${OPTIONS}
SELECT CAST(OBJECT_ID(@name, N'U') AS nvarchar(20)) AS table_object, SYSDATETIME() AS local_now, SYSUTCDATETIME() AS utc_now;`;

/** The lowest row version of an open transaction, else the next one. Not every server has it. */
export const minActiveVersion =
  'SELECT CONVERT(nvarchar(20), CAST(MIN_ACTIVE_ROWVERSION() AS bigint)) AS min_active;';

/** The highest row version given so far, committed or not. */
export const highestVersion = 'SELECT CONVERT(nvarchar(20), CAST(@@DBTS AS bigint)) AS highest;';

/** Parameter: @name, quoted. Not every server knows the views. No row where the table is not tracked. */
export const trackingFacts = `${OPTIONS}
SELECT CONVERT(nvarchar(20), CHANGE_TRACKING_CURRENT_VERSION()) AS current_version, CONVERT(nvarchar(20), t.begin_version) AS begin_version, CONVERT(nvarchar(20), CHANGE_TRACKING_MIN_VALID_VERSION(t.object_id)) AS oldest_version FROM sys.change_tracking_tables AS t WHERE t.object_id = OBJECT_ID(@name, N'U');`;

/** Parameter: @name, quoted. */
export const trackingAllowed = `${OPTIONS}
SELECT (SELECT COUNT(*) FROM sys.change_tracking_databases WHERE database_id = DB_ID()) AS database_tracked, (SELECT COUNT(*) FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(@name, N'U')) AS table_tracked, HAS_PERMS_BY_NAME(@name, N'OBJECT', N'VIEW CHANGE TRACKING') AS may_view;`;

/** Not every server knows the views. */
export const databaseTracked =
  'SELECT COUNT(*) AS database_tracked FROM sys.change_tracking_databases WHERE database_id = DB_ID();';

export const trackedTables = `${OPTIONS}
SELECT s.name AS tracked_schema, o.name AS tracked_table, HAS_PERMS_BY_NAME(QUOTENAME(s.name) + N'.' + QUOTENAME(o.name), N'OBJECT', N'VIEW CHANGE TRACKING') AS may_view FROM sys.change_tracking_tables AS t INNER JOIN sys.objects AS o ON o.object_id = t.object_id INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id;`;

export interface KeyColumn {
  readonly name: string;
  readonly type: ColumnType;
}

const WHOLE = new Set(['tinyint', 'smallint', 'int', 'bigint']);
const DECIMAL = new Set(['decimal', 'numeric', 'money', 'smallmoney']);
const TEXT = new Set(['char', 'varchar', 'nchar', 'nvarchar']);
const LONG_TEXT = new Set(['xml', 'text', 'ntext']);
const FINE_TIME = new Set(['datetime2', 'time', 'datetimeoffset']);
const AS_IT_IS = new Set([
  ...TEXT,
  'bit',
  'float',
  'real',
  'binary',
  'varbinary',
  'image',
  'date',
  'datetime',
  'smalldatetime',
  'uniqueidentifier',
]);

/** A key column as exact text, of whatever the table is called in the statement. */
function keyText(of: string, { name, type }: KeyColumn): string {
  const column = `${of}.${quoteIdent(name)}`;
  if (WHOLE.has(type.name)) return `CONVERT(nvarchar(60), ${column})`;
  if (DECIMAL.has(type.name)) return `CONVERT(nvarchar(60), ${column}, 2)`;
  return type.name === 'uniqueidentifier' ? `CONVERT(nvarchar(36), ${column})` : column;
}

const keyList = (of: string, key: readonly KeyColumn[]): string =>
  key.map((column, index) => `${keyText(of, column)} AS k${index}`).join(', ');

/**
 * The order of keys must be one that is known here. Numbers and moments have theirs; texts are ordered by code under a
 * binary collation, identifiers by their text, because the server's own order of these is nobody else's.
 */
function keyOrder({ name, type }: KeyColumn): string {
  const column = `t.${quoteIdent(name)}`;
  if (type.name === 'uniqueidentifier') return `CONVERT(nvarchar(36), ${column}) COLLATE Latin1_General_BIN2`;
  if (!TEXT.has(type.name)) return column;
  const length = typeof type.length === 'number' ? Math.max(1, Math.min(type.length, 4_000)) : 4_000;
  return `CAST(${column} AS nvarchar(${length})) COLLATE Latin1_General_BIN2`;
}

/** What a row holds, without loss: the driver gives neither decimals nor moments finer than a millisecond exactly. */
function contentText({ name, type }: KeyColumn): string {
  const column = `t.${quoteIdent(name)}`;
  if (WHOLE.has(type.name)) return `CONVERT(nvarchar(60), ${column})`;
  if (DECIMAL.has(type.name)) return `CONVERT(nvarchar(60), ${column}, 2)`;
  if (FINE_TIME.has(type.name)) return `CONVERT(nvarchar(40), ${column}, 126)`;
  if (LONG_TEXT.has(type.name)) return `CONVERT(nvarchar(max), ${column})`;
  if (type.name === 'sql_variant') return `CONVERT(nvarchar(4000), ${column})`;
  return AS_IT_IS.has(type.name) ? column : `CAST(${column} AS varbinary(max))`;
}

/** Waiting for others is bounded; dirty reads are out of the question. Inside a snapshot the level stays. */
const reading = (snapshot: boolean): string =>
  snapshot ? OPTIONS : `${OPTIONS}\nSET TRANSACTION ISOLATION LEVEL READ COMMITTED;`;

export interface FeedRead {
  readonly table: SqlName;
  readonly key: readonly KeyColumn[];
  readonly snapshot: boolean;
}

/** Parameter: @after. */
export const changesSince = ({ table, key, snapshot }: FeedRead): string => `${reading(snapshot)}
SELECT ${keyList('c', key)}, c.SYS_CHANGE_OPERATION AS ferry_operation FROM CHANGETABLE(CHANGES ${quoteName(table)}, @after) AS c;`;

/** Parameters: @after, @upTo. */
export const versionsBetween = (
  { table, key, snapshot }: FeedRead,
  version: string,
): string => `${reading(snapshot)}
SELECT ${keyList('t', key)}, CONVERT(nvarchar(20), CAST(t.${quoteIdent(version)} AS bigint)) AS ferry_version FROM ${quoteName(table)} AS t WHERE t.${quoteIdent(version)} > CAST(@after AS binary(8)) AND t.${quoteIdent(version)} <= CAST(@upTo AS binary(8));`;

/** Parameter: @from. A row without a stamp may be a new one. */
export const stampedSince = (
  { table, key, snapshot }: FeedRead,
  stamp: string,
): string => `${reading(snapshot)}
SELECT ${keyList('t', key)} FROM ${quoteName(table)} AS t WHERE t.${quoteIdent(stamp)} >= CAST(@from AS datetime2(3)) OR t.${quoteIdent(stamp)} IS NULL;`;

/** Every row, keys first, in key order. */
export const wholeTable = (
  { table, key, snapshot }: FeedRead,
  content: readonly KeyColumn[],
): string => `${reading(snapshot)}
SELECT ${[keyList('t', key), ...content.map((column, index) => `${contentText(column)} AS c${index}`)].join(', ')} FROM ${quoteName(table)} AS t ORDER BY ${key.map(keyOrder).join(', ')};`;
