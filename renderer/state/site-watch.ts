import type { SiteStatus } from '../../shared/contract/status.ts';
import type { ConsoleClient } from '../api/console-client.ts';

/** What the page knows. */
export interface Seen {
  readonly status: SiteStatus | undefined;
  /** `connecting` until the first answer; `lost` when nothing was heard lately; `refused` when the token is not valid. */
  readonly link: 'connecting' | 'live' | 'lost' | 'refused';
}

/** The agent tells something every five seconds at least; three times that is silence. */
const SILENT_MS = 15_000;
const RETRY_MS = [500, 1_000, 2_000, 5_000] as const;

/** Follows one site: events while they come, asks anew when they end, and says when it hears nothing any more. */
export class SiteWatch {
  readonly #client: ConsoleClient;
  readonly #listeners = new Set<() => void>();
  #seen: Seen = { status: undefined, link: 'connecting' };
  /** Monotonic time of this page at which the status was heard: this computer's wall clock may differ from the site's. */
  #heardAt = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(client: ConsoleClient) {
    this.#client = client;
  }

  get seen(): Seen {
    return this.#seen;
  }

  /** The site's clock now, as far as it can be told. */
  now(): number {
    const { status } = this.#seen;
    return status === undefined ? Date.now() : status.at + (performance.now() - this.#heardAt);
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  start(): void {
    void this.#follow();
  }

  /** Asks at once: after something the person did. */
  async refresh(): Promise<void> {
    const reply = await this.#client.call('status', {});
    if (reply.ok) this.#heard(reply.value);
  }

  async #follow(): Promise<void> {
    for (let failures = 0; ; failures += 1) {
      void this.refresh();
      const end = await this.#client.events((event) => {
        failures = 0;
        this.#heard(event.status);
      }, new AbortController().signal);
      if (end === 'refused') return this.#change({ ...this.#seen, link: 'refused' });
      this.#change({ ...this.#seen, link: 'lost' });
      const pause = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 5_000;
      await new Promise((resolve) => {
        setTimeout(resolve, pause);
      });
    }
  }

  #heard(status: SiteStatus): void {
    // An answer overtaken by an event is older than what is shown.
    if (this.#seen.status !== undefined && status.at < this.#seen.status.at && this.#seen.link === 'live')
      return;
    this.#heardAt = performance.now();
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => this.#change({ ...this.#seen, link: 'lost' }), SILENT_MS);
    this.#change({ status, link: 'live' });
  }

  #change(seen: Seen): void {
    this.#seen = seen;
    for (const listener of this.#listeners) listener();
  }
}
