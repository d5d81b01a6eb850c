import type { LedgerNames } from '../ledger-names.ts';
import { passFence, UNIT_ANSWER, UNIT_CATCH, UNIT_OPTIONS, UNIT_STATE } from './unit-frame.ts';

const keep = (names: LedgerNames, n: number): string =>
  `UPDATE ${names.notice} SET mobile_user = @u${n}, document = @d${n}, number = @n${n}, state = @s${n}, reason = @r${n}, changed_at = SYSUTCDATETIME() WHERE source = @source AND packet_id = @p${n} AND NOT (state = @s${n} AND reason = @r${n});
IF @@ROWCOUNT = 0
INSERT INTO ${names.notice} (source, packet_id, mobile_user, document, number, state, reason, changed_at) SELECT @source, @p${n}, @u${n}, @d${n}, @n${n}, @s${n}, @r${n}, SYSUTCDATETIME() WHERE NOT EXISTS (SELECT 1 FROM ${names.notice} WHERE source = @source AND packet_id = @p${n});`;

const forget = (names: LedgerNames, n: number): string =>
  `DELETE FROM ${names.notice} WHERE source = @source AND packet_id = @p${n};`;

/**
 * Keeps or takes back notices in one transaction behind the fence. The same one again changes nothing, not even its time.
 * Parameters: those of `passFence`; for each notice @p0, and where it is kept @u0, @d0, @n0, @s0, @r0: packet, user, document,
 * number, state, reason.
 */
export const keepNotices = (names: LedgerNames, kept: readonly boolean[]): string => `${UNIT_OPTIONS}
${UNIT_STATE}
BEGIN TRY
BEGIN TRANSACTION;
${passFence(names.lease)}
SET @step = N'write';
${kept.map((one, index) => (one ? keep(names, index) : forget(names, index))).join('\n')}
SET @step = N'commit';
COMMIT TRANSACTION;
SET @outcome = N'applied';
END TRY
${UNIT_CATCH}
${UNIT_ANSWER}`;
