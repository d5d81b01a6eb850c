import type { SiteStatus } from '../../shared/contract/status.ts';
import type { SiteConnection } from '../api/site-connection.ts';

/** What the page knows. */
export interface Seen {
  readonly status: SiteStatus | undefined;
  /**
   * `connecting` until the first answer; `starting` while an agent is being started; `lost` when nothing was heard lately;
   * `refused` when the token is not valid.
   */
  readonly link: 'connecting' | 'starting' | 'live' | 'lost' | 'refused';
  /** Why nothing is heard, in words, where that is known. */
  readonly reason?: string | undefined;
}

/** The agent tells something every five seconds at least; three times that is silence. */
const SILENT_MS = 15_000;

/** Follows one site: events while they come, and says when it hears nothing any more. */
export class SiteWatch {
  readonly #connection: SiteConnection;
  readonly #listeners = new Set<() => void>();
  #seen: Seen = { status: undefined, link: 'connecting' };
  /** Monotonic time of this page at which the status was heard: this computer's wall clock may differ from the site's. */
  #heardAt = 0;
  #silence: ReturnType<typeof setTimeout> | undefined;

  constructor(connection: SiteConnection) {
    this.#connection = connection;
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
    void this.refresh();
    this.#connection.follow((news) => {
      if (news.kind === 'event') return this.#heard(news.event.status);
      const reason = news.kind === 'lost' ? news.reason : undefined;
      this.#change({ ...this.#seen, link: news.kind, reason });
      if (news.kind === 'lost') void this.refresh();
    });
  }

  /** Asks at once: after something the person did. */
  async refresh(): Promise<void> {
    const reply = await this.#connection.call('status', {});
    if (reply.ok) this.#heard(reply.value);
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
