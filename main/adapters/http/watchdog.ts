import type { Runtime } from '../../core/runtime/runtime.ts';

/** Ends things that take too long, by the runtime's clock. */
export class Watchdog {
  readonly #runtime: Pick<Runtime, 'sleep'>;
  readonly #running = new Set<AbortController>();

  constructor(runtime: Pick<Runtime, 'sleep'>) {
    this.#runtime = runtime;
  }

  /** Calls `late` after `ms` unless everything is stopped before. */
  limit(ms: number, late: () => void): void {
    this.watch(ms, late);
  }

  /** The same; the returned function takes it back. */
  watch(ms: number, late: () => void): () => void {
    const abort = new AbortController();
    this.#running.add(abort);
    void this.#runtime.sleep(ms, abort.signal).then(() => {
      this.#running.delete(abort);
      if (!abort.signal.aborted) late();
    });
    return () => {
      this.#running.delete(abort);
      abort.abort();
    };
  }

  stop(): void {
    for (const abort of this.#running) abort.abort();
    this.#running.clear();
  }
}
