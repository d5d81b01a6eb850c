/** How long a unit waits for a lock of somebody else before it gives up with nothing done. */
export const LOCK_TIMEOUT_MS = 10_000;

/**
 * Options first, because sessions are lent from unit to unit. The leading rollback costs nothing and ends whatever a
 * foreign procedure left open on this session.
 */
export const UNIT_OPTIONS = `SET NOCOUNT ON;
SET XACT_ABORT ON;
SET TRANSACTION ISOLATION LEVEL READ COMMITTED;
SET LOCK_TIMEOUT ${LOCK_TIMEOUT_MS};
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;`;

/** State that survives the CATCH, so that the answer is always a row and never an error. */
export const UNIT_STATE = `DECLARE @outcome nvarchar(20), @step nvarchar(20), @at int, @lock_result int, @rows int, @row int, @fence_now bigint;
DECLARE @number int, @state int, @severity int, @line int, @procedure nvarchar(128), @message nvarchar(2048), @open int;
SET @at = -1;
SET @step = N'begin';`;

/** Numbers of our own THROWs; customers may use the same ones, so the step decides. */
export const OWN_ERROR = 51000;

/**
 * The lock comes before the fence is read: a take-over waits for every unit that passed, and every unit after it reads
 * the risen fence. The beat is never lower than the last one seen, except in a database restored to an earlier moment
 * under our feet. Needs @lock, @source, @fence, @start and @beat.
 */
export const passFence = (lease: string): string => `SET @step = N'lock';
EXEC @lock_result = sp_getapplock @Resource = @lock, @LockMode = N'Shared', @LockOwner = N'Transaction', @LockTimeout = ${LOCK_TIMEOUT_MS};
IF @lock_result < 0 THROW ${OWN_ERROR}, N'the lock of the source was not granted', 1;
SET @step = N'fence';
SELECT @fence_now = fence FROM ${lease} WHERE source = @source AND start_id = @start AND beat >= CAST(@beat AS bigint);
IF @fence_now IS NULL OR @fence_now <> CAST(@fence AS bigint) THROW ${OWN_ERROR}, N'the fence was raised', 1;`;

export const UNIT_CATCH = `BEGIN CATCH
SELECT @number = ERROR_NUMBER(), @state = ERROR_STATE(), @severity = ERROR_SEVERITY(), @line = ERROR_LINE(), @procedure = ERROR_PROCEDURE(), @message = ERROR_MESSAGE(), @open = @@TRANCOUNT;
IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION;
SET @outcome = N'failed';
END CATCH;`;

export const UNIT_ANSWER = `SELECT @outcome AS ferry_outcome, @step AS step, @at AS position, @number AS error_number, @state AS error_state, @severity AS error_severity, @line AS error_line, @procedure AS error_procedure, @message AS error_message, @open AS open_transactions;`;
