import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { SourceId, StartId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { durably, type Runtime } from '../../core/runtime/runtime.ts';
import { ledgerNames, lockResource, storedSource, type LedgerNames } from './ledger-names.ts';
import { acquireLease, releaseLease, renewLease } from './queries/lease.ts';
import { numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlCall } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** Longer than the longest legal unit of work, shorter than anybody's patience after a crash on another machine. */
export const LEASE_MS = 30_000;
/** A third of the lease: two renewals may fail before it runs out. */
export const RENEW_AFTER_MS = 10_000;
const TIMEOUT_MS = 20_000;

interface Held {
  readonly fence: number;
  readonly beat: number;
  /** The beat to expect if the last renewal, whose answer was lost, took place; else the same. */
  readonly beatOr: number;
  readonly renewedAt: number;
}

/** What every write carries, and the lease row must still say. */
export interface FenceToken {
  readonly fence: number;
  readonly startId: string;
  readonly beat: number;
}

/** The lease of one source for one start of the agent. Time that decides is the server's; ours only says when to renew. */
export class Fence {
  readonly #sessions: SqlSessions;
  readonly #runtime: Runtime;
  readonly #endpoint: Endpoint;
  readonly #names: LedgerNames;
  readonly #lock: string;
  readonly #source: string;
  readonly #siteId: string;
  readonly #startId: string;
  #held: Held | undefined;

  constructor(options: {
    sessions: SqlSessions;
    runtime: Runtime;
    endpoint: Endpoint;
    schema: string;
    source: SourceId;
    siteId: string;
    startId: StartId;
  }) {
    this.#sessions = options.sessions;
    this.#runtime = options.runtime;
    this.#endpoint = options.endpoint;
    this.#names = ledgerNames(options.schema);
    this.#lock = lockResource(options.schema, options.source);
    this.#source = storedSource(options.source);
    this.#siteId = options.siteId;
    this.#startId = options.startId;
  }

  /** Undefined while no lease is held. */
  current(): FenceToken | undefined {
    const held = this.#held;
    return held === undefined ? undefined : { fence: held.fence, startId: this.#startId, beat: held.beat };
  }

  /** Whether `hold` needs the server: there is no lease, or it is old enough to be renewed. */
  isDue(): boolean {
    return this.#held === undefined || this.#runtime.monotonic() - this.#held.renewedAt >= RENEW_AFTER_MS;
  }

  /** A write found another fence: the next `hold` starts from nothing. */
  lost(): void {
    this.#held = undefined;
  }

  /**
   * Takes the lease, or renews it when it is older than 10 s. Idempotent. Failures: `fenced` with `lease-held` (and
   * the seconds left) or `fence-raised` (it was taken from us; asking again tries to take it), `unreachable`.
   */
  async hold(signal: AbortSignal): Promise<Result<number>> {
    const held = this.#held;
    if (held === undefined) return durably(this.#runtime, 'lease.acquire', () => this.#acquire(signal));
    if (this.#runtime.monotonic() - held.renewedAt < RENEW_AFTER_MS) return ok(held.fence);
    return durably(this.#runtime, 'lease.renew', () => this.#renew(held, signal));
  }

  async #acquire(signal: AbortSignal): Promise<Result<number>> {
    const asked = this.#runtime.monotonic();
    const outcome = await this.#sessions.run(
      this.#call(acquireLease(this.#names.lease), {
        lock: this.#lock,
        site: this.#siteId,
        start: this.#startId,
        lease_ms: String(LEASE_MS),
      }),
      signal,
    );
    // Whether a lost answer was a take-over does not matter: the next attempt is by the same site and raises it again.
    if (outcome.kind !== 'answered') return fail(this.#failure(outcome, 'take-over of the lease', signal));
    const row = rowsWith(outcome, 'ferry_outcome')?.[0];
    const kind = row === undefined ? null : textOf(row, 'ferry_outcome');
    if (row === undefined || kind === null) return fail(this.#unreadable('take-over of the lease'));
    if (kind === 'busy')
      return fail({
        kind: 'unreachable',
        endpoint: this.#endpoint,
        cause: 'the lock of the source is held by a unit of work that has not ended',
      });
    if (kind === 'held')
      return fail(
        this.#fenced(
          'lease-held',
          `another agent holds the source for ${numberOf(row, 'remaining_s') ?? 0} more seconds`,
        ),
      );
    const fence = numberOf(row, 'fence') ?? 0;
    this.#held = { fence, beat: 1, beatOr: 1, renewedAt: asked };
    return ok(fence);
  }

  async #renew(held: Held, signal: AbortSignal): Promise<Result<number>> {
    const asked = this.#runtime.monotonic();
    const outcome = await this.#sessions.run(
      this.#call(renewLease(this.#names.lease), {
        start: this.#startId,
        fence: String(held.fence),
        beat: String(held.beat),
        beat_or: String(held.beatOr),
        lease_ms: String(LEASE_MS),
      }),
      signal,
    );
    if (outcome.kind !== 'answered') {
      if (outcome.kind === 'unknown') this.#held = { ...held, beatOr: held.beatOr + 1 };
      return fail(this.#failure(outcome, 'renewal of the lease', signal));
    }
    const row = rowsWith(outcome, 'ferry_outcome')?.[0];
    const beat = row === undefined ? null : numberOf(row, 'beat');
    if (row === undefined || textOf(row, 'ferry_outcome') !== 'renewed' || beat === null) {
      this.#held = undefined;
      return fail(this.#fenced('fence-raised', 'the lease was taken over by another agent'));
    }
    this.#held = { fence: held.fence, beat, beatOr: beat, renewedAt: asked };
    return ok(held.fence);
  }

  /** Best effort: without it others wait for the end of the lease. */
  async release(signal: AbortSignal): Promise<void> {
    const held = this.#held;
    if (held === undefined) return;
    this.#held = undefined;
    await this.#sessions.run(
      this.#call(releaseLease(this.#names.lease), { start: this.#startId, fence: String(held.fence) }),
      signal,
    );
  }

  #call(text: string, values: Readonly<Record<string, string>>): SqlCall {
    return {
      text,
      parameters: Object.entries({ ...values, source: this.#source }).map(([name, value]) => ({
        name,
        type: 'nvarchar',
        value,
      })),
      timeoutMs: TIMEOUT_MS,
    };
  }

  #failure(outcome: Parameters<typeof failureOf>[0], where: string, signal: AbortSignal): SyncFailure {
    return failureOf(outcome, { endpoint: this.#endpoint, where, changes: false }, signal);
  }

  #fenced(reason: 'lease-held' | 'fence-raised', detail: string): SyncFailure {
    return { kind: 'fenced', endpoint: this.#endpoint, reason, detail };
  }

  #unreadable(where: string): SyncFailure {
    return {
      kind: 'invalid-response',
      endpoint: this.#endpoint,
      where,
      detail: 'the answer lacks its outcome row',
    };
  }
}
