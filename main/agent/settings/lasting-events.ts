import type { SiteEvent, SiteEvents } from '../../../shared/contract/status.ts';

/** Events for viewers that stay while what they watch is replaced. `sequence` goes on rising. */
export class LastingEvents implements SiteEvents {
  readonly #listeners = new Map<(event: SiteEvent) => void, () => void>();
  #source: SiteEvents | undefined;
  #base = 0;
  #highest = 0;

  subscribe(listener: (event: SiteEvent) => void): () => void {
    // One function may listen twice.
    const own = (event: SiteEvent): void => listener(event);
    this.#listeners.set(own, this.#listen(own));
    return () => {
      this.#listeners.get(own)?.();
      this.#listeners.delete(own);
    };
  }

  attach(source: SiteEvents): void {
    this.detach();
    this.#source = source;
    this.#base = this.#highest;
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, this.#listen(listener));
  }

  /** Events pause. Idempotent. */
  detach(): void {
    for (const end of this.#listeners.values()) end();
    for (const listener of this.#listeners.keys()) this.#listeners.set(listener, () => undefined);
    this.#source = undefined;
  }

  #listen(listener: (event: SiteEvent) => void): () => void {
    if (this.#source === undefined) return () => undefined;
    const base = this.#base;
    return this.#source.subscribe((event) => {
      const sequence = base + event.sequence;
      this.#highest = Math.max(this.#highest, sequence);
      listener({ ...event, sequence });
    });
  }
}
