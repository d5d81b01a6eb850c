import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { backoffMs, decide, ENDPOINT_POLICY } from './decide.ts';
import type { EndpointFact, QueueStore } from './queue-store.ts';
import { StoreError } from './store-error.ts';

interface State {
  failures: number;
  /** Our own back-off: a person may end it. */
  restUntil: number;
  /** The other side named it: nobody here ends it. */
  heldUntil: number;
}

/** Whose idea a rest is. */
export type Wish = 'ours' | 'theirs';

interface Heard {
  readonly wall: number;
  readonly monotonic: number;
}

const LOCAL_DISK = 'site:disk';
/** A side that keeps answering is written down this often: a fact for the next start, not worth a disk write per answer. */
const STORE_OK_MS = 60_000;
/** A rest read from the store that is longer than any rest taken over was written by a clock that has been put right since. */
const LONGEST_HELD_MS = 24 * 3_600_000;

/**
 * Which endpoints rest after failures, since when they fail, and when they were last heard. Rests are in monotonic time, so
 * a clock that jumps neither skips nor prolongs them. Facts for health go to the store; one that cannot be stored (disk
 * full) is kept here, so that the light is red all the same. One for a site.
 */
export class Endpoints {
  readonly #runtime: Runtime;
  readonly #store: Pick<QueueStore, 'noteEndpoint' | 'endpoints'>;
  readonly #state = new Map<Endpoint, State>();
  readonly #heard = new Map<Endpoint, Heard>();
  /** What this start found out, also where the store could not be told; a failure, or none. */
  readonly #known = new Map<Endpoint, Pick<EndpointFact, 'failingSince' | 'failure'>>();
  /** When the store was last told that it is well. */
  readonly #storedOk = new Map<Endpoint, number>();
  /** Beginnings of calls that have no answer yet. */
  readonly #asking = new Map<Endpoint, Set<Heard>>();
  #disk: EndpointFact | undefined;

  constructor(runtime: Runtime, store: Pick<QueueStore, 'noteEndpoint' | 'endpoints'>) {
    this.#runtime = runtime;
    this.#store = store;
    this.#takeOver();
  }

