import type { LedgerNames } from '../ledger-names.ts';
import { OWN_ERROR } from './unit-frame.ts';

/** The first write of every unit. A packet that is there already fails here, after waiting for a commit in flight. */
export const insertLedgerRow = (names: LedgerNames): string => `SET @step = N'ledger';
INSERT INTO ${names.ledger} (source, packet_id, state, revision, payload_hash, mapping_hash, fence, mobile_user, company, applied_at) VALUES (@source, @packet, N'applied', CAST(@revision AS int), @payload, @mapping, CAST(@fence AS bigint), @user, @company, SYSUTCDATETIME());`;

/** The same for an edited packet. Only the void row of the revision before: an older edit that comes late finds nothing. */
export const takeOverVoidRow = (names: LedgerNames): string => `SET @step = N'ledger';
UPDATE ${names.ledger} SET state = N'applied', revision = CAST(@revision AS int), payload_hash = @payload, mapping_hash = @mapping, fence = CAST(@fence AS bigint), mobile_user = @user, company = @company, applied_at = SYSUTCDATETIME(), finished_at = NULL WHERE source = @source AND packet_id = @packet AND state = N'void' AND revision = CAST(@revision AS int) - 1;
IF @@ROWCOUNT <> 1 THROW ${OWN_ERROR}, N'no void row of the revision before', 1;`;

interface DocumentRow {
  readonly entity: string;
  readonly rowId: string;
  readonly word: string;
  readonly number: string;
  readonly contentHash: string;
  readonly standing: 'applied' | 'handed-over';
}

/** Arguments are parameters by name, or NULL; the standing is one of two words. */
export const insertDocumentRow = (names: LedgerNames, position: number, row: DocumentRow): string =>
  `SET @step = N'document';
SET @at = ${position};
INSERT INTO ${names.document} (source, entity, row_id, document, number, content_hash, packet_id, standing) VALUES (@source, ${row.entity}, ${row.rowId}, ${row.word}, ${row.number}, ${row.contentHash}, @packet, N'${row.standing}');`;

/** The highest value ever stays. A row inserted meanwhile by another unit fails as a duplicate: the unit is sent again. */
export const raiseSeries = (
  names: LedgerNames,
  position: number,
  row: { readonly user: string; readonly series: string; readonly value: string },
): string => `SET @step = N'series';
SET @at = ${position};
UPDATE ${names.series} SET current_value = ${row.value} WHERE source = @source AND mobile_user = ${row.user} AND series = ${row.series} AND current_value < ${row.value};
IF @@ROWCOUNT = 0
INSERT INTO ${names.series} (source, mobile_user, series, current_value) SELECT @source, ${row.user}, ${row.series}, ${row.value} WHERE NOT EXISTS (SELECT 1 FROM ${names.series} WHERE source = @source AND mobile_user = ${row.user} AND series = ${row.series});`;

/**
 * The last writes of a unit, which also prove that the transaction is still the one that took the ledger row: a
 * procedure that rolled back and began another one has taken the row away.
 */
export const finishLedgerRow = (names: LedgerNames): string =>
  `UPDATE ${names.ledger} SET finished_at = SYSUTCDATETIME() WHERE source = @source AND packet_id = @packet AND state = N'applied' AND revision = CAST(@revision AS int) AND finished_at IS NULL;
IF @@ROWCOUNT <> 1 SET @step = N'ended';
IF @@TRANCOUNT <> 1 OR XACT_STATE() <> 1 SET @step = N'ended';
IF @step = N'ended' THROW ${OWN_ERROR}, N'the transaction is not the one that was begun', 1;`;

export const RESULT_TABLE =
  'DECLARE @result TABLE (position int NOT NULL, erp_key nvarchar(400) NULL, erp_number nvarchar(400) NULL);';

export const RESULT_ANSWER =
  'SELECT position AS ferry_document, erp_key, erp_number FROM @result ORDER BY position;';
