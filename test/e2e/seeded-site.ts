import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore, type SqliteStore } from '../../main/adapters/sqlite/open-store.ts';
import { itemView } from '../../main/agent/site-status.ts';
import { openStoredSite } from '../../main/cli/stored-site.ts';
import { startConsole, type HttpConsole } from '../../main/console/http-console.ts';
import { answer, refuse } from '../../shared/contract/reply.ts';
import type { LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import { itemId } from '../../shared/model/ids.ts';
import { settingsSchema } from '../../shared/model/settings.ts';
import { siteJson } from '../unit/cli/cli-world.ts';
import { refusedCustomer, seedPacket } from '../unit/cli/seed-store.ts';
import { SiteDouble } from '../unit/console/site-double.ts';
import { PAGE } from './browser.ts';

const MINUTE = 60_000;

/** A real store with items, a real console, and lights the test sets. */
export class SeededSite {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'ferry-page-'));
  readonly double = new SiteDouble();
  readonly store: SqliteStore;
  readonly now = Date.now();
  lights: Partial<LinkStatus> = {};
  #console: HttpConsole | undefined;

  constructor() {
    this.store = openStore({ file: join(this.dataDir, 'ferry.sqlite'), zone: 'Europe/Sofia' });
  }

  seed(): void {
    const { store, now } = this;
    seedPacket(
      store,
      { id: 'P-1', label: 'Order SO-1042, Corner & Co', user: 'ANNA', park: refusedCustomer },
      now - 26 * MINUTE,
    );
    seedPacket(store, { id: 'P-2', label: 'Order SO-1043, Bäckerei Süd', user: 'BORIS' }, now - 4 * MINUTE);
    seedPacket(store, { id: 'P-3', label: 'Payment PM-77', user: 'BORIS' }, now - 2 * MINUTE);
  }

  /** What the store counts, with the lights of a site that runs. */
  status(): SiteStatus {
    const reader = openStoredSite(this.dataDir, 'Europe/Sofia');
    try {
      const now = Date.now();
      const stored = reader.status(settingsSchema.parse(siteJson()), now);
      const links = stored.links.map((link): LinkStatus => {
        const answered = {
          state: 'fine',
          since: now - 12_000,
          fact: { key: 'light.answers', params: {} },
        } as const;
        return {
          ...link,
          light: link.parked > 0 ? 'attention' : link.pendingIn.count > 0 ? 'waiting' : 'fine',
          lights: { erp: answered, cloud: answered },
          flows: [
            { flow: 'pull', enabled: true, nextRun: now + 3 * MINUTE },
            { flow: 'push', enabled: true, nextRun: now + 21 * MINUTE },
          ],
          inCloud: { amount: 'none', at: now - 12_000 },
          lastRuns: [
            {
              id: 41,
              link: link.id,
              flow: 'pull',
              trigger: 'schedule',
              startedAt: now - 2 * MINUTE,
              endedAt: now - 2 * MINUTE + 3_000,
              outcome: 'ok',
              counts: { lists: 3, listed: 14, stored: 14, applied: 14, reported: 14 },
            },
            {
              id: 40,
              link: link.id,
              flow: 'push',
              trigger: 'schedule',
              startedAt: now - 9 * MINUTE,
              endedAt: now - 9 * MINUTE + 11_000,
              outcome: 'ok',
              counts: { users: 12, accepted: 3, unchanged: 9 },
            },
          ],
          ...this.lights,
        };
      });
      return {
        ...stored,
        agent: { state: 'running', startedAt: now - 90 * MINUTE, version: '0.1.0' },
        light: links.some((link) => link.light === 'attention')
          ? 'attention'
          : (links[0]?.light ?? 'unknown'),
        links,
      };
    } finally {
      reader.close();
    }
  }

  /** Tells the pages how it is now. */
  tell(lights: Partial<LinkStatus> = this.lights): void {
    this.lights = lights;
    this.double.emit(this.status());
  }

  async serve(): Promise<string> {
    const { store } = this;
    const reader = openStoredSite(this.dataDir, 'Europe/Sofia');
    this.#console = await startConsole({
      dataDir: this.dataDir,
      page: PAGE,
      port: 0,
      events: this.double.events,
      handlers: this.double.handlers({
        status: async () => answer(this.status()),
        queueList: async (args) => reader.queueList(args),
        queueShow: (args) => reader.queueShow(args),
        queueRetry: async ({ item }) => {
          const retried = store.retry(itemId(item), Date.now());
          if (retried === undefined) return refuse('not-now', `item ${item} cannot be retried now`);
          this.tell();
          return answer({ item: itemView(retried) });
        },
      }),
    });
    this.#ends.push(() => reader.close());
    return this.#console.openUrl;
  }

  readonly #ends: (() => void)[] = [];

  async stopConsole(): Promise<void> {
    await this.#console?.stop();
  }

  async remove(): Promise<void> {
    await this.stopConsole();
    for (const end of this.#ends) end();
    this.store.close();
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}
