import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { onTestFinished } from 'vitest';
import { openSecrets } from '../../../main/adapters/secrets/open-secrets.ts';
import type { SiteHandle } from '../../../main/cli/program.ts';
import { startSite } from '../../../main/compose.ts';
import {
  createDynamicsMobile,
  type DynamicsMobile,
} from '../../../main/sandbox/clouds/dynamics-mobile/cloud.ts';
import { serveFetch } from '../../../main/sandbox/clouds/serve.ts';
import { judgeConnection, type JudgeConnection } from '../../../main/sandbox/program/judge-connection.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { SAMPLE, siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { startTdsServer, type TdsServer } from '../../../main/sandbox/tds/server.ts';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import type { LinkStatus, RunView, SiteStatus } from '../../../shared/contract/status.ts';
import { Speaker } from '../../../shared/i18n/say.ts';

export const API_KEY = 'bad-input-key-7c1f';
export const SQL_PASSWORD = 'erp.main.password';
export const CLOUD_KEY = `link.${SAMPLE.linkId}.apiKey`;

const MAPPING = new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url);

/** One ERP on a SQL Server wire and one cloud over HTTP, for all tests of a file. */
export interface BadInputWorld {
  readonly server: TdsServer;
  readonly cloud: DynamicsMobile;
  readonly cloudUrl: string;
  /** A connection of the judge's own. */
  erp: JudgeConnection;
  readonly users: readonly [string, string];
  readonly customer: string;
  readonly item: string;
  /** The judge's connection anew, after the server was away. */
  reconnect(): Promise<void>;
  close(): Promise<void>;
}

export async function openWorld(): Promise<BadInputWorld> {
  const sample = await createSampleErp({
    seed: 1,
    scale: 'tiny',
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    },
  });
  const server = await startTdsServer({ engine: sample.engine });
  const cloud = createDynamicsMobile({
    clock: { now: () => Date.now() },
    random: () => 0.99,
    newId: () => randomUUID(),
    areas: [],
    switches: { queue: 'sticky', rate: 0, duplicate: 0, short: 0, empty: 0 },
  });
  const face = await serveFetch((request) => cloud.handle(request));
  const erp = await judgeConnection(server.port);
  const one = async (query: string): Promise<string> =>
    String(Object.values((await erp.query(query))[0] ?? {})[0]);
  const names = await erp.query('SELECT UserName FROM dbo.MobileUsers WHERE Active = 1 ORDER BY UserName');
  const world: BadInputWorld = {
    server,
    cloud,
    cloudUrl: face.url,
    erp,
    users: [String(names[0]?.['UserName']), String(names[1]?.['UserName'])],
    customer: await one('SELECT MIN(CustomerNo) AS no FROM dbo.Customers'),
    item: await one("SELECT MIN(ItemNo) AS no FROM dbo.Items WHERE ItemNo LIKE N'I0%'"),
    reconnect: async () => {
      await world.erp.close();
      world.erp = await judgeConnection(server.port);
    },
    close: async () => {
      await world.erp.close();
      await Promise.all([server.close(), face.close()]);
      cloud.close();
    },
  };
  return world;
}

interface RawSettings {
  readonly site: Record<string, unknown>;
  readonly erps: readonly [Record<string, unknown>];
  readonly links: readonly [
    { readonly cloud: object; readonly push: object; readonly pull: object } & Record<string, unknown>,
  ];
}

export interface TestSiteOptions {
  readonly push?: boolean | undefined;
  readonly listFormat?: 'xml' | 'json' | undefined;
  readonly partialDone?: boolean | undefined;
  readonly orderWindow?: string | undefined;
  readonly database?: string | undefined;
  readonly password?: string | undefined;
  readonly apiKey?: string | undefined;
}

/** What a person reads of an explanation. */
export interface Words {
  readonly what: string;
  readonly next: string;
  readonly owner: string;
}

/**
 * An installation of its own with an area of its own at the cloud, so that tests of a file do not see each other's
 * packets. Ends with the test.
 */
