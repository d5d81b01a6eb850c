import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';
import type { Named } from './unit-writes.ts';
import { OWN_ERROR } from './unit-frame.ts';

/** Needs @rows, which tells how many rows have the key. */

const where = (key: readonly Named[]): string =>
  key.map(({ name, expression }) => `${quoteIdent(name)} = ${expression}`).join(' AND ');

export const updateByKey = (table: SqlName, key: readonly Named[], changes: readonly Named[]): string =>
  `UPDATE ${quoteName(table)} SET ${changes.map(({ name, expression }) => `${quoteIdent(name)} = ${expression}`).join(', ')} WHERE ${where(key)};
SET @rows = @@ROWCOUNT;`;

export const countByKey = (table: SqlName, key: readonly Named[]): string =>
  `SELECT @rows = COUNT(*) FROM ${quoteName(table)} WHERE ${where(key)};`;

export const refuseTwins = `IF @rows > 1 BEGIN SET @step = N'not-unique'; THROW ${OWN_ERROR}, N'more than one row has this key', 1; END;`;

/** A comparison with NULL finds nothing, so that a row would be inserted each time. */
export const refuseNull = (variable: string): string =>
  `IF ${variable} IS NULL BEGIN SET @step = N'no-key'; THROW ${OWN_ERROR}, N'a column of the key is NULL', 1; END;`;

/**
 * A duplicate in `insert` is another one's row that came in between: its step tells it from every other duplicate, and
 * the unit is sent again.
 */
export const insertIfNone = (insert: string, otherwise: string | undefined): string => `IF @rows = 0
BEGIN
SET @step = N'upsert';
${insert}
SET @step = N'write';
END${
  otherwise === undefined
    ? ';'
    : `
ELSE
BEGIN
${otherwise}
END;`
}`;

/** What the row that was there gives back. */
export const readByKey = (table: SqlName, key: readonly Named[], wanted: readonly Named[]): string =>
  `SELECT ${wanted.map(({ name, expression }) => `${expression} = ${quoteIdent(name)}`).join(', ')} FROM ${quoteName(table)} WHERE ${where(key)};`;
