import { randomUUID } from 'node:crypto';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { SiteHandle, StartOptions } from '../../../main/cli/program.ts';
import type { Edges } from '../../../main/compose-link.ts';
import { startSite } from '../../../main/compose.ts';
import { connectPipe, type PipeClient } from '../../../main/console/pipe-client.ts';
import { SAMPLE, siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { ArgsIn, RequestName, ResultOf } from '../../../shared/contract/contract.ts';
import type { SiteEvent, SiteStatus } from '../../../shared/contract/status.ts';
import type { BadInputWorld } from '../bad-input/bad-input-bench.ts';

export const KEY = 'settings-key-51d0';
export const ERP_PASSWORD = 'erp.main.password';
export const CLOUD_KEY = `link.${SAMPLE.linkId}.apiKey`;

const MAPPING = new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url);

export interface RawSite {
  schemaVersion: number;
  site: Record<string, unknown>;
  erps: Record<string, unknown>[];
  links: ({
    cloud: Record<string, unknown>;
    push: Record<string, unknown>;
    pull: Record<string, unknown>;
  } & Record<string, unknown>)[];
  console?: Record<string, unknown>;
}

/** A data folder, an agent on it, and one viewer that stays connected over the pipe. Ends with the test. */
export class SettingsSite {
  readonly dataDir = mkdtempSync(join(tmpdir(), 'erp-ferry-settings-'));
  readonly area = `S${randomUUID().slice(0, 8).toUpperCase()}`;
  readonly events: SiteEvent[] = [];
  /** Everything the viewer was answered. */
  readonly answers: unknown[] = [];
  env: NodeJS.ProcessEnv = {};
  #handle: SiteHandle | undefined;
  #client: PipeClient | undefined;
  readonly #waiters = new Set<() => void>();

  constructor() {
    mkdirSync(join(this.dataDir, 'mappings'));
    onTestFinished(async () => {
      await this.stop();
      rmSync(this.dataDir, { recursive: true, force: true });
    });
  }

  /** A site joined to the world's ERP and an area of its own; push is off and nothing is due by the schedule. */
  static joined(world: BadInputWorld): SettingsSite {
    const site = new SettingsSite();
    world.cloud.control.addArea({ code: site.area, keys: [KEY], users: world.users });
    copyFileSync(MAPPING, join(site.dataDir, 'mappings', SAMPLE.mapping));
    site.write(site.joining(world));
    site.env = {};
    return site;
  }

  joining(world: BadInputWorld): RawSite {
    const settings = siteSettings({
      erpPort: world.server.port,
      cloudUrl: world.cloudUrl,
      appArea: this.area,
      acknowledge: 'after-apply',
      pullEvery: '24h',
      pushEvery: '24h',
    }) as RawSite;
    Object.assign(settings.links[0]!.push, { enabled: false });
    return settings;
  }

  get path(): string {
    return join(this.dataDir, 'site.json');
  }

  get text(): string {
    return readFileSync(this.path, 'utf8');
  }

  write(content: object | string): void {
    writeFileSync(
      this.path,
      typeof content === 'string' ? content : `${JSON.stringify(content, undefined, 2)}\n`,
    );
  }

  /** Both secrets that the joined site signs in with, as an environment. */
  signIn(): void {
    this.env = {
      ERP_FERRY_SECRET_ERP_MAIN_PASSWORD: SAMPLE.password,
      ERP_FERRY_SECRET_LINK_FIELD_SALES_APIKEY: KEY,
    };
  }

  async start(options: Partial<StartOptions> = {}, edges: Edges = {}): Promise<void> {
    this.#handle = await startSite({ dataDir: this.dataDir, env: this.env, mode: 'run', ...options }, edges);
    const connected = await connectPipe(this.dataDir);
    if (!connected.ok) throw new Error(connected.failure.message);
    this.#client = connected.value;
    this.#client.subscribe((event) => {
      this.events.push(event);
      for (const wake of this.#waiters) wake();
    });
  }

  get handle(): SiteHandle {
    if (this.#handle === undefined) throw new Error('the site was not started');
    return this.#handle;
  }

  get client(): PipeClient {
    if (this.#client === undefined) throw new Error('nobody looks on');
    return this.#client;
  }

  async stop(): Promise<void> {
    this.#client?.close();
    await this.#handle?.stop(new AbortController().signal);
    this.#client = undefined;
    this.#handle = undefined;
  }

  async reply<N extends RequestName>(name: N, args: ArgsIn<N>): Promise<unknown> {
    const reply = await this.client.call(name, args);
    this.answers.push(reply);
    return reply;
  }

  async ask<N extends RequestName>(name: N, args: ArgsIn<N>): Promise<ResultOf<N>> {
    const reply = (await this.reply(name, args)) as
      { ok: true; value: ResultOf<N> } | { ok: false; error: object };
    if (!reply.ok) throw new Error(`${name} was refused: ${JSON.stringify(reply.error)}`);
    return reply.value;
  }

  /** Applies what stands there now, changed. */
  async apply(change: (settings: RawSite) => void): Promise<ResultOf<'settingsApply'>> {
    const { settings, revision } = await this.ask('settingsRead', {});
    const draft = structuredClone(settings) as RawSite;
    change(draft);
    return this.ask('settingsApply', { settings: draft, revision });
  }

  status(): Promise<SiteStatus> {
    return this.ask('status', {});
  }

  /** Until the check gives something, looked at with every event. */
  async until<T>(check: () => Promise<T | undefined>): Promise<T> {
    for (;;) {
      const seen = this.events.length;
      const found = await check();
      if (found !== undefined) return found;
      if (this.events.length === seen)
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            this.#waiters.delete(wake);
            resolve();
          };
          this.#waiters.add(wake);
        });
    }
  }

  /** Everything the log files hold. */
  logs(): string {
    const folder = join(this.dataDir, 'logs');
    return readdirSync(folder)
      .map((name) => readFileSync(join(folder, name), 'utf8'))
      .join('\n');
  }

  logged(message: string): readonly Record<string, unknown>[] {
    return this.logs()
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as { message: string; fields?: Record<string, unknown> })
      .filter((line) => line.message === message)
      .map((line) => line.fields ?? {});
  }
}
