import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import { startId, type StartId } from '../shared/model/ids.ts';
import { loadSite, type LoadedSite } from './adapters/config/load-site.ts';
import { createNodeHttpTransport } from './adapters/http/node-http-transport.ts';
import { trustSystemRoots } from './adapters/http/system-roots.ts';
import { createLog, type Log } from './adapters/log/create-log.ts';
import { tailLog } from './adapters/log/read-log.ts';
import { createRedactor } from './adapters/log/redactor.ts';
import { systemRuntime } from './adapters/runtime/system-runtime.ts';
import { openSecrets, type Secrets } from './adapters/secrets/open-secrets.ts';
import { writeDurably } from './adapters/secrets/site-key.ts';
import { createBodyStore } from './adapters/spool/body-store.ts';
import { nodeDisk } from './adapters/spool/node-disk.ts';
import { checkInWorker } from './adapters/sqlite/check-in-worker.ts';
import { openStore, type SqliteStore } from './adapters/sqlite/open-store.ts';
import { acquireSiteLock } from './adapters/sqlite/site-lock.ts';
import { assembleLink, engineLog, type Edges, type SharedParts } from './compose-link.ts';
import { siteHandlers } from './agent/handlers.ts';
import { onceEnd } from './agent/once-end.ts';
import { SiteAgent } from './agent/site-agent.ts';
import { StartRefused, type SiteHandle, type StartOptions } from './cli/program.ts';
import { startConsole } from './console/http-console.ts';
import { startPipe } from './console/pipe-server.ts';
import { Endpoints } from './core/queue/endpoints.ts';
import { Housekeeping } from './core/queue/housekeeping.ts';
import { StoreError } from './core/queue/store-error.ts';
import { withheldWhile } from './core/queue/withheld.ts';
import { durablySync, type Runtime } from './core/runtime/runtime.ts';
import { programFiles } from './program-files.ts';

/** Kept free on the volume for what comes in: a full disk must not be filled by what can be made again. */
const RESERVE_BYTES = 256 * 1024 * 1024;

const DAY_MS = 86_400_000;

const PAGE = programFiles.page;
const NO_PAGE = 'The page is not there: it is not built yet. Build it with: node .ci/setup.mjs';

/**
 * Starts a site: lock, store, parts, pipe, console, links, in this order; ends in the reverse one. Throws StartRefused when
 * the site is owned by another agent, its configuration does not check, or its store cannot be opened.
 */
