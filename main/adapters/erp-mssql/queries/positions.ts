import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';

/** Who holds rows makes a position unknown; nobody is waited for longer. Milliseconds. */
const LOCK_MS = 1_000;
const ROWVERSION = 189;

/** The database a position belongs to: one that was restored begins anew. */
export const positionOrigin =
  'SELECT create_date AS ferry_origin, name AS database_name FROM sys.databases WHERE name = DB_NAME();';

/**
 * What each table has to tell a position by. Parameters @s0, @n0 and so on. `tracking`: whether the server knows Change
 * Tracking at all.
 */
export const positionMeans = (count: number, tracking: boolean): string =>
  `SET NOCOUNT ON;
SET LOCK_TIMEOUT ${LOCK_MS};
SELECT q.asked AS ferry_means, o.object_id, o.modify_date, (SELECT MIN(c.name) FROM sys.columns AS c WHERE c.object_id = o.object_id AND c.system_type_id = ${ROWVERSION}) AS version_column, ${
    tracking
      ? '(SELECT MIN(k.begin_version) FROM sys.change_tracking_tables AS k WHERE k.object_id = o.object_id)'
      : 'CAST(NULL AS bigint)'
  } AS tracked_from FROM (VALUES ${Array.from({ length: count }, (_, index) => `(${index}, @s${index}, @n${index})`).join(', ')}) AS q (asked, schema_name, object_name) INNER JOIN sys.objects AS o ON o.name = q.object_name INNER JOIN sys.schemas AS s ON s.schema_id = o.schema_id AND s.name = q.schema_name WHERE o.type = 'U';`;

export interface AskedTable {
  readonly index: number;
  readonly table: SqlName;
  readonly by: { readonly tracking: number } | { readonly column: string };
}

/**
 * One row a table that can tell; none where somebody holds its rows. The lowest row version that may still be uncommitted is
 * taken first: all below it are committed, so what is committed later is not below it. A truncated table leaves no trace in
 * Change Tracking, but it is empty.
 */
export function positionsBatch(asked: readonly AskedTable[]): string {
  const parts = ['SET NOCOUNT ON;', `SET LOCK_TIMEOUT ${LOCK_MS};`, 'DECLARE @held int;'];
  if (asked.some(({ by }) => 'column' in by))
    parts.push('DECLARE @open bigint;', 'SET @open = CAST(MIN_ACTIVE_ROWVERSION() AS bigint);');
  for (const { index, table, by } of asked) {
    const name = quoteName(table);
    const select =
      'column' in by
        ? `SELECT ${index} AS ferry_position, N'rows' AS kind, MAX(CAST(t.${quoteIdent(by.column)} AS bigint)) AS newest, COUNT_BIG(*) AS counted, @open AS first_open FROM ${name} AS t;`
        : `SELECT ${index} AS ferry_position, N'tracked' AS kind, (SELECT MAX(c.SYS_CHANGE_VERSION) FROM CHANGETABLE(CHANGES ${name}, 0) AS c) AS newest, CASE WHEN EXISTS (SELECT 1 FROM ${name}) THEN 1 ELSE 0 END AS counted, CHANGE_TRACKING_MIN_VALID_VERSION(${by.tracking}) AS first_open;`;
    parts.push(`BEGIN TRY\n${select}\nEND TRY\nBEGIN CATCH\nSET @held = 1;\nEND CATCH;`);
  }
  return parts.join('\n');
}
