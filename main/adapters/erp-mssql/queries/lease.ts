import { LOCK_TIMEOUT_MS, UNIT_OPTIONS } from './unit-frame.ts';

/**
 * Take-over. Exclusive against every unit of the source, so that none is under way while the fence rises. Free or
 * expired by the server's UTC, or held by this site before its restart; never by a clock of ours.
 * Parameters: @lock, @source, @site, @start, @lease_ms.
 */
export const acquireLease = (lease: string): string => `${UNIT_OPTIONS}
DECLARE @r int, @now datetime2(3), @fence bigint, @holder nvarchar(100), @expires datetime2(3), @outcome nvarchar(20);
BEGIN TRANSACTION;
EXEC @r = sp_getapplock @Resource = @lock, @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = ${LOCK_TIMEOUT_MS};
IF @r < 0
SET @outcome = N'busy';
ELSE
BEGIN
SET @now = SYSUTCDATETIME();
SELECT @fence = fence, @holder = site_id, @expires = expires_at FROM ${lease} WHERE source = @source;
IF @fence IS NOT NULL AND @expires > @now AND @holder <> @site
SET @outcome = N'held';
ELSE
BEGIN
SET @outcome = N'taken';
IF @fence IS NULL
BEGIN
SET @fence = 1;
INSERT INTO ${lease} (source, fence, site_id, start_id, beat, expires_at) VALUES (@source, @fence, @site, @start, 1, DATEADD(millisecond, CAST(@lease_ms AS int), @now));
END
ELSE
BEGIN
SET @fence = @fence + 1;
UPDATE ${lease} SET fence = @fence, site_id = @site, start_id = @start, beat = 1, expires_at = DATEADD(millisecond, CAST(@lease_ms AS int), @now) WHERE source = @source;
END;
END;
END;
COMMIT TRANSACTION;
SELECT @outcome AS ferry_outcome, CAST(@fence AS nvarchar(20)) AS fence, @holder AS holder, CASE WHEN @outcome = N'held' THEN DATEDIFF(second, @now, @expires) ELSE 0 END AS remaining_s;`;

/**
 * Compare-and-set on the beat: a copy of this process (a restored virtual machine) beats once, and one of the two
 * finds out. Two beats are accepted where the answer to the last renewal was lost.
 * Parameters: @source, @start, @fence, @beat, @beat_or, @lease_ms.
 */
export const renewLease = (lease: string): string => `${UNIT_OPTIONS}
DECLARE @rows int;
UPDATE ${lease} SET beat = beat + 1, expires_at = DATEADD(millisecond, CAST(@lease_ms AS int), SYSUTCDATETIME()) WHERE source = @source AND start_id = @start AND fence = CAST(@fence AS bigint) AND beat IN (CAST(@beat AS bigint), CAST(@beat_or AS bigint));
SET @rows = @@ROWCOUNT;
SELECT CASE WHEN @rows = 1 THEN N'renewed' ELSE N'lost' END AS ferry_outcome, (SELECT CAST(beat AS nvarchar(20)) FROM ${lease} WHERE source = @source) AS beat;`;

/** Gives the lease back; the fence stays, so that nothing sent earlier gets in. Parameters: @source, @start, @fence. */
export const releaseLease = (lease: string): string => `${UNIT_OPTIONS}
UPDATE ${lease} SET expires_at = SYSUTCDATETIME() WHERE source = @source AND start_id = @start AND fence = CAST(@fence AS bigint);
SELECT N'released' AS ferry_outcome;`;
