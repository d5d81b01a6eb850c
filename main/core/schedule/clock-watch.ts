import type { Runtime } from '../runtime/runtime.ts';

/** A time service moves a clock by less, and so do two readings that are not of one moment. */
const TOLERANCE_MS = 1_000;

/** Notices a wall clock that was set back, by the clock that nobody can set. */
export class ClockWatch {
  readonly #runtime: Pick<Runtime, 'wall' | 'monotonic'>;
  #lead: number;

  constructor(runtime: Pick<Runtime, 'wall' | 'monotonic'>) {
    this.#runtime = runtime;
    this.#lead = runtime.wall() - runtime.monotonic();
  }

  /** By how many milliseconds the clock was set back since the last look; 0 when it was not. */
  setBackMs(): number {
    const lead = this.#runtime.wall() - this.#runtime.monotonic();
    const back = this.#lead - lead;
    this.#lead = lead;
    return back > TOLERANCE_MS ? back : 0;
  }
}
