import type { Endpoint } from '../../../shared/model/failure.ts';
import type { SourceId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { judgeBatch, readBatchAnswer } from './batch-answer.ts';
import type { Fence } from './fence.ts';
import { lockResource, storedSource } from './ledger-names.ts';
import { DUPLICATE, failureOf, isTransient, refusedFailure } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** Above the longest wait for a lock; with the wait for a cancel below the half minute in which a server is used again. */
const TIMEOUT_MS = 20_000;

const numbers = { duplicate: (number: number): boolean => DUPLICATE.has(number), transient: isTransient };

export interface FencedWriteParts {
  readonly sessions: SqlSessions;
  readonly endpoint: Endpoint;
  readonly schema: string;
  readonly fence: Fence;
}

/**
 * One small transaction of the program's own tables behind the fence. The caller's statements may be repeated at will, so an
 * outcome that is not known is only `unreachable`.
 */
export async function fencedWrite(
  { sessions, endpoint, schema, fence }: FencedWriteParts,
  call: {
    readonly source: SourceId;
    readonly text: string;
    readonly values: Readonly<Record<string, string | null>>;
    readonly where: string;
  },
  signal: AbortSignal,
): Promise<Result<void>> {
  const fenced = (detail: string): Result<never> =>
    fail({ kind: 'fenced', endpoint, reason: 'fence-raised', detail });
  const again = (): Result<never> =>
    signal.aborted
      ? fail({ kind: 'cancelled' })
      : fail({ kind: 'unreachable', endpoint, cause: 'the answer was lost' });
  const token = fence.current();
  if (token === undefined) return fenced('no lease of the source is held');
  const values = {
    ...call.values,
    lock: lockResource(schema, call.source),
    source: storedSource(call.source),
    fence: String(token.fence),
    start: token.startId,
    beat: String(token.beat),
  };
  const parameters = Object.entries(values).map(([name, value]) => ({
    name,
    type: 'nvarchar' as const,
    value,
  }));
  const outcome = await sessions.run({ text: call.text, parameters, timeoutMs: TIMEOUT_MS }, signal);
  if (outcome.kind !== 'answered')
    return fail(failureOf(outcome, { endpoint, where: call.where, changes: false }, signal));
  const answer = readBatchAnswer(outcome);
  if (answer === undefined) return again();
  if (answer.kind === 'applied') return ok(undefined);
  switch (judgeBatch(answer, numbers)) {
    case 'fenced':
      fence.lost();
      return fenced('another agent took the source over; nothing was written');
    case 'rejected':
      return fail(refusedFailure(answer, { endpoint, where: call.where, changes: false }));
    case 'busy':
    case 'look':
    case 'replan':
    case 'again':
    case 'ended':
    case 'unknown':
      return again();
    default:
      throw new Error('unreachable');
  }
}