export class TestSite {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'erp-ferry-bad-input-'));
  readonly area = `A${randomUUID().slice(0, 8).toUpperCase()}`;
  readonly #world: BadInputWorld;
  #handle: SiteHandle | undefined;
  #event: SiteStatus | undefined;
  readonly #waiters = new Set<() => void>();

  constructor(world: BadInputWorld, options: TestSiteOptions = {}) {
    this.#world = world;
    world.cloud.control.addArea({ code: this.area, keys: [API_KEY], users: world.users });
    mkdirSync(join(this.dataDir, 'mappings'));
    copyFileSync(MAPPING, join(this.dataDir, 'mappings', SAMPLE.mapping));
    const settings = siteSettings({
      erpPort: world.server.port,
      cloudUrl: world.cloudUrl,
      appArea: this.area,
      acknowledge: 'after-apply',
      pullEvery: '24h',
      pushEvery: '24h',
      database: options.database,
      orderWindow: options.orderWindow,
      partialDone: options.partialDone,
    }) as RawSettings;
    const [link] = settings.links;
    Object.assign(link.push, { enabled: options.push ?? false });
    Object.assign(link.cloud, { listFormat: options.listFormat ?? 'xml' });
    this.writeSettings(settings);
    this.setSecret(SQL_PASSWORD, options.password ?? SAMPLE.password);
    this.setSecret(CLOUD_KEY, options.apiKey ?? API_KEY);
    onTestFinished(async () => {
      await this.stop();
      rmSync(this.dataDir, { recursive: true, force: true });
    });
  }

  get settings(): RawSettings {
    return JSON.parse(readFileSync(join(this.dataDir, 'site.json'), 'utf8')) as RawSettings;
  }

  writeSettings(settings: object): void {
    writeFileSync(join(this.dataDir, 'site.json'), JSON.stringify(settings, undefined, 2));
  }

  changeMapping(change: (text: string) => string): void {
    const file = join(this.dataDir, 'mappings', SAMPLE.mapping);
    const text = readFileSync(file, 'utf8');
    const changed = change(text);
    if (changed === text) throw new Error('the mapping was not changed');
    writeFileSync(file, changed);
  }

  /** As a person does while the program runs. */
  setSecret(name: string, value: string): void {
    openSecrets(this.dataDir, { env: {}, now: () => Date.now() }).set(name, value);
  }

  async start(): Promise<void> {
    const handle = await startSite({ dataDir: this.dataDir, env: {}, mode: 'run' });
    this.#handle = handle;
    handle.events.subscribe(({ status }) => {
      this.#event = status;
      for (const wake of this.#waiters) wake();
    });
  }

  async stop(): Promise<void> {
    await this.#handle?.stop(new AbortController().signal);
    this.#handle = undefined;
  }

  /** Until the check gives something, looked at with every event of the site. */
  async until<T>(check: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const seen = this.#event;
      const found = await check();
      if (found !== undefined) return found;
      if (this.#event === seen)
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            this.#waiters.delete(wake);
            resolve();
          };
          this.#waiters.add(wake);
        });
    }
  }

  /** A whole run of a flow that began after this call. */
  async run(flow: 'pull' | 'push'): Promise<RunView> {
    for (;;) {
      const { flows } = await this.#ask('sync', { flow });
      const [asked] = flows;
      if (asked?.run === undefined) throw new Error(`the run was refused: ${JSON.stringify(asked)}`);
      const ended = await this.until(async () => {
        const { runs } = await this.#ask('runsList', { limit: 20 });
        return runs.find(({ id, endedAt }) => id === asked.run && endedAt !== undefined);
      });
      if (asked.outcome === 'started') return ended;
    }
  }

  /** The flow's run that the start itself began. */
  firstRun(flow: 'pull' | 'push'): Promise<RunView> {
    return this.until(async () => {
      const { runs } = await this.#ask('runsList', { limit: 100 });
      const [first] = runs.filter((run) => run.flow === flow).toSorted((one, other) => one.id - other.id);
      return first?.endedAt === undefined ? undefined : first;
    });
  }

  async status(): Promise<SiteStatus> {
    return this.#ask('status', {});
  }

  async link(): Promise<LinkStatus> {
    const { links } = await this.status();
    if (links[0] === undefined) throw new Error('the site has no link');
    return links[0];
  }

  /** Items of one direction, oldest first. */
  async items(direction: 'in' | 'out' = 'in'): Promise<readonly ItemView[]> {
    const { items } = await this.#ask('queueList', { direction, limit: 100, offset: 0 });
    return items.toSorted((one, other) => one.id - other.id);
  }

  async item(externalId: string): Promise<ItemView> {
    const found = (await this.items()).find((item) => item.externalId === externalId);
    if (found === undefined) throw new Error(`the packet ${externalId} is not in the queue`);
    return found;
  }

  show(item: ItemView): Promise<ResultOf<'queueShow'>> {
    return this.#ask('queueShow', { item: item.id });
  }

  async retry(item: ItemView): Promise<void> {
    await this.#ask('queueRetry', { item: item.id });
  }

  async checkConfig(): Promise<ResultOf<'configCheck'>['problems']> {
    return (await this.#ask('configCheck', {})).problems;
  }

  async #ask<
    N extends 'sync' | 'status' | 'queueList' | 'queueShow' | 'queueRetry' | 'runsList' | 'configCheck',
  >(name: N, args: object): Promise<ResultOf<N>> {
    if (this.#handle === undefined) throw new Error('the site was not started');
    const handler = this.#handle.handlers[name] as unknown as (
      args: object,
    ) => Promise<{ ok: true; value: ResultOf<N> } | { ok: false; error: unknown }>;
    const reply = await handler(args);
    if (!reply.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply)}`);
    return reply.value;
  }

  deliver(xml: string, more: { user?: string; company?: string } = {}): string {
    return this.#world.cloud.control.deliver({
      area: this.area,
      user: more.user ?? this.#world.users[0],
      company: more.company ?? SAMPLE.company,
      xml,
    });
  }

  /** What the cloud still holds, and what was reported done to it. */
  inCloud(): { readonly open: readonly string[]; readonly done: readonly string[] } {
    const { waiting, delivered, done } = this.#world.cloud.control.queueState({ area: this.area });
    return { open: [...waiting, ...delivered], done };
  }
}

/** An explanation as it is read in English at the site. */
export function words(explanation: Explanation | undefined): Words {
  if (explanation === undefined) throw new Error('nothing was explained');
  const speaker = new Speaker({ now: Date.now(), timeZone: SAMPLE.timeZone, locale: 'en-GB' });
  return {
    what: speaker.say(explanation.what),
    next: speaker.say(explanation.next),
    owner: speaker.say({ key: `owner.${explanation.owner}`, params: {} }),
  };
}

/** A light's fact as it is read. */
export const lightWords = (light: LinkStatus['lights']['erp']): string =>
  new Speaker({ now: Date.now(), timeZone: SAMPLE.timeZone, locale: 'en-GB' }).say(light.fact);
