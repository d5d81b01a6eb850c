import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { Runtime } from '../runtime/runtime.ts';
import type { QueueStore } from './queue-store.ts';

/**
 * Which endpoints rest after failures, and since when they fail. Rests are in monotonic time, so a clock that jumps
 * neither skips nor prolongs them; the facts for health go to the store.
 */
export class Endpoints {
  readonly #runtime: Runtime;
  readonly #store: QueueStore;
  readonly #state = new Map<Endpoint, { failures: number; restUntil: number }>();

  constructor(runtime: Runtime, store: QueueStore) {
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
    this.#store.noteEndpoint(endpoint, { ok: true }, this.#runtime.wall());
  }

  /** Counts a failure and returns how many there are in a row. */
  failed(endpoint: Endpoint, failure: SyncFailure): number {
    const failures = this.failures(endpoint) + 1;
    this.#state.set(endpoint, { failures, restUntil: this.#state.get(endpoint)?.restUntil ?? 0 });
    this.#store.noteEndpoint(endpoint, { ok: false, failure }, this.#runtime.wall());
    return failures;
  }

  rest(endpoint: Endpoint, ms: number): void {
    this.#state.set(endpoint, {
      failures: this.failures(endpoint),
      restUntil: this.#runtime.monotonic() + ms,
    });
  }

  /** A person asked, or settings changed: try at once. */
  wakeAll(): void {
    for (const [endpoint, { failures }] of this.#state) this.#state.set(endpoint, { failures, restUntil: 0 });
  }
}
