import { setImmediate } from 'node:timers/promises';

interface Sleeper {
  readonly due: number;
  readonly order: number;
  readonly wake: () => void;
}

/** Two clocks that stand still until a test moves them, and the sleepers that wait for them. */
export class ManualClock {
  #wall: number;
  #monotonic = 0;
  #order = 0;
  readonly #sleepers = new Set<Sleeper>();

  constructor(start: number) {
    this.#wall = start;
  }

  wall(): number {
    return this.#wall;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** How many sleep now. */
  get sleeping(): number {
    return this.#sleepers.size;
  }

  /** Milliseconds until the next sleeper wakes; undefined when nobody sleeps. */
  get untilNext(): number | undefined {
    const next = this.#next();
    return next === undefined ? undefined : next.due - this.#monotonic;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted || ms <= 0) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = {
        due: this.#monotonic + ms,
        order: (this.#order += 1),
        wake: () => {
          this.#sleepers.delete(sleeper);
          signal.removeEventListener('abort', sleeper.wake);
          resolve();
        },
      };
      this.#sleepers.add(sleeper);
      signal.addEventListener('abort', sleeper.wake, { once: true });
    });
  }

  /**
   * Moves both clocks by `ms`, waking sleepers in their order; each gets a turn of the event loop before the next wakes, so
   * what it starts sees its own time.
   */
  async advance(ms: number): Promise<void> {
    const target = this.#monotonic + ms;
    await setImmediate();
    for (let next = this.#next(); next !== undefined && next.due <= target; next = this.#next()) {
      this.#moveTo(next.due);
      next.wake();
      await setImmediate();
    }
    this.#moveTo(target);
  }

  /** The wall clock is set to another time; nobody wakes. */
  jumpWall(ms: number): void {
    this.#wall += ms;
  }

  #moveTo(monotonic: number): void {
    this.#wall += monotonic - this.#monotonic;
    this.#monotonic = monotonic;
  }

  #next(): Sleeper | undefined {
    let next: Sleeper | undefined;
    for (const one of this.#sleepers)
      if (next === undefined || one.due < next.due || (one.due === next.due && one.order < next.order))
        next = one;
    return next;
  }
}
