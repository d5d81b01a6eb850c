import type { MobileUserStore } from '../../queue/mobile-users.ts';
import type { BodyStore, StoredBody } from '../../runtime/body-store.ts';
import type { Runtime } from '../../runtime/runtime.ts';

/** How long somebody may look at what was previewed, and save it. */
const KEPT_MS = 10 * 60_000;
/** Together at most this many of the largest packets there are; the oldest goes first. */
const MOST = 8;

interface ShelfParts {
  readonly bodies: Pick<BodyStore, 'remove'>;
  readonly store: Pick<MobileUserStore, 'isExpected'>;
  readonly runtime: Pick<Runtime, 'newId' | 'monotonic' | 'sleep'>;
}

/** Bytes of previews, by id, for ten minutes. Nothing else names them: what a kill leaves in the spool the next start sweeps. */
export class PreviewShelf {
  readonly #parts: ShelfParts;
  readonly #kept = new Map<string, { readonly body: StoredBody; readonly until: number }>();

  constructor(parts: ShelfParts) {
    this.#parts = parts;
  }

  /** The id to ask for them by. */
  async put(body: StoredBody, signal: AbortSignal): Promise<string> {
    const { runtime } = this.#parts;
    await this.tidy();
    const id = runtime.newId();
    this.#kept.set(id, { body, until: runtime.monotonic() + KEPT_MS });
    for (const oldest of this.#kept.keys()) {
      if (this.#kept.size <= MOST) break;
      await this.#drop(oldest);
    }
    // Whoever never asks again must not leave a file behind.
    void runtime.sleep(KEPT_MS, signal).then(() => this.tidy());
    return id;
  }

  /** Undefined when it is gone. */
  get(id: string): StoredBody | undefined {
    const kept = this.#kept.get(id);
    return kept === undefined || kept.until <= this.#parts.runtime.monotonic() ? undefined : kept.body;
  }

  /** Removes what is too old. Idempotent; a file that cannot be removed is swept later. */
  async tidy(): Promise<void> {
    const now = this.#parts.runtime.monotonic();
    for (const [id, { until }] of this.#kept) if (until <= now) await this.#drop(id);
  }

  async #drop(id: string): Promise<void> {
    const { bodies, store } = this.#parts;
    const body = this.#kept.get(id)?.body;
    this.#kept.delete(id);
    if (body?.place !== 'spool') return;
    const shared = [...this.#kept.values()].some((other) => other.body.hash === body.hash);
    if (!shared && !store.isExpected(body.hash)) await bodies.remove([body.hash]).catch(() => undefined);
  }
}
