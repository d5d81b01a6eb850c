import type { Runtime } from '../runtime/runtime.ts';

export type Stage = 'pull' | 'apply' | 'drain' | 'push' | 'build' | 'send';

export interface ProgressView {
  readonly stage: Stage;
  readonly done?: number | undefined;
  readonly total?: number | undefined;
  /** At the pace of this stage so far, in milliseconds; absent while there is none. */
  readonly leftMs?: number | undefined;
}

/** Below this a pace says nothing yet. */
const LEAST_PACE_MS = 1_000;

/** How far a run has come. Counts are asked for when somebody looks, so that counting costs nothing between. */
export class RunProgress {
  readonly #clock: Pick<Runtime, 'monotonic'>;
  #stage: Stage;
  #count: (() => { readonly done: number; readonly total: number }) | undefined;
  #from = { at: 0, done: 0 };
  #inner: RunProgress | undefined;

  constructor(clock: Pick<Runtime, 'monotonic'>, stage: Stage) {
    this.#clock = clock;
    this.#stage = stage;
  }

  /** A new stage. Without a count nothing is known of how much there is. */
  enter(stage: Stage, count?: () => { readonly done: number; readonly total: number }): void {
    this.#stage = stage;
    this.#inner = undefined;
    this.#count = count;
    this.#from = { at: this.#clock.monotonic(), done: count?.().done ?? 0 };
  }

  /** The same counts and pace, other words: fetching and writing take turns in one run. */
  name(stage: Stage): void {
    this.#stage = stage;
  }

  /** Another run is waited for: its counts are shown under this one's words. */
  follow(stage: Stage, inner: RunProgress | undefined): void {
    this.#stage = stage;
    this.#inner = inner;
    this.#count = undefined;
  }

  view(): ProgressView {
    if (this.#inner !== undefined) return { ...this.#inner.view(), stage: this.#stage };
    if (this.#count === undefined) return { stage: this.#stage };
    const count = this.#count();
    const { total } = count;
    if (total === 0) return { stage: this.#stage };
    const done = Math.min(count.done, total);
    const passed = this.#clock.monotonic() - this.#from.at;
    const moved = done - this.#from.done;
    const leftMs =
      moved > 0 && passed >= LEAST_PACE_MS ? Math.round((passed / moved) * (total - done)) : undefined;
    return { stage: this.#stage, done, total, leftMs };
  }
}
