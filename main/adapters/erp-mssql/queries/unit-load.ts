import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';

/** Rows of a table of the session, numbered from 1. All values are text: a decimal would not survive a bulk load. */
export const createLoadTable = (
  table: string,
  columns: readonly { readonly name: string; readonly type: string }[],
): string =>
  `CREATE TABLE ${quoteIdent(table)} (n int NOT NULL PRIMARY KEY, ${columns.map(({ name, type }) => `${quoteIdent(name)} ${type} NULL`).join(', ')});`;

/** In the order of the rows: an identity column counts in it. */
export const insertLoaded = (
  target: SqlName,
  columns: readonly { readonly name: string; readonly expression: string }[],
  from: { readonly table: string; readonly first: number; readonly last: number },
): string =>
  `INSERT INTO ${quoteName(target)} (${columns.map(({ name }) => quoteIdent(name)).join(', ')}) SELECT ${columns.map(({ expression }) => expression).join(', ')} FROM ${quoteIdent(from.table)} WHERE n BETWEEN ${from.first} AND ${from.last} ORDER BY n;`;