export async function startSite(options: StartOptions, edges: Edges = {}): Promise<SiteHandle> {
  const { dataDir, env } = options;
  const runtime = edges.runtime ?? systemRuntime();
  const site = readSite(dataDir);
  mkdirSync(dataDir, { recursive: true });
  const lock = durablySync(runtime, 'agent.claim-site', () => acquireSiteLock(dataDir));
  if (lock === 'held')
    throw new StartRefused('site-owned', 'Another agent runs this site.', 'Use it, or end it first.');
  const ends: (() => Promise<void> | void)[] = [() => lock.release()];
  try {
    const start = startId(runtime.newId());
    const secrets = openSecrets(dataDir, { env, now: () => runtime.wall() });
    const redactor = createRedactor(secretValues(site, secrets));
    const logs = join(dataDir, 'logs');
    const log = createLog({ folder: logs, redact: redactor, now: () => runtime.wall() });
    const store = openSiteStore(dataDir, site, runtime, log);
    ends.push(() => store.close());
    store.markStarted(start, runtime.wall());
    ends.push(() => giveBack(store, start, log));
    const disk = edges.disk ?? nodeDisk;
    const bodies = createBodyStore({
      disk,
      folder: join(dataDir, 'spool'),
      reserveBytes: RESERVE_BYTES,
      rowBody: (hash) => store.rowBody(hash),
      newId: () => runtime.newId(),
      runtime,
    });
    const endpoints = new Endpoints(runtime, store);
    const housekeeping = new Housekeeping({
      runtime,
      store,
      check: (signal) => checkInWorker(join(dataDir, 'ferry.sqlite'), signal),
      sweep: () => bodies.sweep(() => store.spoolHashes()),
      retentionMs: site.settings.retention.days * DAY_MS,
      log: engineLog(log),
      onChange: () => agent.changed(),
    });
    trustSystemRoots();
    const http = edges.http ?? createNodeHttpTransport(runtime);
    const parts: SharedParts = {
      site,
      store: withheldWhile(store, () => housekeeping.soundness() === 'damaged'),
      bodies,
      endpoints,
      runtime,
      secrets,
      redactor,
      http,
      log,
      start,
      siteId: siteIdOf(dataDir, runtime),
      edges,
    };
    const chosen = site.settings.links.filter((link) => options.links?.includes(link.id) ?? true);
    const built = chosen.map((link) => assembleLink(parts, link, () => agent.changed()));
    ends.push(async () => {
      await Promise.all(built.map(({ erp }) => erp.close()));
    });
    const agent: SiteAgent = new SiteAgent({
      settings: site.settings,
      links: built.map(({ link }) => link),
      store,
      endpoints,
      bodies,
      housekeeping,
      runtime,
      startId: start,
      version: packageJson.version,
      startedAt: runtime.wall(),
      logTail: async ({ lines, level, text }) => tailLog(logs, lines, { level, text }),
      checkConfig: async () => {
        const checked = loadSite(dataDir);
        return checked.ok ? [] : checked.failure;
      },
    });
    const left = agent.takeOver();
    const swept = await bodies.sweep(() => store.spoolHashes()).catch(() => []);
    log.info('agent started', {
      version: packageJson.version,
      mode: options.mode,
      ...left,
      swept: swept.length,
    });
    const handlers = siteHandlers(agent);
    const onDefect = (request: string, error: unknown): void => {
      log.error('a request failed', { request, error: error instanceof Error ? error.message : 'unknown' });
    };
    const pipe = await startPipe({ dataDir, handlers, events: agent.events, onDefect });
    ends.push(() => pipe.stop());
    const wanted = options.console ?? site.settings.console.enabled;
    const page = wanted && existsSync(join(PAGE, 'index.html')) ? PAGE : undefined;
    const notes = wanted && page === undefined ? [NO_PAGE] : [];
    for (const note of notes) log.warn('no console', { note });
    const web =
      page === undefined
        ? undefined
        : await startConsole({
            dataDir,
            page,
            port: site.settings.console.port,
            handlers,
            events: agent.events,
            onDefect,
          });
    if (web !== undefined) ends.push(() => web.stop());
    const work =
      options.mode === 'once'
        ? agent.once().then(() => onceEnd(agent))
        : agent.run().then(() => ({ exitCode: 0, report: {} }));
    const ended = async (): Promise<void> => {
      agent.stop();
      await endAll(ends);
      log.info('agent ended', {});
    };
    const finished = work.then(
      async (end) => {
        await ended();
        return end;
      },
      async (error: unknown) => {
        await ended();
        throw error;
      },
    );
    finished.catch(() => undefined);
    return {
      handlers,
      events: agent.events,
      notes,
      finished,
      stop: async (signal) => {
        agent.stop();
        await Promise.race([
          finished.then(
            () => undefined,
            () => undefined,
          ),
          aborted(signal),
        ]);
      },
    };
  } catch (error) {
    await endAll(ends);
    throw error instanceof StoreError ? storeRefused(error) : error;
  }
}

function readSite(dataDir: string): LoadedSite {
  const site = loadSite(dataDir);
  if (site.ok) return site.value;
  const [first] = site.failure;
  throw new StartRefused(
    'configuration',
    first === undefined
      ? 'The configuration does not check.'
      : `${first.file} ${first.path}: ${first.reason}`,
    first?.hint ?? 'erp-ferry config check lists every problem',
  );
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

const storeRefused = (error: StoreError): StartRefused =>
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

/** Everything that must never appear in a log. */
function secretValues(site: LoadedSite, secrets: Secrets): readonly string[] {
  const names = [
    ...site.settings.erps.map((erp) => `erp.${erp.id}.password`),
    ...site.settings.links.flatMap((link) => [`link.${link.id}.apiKey`, `link.${link.id}.password`]),
  ];
  return names.flatMap((name) => {
    const value = secrets.get(name);
    return value.ok && value.value !== undefined ? [value.value] : [];
  });
}

async function endAll(ends: readonly (() => Promise<void> | void)[]): Promise<void> {
  for (const end of [...ends].reverse()) await end();
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
