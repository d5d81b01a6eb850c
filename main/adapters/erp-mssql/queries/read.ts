import type { FieldType } from '../../../../shared/model/field-type.ts';
import type { ReadRequest, RowGroups } from '../../../core/packets/erp.ts';
import type { LedgerNames } from '../ledger-names.ts';
import { isVariableName, quoteIdent, quoteName } from '../quote-ident.ts';

/** Somebody who writes holds us up for this long at most; then the read ends and is tried later. */
const LOCK_MS = 5_000;
export const WITH_LOCK_TIMEOUT = `SET LOCK_TIMEOUT ${LOCK_MS};\n`;

/** Whether this database lets a transaction read one moment, and whether a reader elsewhere holds locks at all. */
export const snapshotAllowed =
  'SELECT CAST(snapshot_isolation_state AS int) AS snapshot_state, CAST(is_read_committed_snapshot_on AS int) AS versions FROM sys.databases WHERE name = DB_NAME();';

/**
 * A snapshot begins with the first versioned row read, not with the transaction; the catalogue is not versioned. So a
 * row of ours is read when the view is opened.
 */
export const touchSnapshot = (names: LedgerNames): string => `SELECT COUNT(*) AS touched FROM ${names.site};`;

export interface ReadStatement {
  readonly text: string;
  readonly values: readonly { readonly name: string; readonly value: string | null }[];
}

/**
 * Numbers leave the server as text: the driver would pass them through binary floating point. Style 2 keeps all four
 * decimals of money. Dates are left to the driver, because the server's own texts depend on its language.
 */
function selected(column: string, type: FieldType): string {
  switch (type.kind) {
    case 'decimal':
      return `CONVERT(nvarchar(60), ${column}, 2)`;
    case 'int':
    case 'bigint':
      return `CONVERT(nvarchar(60), ${column})`;
    case 'text':
    case 'bool':
    case 'datetime':
    case 'date':
    case 'dateOfTime':
    case 'guid':
    case 'binary':
      return column;
    default:
      return type.kind satisfies never;
  }
}

/**
 * One ordered SELECT. A mapping's own SELECT becomes a derived table; its parameters are the user's columns. `copied`: the
 * server copies the rows for this session first, as fast as it can, so that no lock lasts as long as we take to read them.
 */
export function readStatement(request: ReadRequest, source: string, copied: boolean): ReadStatement {
  const values: { name: string; value: string | null }[] = [];
  let from: string;
  if ('table' in request.from) from = quoteName(request.from.table);
  else {
    // The line end keeps a trailing comment from swallowing the bracket.
    from = `(${request.from.select.trim().replace(/;+\s*$/, '')}\n)`;
    values.push({ name: 'source', value: source });
    const seen = new Set(['source']);
    for (const [column, value] of request.user.values) {
      const name = `user_${column}`;
      if (!isVariableName(name) || seen.has(name.toLowerCase())) continue;
      seen.add(name.toLowerCase());
      values.push({ name, value });
    }
  }
  const columns = request.columns.map(({ column, type }, index) => {
    const value = selected(`t.${quoteIdent(column)}`, type);
    // A row version would get a new value in the copy.
    return `${copied && type.kind === 'binary' ? `CONVERT(varbinary(max), ${value})` : value} AS c${index}`;
  });
  const conditions = request.where.map(({ column, value }, index) => {
    if (value === null) return `t.${quoteIdent(column)} IS NULL`;
    values.push({ name: `w${index}`, value });
    return `t.${quoteIdent(column)} = @w${index}`;
  });
  const filter = conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`;
  const order = request.orderBy.map((column) => `t.${quoteIdent(column)}`);
  if (request.groups !== undefined) {
    from += ` AS t INNER JOIN ${groupsOf(request.groups, values)}`;
    columns.push(`CONVERT(nvarchar(60), k.g) AS c${columns.length}`);
    order.unshift('k.g');
  } else from += ' AS t';
  if (!copied)
    return {
      text: `${WITH_LOCK_TIMEOUT}SELECT ${columns.join(', ')} FROM ${from}${filter} ORDER BY ${order.join(', ')}`,
      values,
    };
  const kept = [...columns, ...order.map((column, index) => `${column} AS o${index}`)].join(', ');
  const text = `SET NOCOUNT ON;
${WITH_LOCK_TIMEOUT}SELECT ${kept} INTO #ferry_rows FROM ${from}${filter};
SELECT ${columns.map((_, index) => `c${index}`).join(', ')} FROM #ferry_rows ORDER BY ${order.map((_, index) => `o${index}`).join(', ')};`;
  return { text, values };
}

/** Numbered sets of values as a table, joined by the comparison that a WHERE would make. */
function groupsOf(groups: RowGroups, values: { name: string; value: string | null }[]): string {
  const rows = groups.values.map((row, group) => {
    const names = row.map((value, index) => {
      const name = `g${group}_${index}`;
      values.push({ name, value });
      return `@${name}`;
    });
    return `(${[group, ...names].join(', ')})`;
  });
  const names = groups.columns.map((_, index) => `v${index}`);
  const same = groups.columns.map((column, index) => `t.${quoteIdent(column)} = k.v${index}`);
  return `(VALUES ${rows.join(', ')}) AS k (${['g', ...names].join(', ')}) ON ${same.join(' AND ')}`;
}

/** Parameter: @value. */
export const rowExists = (table: { schema: string; name: string }, column: string): string =>
  `${WITH_LOCK_TIMEOUT}SELECT CASE WHEN EXISTS (SELECT 1 FROM ${quoteName(table)} WHERE ${quoteIdent(column)} = @value) THEN 1 ELSE 0 END AS found;`;

/** Our own session as others see it, and whether this login may see who waits for whom. */
export const whoWatches =
  "SELECT CAST(@@SPID AS int) AS session_id, CASE WHEN HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER STATE') = 1 OR HAS_PERMS_BY_NAME(NULL, NULL, N'VIEW SERVER PERFORMANCE STATE') = 1 THEN 1 ELSE 0 END AS may_see;";

/** The longest that somebody waits for our session, in milliseconds; NULL where nobody does. Parameter: @session. */
export const whoWaits =
  'SELECT MAX(CAST(wait_time AS bigint)) AS waited_ms FROM sys.dm_exec_requests WHERE blocking_session_id = @session;';
