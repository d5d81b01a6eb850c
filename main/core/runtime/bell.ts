import type { Runtime } from './runtime.ts';

/** Wakes whoever waits. A ring while nobody waits is kept for the next one, so no wake-up is lost. */
export class Bell {
  #rung = false;
  #wake: (() => void) | undefined;
  readonly #runtime: Runtime;

  constructor(runtime: Runtime) {
    this.#runtime = runtime;
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** Until rung, `ms` passed or aborted. One waiter at a time. */
  async wait(ms: number, signal: AbortSignal): Promise<void> {
    if (!this.#rung && !signal.aborted) {
      const timer = new AbortController();
      const stop = (): void => timer.abort();
      signal.addEventListener('abort', stop, { once: true });
      this.#wake = stop;
      await this.#runtime.sleep(ms, timer.signal);
      this.#wake = undefined;
      signal.removeEventListener('abort', stop);
    }
    this.#rung = false;
  }
}
