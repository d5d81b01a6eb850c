import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { Runtime } from '../runtime/runtime.ts';
import { backoffMs, decide, ENDPOINT_POLICY } from './decide.ts';
import type { EndpointFact, QueueStore } from './queue-store.ts';
import { StoreError } from './store-error.ts';

interface State {
  failures: number;
  restUntil: number;
}

const LOCAL_DISK = 'site:disk';

/**
 * Which endpoints rest after failures, and since when they fail. Rests are in monotonic time, so a clock that jumps
 * neither skips nor prolongs them. Facts for health go to the store; one that cannot be stored (disk full) is kept here,
 * so that the light is red all the same. One for a site.
 */
export class Endpoints {
  readonly #runtime: Runtime;
  readonly #store: Pick<QueueStore, 'noteEndpoint' | 'endpoints'>;
  readonly #state = new Map<Endpoint, State>();
  #disk: EndpointFact | undefined;

  constructor(runtime: Runtime, store: Pick<QueueStore, 'noteEndpoint' | 'endpoints'>) {
    this.#runtime = runtime;
    this.#store = store;
  }

  /** Milliseconds until the endpoint may be used; 0 when it may now. */
  restMs(endpoint: Endpoint): number {
    return Math.max(0, (this.#state.get(endpoint)?.restUntil ?? 0) - this.#runtime.monotonic());
  }

  failures(endpoint: Endpoint): number {
    return this.#state.get(endpoint)?.failures ?? 0;
  }

  succeeded(endpoint: Endpoint): void {
    this.#state.delete(endpoint);
    this.#note(endpoint, { ok: true });
  }

  /** Counts a failure and returns how many there are in a row. */
  failed(endpoint: Endpoint, failure: SyncFailure): number {
    const failures = this.failures(endpoint) + 1;
    this.#state.set(endpoint, { failures, restUntil: this.#state.get(endpoint)?.restUntil ?? 0 });
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
    if (ms > 0) this.rest(endpoint, ms);
  }

  rest(endpoint: Endpoint, ms: number): void {
    this.#state.set(endpoint, {
      failures: this.failures(endpoint),
      restUntil: this.#runtime.monotonic() + ms,
    });
  }

  /** The local store or spool refused: everything local rests for a moment. */
  diskFailed(failure: SyncFailure): void {
    const failures = this.failures(LOCAL_DISK) + 1;
    const rest = backoffMs(failures, { ...ENDPOINT_POLICY, jitter: this.#runtime.random() });
    this.#state.set(LOCAL_DISK, { failures, restUntil: this.#runtime.monotonic() + rest });
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
    return this.#disk === undefined ? stored : [...stored, this.#disk];
  }

  /** A person asked, or settings changed: try at once. */
  wakeAll(): void {
    for (const [endpoint, { failures }] of this.#state) this.#state.set(endpoint, { failures, restUntil: 0 });
  }

  #note(endpoint: Endpoint, outcome: Parameters<QueueStore['noteEndpoint']>[1]): void {
    try {
      this.#store.noteEndpoint(endpoint, outcome, this.#runtime.wall());
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
