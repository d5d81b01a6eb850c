import type { FieldType } from '../../../../shared/model/field-type.ts';
import type { ReadRequest } from '../../../core/packets/erp.ts';
import type { LedgerNames } from '../ledger-names.ts';
import { isVariableName, quoteIdent, quoteName } from '../quote-ident.ts';

/** Whether this database lets a transaction read one moment. */
export const snapshotAllowed =
  'SELECT CAST(snapshot_isolation_state AS int) AS snapshot_state FROM sys.databases WHERE name = DB_NAME();';

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

/** One ordered SELECT. A mapping's own SELECT becomes a derived table; its parameters are the user's columns. */
export function readStatement(request: ReadRequest, source: string): ReadStatement {
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
  const columns = request.columns.map(
    ({ column, type }, index) => `${selected(`t.${quoteIdent(column)}`, type)} AS c${index}`,
  );
  const conditions = request.where.map(({ column, value }, index) => {
    if (value === null) return `t.${quoteIdent(column)} IS NULL`;
    values.push({ name: `w${index}`, value });
    return `t.${quoteIdent(column)} = @w${index}`;
  });
  const text = `SELECT ${columns.join(', ')} FROM ${from} AS t${
    conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`
  } ORDER BY ${request.orderBy.map((column) => `t.${quoteIdent(column)}`).join(', ')}`;
  return { text, values };
}

/** Parameter: @value. */
export const rowExists = (table: { schema: string; name: string }, column: string): string =>
  `SELECT CASE WHEN EXISTS (SELECT 1 FROM ${quoteName(table)} WHERE ${quoteIdent(column)} = @value) THEN 1 ELSE 0 END AS found;`;
