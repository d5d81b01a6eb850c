import type { Page } from 'playwright-core';
import { itemView } from '../../main/agent/site-status.ts';
import { openStoredSite, type StoredSite } from '../../main/cli/stored-site.ts';
import { startConsole, type HttpConsole } from '../../main/console/http-console.ts';
import type { Handlers } from '../../shared/contract/contract.ts';
import { answer, refuse, type Right } from '../../shared/contract/reply.ts';
import { itemId } from '../../shared/model/ids.ts';
import { PAGE } from './browser.ts';
import { SeededSite } from './seeded-site.ts';

/** A real store whose items can be looked at and changed through a real console; no ERP and no cloud behind it. */
export class QueueSite {
  readonly base = new SeededSite();
  #console: HttpConsole | undefined;
  #reader: StoredSite | undefined;

  get store(): SeededSite['store'] {
    return this.base.store;
  }

  /** Serves the page; `over` replaces answers. */
  async serve(over: Partial<Handlers> = {}, right: Right = 'operate'): Promise<string> {
    const { base, store } = this;
    const reader = openStoredSite(base.dataDir, 'Europe/Sofia');
    this.#reader = reader;
    const changed = (
      item: ReturnType<typeof store.get>,
      number: number,
    ): Awaited<ReturnType<Handlers['queueRetry']>> => {
      if (item === undefined) return refuse('not-now', `item ${number} does not allow this now`);
      base.tell();
      return answer({ item: itemView(item) });
    };
    this.#console = await startConsole({
      dataDir: base.dataDir,
      page: PAGE,
      port: 0,
      right,
      events: base.double.events,
      handlers: base.double.handlers({
        status: async () => answer(base.status()),
        queueList: reader.queueList,
        queueShow: reader.queueShow,
        queueBody: reader.queueBody,
        queueRetry: async ({ item }) => changed(store.retry(itemId(item), Date.now()), item),
        queuePark: async ({ item, note }) =>
          changed(store.park(itemId(item), { kind: 'person', note }, Date.now()), item),
        queueDiscard: async ({ item, confirm, note }) =>
          store.get(itemId(item))?.externalId === confirm
            ? changed(store.discard(itemId(item), note, Date.now()), item)
            : refuse('bad-arguments', 'the packet id differs'),
        ...over,
      }),
    });
    return this.#console.openUrl;
  }

  /** Opens the page with its token, then goes to a place in it. */
  async open(
    page: Page,
    place: string,
    over: Partial<Handlers> = {},
    right: Right = 'operate',
  ): Promise<void> {
    await page.goto(await this.serve(over, right));
    await page.getByRole('navigation').waitFor();
    await page.evaluate((hash) => (location.hash = hash), place);
    await page.locator('[data-view="all"]').waitFor();
  }

  stopConsole(): Promise<void> {
    return this.#console?.stop() ?? Promise.resolve();
  }

  async remove(): Promise<void> {
    await this.stopConsole();
    this.#reader?.close();
    await this.base.remove();
  }
}
