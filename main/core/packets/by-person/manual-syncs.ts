import { activePause } from '../../queue/active-pause.ts';
import type { Flow } from '../../queue/queue-store.ts';
import { Bell } from '../../runtime/bell.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { LinkParts } from '../link-parts.ts';

/** Longest sleep: nothing is missed by it, since a wish rings. */
const LOOK_MS = 60_000;

/**
 * Syncs a person asked for while the cloud wants to be left alone. Each is carried out once, as soon as it may be. They live
 * in memory: a restart forgets them, and the schedule runs all the same.
 */
export class ManualSyncs {
  readonly #parts: LinkParts;
  readonly #start: (flow: Flow) => void;
  readonly #bell: Bell;
  readonly #wanted = new Set<Flow>();
  #pullsAgain = false;

  constructor(parts: LinkParts, start: (flow: Flow) => void) {
    this.#parts = parts;
    this.#start = start;
    this.#bell = new Bell(parts.runtime);
  }

  /** When it is going to run; undefined when nobody asked. */
  when(flow: Flow): Instant | undefined {
    const { endpoints, cloudEndpoint, runtime } = this.#parts;
    return this.#wanted.has(flow) ? runtime.wall() + endpoints.heldMs(cloudEndpoint) : undefined;
  }

  remember(flow: Flow): void {
    this.#wanted.add(flow);
    this.#bell.ring();
  }

  /**
   * A person asked while a run is under way: one more pull when `pulling` has ended, since what a phone sent after its last
   * list would wait for the schedule.
   */
  oncePulled(pulling: Promise<void> | undefined): void {
    if (pulling === undefined) {
      this.#start('pull');
      return;
    }
    if (this.#pullsAgain) return;
    this.#pullsAgain = true;
    const again = (): void => {
      this.#pullsAgain = false;
      this.#start('pull');
    };
    void pulling.then(again, again);
  }

  /** It runs: the wish is fulfilled. */
  forget(flow: Flow): void {
    this.#wanted.delete(flow);
  }

  forgetAll(): void {
    this.#wanted.clear();
  }

  /** Works until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { endpoints, cloudEndpoint, store, link, runtime, changed } = this.#parts;
    while (!signal.aborted) {
      const held = endpoints.heldMs(cloudEndpoint);
      if (this.#wanted.size === 0 || held > 0) {
        await this.#bell.wait(this.#wanted.size === 0 ? LOOK_MS : Math.min(held, LOOK_MS), signal);
        continue;
      }
      const wanted = [...this.#wanted];
      this.forgetAll();
      if (activePause(store, link, runtime.wall()) === undefined)
        for (const flow of wanted) this.#start(flow);
      changed();
    }
  }
}
