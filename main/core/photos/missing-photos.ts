import type { LinkParts } from '../packets/link-parts.ts';

const DAY_MS = 24 * 3_600_000;
/** How long a packet waits for the photo it names before people are told, and how long they are told then. */
const MISSING_MS = 7 * DAY_MS;
const TOLD_MS = 30 * DAY_MS;
const LOOK_MS = 3_600_000;

/** Photos that packets name and that did not come: nothing waits for them, so nobody would notice. */
export class MissingPhotos {
  readonly #parts: Pick<LinkParts, 'store' | 'link' | 'runtime' | 'mapping' | 'log'>;
  #count = 0;
  #lookedAt = Number.NEGATIVE_INFINITY;

  constructor(parts: Pick<LinkParts, 'store' | 'link' | 'runtime' | 'mapping' | 'log'>) {
    this.#parts = parts;
  }

  /** How many; looked up once an hour. Throws StoreError. */
  count(): number {
    const { store, link, runtime, mapping, log } = this.#parts;
    if (mapping.pull.photos === undefined) return 0;
    const at = runtime.monotonic();
    if (at - this.#lookedAt < LOOK_MS) return this.#count;
    const to = runtime.wall() - MISSING_MS;
    this.#count = store.photosMissing(link, { from: to - TOLD_MS, to });
    this.#lookedAt = at;
    if (this.#count > 0) log.warn('photos did not come', { count: this.#count });
    return this.#count;
  }
}
