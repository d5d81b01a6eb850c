import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../package.json' with { type: 'json' };
import type { Handlers } from '../shared/contract/contract.ts';
import { createNodeHttpTransport } from './adapters/http/node-http-transport.ts';
import { trustSystemRoots } from './adapters/http/system-roots.ts';
import { createLog } from './adapters/log/create-log.ts';
import { createRedactor } from './adapters/log/redactor.ts';
import { systemRuntime } from './adapters/runtime/system-runtime.ts';
import { openSecrets } from './adapters/secrets/open-secrets.ts';
import { acquireSiteLock } from './adapters/sqlite/site-lock.ts';
import { settingsHandlers } from './agent/handlers/settings.ts';
import { SiteHost } from './agent/settings/site-host.ts';
import { StartRefused, type SiteHandle, type StartOptions } from './cli/program.ts';
import { ConsoleKeeper } from './compose-console.ts';
import { buildLife, endAll, storeRefused, type HostParts, type SiteChoice } from './compose-life.ts';
import type { Edges } from './compose-link.ts';
import { checkedSite, createDesk, secretValues, siteToSetUp, startProblems } from './compose-settings.ts';
import { startPipe } from './console/pipe-server.ts';
import { StoreError } from './core/queue/store-error.ts';
import { durablySync } from './core/runtime/runtime.ts';

/**
 * Starts a site: lock, log, secrets, then its first life (store, parts, links), pipe, console; ends in the reverse order. What
 * stays for the process is here; what is built anew when settings are applied is in `compose-life.ts`. Throws
 * StartRefused when the site is owned by another agent, its configuration does not check, or its store cannot be opened.
 */
export async function startSite(options: StartOptions, edges: Edges = {}): Promise<SiteHandle> {
  const { dataDir, env } = options;
  const runtime = edges.runtime ?? systemRuntime();
  const checked = options.setUp === true ? undefined : checkedSite(dataDir);
  mkdirSync(dataDir, { recursive: true });
  const lock = durablySync(runtime, 'agent.claim-site', () => acquireSiteLock(dataDir));
  if (lock === 'held')
    throw new StartRefused('site-owned', 'Another agent runs this site.', 'Use it, or end it first.');
  const ends: (() => Promise<void> | void)[] = [() => lock.release()];
  try {
    const first = checked ?? siteToSetUp(dataDir);
    const secrets = openSecrets(dataDir, { env, now: () => runtime.wall() });
    const redactor = createRedactor(secretValues(first.loaded.settings, secrets));
    const logs = join(dataDir, 'logs');
    const log = createLog({ folder: logs, redact: redactor, now: () => runtime.wall() });
    trustSystemRoots();
    const parts: HostParts = {
      options,
      edges,
      runtime,
      secrets,
      redactor,
      http: edges.http ?? createNodeHttpTransport(runtime),
      log,
      logs,
      version: packageJson.version,
      startedAt: runtime.wall(),
    };
    const site = await SiteHost.start<SiteChoice>(
      {
        runtime,
        build: (choice) => buildLife(parts, choice),
        explain: startProblems,
        log,
        onLife: ({ loaded: { settings } }) => {
          for (const secret of secretValues(settings, secrets)) redactor.add(secret);
        },
      },
      first,
    );
    ends.push(() => site.close());
    const desk = createDesk({ parts, site, console: () => web });
    const handlers: Handlers = { ...site.handlers(), ...settingsHandlers(desk) };
    const onDefect = (request: string, error: unknown): void => {
      log.error('a request failed', { request, error: error instanceof Error ? error.message : 'unknown' });
    };
    const viewers = { dataDir, handlers, events: site.events, onDefect };
    const web = new ConsoleKeeper({ ...viewers, forced: options.console === true, log });
    const pipe = await startPipe(viewers);
    ends.push(() => pipe.stop());
    ends.push(() => web.stop());
    const notes = await web.follow(first.loaded.settings.console);
    const finished = untilEnded(site, async () => {
      await endAll(ends);
      log.info('agent ended', {});
    });
    finished.catch(() => undefined);
    return {
      handlers,
      events: site.events,
      notes,
      finished,
      stop: async (signal) => {
        site.stop();
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

async function untilEnded(
  site: SiteHost<SiteChoice>,
  closeHost: () => Promise<void>,
): ReturnType<typeof site.run> {
  try {
    return await site.run();
  } finally {
    await closeHost();
  }
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
