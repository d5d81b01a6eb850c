import type { SiteEvent, SiteEvents, SiteStatus } from '../../shared/contract/status.ts';
import { Bell } from '../core/runtime/bell.ts';
import type { Runtime } from '../core/runtime/runtime.ts';

/** At most four a second: more is flicker, and a remote desktop pays for each. */
const LEAST_GAP_MS = 250;
/** Ages and lights change by time alone: told at least this often while somebody listens. */
const LONGEST_GAP_MS = 5_000;

/** Whole status snapshots with a sequence number for whoever listens. */
export class StatusFeed implements SiteEvents {
  readonly #runtime: Runtime;
  readonly #status: () => SiteStatus;
  readonly #bell: Bell;
  readonly #listeners = new Set<(event: SiteEvent) => void>();
  #sequence = 0;

  constructor(runtime: Runtime, status: () => SiteStatus) {
    this.#runtime = runtime;
    this.#status = status;
    this.#bell = new Bell(runtime);
  }

  subscribe(listener: (event: SiteEvent) => void): () => void {
    this.#listeners.add(listener);
    this.changed();
    return () => {
      this.#listeners.delete(listener);
    };
  }

  changed(): void {
    this.#bell.ring();
  }

  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#bell.wait(LONGEST_GAP_MS, signal);
      if (signal.aborted) return;
      if (this.#listeners.size > 0) {
        this.#sequence += 1;
        const event: SiteEvent = { kind: 'status', sequence: this.#sequence, status: this.#status() };
        for (const listener of this.#listeners) listener(event);
      }
      await this.#runtime.sleep(LEAST_GAP_MS, signal);
    }
  }
}
