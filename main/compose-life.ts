import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Explanation } from '../shared/contract/explanation.ts';
import { startId, type StartId } from '../shared/model/ids.ts';
import type { LinkSettings } from '../shared/model/settings.ts';
import type { LoadedSite } from './adapters/config/load-site.ts';
import { writeOutModel } from './adapters/config/model-files.ts';
import { leaseTraceIn } from './adapters/erp-mssql/lease-trace.ts';
import type { ClosablePacketErp } from './adapters/erp-mssql/packet-erp.ts';
import type { Log } from './adapters/log/create-log.ts';
import { tailLog } from './adapters/log/read-log.ts';
import type { Redactor } from './adapters/log/redactor.ts';
import type { Secrets } from './adapters/secrets/open-secrets.ts';
import { writeDurably } from './adapters/secrets/site-key.ts';
import { createBodyStore } from './adapters/spool/body-store.ts';
import { nodeDisk } from './adapters/spool/node-disk.ts';
import { checkInWorker } from './adapters/sqlite/check-in-worker.ts';
import { openStore, type SqliteStore } from './adapters/sqlite/open-store.ts';
import { workerReads } from './adapters/sqlite/worker-reads.ts';
import { siteHandlers } from './agent/handlers.ts';
import { onceEnd } from './agent/once-end.ts';
import { cloudKey, erpPassword, MAIL_PASSWORD, WEBHOOK_URL } from './agent/settings/secret-entries.ts';
import type { Life } from './agent/settings/site-host.ts';
import { SiteAgent } from './agent/site-agent.ts';
import { StartRefused, type StartOptions } from './cli/program.ts';
import { assembleAlerting } from './compose-alerting.ts';
import { assembleLink, engineLog, type Edges, type SharedParts } from './compose-link.ts';
import type { PacketLink } from './core/packets/packet-link.ts';
import { Endpoints } from './core/queue/endpoints.ts';
import { Housekeeping } from './core/queue/housekeeping.ts';
import { StoreError } from './core/queue/store-error.ts';
import { withheldWhile } from './core/queue/withheld.ts';
import type { HttpTransport } from './core/runtime/http-transport.ts';
import type { Runtime } from './core/runtime/runtime.ts';

/** Kept free on the volume for what comes in: a full disk must not be filled by what can be made again. */
const RESERVE_BYTES = 256 * 1024 * 1024;

/** Snapshots can be made again; packets that are pulled meanwhile cannot. */
const AGAIN_RESERVE_BYTES = 1024 * 1024 * 1024;

const DAY_MS = 86_400_000;

/** A sign-in that began before its secret changed has failed within this time, whatever the other side does: 20 s. */
const SIGN_IN_LOOK_MS = 500;
const SIGN_IN_LOOKS = 40;

/** What stays for the life of the process. */
export interface HostParts {
  readonly options: StartOptions;
  readonly edges: Edges;
  readonly runtime: Runtime;
  readonly secrets: Secrets;
  readonly redactor: Redactor;
  readonly http: HttpTransport;
  readonly log: Log;
  readonly logs: string;
  readonly version: string;
  /** Of the process: what is taken over later does not make it younger. */
  readonly startedAt: number;
}

/** Settings to live by. */
export interface SiteChoice {
  readonly loaded: LoadedSite;
  /** What the file says; undefined when it does not check and these are stand-ins that run nothing. */
  readonly data: unknown;
  readonly notices: readonly Explanation[];
}

type BuiltLink = {
  readonly link: PacketLink;
  readonly erp: ClosablePacketErp;
  readonly settings: LinkSettings;
};

