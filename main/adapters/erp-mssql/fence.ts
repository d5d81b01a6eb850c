import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { SourceId, StartId } from '../../../shared/model/ids.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import { durably, type Runtime } from '../../core/runtime/runtime.ts';
import type { LeaseMark, LeaseTrace } from './lease-trace.ts';
import { ledgerNames, lockResource, storedSource, type LedgerNames } from './ledger-names.ts';
import { acquireLease, releaseLease, renewLease } from './queries/lease.ts';
import { numberOf, rowsWith, textOf } from './recordset.ts';
import type { SqlCall, SqlCell } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** Longer than the longest legal unit of work, shorter than anybody's patience after a crash on another machine. */
export const LEASE_MS = 30_000;
/**
 * Three renewals may fail before the lease runs out; with the second after which the watch looks again, a lease that was
 * lost is noticed within ten seconds by a program that has nothing to write.
 */
const RENEW_AFTER_MS = 8_000;
const TIMEOUT_MS = 20_000;

interface Held {
  readonly fence: number;
  readonly beat: number;
  /** The beat to expect if the last renewal, whose answer was lost, took place; else the same. */
  readonly beatOr: number;
  /** By both clocks: one of them does not count what the computer slept. */
  readonly renewedAt: { readonly monotonic: number; readonly wall: number };
}

/** Matches no row. */
const NOBODY: LeaseMark = { startId: '', fence: 0, beat: 0 };

/** What every write carries, and the lease row must still say. */
export interface FenceToken {
  readonly fence: number;
  readonly startId: string;
  readonly beat: number;
}

/**
 * The lease of one source. Its owner is a start of the agent, not a site: a copy of the computer has the same site. Time
 * that decides is the server's; ours only says when to renew.
 */
export class Fence {
  readonly #sessions: SqlSessions;
  readonly #runtime: Runtime;
  readonly #endpoint: Endpoint;
  readonly #names: LedgerNames;
  readonly #lock: string;
  readonly #source: string;
  readonly #siteId: string;
  readonly #startId: string;
  readonly #trace: LeaseTrace | undefined;
  #held: Held | undefined;
  /** A row that says this may be taken over at once: it is of the start before, or of an attempt of ours. */
  #followed: LeaseMark;

  constructor(options: {
    sessions: SqlSessions;
    runtime: Runtime;
    endpoint: Endpoint;
    schema: string;
    source: SourceId;
    siteId: string;
    startId: StartId;
    trace?: LeaseTrace | undefined;
  }) {
    this.#sessions = options.sessions;
    this.#runtime = options.runtime;
    this.#endpoint = options.endpoint;
    this.#names = ledgerNames(options.schema);
    this.#lock = lockResource(options.schema, options.source);
    this.#source = storedSource(options.source);
    this.#siteId = options.siteId;
    this.#startId = options.startId;
    this.#trace = options.trace;
    this.#followed = options.trace?.last(this.#source) ?? NOBODY;
  }

  /** Undefined while no lease is held. */
  current(): FenceToken | undefined {
    const held = this.#held;
    return held === undefined ? undefined : { fence: held.fence, startId: this.#startId, beat: held.beat };
  }

  /** Whether `hold` needs the server: there is no lease, or it is old enough to be renewed. */
  isDue(): boolean {
    return this.#held === undefined || this.#age(this.#held) >= RENEW_AFTER_MS;
  }

  /** A write found another fence: the next `hold` starts from nothing. */
  lost(): void {
    this.#held = undefined;
  }

  /**
   * Takes the lease, or renews it when it is older than 8 s. Idempotent. Failures: `fenced` with `lease-held` (and
   * the seconds left) or `fence-raised` (it was taken from us; asking again tries to take it), `unreachable`.
   */
  async hold(signal: AbortSignal): Promise<Result<number>> {
    const held = this.#held;
    if (held === undefined) return durably(this.#runtime, 'lease.acquire', () => this.#acquire(signal));
    if (this.#age(held) < RENEW_AFTER_MS) return ok(held.fence);
    return durably(this.#runtime, 'lease.renew', () => this.#renew(held, signal));
  }

  /** While the two clocks agree this is the time that passed; where they do not, the longer one counts. */
  #age({ renewedAt }: Held): number {
    const { monotonic, wall } = this.#now();
    return Math.max(monotonic - renewedAt.monotonic, Math.abs(wall - renewedAt.wall));
  }

  #now(): Held['renewedAt'] {
    return { monotonic: this.#runtime.monotonic(), wall: this.#runtime.wall() };
  }

  async #acquire(signal: AbortSignal): Promise<Result<number>> {
    const asked = this.#now();
    const followed = this.#followed;
    const outcome = await this.#sessions.run(
      this.#call(acquireLease(this.#names.lease), {
        lock: this.#lock,
        site: this.#siteId,
        start: this.#startId,
        lease_ms: String(LEASE_MS),
        was_start: followed.startId,
        was_fence: String(followed.fence),
        was_beat: String(followed.beat),
      }),
      signal,
    );
    if (outcome.kind !== 'answered') {
      // It may have been a take-over: then the row is ours, and the next attempt raises it again.
      if (outcome.kind === 'unknown' && followed.fence === 0)
        this.#followed = { startId: this.#startId, fence: 0, beat: 1 };
      return fail(this.#failure(outcome, 'take-over of the lease', signal));
    }
    const row = rowsWith(outcome, 'ferry_outcome')?.[0];
    const kind = row === undefined ? null : textOf(row, 'ferry_outcome');
    if (row === undefined || kind === null) return fail(this.#unreadable('take-over of the lease'));
    if (kind === 'busy')
      return fail({
        kind: 'unreachable',
        endpoint: this.#endpoint,
        cause: 'the lock of the source is held by a unit of work that has not ended',
      });
    this.#followed = NOBODY;
    if (kind === 'held') {
      const seconds = numberOf(row, 'remaining_s') ?? 0;
      return fail(
        this.#fenced('lease-held', `${this.#who(row)} holds the source for ${seconds} more seconds`),
      );
    }
    const fence = numberOf(row, 'fence') ?? 0;
    this.#hold({ fence, beat: 1, beatOr: 1, renewedAt: asked });
    return ok(fence);
  }

  async #renew(held: Held, signal: AbortSignal): Promise<Result<number>> {
    const asked = this.#now();
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
      const who = row === undefined ? 'another site' : this.#who(row);
      return fail(this.#fenced('fence-raised', `${who} took the lease over`));
    }
    this.#hold({ fence: held.fence, beat, beatOr: beat, renewedAt: asked });
    return ok(held.fence);
  }

  #hold(held: Held): void {
    this.#held = held;
    this.#trace?.leave(this.#source, { startId: this.#startId, fence: held.fence, beat: held.beat });
  }

  /** A copy of the computer keeps the data folder, and so the name of the site. */
  #who(row: ReadonlyMap<string, SqlCell>): string {
    return textOf(row, 'holder') === this.#siteId ? 'this computer or a copy of it' : 'another site';
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
