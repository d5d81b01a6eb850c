import type { LedgerNames } from '../ledger-names.ts';
import { passFence, UNIT_ANSWER, UNIT_CATCH, UNIT_OPTIONS, UNIT_STATE } from './unit-frame.ts';

/** Under READ COMMITTED a row still being written makes the reader wait; one that is versioned out is not seen. */
export const READ_OPTIONS = `SET NOCOUNT ON;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCK_TIMEOUT 10000;`;

const DOCUMENT_COLUMNS =
  'entity AS ferry_row, row_id, document, number, content_hash, packet_id, erp_key, erp_number, standing, reason';

/** Parameters: @source, @packet. */
export const lookAtPacket = (names: LedgerNames): string => `${READ_OPTIONS}
SELECT state AS ferry_packet, revision, payload_hash, CASE WHEN finished_at IS NULL THEN 0 ELSE 1 END AS finished FROM ${names.ledger} WHERE source = @source AND packet_id = @packet;
SELECT ${DOCUMENT_COLUMNS} FROM ${names.document} WHERE source = @source AND packet_id = @packet ORDER BY id;`;

/** Parameters: @source, and @e0, @r0 … for each row asked. */
export const lookAtRows = (names: LedgerNames, rows: number): string => `${READ_OPTIONS}
SELECT ${DOCUMENT_COLUMNS} FROM ${names.document} WHERE source = @source AND (${Array.from({ length: rows }, (_, index) => `(entity = @e${index} AND row_id = @r${index})`).join(' OR ')});`;

/** Parameters: @source, @document, @number. */
export const documentByNumber = (names: LedgerNames): string => `${READ_OPTIONS}
SELECT COUNT(*) AS found FROM ${names.document} WHERE source = @source AND document = @document AND number = @number;`;

/** Parameters: @source, and @i0 … for each packet. */
export const packetHashes = (names: LedgerNames, packets: number): string => `${READ_OPTIONS}
SELECT packet_id AS ferry_packet, payload_hash FROM ${names.ledger} WHERE source = @source AND packet_id IN (${Array.from({ length: packets }, (_, index) => `@i${index}`).join(', ')});`;

/**
 * Takes the packet's key in a transaction of its own: waits for a unit still under way, then either finds its row or
 * keeps it from ever getting in. Parameters: those of `passFence`, @packet, @revision, @payload.
 */
export const voidRow = (names: LedgerNames): string => `${UNIT_OPTIONS}
${UNIT_STATE}
BEGIN TRY
BEGIN TRANSACTION;
${passFence(names.lease)}
SET @step = N'ledger';
UPDATE ${names.ledger} SET revision = CAST(@revision AS int), payload_hash = @payload, fence = CAST(@fence AS bigint), applied_at = SYSUTCDATETIME() WHERE source = @source AND packet_id = @packet AND state = N'void' AND revision <= CAST(@revision AS int);
IF @@ROWCOUNT = 0
INSERT INTO ${names.ledger} (source, packet_id, state, revision, payload_hash, fence, applied_at) VALUES (@source, @packet, N'void', CAST(@revision AS int), @payload, CAST(@fence AS bigint), SYSUTCDATETIME());
SET @step = N'commit';
COMMIT TRANSACTION;
SET @outcome = N'applied';
END TRY
${UNIT_CATCH}
${UNIT_ANSWER}`;