/** Opens the store and puts the parts of a site together. The caller holds the site lock, and no other life is open. */
export async function buildLife(host: HostParts, { loaded: site, notices }: SiteChoice): Promise<Life> {
  const { options, edges, runtime, log, logs, secrets, redactor, http } = host;
  const { dataDir } = options;
  const start = startId(runtime.newId());
  const store = openSiteStore(dataDir, site, runtime, log);
  const ends: (() => Promise<void> | void)[] = [() => store.close()];
  try {
    store.markStarted(start, runtime.wall());
    ends.push(() => giveBack(store, start, log));
    const bodies = createBodyStore({
      disk: edges.disk ?? nodeDisk,
      folder: join(dataDir, 'spool'),
      reserveBytes: RESERVE_BYTES,
      againReserveBytes: AGAIN_RESERVE_BYTES,
      rowBody: (hash) => store.rowBody(hash),
      newId: () => runtime.newId(),
      runtime,
    });
    const reads = workerReads({
      file: join(dataDir, 'ferry.sqlite'),
      spool: join(dataDir, 'spool'),
      zone: site.settings.site.timeZone,
      runtime,
      onDamaged: (damage) => log.error('a stored row cannot be read', { damage: damage.message }),
      onCrash: (error) =>
        log.error('the reader of the store died', { error: error instanceof Error ? error.message : '' }),
    });
    ends.push(() => reads.close());
    const endpoints = new Endpoints(runtime, store);
    const housekeeping = new Housekeeping({
      runtime,
      store,
      check: (signal) => checkInWorker(join(dataDir, 'ferry.sqlite'), signal),
      sweep: () => bodies.sweep(() => store.spoolHashes()),
      retentionMs: site.settings.retention.days * DAY_MS,
      links: () => agent.parts.links.map((link) => link.parts.link),
      log: engineLog(log),
      onChange: () => agent.changed(),
    });
    const signIns = counted(secrets);
    const parts: SharedParts = {
      site,
      store: withheldWhile(store, () => housekeeping.soundness() === 'damaged'),
      bodies,
      endpoints,
      runtime,
      secrets: signIns.secrets,
      redactor,
      http,
      log,
      start,
      siteId: siteIdOf(dataDir, runtime),
      leaseTrace: leaseTraceIn(dataDir),
      edges,
    };
    const chosen = site.settings.links.filter((link) => options.links?.includes(link.id) ?? true);
    for (const { push } of chosen) {
      const cause = writeOutModel(dataDir, push.model);
      if (cause !== undefined)
        log.warn('the model of the app is not written out', { model: push.model, cause });
    }
    const built: readonly BuiltLink[] = chosen.map((settings) => ({
      settings,
      ...assembleLink(parts, settings, () => agent.changed()),
    }));
    ends.push(async () => {
      await Promise.all(built.map(({ erp }) => erp.close()));
    });
    const { settings } = site;
    const alerting = assembleAlerting({ settings, store, runtime, secrets, http, log });
    const agent: SiteAgent = new SiteAgent({
      settings: site.settings,
      notices,
      links: built.map(({ link }) => link),
      store,
      reads,
      endpoints,
      bodies,
      housekeeping,
      alerting,
      runtime,
      startId: start,
      version: host.version,
      startedAt: host.startedAt,
      logTail: async ({ lines, level, text }) => tailLog(logs, lines, { level, text }),
    });
    const left = agent.takeOver();
    const swept = await bodies.sweep(() => store.spoolHashes()).catch(() => []);
    log.info('agent started', {
      version: host.version,
      mode: options.mode,
      links: built.length,
      ...left,
      swept: swept.length,
    });
    const handlers = siteHandlers(agent);
    const tryNow = async (asking: readonly PacketLink[]): Promise<void> => {
      for (const link of asking) link.wake();
      const failing = endpoints.facts().flatMap(({ endpoint, failure }) => failure && endpoint);
      const links = asking
        .filter(({ parts: { erpEndpoint, cloudEndpoint } }) =>
          [erpEndpoint, cloudEndpoint].some((endpoint) => failing.includes(endpoint)),
        )
        .map(({ parts: { link } }) => link);
      // The one path of a sync by hand: it knows of pauses and of what runs already.
      if (links.length > 0) await handlers.sync({ links });
    };
    /** A sign-in under way had read the old value: its failure comes after the change, and must not count against the new one. */
    const untilTried = async (asking: readonly PacketLink[], tried: () => boolean): Promise<void> => {
      for (let turn = 0; turn < SIGN_IN_LOOKS; turn += 1) {
        await runtime.sleep(SIGN_IN_LOOK_MS, agent.signal);
        if (agent.signal.aborted || tried()) return;
        await tryNow(asking);
      }
    };
    return {
      handlers,
      events: agent.events,
      work: async () => {
        if (options.mode === 'once') return agent.once(options.flow).then(() => onceEnd(agent));
        return agent.run().then(() => ({ exitCode: 0, report: {} }));
      },
      stop: () => agent.stop(),
      end: () => endAll(ends),
      secretChanged: async (name) => {
        if (name === MAIL_PASSWORD || name === WEBHOOK_URL) alerting.retry();
        const asked = signIns.count(name);
        await renewSessions(built, name);
        const asking = built.filter(({ settings }) => asksFor(settings, name)).map(({ link }) => link);
        await tryNow(asking);
        untilTried(asking, () => signIns.count(name) > asked).catch((error: unknown) =>
          log.warn('signing in anew was not seen to its end', { error }),
        );
      },
    };
  } catch (error) {
    await endAll(ends);
    throw error instanceof StoreError ? storeRefused(error) : error;
  }
}

const asksFor = ({ id, erp }: LinkSettings, secret: string): boolean =>
  secret === erpPassword(erp) || secret === cloudKey(id);

/** No session of an old ERP password is used again. */
async function renewSessions(built: readonly BuiltLink[], secret: string): Promise<void> {
  const byErp = built.filter(({ settings }) => secret === erpPassword(settings.erp));
  await Promise.all(byErp.map(({ erp }) => erp.renewSessions()));
}

/** Secrets that count how often each was asked for. */
function counted(secrets: Secrets): { readonly secrets: Secrets; count(name: string): number } {
  const asked = new Map<string, number>();
  return {
    count: (name) => asked.get(name) ?? 0,
    secrets: {
      ...secrets,
      get: (name) => {
        asked.set(name, (asked.get(name) ?? 0) + 1);
        return secrets.get(name);
      },
    },
  };
}

function openSiteStore(dataDir: string, site: LoadedSite, runtime: Runtime, log: Log): SqliteStore {
  try {
    return openStore({
      file: join(dataDir, 'ferry.sqlite'),
      zone: site.settings.site.timeZone,
      runtime,
      onDamaged: (damage) => log.error('a stored row cannot be read', { damage: damage.message }),
    });
  } catch (error) {
    throw error instanceof StoreError ? storeRefused(error) : error;
  }
}

/** A store that cannot take it now is checked at the next start: that costs a moment and loses nothing. */
function giveBack(store: SqliteStore, start: StartId, log: Log): void {
  try {
    store.markStopped(start);
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    log.warn('the clean end could not be noted', { cause: error.message });
  }
}

export const storeRefused = (error: StoreError): StartRefused =>
  new StartRefused(
    'store',
    `The local store cannot be used: ${error.message}`,
    'Look at the data folder and its disk.',
  );

/** Names the installation towards the ledger: made once, kept in the data folder. */
function siteIdOf(dataDir: string, runtime: Runtime): string {
  const path = join(dataDir, 'site-id');
  if (existsSync(path)) {
    const known = readFileSync(path, 'utf8').trim();
    if (known !== '') return known;
  }
  const made = runtime.newId();
  writeDurably(path, new TextEncoder().encode(`${made}\n`));
  return made;
}

export async function endAll(ends: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const end of [...ends].reverse()) await end();
}
