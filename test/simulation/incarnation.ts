import { join } from 'node:path';
import { assembleLink, type SharedParts } from '../../main/compose-link.ts';
import { createBodyStore } from '../../main/adapters/spool/body-store.ts';
import { openStore, type SqliteStore } from '../../main/adapters/sqlite/open-store.ts';
import type { LoadedSite } from '../../main/adapters/config/load-site.ts';
import type { Log } from '../../main/adapters/log/create-log.ts';
import { createRedactor } from '../../main/adapters/log/redactor.ts';
import { leaseTraceIn } from '../../main/adapters/erp-mssql/lease-trace.ts';
import type { ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import { StoreError } from '../../main/core/queue/store-error.ts';
import { Endpoints } from '../../main/core/queue/endpoints.ts';
import type { PacketLink } from '../../main/core/packets/packet-link.ts';
import type { Runtime } from '../../main/core/runtime/runtime.ts';
import type { StepName, StepPhase } from '../../main/core/runtime/steps.ts';
import type { Disk } from '../../main/core/runtime/disk.ts';
import type { HttpTransport } from '../../main/core/runtime/http-transport.ts';
import { startId } from '../../shared/model/ids.ts';
import { ok } from '../../shared/model/result.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';
import { SimulatedCrash } from '../support/test-runtime.ts';
import type { SimSqlServer } from './sim-sql-server.ts';

/** Never settles: what a dead process would have waited for. */
const NEVER = new Promise<never>(() => undefined);

export interface IncarnationOptions {
  readonly folder: string;
  readonly site: LoadedSite;
  readonly base: Runtime;
  readonly disk: Disk;
  readonly http: HttpTransport;
  readonly sql: SimSqlServer;
  readonly apiKey: string;
  /** Called at every step; a throw is the death of this incarnation. */
  readonly onStep: (name: StepName, phase: StepPhase) => void;
  readonly onDeath: () => void;
  /** Replaces parts by wrong ones, to see them found. */
  readonly sabotage: (link: PacketLink, erp: ClosablePacketErp, store: SqliteStore) => void;
  readonly say: (event: string, facts: object) => void;
}

/** One life of the agent. After its death nothing of it reaches the world any more, whatever its code still tries. */
export class Incarnation {
  readonly link: PacketLink;
  readonly store: SqliteStore;
  readonly #options: IncarnationOptions;
  readonly #stop = new AbortController();
  readonly #erp: ClosablePacketErp;
  #alive = true;

  constructor(options: IncarnationOptions) {
    this.#options = options;
    const { folder, site } = options;
    const runtime = this.#mortalRuntime();
    const store = openStore({
      file: join(folder, 'ferry.sqlite'),
      zone: site.settings.site.timeZone,
      runtime,
    });
    this.store = store;
    const log: Log = {
      debug: () => undefined,
      info: (event, facts) => options.say(event, facts ?? {}),
      warn: (event, facts) => options.say(event, facts ?? {}),
      error: (event, facts) => options.say(event, facts ?? {}),
      child: () => log,
    };
    const [settings] = site.settings.links;
    if (settings === undefined) throw new Error('the site has no link');
    const shared: SharedParts = {
      site,
      store: this.#mortal(store),
      endpoints: new Endpoints(runtime, this.#mortal(store)),
      bodies: this.#mortal(
        createBodyStore({
          disk: this.#mortal(options.disk),
          folder: '/spool',
          reserveBytes: 0,
          rowBody: (hash) => store.rowBody(hash),
          newId: () => runtime.newId(),
          runtime,
        }),
      ),
      runtime,
      secrets: {
        get: (name) => ok(name.startsWith('erp.') ? SAMPLE.password : options.apiKey),
        set: () => undefined,
        list: () => [],
      },
      redactor: createRedactor(),
      http: this.#mortal(options.http),
      log,
      start: startId(runtime.newId()),
      siteId: 'simulated-site',
      leaseTrace: leaseTraceIn(folder),
      edges: { sqlServer: () => this.#mortal(options.sql) },
    };
    const { link, erp } = assembleLink(shared, settings, () => undefined);
    this.link = link;
    this.#erp = erp;
    options.sabotage(link, erp, store);
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Works until it dies or is stopped. */
  async run(): Promise<void> {
    try {
      const { store, startId: start, runtime } = this.link.parts;
      store.releaseClaims(start, runtime.wall());
      await this.link.run(this.#stop.signal);
    } catch (error) {
      // A store that refuses at the start ends the process; whoever watches it starts it again.
      if (error instanceof StoreError) this.die();
      if (this.#alive) throw error;
    }
  }

  /** The process is gone: handles are closed by the system, the server notices broken connections. */
  die(): void {
    if (!this.#alive) return;
    this.#alive = false;
    this.store.close();
    this.#options.onDeath();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#erp.close();
  }

  #mortalRuntime(): Runtime {
    const { base, onStep } = this.#options;
    const dead = (): never => {
      throw new Error('a dead process asked for something');
    };
    return {
      wall: () => (this.#alive ? base.wall() : dead()),
      monotonic: () => (this.#alive ? base.monotonic() : dead()),
      sleep: async (ms, signal) => {
        await base.sleep(ms, signal);
        if (!this.#alive) await NEVER;
      },
      yield: async () => {
        await base.yield();
        if (!this.#alive) await NEVER;
      },
      random: () => base.random(),
      newId: () => base.newId(),
      fault: (name) => base.fault(name),
      step: (name, phase) => {
        if (!this.#alive) dead();
        try {
          onStep(name, phase);
        } catch (error) {
          if (error instanceof SimulatedCrash) this.die();
          throw error;
        }
      },
    };
  }

  /** The same object to a living process; to a dead one every synchronous call throws and every other never ends. */
  #mortal<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (object, key) => {
        const value: unknown = Reflect.get(object, key, object);
        if (typeof value !== 'function') return value;
        return (...args: readonly unknown[]): unknown => {
          if (!this.#alive) throw new Error(`a dead process called ${String(key)}`);
          const result: unknown = Reflect.apply(value, object, args);
          return result instanceof Promise
            ? result.then((one: unknown) => (this.#alive ? one : NEVER))
            : result;
        };
      },
    });
  }
}
