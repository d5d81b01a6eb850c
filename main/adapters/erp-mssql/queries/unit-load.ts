import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteLiteral, quoteName } from '../quote-ident.ts';

/** Rows of a table of the session, numbered from 1. All values are text: a decimal would not survive a bulk load. */
export const createLoadTable = (
  table: string,
  columns: readonly { readonly name: string; readonly type: string }[],
): string =>
  `CREATE TABLE ${quoteIdent(table)} (n int NOT NULL PRIMARY KEY, ${columns.map(({ name, type }) => `${quoteIdent(name)} ${type} NULL`).join(', ')});`;

/**
 * In the order of the rows: an identity column counts in it. Where the table has a trigger each row is inserted by itself:
 * a trigger written for one row at a time would see one of many and say nothing. Needs @row.
 */
export function insertLoaded(
  target: SqlName,
  columns: readonly { readonly name: string; readonly expression: string }[],
  from: { readonly table: string; readonly first: number; readonly last: number },
): string {
  const insert = `INSERT INTO ${quoteName(target)} (${columns.map(({ name }) => quoteIdent(name)).join(', ')}) SELECT ${columns.map(({ expression }) => expression).join(', ')} FROM ${quoteIdent(from.table)}`;
  return `IF EXISTS (SELECT 1 FROM sys.triggers WHERE parent_id = OBJECT_ID(${quoteLiteral(quoteName(target))}) AND is_disabled = 0)
BEGIN
SET @row = ${from.first};
WHILE @row <= ${from.last}
BEGIN
${insert} WHERE n = @row;
SET @row = @row + 1;
END;
END
ELSE
${insert} WHERE n BETWEEN ${from.first} AND ${from.last} ORDER BY n;`;
}
