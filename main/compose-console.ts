import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Handlers } from '../shared/contract/contract.ts';
import type { ConfigProblem } from '../shared/contract/settings-requests.ts';
import type { SiteEvents } from '../shared/contract/status.ts';
import type { Settings } from '../shared/model/settings.ts';
import type { Log } from './adapters/log/create-log.ts';
import { startConsole, type HttpConsole } from './console/http-console.ts';
import type { OnDefect } from './console/dispatch.ts';
import { programFiles } from './program-files.ts';

const NO_PAGE = 'The page is not there: it is not built yet. Build it with: node .ci/setup.mjs';

interface ConsoleParts {
  readonly dataDir: string;
  /** On for this start, whatever the settings say. */
  readonly forced: boolean;
  readonly handlers: Handlers;
  readonly events: SiteEvents;
  readonly onDefect: OnDefect;
  readonly log: Log;
}

type Wanted = Settings['console'];

/** The loopback console as the settings want it. Connections stay while its address does. */
export class ConsoleKeeper {
  readonly #parts: ConsoleParts;
  #running: { readonly server: HttpConsole; readonly port: number } | undefined;
  #right: Wanted['right'] = 'view';
  #stopped = false;
  #busy: Promise<readonly string[]> = Promise.resolve([]);

  constructor(parts: ConsoleParts) {
    this.#parts = parts;
  }

  /** Whether the computer would give what these settings want: a port of its own. Changes nothing. */
  async obstacles(wanted: Wanted): Promise<readonly ConfigProblem[]> {
    if (!this.#isWanted(wanted) || wanted.port === 0 || wanted.port === this.#running?.port) return [];
    const code = await refusalOf(wanted.port);
    return code === undefined
      ? []
      : [
          {
            file: 'site.json',
            path: 'console.port',
            reason:
              code === 'EADDRINUSE'
                ? `port ${wanted.port} is used by another program`
                : `port ${wanted.port} cannot be used (${code})`,
            hint: 'choose another port, or 0 for any free one',
          },
        ];
  }

  /** Starts, moves or ends the console; one after the other. Returns what did not start, in words. */
  follow(wanted: Wanted): Promise<readonly string[]> {
    // Rights count for the next request, on whatever connection it comes.
    this.#right = wanted.right;
    this.#busy = this.#busy.then(() => this.#follow(wanted));
    return this.#busy;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#busy;
    await this.#running?.server.stop();
    this.#running = undefined;
  }

  async #follow(wanted: Wanted): Promise<readonly string[]> {
    const { dataDir, handlers, events, onDefect } = this.#parts;
    if (this.#stopped) return [];
    const needed = this.#isWanted(wanted);
    if (needed && this.#running?.port === wanted.port) return [];
    await this.#running?.server.stop();
    this.#running = undefined;
    if (!needed) return [];
    const { page } = programFiles;
    if (!existsSync(join(page, 'index.html'))) return this.#noted(NO_PAGE);
    try {
      const server = await startConsole({
        dataDir,
        page,
        port: wanted.port,
        handlers,
        events,
        onDefect,
        right: () => this.#right,
      });
      this.#running = { server, port: wanted.port };
      return [];
    } catch (error) {
      // Orders do not wait for a page.
      const { code = 'unknown' } = error as NodeJS.ErrnoException;
      return this.#noted(`The page cannot be served on port ${wanted.port} (${code}).`);
    }
  }

  #isWanted(wanted: Wanted): boolean {
    return this.#parts.forced || wanted.enabled;
  }

  #noted(note: string): readonly string[] {
    this.#parts.log.warn('no console', { note });
    return [note];
  }
}

/** Why nobody can listen on this port of the loopback; undefined when somebody can. */
function refusalOf(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(undefined)));
  });
}
