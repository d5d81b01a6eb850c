import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';
import { OWN_ERROR } from './unit-frame.ts';

/** A column of the ERP and the expression or variable that goes with it. */
export interface Named {
  /** Unquoted. */
  readonly name: string;
  readonly expression: string;
}

/** What an inserted row gives back: into the column `as` of a table variable. */
export interface Output {
  readonly name: string;
  readonly as: string;
}

/** Into a table variable: a plain OUTPUT is refused on tables that have triggers. */
export function insertRow(
  table: SqlName,
  values: readonly Named[],
  into: { readonly variable: string; readonly outputs: readonly Output[] } | undefined,
): string {
  const output =
    into === undefined
      ? ''
      : ` OUTPUT ${into.outputs.map(({ name }) => `INSERTED.${quoteIdent(name)}`).join(', ')} INTO ${into.variable} (${into.outputs.map(({ as }) => as).join(', ')})`;
  return values.length === 0
    ? `INSERT INTO ${quoteName(table)}${output} DEFAULT VALUES;`
    : `INSERT INTO ${quoteName(table)} (${values.map(({ name }) => quoteIdent(name)).join(', ')})${output} VALUES (${values.map(({ expression }) => expression).join(', ')});`;
}

export const takeOutputs = (
  variable: string,
  taken: readonly { readonly variable: string; readonly as: string }[],
): string => `SELECT ${taken.map((one) => `${one.variable} = ${one.as}`).join(', ')} FROM ${variable};`;

/** A number is often given by a trigger, after OUTPUT has seen the row. */
export const readNumber = (table: SqlName, number: Named, key: Named): string =>
  `SELECT ${number.expression} = ${quoteIdent(number.name)} FROM ${quoteName(table)} WHERE ${quoteIdent(key.name)} = ${key.expression};`;

/** `given` is `@name = …`, each name checked. */
export const runProcedure = (
  procedure: SqlName,
  given: readonly string[],
): string => `EXEC ${quoteName(procedure)}${given.length === 0 ? '' : ` ${given.join(', ')}`};
IF @@TRANCOUNT <> 1 OR XACT_STATE() <> 1 BEGIN SET @step = N'ended'; THROW ${OWN_ERROR}, N'the procedure ended the transaction', 1; END;`;

/** `columns` are texts that are never NULL. SQL Server 2012 hashes 8,000 bytes at most: the first 4,000 characters. */
export const hashOfRow = (table: SqlName, columns: readonly string[], key: Named): string =>
  `(SELECT TOP (1) HASHBYTES('SHA2_256', CAST(${columns.join(" + N'|' + ")} AS nvarchar(4000))) FROM ${quoteName(table)} WHERE ${quoteIdent(key.name)} = ${key.expression})`;

interface WrittenDocument {
  readonly entity: string;
  readonly rowId: string;
  readonly key: string;
  readonly number: string;
  readonly hash: string;
}

/** Arguments are expressions. */
export const finishDocumentRow = (
  documentTable: string,
  index: number,
  written: WrittenDocument,
): string => `UPDATE ${documentTable} SET erp_key = ${written.key}, erp_number = ${written.number}, readback_hash = ${written.hash} WHERE source = @source AND entity = ${written.entity} AND row_id = ${written.rowId} AND packet_id = @packet;
IF @@ROWCOUNT <> 1 SET @step = N'ended';
INSERT INTO @result (position, erp_key, erp_number) VALUES (${index}, ${written.key}, ${written.number});`;
