import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { SqlFailed, SqlRefused } from './sql-connection.ts';

/** What a failed request was for. */
export interface Asked {
  readonly endpoint: Endpoint;
  /** For people: table, procedure or step. */
  readonly where: string;
  /** A request that changes nothing can be asked again whatever became of it. */
  readonly changes: boolean;
}

/** Numbers that say: nothing was done, ask again. */
const DEADLOCK_VICTIM = 1205;
const LOCK_TIMEOUT = 1222;
const LOGIN_REFUSED = 18456;
export const DUPLICATE: ReadonlySet<number> = new Set([2601, 2627]);
/** Snapshot conflicts, a version gone, a server going down: the same request can succeed later. */
const TRANSIENT = new Map([
  [DEADLOCK_VICTIM, 'deadlock victim (1205)'],
  [LOCK_TIMEOUT, 'lock time-out (1222)'],
  [3960, 'snapshot conflict (3960)'],
  [701, 'the server is out of memory (701)'],
  [1204, 'the server is out of locks (1204)'],
  [9002, 'the transaction log of the database is full (9002)'],
  [1105, 'the database is full (1105)'],
  [6005, 'the server is shutting down (6005)'],
  [3906, 'the database is read-only (3906)'],
]);

/** Whether an error means that the server gave up with nothing done and the same request may be sent again. */
export const isTransient = (number: number): boolean => TRANSIENT.has(number);

/** A failure for an outcome that is not an answer. */
export function failureOf(outcome: SqlFailed, asked: Asked, signal: AbortSignal): SyncFailure {
  const { endpoint, where } = asked;
  switch (outcome.kind) {
    case 'refused':
      return refusedFailure(outcome, asked);
    case 'not-applied':
      if (outcome.why === 'cancelled') return { kind: 'cancelled' };
      return outcome.why === 'login-refused'
        ? { kind: 'unauthorized', endpoint, cause: outcome.cause }
        : { kind: 'unreachable', endpoint, cause: `${NOT_APPLIED[outcome.why]}: ${outcome.cause}` };
    case 'unknown':
      if (asked.changes) return { kind: 'unknown-outcome', endpoint, operation: where };
      return signal.aborted ? { kind: 'cancelled' } : { kind: 'unreachable', endpoint, cause: outcome.cause };
    default:
      return assertNever(outcome);
  }
}

const NOT_APPLIED = {
  'database-unavailable': 'the database cannot be opened',
  tls: 'no encrypted connection',
  network: 'no connection',
} as const;

export function refusedFailure(
  error: Pick<SqlRefused, 'number' | 'message' | 'procedure' | 'line'>,
  { endpoint, where }: Asked,
): SyncFailure {
  const cause = TRANSIENT.get(error.number);
  if (cause !== undefined) return { kind: 'unreachable', endpoint, cause };
  if (error.number === LOGIN_REFUSED)
    return { kind: 'unauthorized', endpoint, cause: 'login refused (18456)' };
  return {
    kind: 'rejected',
    code: String(error.number),
    where: error.procedure === '' ? where : `${where} (${error.procedure}, line ${error.line})`,
    message: error.message,
  };
}
