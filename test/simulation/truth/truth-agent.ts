import { join } from 'node:path';
import { assembleLink, type SharedParts } from '../../../main/compose-link.ts';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { openStore, type SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { LoadedSite } from '../../../main/adapters/config/load-site.ts';
import type { Log } from '../../../main/adapters/log/create-log.ts';
import { createRedactor } from '../../../main/adapters/log/redactor.ts';
import type { SqlServer } from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { siteHandlers } from '../../../main/agent/handlers.ts';
import { SiteAgent } from '../../../main/agent/site-agent.ts';
import type { SiteParts } from '../../../main/agent/site-parts.ts';
import { Endpoints } from '../../../main/core/queue/endpoints.ts';
import { Housekeeping } from '../../../main/core/queue/housekeeping.ts';
import { withheldWhile } from '../../../main/core/queue/withheld.ts';
import type { PacketLink } from '../../../main/core/packets/packet-link.ts';
import type { Disk } from '../../../main/core/runtime/disk.ts';
import type { HttpTransport } from '../../../main/core/runtime/http-transport.ts';
import type { Runtime } from '../../../main/core/runtime/runtime.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { startId } from '../../../shared/model/ids.ts';
import { ok } from '../../../shared/model/result.ts';

export interface TruthAgentOptions {
  readonly folder: string;
  readonly site: LoadedSite;
  readonly runtime: Runtime;
  readonly disk: Disk;
  readonly http: HttpTransport;
  readonly sqlServer: SqlServer;
  readonly apiKey: string;
  readonly siteId?: string | undefined;
  readonly say: (event: string, facts: object) => void;
  /** Replaces parts by lying ones, to see them found. */
  readonly sabotage: (parts: { link: PacketLink; endpoints: Endpoints; store: SqliteStore }) => void;
}

export interface TruthAgent {
  readonly agent: SiteAgent;
  readonly handlers: ReturnType<typeof siteHandlers>;
  readonly store: SqliteStore;
  /** Ends when it was stopped and everything of it has ended. */
  readonly ended: Promise<void>;
  stop(): void;
}

/**
 * Parts that make no light: pages of items are read in a thread with a time of its own, and telling people of trouble comes
 * after knowing it.
 */
const AT_REST = {
  reads: {},
  logTail: () => Promise.resolve([]),
  alerting: {
    notices: () => [],
    active: () => [],
    siteChanged: () => undefined,
    run: () => Promise.resolve(),
  },
};

/** The running site of the program, put together as `compose.ts` does, without its pipe and its pages. */
export function startTruthAgent(options: TruthAgentOptions): TruthAgent {
  const { folder, site, runtime } = options;
  const store = openStore({ file: join(folder, 'ferry.sqlite'), zone: site.settings.site.timeZone, runtime });
  const start = startId(runtime.newId());
  store.markStarted(start, runtime.wall());
  const log: Log = {
    debug: () => undefined,
    info: (event, facts) => options.say(event, facts ?? {}),
    warn: (event, facts) => options.say(event, facts ?? {}),
    error: (event, facts) => options.say(event, facts ?? {}),
    child: () => log,
  };
  const bodies = createBodyStore({
    disk: options.disk,
    folder: '/spool',
    reserveBytes: 0,
    rowBody: (hash) => store.rowBody(hash),
    newId: () => runtime.newId(),
    runtime,
  });
  const endpoints = new Endpoints(runtime, store);
  const housekeeping = new Housekeeping({
    runtime,
    store,
    check: () => Promise.resolve([]),
    sweep: () => bodies.sweep(() => store.spoolHashes()),
    retentionMs: 90 * 86_400_000,
    log: { info: () => undefined, warn: () => undefined },
    onChange: () => agent.changed(),
  });
  const shared: SharedParts = {
    site,
    store: withheldWhile(store, () => housekeeping.soundness() === 'damaged'),
    bodies,
    endpoints,
    runtime,
    secrets: {
      get: (name) => ok(name.startsWith('erp.') ? SAMPLE.password : options.apiKey),
      set: () => undefined,
      list: () => [],
    },
    redactor: createRedactor(),
    http: options.http,
    log,
    start,
    siteId: options.siteId ?? 'simulated-site',
    edges: { sqlServer: () => options.sqlServer },
  };
  const [settings] = site.settings.links;
  if (settings === undefined) throw new Error('the site has no link');
  const { link, erp } = assembleLink(shared, settings, () => agent.changed());
  options.sabotage({ link, endpoints, store });
  const parts = {
    settings: site.settings,
    notices: [],
    links: [link],
    store,
    endpoints,
    bodies,
    housekeeping,
    runtime,
    startId: start,
    version: 'simulated',
    startedAt: runtime.wall(),
    ...AT_REST,
  };
  const agent: SiteAgent = new SiteAgent(parts as unknown as SiteParts);
  agent.takeOver();
  const ended = agent.run().then(async () => {
    await erp.close();
    store.markStopped(start);
    store.close();
  });
  return { agent, handlers: siteHandlers(agent), store, ended, stop: () => agent.stop() };
}
