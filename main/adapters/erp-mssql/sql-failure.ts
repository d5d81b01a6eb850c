import type { Endpoint, ErpTrouble, SyncFailure } from '../../../shared/model/failure.ts';
import { assertNever } from '../../../shared/model/result.ts';
import { CAUSE, troubleOf } from './error-numbers.ts';
import type { NotAppliedReason, SqlFailed, SqlRefused } from './sql-connection.ts';

/** What a failed request was for. */
export interface Asked {
  readonly endpoint: Endpoint;
  /** For people: table, procedure or step. */
  readonly where: string;
  /** A request that changes nothing can be asked again whatever became of it. */
  readonly changes: boolean;
}

const LOGIN_REFUSED = 18456;
export const DUPLICATE: ReadonlySet<number> = new Set([2601, 2627]);

/** Whether an error means that the server gave up with nothing done and the same request may be sent again. */
export const isTransient = (number: number): boolean => troubleOf(number) !== undefined;

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
        : {
            kind: 'unreachable',
            endpoint,
            cause: outcome.why === 'network' ? `no connection: ${outcome.cause}` : outcome.cause,
            ...(outcome.why === 'network' ? {} : { trouble: TROUBLE[outcome.why] }),
          };
    case 'unknown':
      if (asked.changes) return { kind: 'unknown-outcome', endpoint, operation: where };
      return signal.aborted ? { kind: 'cancelled' } : { kind: 'unreachable', endpoint, cause: outcome.cause };
    default:
      return assertNever(outcome);
  }
}

const TROUBLE: Readonly<
  Record<Exclude<NotAppliedReason, 'cancelled' | 'login-refused' | 'network'>, ErpTrouble>
> = {
  'database-unavailable': 'database-unavailable',
  'server-stopping': 'server-stopping',
  'too-many-connections': 'too-many-connections',
  tls: 'no-encryption',
  certificate: 'certificate-changed',
  'browser-silent': 'browser-silent',
  'instance-unknown': 'instance-unknown',
  'instance-no-tcp': 'instance-no-tcp',
};

export function refusedFailure(
  error: Pick<SqlRefused, 'number' | 'message' | 'procedure' | 'line'>,
  { endpoint, where }: Asked,
): SyncFailure {
  const trouble = troubleOf(error.number);
  if (trouble !== undefined)
    return { kind: 'unreachable', endpoint, cause: `${CAUSE[trouble]} (${error.number})`, trouble };
  if (error.number === LOGIN_REFUSED)
    return { kind: 'unauthorized', endpoint, cause: 'login refused (18456)' };
  return {
    kind: 'rejected',
    code: String(error.number),
    where: error.procedure === '' ? where : `${where} (${error.procedure}, line ${error.line})`,
    message: error.message,
  };
}
