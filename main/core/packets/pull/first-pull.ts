import type { LinkId, SourceId } from '../../../../shared/model/ids.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { QueueStore } from '../../queue/queue-store.ts';

interface FirstPullParts {
  readonly link: LinkId;
  readonly source: SourceId;
  readonly store: QueueStore;
  readonly runtime: Pick<Runtime, 'wall'>;
}

/**
 * Whether a new link only stores what it pulls, because nobody has looked at its first packets yet. What a person said is kept
 * for link and source: the same name for another area begins anew.
 */
export class FirstPull {
  readonly #parts: FirstPullParts;
  readonly #wanted: boolean;
  #released = false;

  constructor(parts: FirstPullParts, wanted: boolean) {
    this.#parts = parts;
    this.#wanted = wanted;
  }

  holds(): boolean {
    if (!this.#wanted || this.#released) return false;
    const { store, link, source } = this.#parts;
    this.#released = store.applyingSince(link, source) !== undefined;
    return !this.#released;
  }

  /** From now on what is stored is applied. Idempotent. */
  release(by: string): void {
    const { store, link, source, runtime } = this.#parts;
    store.startApplying(link, source, by, runtime.wall());
  }
}

/** The store as a link sees it that only stores: packets come in and are reported, none is taken up. */
export function storeOnlyWhile(store: QueueStore, holds: () => boolean): QueueStore {
  return {
    ...store,
    nextDue: (link, direction) =>
      direction === 'in' && holds() ? undefined : store.nextDue(link, direction),
    claim: (link, direction, by, now) =>
      direction === 'in' && holds() ? undefined : store.claim(link, direction, by, now),
  };
}
