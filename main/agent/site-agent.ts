import type { SiteEvents, SiteStatus } from '../../shared/contract/status.ts';
import { durablySync } from '../core/runtime/runtime.ts';
import type { SiteParts } from './site-parts.ts';
import { siteStatus } from './site-status.ts';
import { StatusFeed } from './status-feed.ts';

/**
 * A running site: takes over what an earlier start left, runs its links, tells viewers. All of it may be killed at any
 * instant; the next start goes on from the store.
 */
export class SiteAgent {
  readonly parts: SiteParts;
  readonly #feed: StatusFeed;
  readonly #stop = new AbortController();

  constructor(parts: SiteParts) {
    this.parts = parts;
    this.#feed = new StatusFeed(parts.runtime, () => this.status());
  }

  get events(): SiteEvents {
    return this.#feed;
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Something a viewer may want to see changed. */
  changed(): void {
    this.#feed.changed();
    this.parts.alerting.siteChanged();
  }

  status(): SiteStatus {
    return siteStatus(this.parts);
  }

  /** Items an earlier start held are looked at anew. Call before anything else works on the store. */
  takeOver(): { readonly unknown: number; readonly parked: number } {
    const { store, startId, runtime } = this.parts;
    return durablySync(runtime, 'agent.release-claims', () => store.releaseClaims(startId, runtime.wall()));
  }

  /** Works until stopped. */
  async run(): Promise<void> {
    const signal = this.#stop.signal;
    await Promise.all([
      this.#feed.run(signal),
      this.parts.housekeeping.run(signal),
      this.parts.alerting.run({ status: () => this.status(), changed: () => this.#feed.changed() }, signal),
      ...this.parts.links.map((link) => link.run(signal)),
    ]);
    await this.#release();
  }

  /** One full round of every link (pull, then push, then what that brought), and the end. */
  async once(only?: 'pull'): Promise<void> {
    const signal = this.#stop.signal;
    await this.parts.housekeeping.checkOwed(signal);
    await Promise.all(
      this.parts.links.map(async (link) => {
        if (only === undefined && link.plan.push.enabled) await link.sync('push', 'start', signal).done;
        else await link.sync('pull', 'start', signal).done;
      }),
    );
    await this.#release();
  }

  /** Ends what runs after its current durable step. Idempotent. */
  stop(): void {
    this.#stop.abort();
  }

  /** A stand-by need not wait for the lease to run out. */
  async #release(): Promise<void> {
    const limit = new AbortController();
    const { runtime, links } = this.parts;
    const deadline = runtime.sleep(RELEASE_MS, limit.signal);
    const released = Promise.all(links.map((link) => link.parts.erp.release(limit.signal)));
    await Promise.race([released, deadline]);
    limit.abort();
    await deadline;
  }
}

/** Giving the lease back is a courtesy: it must not hold up the end. */
const RELEASE_MS = 3_000;
