import type { Endpoint, ErpTrouble, SyncFailure } from '../../../shared/model/failure.ts';
import { assertNever } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';

/** What a failure leads to. One function decides for every flow. */
export type Decision =
  /** The item again later; others go on. */
  | { readonly kind: 'retry'; readonly afterMs: number }
  /** It may have happened: look, then try under the same key. */
  | { readonly kind: 'probe'; readonly afterMs: number }
  | { readonly kind: 'park' }
  /** Nothing of this link until then (or until a person or a change of settings resumes it). */
  | { readonly kind: 'pause-lane'; readonly afterMs: number }
  /** Nothing of this link until a person resumes it: going on would break what the ledger promises. */
  | { readonly kind: 'pause-link' }
  /** Nothing to this endpoint until then. */
  | { readonly kind: 'pause-endpoint'; readonly endpoint: Endpoint; readonly afterMs: number }
  /** The program is being stopped. */
  | { readonly kind: 'stop' };

export interface RetryPolicy {
  /** First wait after a failure, in milliseconds. */
  readonly firstMs: number;
  /** Longest wait. */
  readonly mostMs: number;
  /** In [0, 1): spreads retries of many items and sites. */
  readonly jitter: number;
}

/**
 * 1 s, 2 s, 4 s … up to 20 s: an ERP that comes back is used again within half a minute, and a server that struggles is
 * asked at most three times a minute.
 */
export const ENDPOINT_POLICY = { firstMs: 1_000, mostMs: 20_000 } as const;
/** Wrong key or password: each try may count towards a lock-out, so four an hour. */
const UNAUTHORIZED_MS = 15 * 60_000;
/** Without Retry-After: a minute, then doubled up to 15. */
const THROTTLED = { firstMs: 60_000, mostMs: 15 * 60_000 } as const;
/** An unknown outcome is looked at soon: a lost answer usually means a broken connection, not a dead server. */
const PROBE_MS = 1_000;
/** A defect shows itself at once when it is one; the second and third attempt are for what only looked like one. */
const DEFECT_ATTEMPTS = 3;
/**
 * A procedure or trigger of the ERP committed or rolled back in the middle of our unit of work: with it in place nothing can
 * be written exactly once.
 */
const TRANSACTION_ENDED = 'transaction-ended';
const CONTENTION: ReadonlySet<ErpTrouble> = new Set(['deadlock', 'lock-timeout', 'snapshot-conflict']);
/** How often a program that was fenced off looks whether it may write again. */
const FENCED_MS = 10_000;

/** Doubling wait with jitter of a quarter, from `firstMs` for the first failure. */
export function backoffMs(failures: number, policy: RetryPolicy): number {
  const doubled = Math.min(policy.mostMs, policy.firstMs * 2 ** Math.min(30, Math.max(0, failures - 1)));
  return Math.round(doubled * (1 - 0.25 * policy.jitter));
}

const rest = (endpoint: Endpoint, failures: number, jitter: number): Decision => ({
  kind: 'pause-endpoint',
  endpoint,
  afterMs: backoffMs(failures, { ...ENDPOINT_POLICY, jitter }),
});

/** `failures`: how often this endpoint (or, for a defect, this item) failed in a row, this time included. Pure. */
export function decide(
  failure: SyncFailure,
  circumstances: { readonly failures: number; readonly attempts: number; readonly jitter: number },
  now: Instant,
): Decision {
  const { failures, jitter } = circumstances;
  switch (failure.kind) {
    case 'unreachable':
      // Others wanted the same rows just then: the server is well, and what wants other rows goes on.
      if (failure.trouble !== undefined && CONTENTION.has(failure.trouble))
        return {
          kind: 'retry',
          afterMs: backoffMs(circumstances.attempts, { ...ENDPOINT_POLICY, jitter }),
        };
      return rest(failure.endpoint, failures, jitter);
    case 'invalid-response':
      return rest(failure.endpoint, failures, jitter);
    case 'throttled': {
      const asked = failure.retryAt === undefined ? 0 : failure.retryAt - now;
      return {
        kind: 'pause-endpoint',
        endpoint: failure.endpoint,
        afterMs: asked > 0 ? asked : backoffMs(failures, { ...THROTTLED, jitter }),
      };
    }
    case 'unauthorized':
      return { kind: 'pause-lane', afterMs: UNAUTHORIZED_MS };
    case 'rejected':
      return failure.code === TRANSACTION_ENDED ? { kind: 'pause-link' } : { kind: 'park' };
    case 'conflict':
      return { kind: 'park' };
    case 'unknown-outcome':
      return { kind: 'probe', afterMs: PROBE_MS };
    case 'fenced':
      return { kind: 'pause-lane', afterMs: FENCED_MS };
    case 'disk':
      return rest('site:disk', failures, jitter);
    case 'cancelled':
      return { kind: 'stop' };
    case 'defect':
      return circumstances.attempts < DEFECT_ATTEMPTS
        ? { kind: 'probe', afterMs: PROBE_MS }
        : { kind: 'park' };
    default:
      return assertNever(failure);
  }
}
