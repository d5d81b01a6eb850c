import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectPipe } from '../../main/console/pipe-client.ts';
import { DesktopProgram, type DesktopParts } from '../../main/desktop/program.ts';
import { readStartOptions } from '../../main/desktop/start-options.ts';
import type { AgentProcess, AgentStart } from '../../main/desktop/shell.ts';
import { PAGE } from '../e2e/browser.ts';
import type { MemoryShell } from './memory-shell.ts';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export const FILES = {
  page: PAGE,
  preload: at('../../dist/preload/index.cjs'),
  icons: at('../../main/desktop/icons'),
  agent: at('../../main/cli.ts'),
  packed: false,
} as const;

/** A real process, as Electron would start one. */
export function forkNode({ script, args, env, onLine, onExit }: AgentStart): AgentProcess {
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [child.stdout, child.stderr]) createInterface({ input: stream }).on('line', onLine);
  child.once('exit', (code) => onExit(code ?? 1));
  return { pid: () => child.pid, kill: () => void child.kill('SIGKILL') };
}

/** The desktop program over a shell in memory: everything but Electron is the real thing. */
export function startProgram(
  shell: MemoryShell,
  dataDir: string,
  args: readonly string[] = [],
  over: Partial<DesktopParts> = {},
): DesktopProgram {
  const program = new DesktopProgram({
    shell,
    files: FILES,
    options: readStartOptions(args),
    dataDir,
    env: process.env,
    stateFile: join(dataDir, 'desktop.json'),
    platform: 'linux',
    timeZone: 'Europe/Sofia',
    wall: () => Date.now(),
    clock: {
      now: () => performance.now(),
      after: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
    },
    connect: () => connectPipe(dataDir),
    log: () => undefined,
    ...over,
  });
  program.begin();
  return program;
}
