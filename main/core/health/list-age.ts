import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { QueueStore } from '../queue/queue-store.ts';
import type { Runtime } from '../runtime/runtime.ts';

/** Clocks that differ by less are read at different moments, or kept by a time service. */
const TOLERANCE_MS = 10_000;

interface Parts {
  readonly link: LinkId;
  readonly store: Pick<QueueStore, 'lastList' | 'lastStarted' | 'noteList'>;
  readonly runtime: Pick<Runtime, 'wall' | 'monotonic'>;
}

/**
 * How long ago the last good list was. The stored moment survives restarts, the clock nobody can set counts what passed since
 * this start: of the two the longer one holds, so that neither a restart nor a clock set back hides an outage.
 */
export class ListAge {
  readonly #parts: Parts;
  #known: { readonly at: Instant; readonly ageMs: number; readonly monotonic: number } | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** In milliseconds; undefined when there was no good list ever. */
  ms(): number | undefined {
    const { at, passedMs } = this.#look() ?? {};
    if (at === undefined || passedMs === undefined) return undefined;
    const wallMs = this.#parts.runtime.wall() - at;
    return passedMs - wallMs > TOLERANCE_MS ? passedMs : Math.max(0, wallMs);
  }

  /** After the clock was set back: the stored moment is put where it lies on the clock as it is now. Idempotent. */
  putRight(): void {
    const { store, link, runtime } = this.#parts;
    const seen = store.lastList(link);
    const look = this.#look();
    if (seen === undefined || look === undefined) return;
    const at = runtime.wall() - look.passedMs;
    if (look.at - at <= TOLERANCE_MS) return;
    store.noteList(link, { entries: seen.entries, full: seen.full }, at);
    this.#known = { at, ageMs: look.passedMs, monotonic: runtime.monotonic() };
  }

  #look(): { readonly at: Instant; readonly passedMs: number } | undefined {
    const { store, link, runtime } = this.#parts;
    const seen = store.lastList(link);
    if (seen === undefined) return undefined;
    const monotonic = runtime.monotonic();
    if (this.#known?.at !== seen.at) {
      // A run that started later than now says that the clock was set back while nobody looked.
      const latest = Math.max(runtime.wall(), store.lastStarted(link, 'pull') ?? 0);
      this.#known = { at: seen.at, ageMs: Math.max(0, latest - seen.at), monotonic };
    }
    return { at: seen.at, passedMs: this.#known.ageMs + monotonic - this.#known.monotonic };
  }
}
