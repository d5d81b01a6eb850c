import type { Handover } from '../../../core/packets/erp.ts';
import type { LedgerNames } from '../ledger-names.ts';
import { quoteIdent, quoteName } from '../quote-ident.ts';
import { READ_OPTIONS } from './ledger-reads.ts';
import { passFence, UNIT_ANSWER, UNIT_CATCH, UNIT_OPTIONS, UNIT_STATE } from './unit-frame.ts';

/**
 * Documents the ERP has not taken for good, oldest first. Parameters: @source, @after, and @d0 … for each kind of document.
 */
export const openDocuments = (names: LedgerNames, kinds: number, most: number): string => `${READ_OPTIONS}
SELECT TOP (${most}) CAST(id AS nvarchar(20)) AS ferry_open, entity, row_id, document, number, packet_id, erp_key, erp_number, standing, reason FROM ${names.document} WHERE source = @source AND standing IN (N'handed-over', N'refused') AND id > CAST(@after AS bigint) AND document IN (${Array.from({ length: kinds }, (_, index) => `@d${index}`).join(', ')}) ORDER BY id;`;

/**
 * What the ERP says of rows of one staging table. Keys go in as values of the key's own type, so that the table's index finds
 * them whatever the collation; texts come out as they read and are compared by the program. `keys` are expressions.
 */
export function stagingRows(handover: Handover, keyText: string, keys: readonly string[]): string {
  const text = (column: string): string => `CONVERT(nvarchar(400), ${quoteIdent(column)})`;
  const { number, reason } = handover;
  return `${READ_OPTIONS}
SELECT ${keyText} AS ferry_staged, ${text(handover.column)} AS status, ${number === undefined ? 'NULL' : text(number)} AS number, ${reason === undefined ? 'NULL' : text(reason)} AS reason FROM ${quoteName(handover.staging)} WHERE ${quoteIdent(handover.key.name)} IN (${keys.join(', ')});`;
}

/**
 * Writes changed standings in one transaction behind the fence. A row that is not as it was read stays as it is.
 * Parameters: those of `passFence`; @i0, @o0, @s0, @r0, @n0 … for each row: id, old and new standing, reason, number.
 */
export const writeStandings = (names: LedgerNames, rows: number): string => `${UNIT_OPTIONS}
${UNIT_STATE}
BEGIN TRY
BEGIN TRANSACTION;
${passFence(names.lease)}
SET @step = N'write';
${Array.from({ length: rows }, (_, index) => `UPDATE ${names.document} SET standing = @s${index}, reason = @r${index}, erp_number = ISNULL(@n${index}, erp_number), standing_at = SYSUTCDATETIME() WHERE id = CAST(@i${index} AS bigint) AND source = @source AND standing = @o${index};`).join('\n')}
SET @step = N'commit';
COMMIT TRANSACTION;
SET @outcome = N'applied';
END TRY
${UNIT_CATCH}
${UNIT_ANSWER}`;
