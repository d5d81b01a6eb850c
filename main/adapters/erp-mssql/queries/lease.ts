import { LOCK_TIMEOUT_MS, UNIT_OPTIONS } from './unit-frame.ts';

/**
 * Take-over. Exclusive against every unit of the source, so that none is under way while the fence rises. Free or
 * expired by the server's UTC, never by a clock of ours; or exactly as the start before this one left it, which only who
 * followed it can say (fence 0: whatever the fence, for an own attempt whose answer was lost). A lease that would run
 * longer than any lease does was given before the server's clock was set back: it is cut to a whole one from now. That
 * does not touch its holder, who renews by the beat.
 * Parameters: @lock, @source, @site, @start, @lease_ms, @was_start, @was_fence, @was_beat.
 */
export const acquireLease = (lease: string): string => `${UNIT_OPTIONS}
DECLARE @r int, @now datetime2(3), @fence bigint, @beat bigint, @holder nvarchar(100), @held_by nvarchar(100), @expires datetime2(3), @longest datetime2(3), @outcome nvarchar(20);
BEGIN TRANSACTION;
EXEC @r = sp_getapplock @Resource = @lock, @LockMode = N'Exclusive', @LockOwner = N'Transaction', @LockTimeout = ${LOCK_TIMEOUT_MS};
IF @r < 0
SET @outcome = N'busy';
ELSE
BEGIN
SET @now = SYSUTCDATETIME();
SET @longest = DATEADD(millisecond, CAST(@lease_ms AS int), @now);
SELECT @fence = fence, @beat = beat, @holder = site_id, @held_by = start_id, @expires = expires_at FROM ${lease} WHERE source = @source;
IF @fence IS NOT NULL AND @expires > @now AND NOT (@held_by = @was_start AND @beat = CAST(@was_beat AS bigint) AND (@fence = CAST(@was_fence AS bigint) OR CAST(@was_fence AS bigint) = 0))
BEGIN
SET @outcome = N'held';
IF @expires > @longest
BEGIN
SET @expires = @longest;
UPDATE ${lease} SET expires_at = @expires WHERE source = @source;
END;
END
ELSE
BEGIN
SET @outcome = N'taken';
IF @fence IS NULL
BEGIN
SET @fence = 1;
INSERT INTO ${lease} (source, fence, site_id, start_id, beat, expires_at) VALUES (@source, @fence, @site, @start, 1, @longest);
END
ELSE
BEGIN
SET @fence = @fence + 1;
UPDATE ${lease} SET fence = @fence, site_id = @site, start_id = @start, beat = 1, expires_at = @longest WHERE source = @source;
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
SELECT CASE WHEN @rows = 1 THEN N'renewed' ELSE N'lost' END AS ferry_outcome, (SELECT CAST(beat AS nvarchar(20)) FROM ${lease} WHERE source = @source) AS beat, (SELECT site_id FROM ${lease} WHERE source = @source) AS holder;`;

/** Gives the lease back; the fence stays, so that nothing sent earlier gets in. Parameters: @source, @start, @fence. */
export const releaseLease = (lease: string): string => `${UNIT_OPTIONS}
UPDATE ${lease} SET expires_at = SYSUTCDATETIME() WHERE source = @source AND start_id = @start AND fence = CAST(@fence AS bigint);
SELECT N'released' AS ferry_outcome;`;