  /** Milliseconds until the endpoint may be used; 0 when it may now. */
  restMs(endpoint: Endpoint): number {
    const state = this.#state.get(endpoint);
    if (state === undefined) return 0;
    return Math.max(0, Math.max(state.restUntil, state.heldUntil) - this.#runtime.monotonic());
  }

  /** The part of it that the other side asked for: no person's wish goes before its end. */
  heldMs(endpoint: Endpoint): number {
    return Math.max(0, (this.#state.get(endpoint)?.heldUntil ?? 0) - this.#runtime.monotonic());
  }

  failures(endpoint: Endpoint): number {
    return this.#state.get(endpoint)?.failures ?? 0;
  }

  /** It answered as it should: whatever failed before is over. */
  succeeded(endpoint: Endpoint): void {
    const heldUntil = this.#state.get(endpoint)?.heldUntil ?? 0;
    // An answer to a call sent before does not take back that it asked for a rest.
    if (heldUntil > this.#runtime.monotonic())
      this.#state.set(endpoint, { failures: 0, restUntil: 0, heldUntil });
    else this.#state.delete(endpoint);
    this.heard(endpoint);
    this.#known.set(endpoint, {});
    const stored = this.#storedOk.get(endpoint);
    const due = stored === undefined || this.#runtime.monotonic() - stored >= STORE_OK_MS;
    if (due || this.#disk !== undefined) this.#note(endpoint, { ok: true });
  }

  /** A sign of life, which proves nothing else: a failure that is known stays one. */
  heard(endpoint: Endpoint): void {
    this.#heard.set(endpoint, { wall: this.#runtime.wall(), monotonic: this.#runtime.monotonic() });
  }

  /** By the clock nobody can set; undefined: not since this start. */
  sinceHeardMs(endpoint: Endpoint): number | undefined {
    const heard = this.#heard.get(endpoint);
    return heard === undefined ? undefined : this.#runtime.monotonic() - heard.monotonic;
  }

  /** Whether it is known to be well: it answered since this start, and nothing has failed since. */
  isWell(endpoint: Endpoint): boolean {
    const known = this.#known.get(endpoint);
    return known !== undefined && known.failure === undefined;
  }

  /** A call goes out. Call the result when its answer, or its failure, is there. */
  asking(endpoint: Endpoint): () => void {
    const call: Heard = { wall: this.#runtime.wall(), monotonic: this.#runtime.monotonic() };
    const calls = this.#asking.get(endpoint) ?? new Set<Heard>();
    this.#asking.set(endpoint, calls.add(call));
    return () => void calls.delete(call);
  }

  /** Counts a failure and returns how many there are in a row. */
  failed(endpoint: Endpoint, failure: SyncFailure): number {
    const known = this.#state.get(endpoint);
    const failures = (known?.failures ?? 0) + 1;
    this.#state.set(endpoint, { restUntil: 0, heldUntil: 0, ...known, failures });
    const before = this.#known.get(endpoint) ?? this.#stored(endpoint);
    this.#known.set(endpoint, { failingSince: before?.failingSince ?? this.#runtime.wall(), failure });
    this.#note(endpoint, { ok: false, failure });
    return failures;
  }

  /** A call failed: counts it and lets the endpoint rest as decided; for `otherwiseMs` where the decision names no time. */
  backOff(endpoint: Endpoint, failure: SyncFailure, otherwiseMs = 0): void {
    if (failure.kind === 'cancelled') return;
    if (failure.kind === 'disk') {
      this.diskFailed(failure);
      return;
    }
    const failures = this.failed(endpoint, failure);
    const circumstances = { failures, attempts: failures, jitter: this.#runtime.random() };
    const decision = decide(failure, circumstances, this.#runtime.wall());
    const ms = 'afterMs' in decision ? decision.afterMs : otherwiseMs;
    if (ms > 0) this.rest(endpoint, ms, failure.kind === 'throttled' ? 'theirs' : 'ours');
  }

  rest(endpoint: Endpoint, ms: number, whose: Wish = 'ours'): void {
    const known = this.#state.get(endpoint) ?? { failures: 0, restUntil: 0, heldUntil: 0 };
    const until = this.#runtime.monotonic() + ms;
    this.#state.set(
      endpoint,
      whose === 'ours'
        ? { ...known, restUntil: until }
        : { ...known, heldUntil: Math.max(known.heldUntil, until) },
    );
  }

  /** The local store or spool refused: everything local rests for a moment. */
  diskFailed(failure: SyncFailure): void {
    const failures = this.failures(LOCAL_DISK) + 1;
    const rest = backoffMs(failures, { ...ENDPOINT_POLICY, jitter: this.#runtime.random() });
    const restUntil = this.#runtime.monotonic() + rest;
    this.#state.set(LOCAL_DISK, { failures, restUntil, heldUntil: 0 });
    this.#disk = {
      endpoint: LOCAL_DISK,
      failingSince: this.#disk?.failingSince ?? this.#runtime.wall(),
      failure,
    };
  }

  /** Something was written: the disk is fine again. */
  diskWorked(): void {
    if (this.#disk === undefined) return;
    this.#state.delete(LOCAL_DISK);
    this.#disk = undefined;
  }

  /** What health is computed from. */
  facts(): readonly EndpointFact[] {
    const stored = this.#store.endpoints();
    const untold = [...this.#known.keys()].filter((one) => stored.every((fact) => fact.endpoint !== one));
    const facts = [...stored, ...untold.map((endpoint) => ({ endpoint }))].map((fact) => this.#fresh(fact));
    return this.#disk === undefined ? facts : [...facts, this.#disk];
  }

  /** A person asked, or settings changed: our own rests end. What the other side asked for does not. */
  wakeAll(): void {
    for (const [endpoint, state] of this.#state) this.#state.set(endpoint, { ...state, restUntil: 0 });
  }

  #stored(endpoint: Endpoint): EndpointFact | undefined {
    return this.#store.endpoints().find((fact) => fact.endpoint === endpoint);
  }

  /** A stored fact with what this start knows better. */
  #fresh(fact: EndpointFact): EndpointFact {
    const known = this.#known.get(fact.endpoint);
    const heard = this.#heard.get(fact.endpoint);
    const calls = [...(this.#asking.get(fact.endpoint) ?? [])].map((call) => this.#age(call));
    return {
      ...fact,
      ...(known === undefined ? {} : { failingSince: known.failingSince, failure: known.failure }),
      ...(heard === undefined ? {} : { lastOk: heard.wall, ageMs: this.#age(heard) }),
      ...(calls.length === 0 ? {} : { unansweredMs: Math.max(...calls) }),
    };
  }

  /** While the two clocks agree this is the time that passed; where they do not, nobody knows, and the longer one counts. */
  #age({ wall, monotonic }: Heard): number {
    return Math.max(this.#runtime.monotonic() - monotonic, Math.abs(this.#runtime.wall() - wall));
  }

  /**
   * A rest that the other side asked an earlier start for: a restart is no way around it. What any side was seen at since is
   * behind us, also where the clock was set back: a rest lasts longer by at most the time since the last thing written down.
   */
  #takeOver(): void {
    const now = this.#runtime.wall();
    const facts = this.#store.endpoints();
    const seen = facts.flatMap(({ lastOk, failingSince }) => [lastOk ?? now, failingSince ?? now]);
    for (const { endpoint, failure } of facts) {
      if (failure?.kind !== 'throttled' || failure.retryAt === undefined) continue;
      const { retryAt } = failure;
      // One beyond the end says nothing of this rest: that clock was fast, and has been put right.
      const left = retryAt - Math.max(now, ...seen.filter((at) => at < retryAt));
      if (left > 0 && left <= LONGEST_HELD_MS) this.rest(endpoint, left, 'theirs');
    }
  }

  #note(endpoint: Endpoint, outcome: Parameters<QueueStore['noteEndpoint']>[1]): void {
    if (!outcome.ok) this.#storedOk.delete(endpoint);
    try {
      this.#store.noteEndpoint(endpoint, outcome, this.#runtime.wall());
      if (outcome.ok) this.#storedOk.set(endpoint, this.#runtime.monotonic());
      this.diskWorked();
    } catch (error) {
      this.diskFailed(storeFailure(error));
    }
  }
}

/** A store that refuses is an expected failure; anything else is a bug and goes on up. */
export function storeFailure(error: unknown): SyncFailure {
  if (!(error instanceof StoreError)) throw error;
  return { kind: 'disk', cause: `${error.code}: ${error.message}` };
}
