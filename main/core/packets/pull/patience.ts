import type { Result } from '../../../../shared/model/result.ts';
import { activePause } from '../../queue/active-pause.ts';
import type { LinkParts } from '../link-parts.ts';

/**
 * Longest rest the cloud asks for that a cycle sits out. A cloud that allows one list in five minutes would otherwise never
 * be seen drained, and no snapshot would ever go out.
 */
const LONGEST_REST_MS = 6 * 60_000;
/** Rests in a row that one call sits out. */
const MOST_RESTS = 3;

/**
 * Sits out the rests that the cloud asks for in the middle of a cycle, and spaces lists as it wants them once it has said so.
 * A cloud that refuses the first list of a cycle is left alone until the next run.
 */
export class Patience {
  readonly #parts: LinkParts;
  readonly #beforeRest: () => void;
  readonly #signal: AbortSignal;
  #listedAt: number | undefined;
  #spacingMs = 0;
  /** Set once the cloud refused a call: from then on they go out one after the other, since it takes so few. */
  #oneByOne: Promise<unknown> | undefined;

  constructor(parts: LinkParts, beforeRest: () => void, signal: AbortSignal) {
    this.#parts = parts;
    this.#beforeRest = beforeRest;
    this.#signal = signal;
  }

  /** The cloud said that it is asked too much: calls go out one after the other. */
  get isSlowed(): boolean {
    return this.#oneByOne !== undefined;
  }

  async with<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
    const { endpoints, cloudEndpoint } = this.#parts;
    for (let rests = 0; ; rests += 1) {
      const outcome = this.#oneByOne === undefined ? await act() : await this.#inLine(act);
      if (outcome.ok || outcome.failure.kind !== 'throttled') return outcome;
      this.#oneByOne ??= Promise.resolve();
      const restMs = endpoints.heldMs(cloudEndpoint);
      if (this.#listedAt === undefined || rests === MOST_RESTS || restMs > LONGEST_REST_MS) return outcome;
      await this.#rest(restMs);
      if (this.#isOver()) return outcome;
    }
  }

  async list<T>(act: () => Promise<Result<T>>): Promise<Result<T>> {
    const { runtime, endpoints, cloudEndpoint } = this.#parts;
    const last = this.#listedAt;
    if (last !== undefined) await this.#rest(last + this.#spacingMs - runtime.monotonic());
    return this.with(async () => {
      const outcome = await act();
      const now = runtime.monotonic();
      if (outcome.ok) this.#listedAt = now;
      else if (outcome.failure.kind === 'throttled' && last !== undefined)
        this.#spacingMs = Math.min(LONGEST_REST_MS, now - last + endpoints.heldMs(cloudEndpoint));
      return outcome;
    });
  }

  #inLine<T>(act: () => Promise<T>): Promise<T> {
    const turn = (this.#oneByOne ?? Promise.resolve()).then(act);
    this.#oneByOne = turn.catch(() => undefined);
    return turn;
  }

  async #rest(ms: number): Promise<void> {
    if (ms <= 0 || this.#isOver()) return;
    // What is here already need not wait as well.
    this.#beforeRest();
    await this.#parts.runtime.sleep(ms, this.#signal);
  }

  /** Nobody waits for this cycle any more. */
  #isOver(): boolean {
    const { store, link, runtime } = this.#parts;
    return this.#signal.aborted || activePause(store, link, runtime.wall()) !== undefined;
  }
}
