import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectPipe, type PipeClient } from '../../main/console/pipe-client.ts';
import { startWorld, type World } from '../../main/sandbox/program/world.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
export const CLI = at('dist/main/cli.js');
const SETTLE = at('test/bench/processes/settle.mjs');
const BARE = at('test/bench/processes/bare-imports.mjs');

/** How often it is tried to reach a program that starts. */
const LOOK_MS = 5;
const START_MS = 60_000;

/** Builds what changed: measured is what is shipped, not the sources. */
export function buildProgram(): void {
  const { status } = spawnSync(process.execPath, [at('.ci/build.mjs'), 'agent'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (status !== 0 || !existsSync(CLI)) throw new Error('the program cannot be built');
}

/** The schedule a site has when nobody says otherwise; phones that send nothing. */
export const quietWorld = (): Promise<World> =>
  startWorld({
    seed: 1,
    mode: 'sticky',
    settings: { pullEvery: '5m', pushEvery: '30m' },
    now: () => Date.now(),
  });

export interface Used {
  readonly processorSeconds: number;
  readonly memoryBytes: number;
}

async function answerOf<T>(child: ChildProcess): Promise<T> {
  const [answer] = (await once(child, 'message')) as [T];
  return answer;
}

function used(child: ChildProcess, what: 'now' | 'collect'): Promise<Used> {
  const answer = answerOf<Used>(child);
  child.send(what);
  return answer;
}

async function end(child: ChildProcess, how: 'SIGTERM' | 'SIGKILL'): Promise<void> {
  const exited = once(child, 'exit');
  child.kill(how);
  await exited;
}

/** What the imports of the agent take by themselves, in bytes, after what they can give back was given back. */
export async function bareImportsBytes(): Promise<number> {
  const child = spawn(process.execPath, ['--expose-gc', '--import', SETTLE, BARE, CLI], {
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  await answerOf(child);
  const { memoryBytes } = await used(child, 'collect');
  // The command line took the signals over, and there is no site to end.
  await end(child, 'SIGKILL');
  return memoryBytes;
}

/** A viewer as the tray program is one: it is told each status. */
export interface Viewer {
  readonly client: PipeClient;
  /** The first status that the check likes, told ones among them. Rejects when the connection ends. */
  until(check: (status: SiteStatus) => boolean): Promise<SiteStatus>;
}

export interface BuiltAgent {
  /** Resolves as soon as the agent can be reached. */
  connect(): Promise<Viewer>;
  /** Of one that was started watched. */
  used(what: 'now' | 'collect'): Promise<Used>;
  stop(): Promise<void>;
}

/** Starts the built program on the data folder of a world; `watched` with what can tell of its use. */
export function startBuilt(world: World, watched: boolean): BuiltAgent {
  const child = spawn(
    process.execPath,
    [...(watched ? ['--expose-gc', '--import', SETTLE] : []), CLI, '--data-dir', world.dataDir, 'run'],
    {
      stdio: ['ignore', 'ignore', 'pipe', ...(watched ? (['ipc'] as const) : [])],
      env: { ...process.env, ...world.env },
    },
  );
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said += String(chunk);
  });
  return {
    connect: async () => {
      const from = performance.now();
      while (child.exitCode === null && performance.now() - from < START_MS) {
        const reached = await connectPipe(world.dataDir);
        if (reached.ok) return viewerOf(reached.value);
        await after(LOOK_MS);
      }
      throw new Error(`the program cannot be reached: ${said}`);
    },
    used: (what) => used(child, what),
    stop: () => end(child, 'SIGTERM'),
  };
}

function viewerOf(client: PipeClient): Viewer {
  let last: SiteStatus | undefined;
  const checks = new Set<(status: SiteStatus) => void>();
  client.subscribe(({ status }) => {
    last = status;
    for (const check of checks) check(status);
  });
  return {
    client,
    until: (check) =>
      new Promise((resolve, reject) => {
        const look = (status: SiteStatus): void => {
          if (!check(status)) return;
          checks.delete(look);
          resolve(status);
        };
        checks.add(look);
        if (last !== undefined) look(last);
        void client.closed.then(() => reject(new Error('the program ended')));
      }),
  };
}

/** Nothing runs, everything that is scheduled ran, all of it well. */
export const isQuiet = ({ links }: SiteStatus): boolean =>
  links.every(
    ({ flows, lastRuns, pendingIn, pendingOut }) =>
      pendingIn.count + pendingOut.count === 0 &&
      flows.every(
        ({ flow, running }) =>
          running === undefined &&
          lastRuns.some((run) => run.flow === flow && run.endedAt !== undefined && run.outcome === 'ok'),
      ),
  );
