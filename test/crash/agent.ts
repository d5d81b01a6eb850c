import { openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createNodeHttpTransport } from '../../main/adapters/http/node-http-transport.ts';
import { systemRuntime } from '../../main/adapters/runtime/system-runtime.ts';
import { StartRefused } from '../../main/cli/program.ts';
import { startSite } from '../../main/compose.ts';
import type { Edges } from '../../main/compose-link.ts';
import { createForgetfulNodeDisk } from '../support/forgetful-node-disk.ts';
import { EDGES, type AgentOptions, type CrashPoint, type Order, type Told } from './crash-point.ts';
import { mortalRuntime } from './mortal-runtime.ts';
import { reportingEarly, withoutSync } from './planted-bugs.ts';

/**
 * The product's agent for the crash harness. One argument, JSON: AgentOptions. At its crash point it dies by SIGKILL inside
 * the step's call, so that no line after it runs and nothing is tidied up. Ends with its parent.
 */
const options = JSON.parse(process.argv[2] ?? '{}') as AgentOptions;

const trace = options.trace === undefined ? undefined : openSync(options.trace, 'w');

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  // The signal may be taken by another thread first: this one must not go on.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  throw new Error('unreachable');
};

/** By the store, as the next life will see it. */
function isInHand(packet: string): boolean {
  const store = new Database(join(options.dataDir, 'ferry.sqlite'), { readonly: true });
  try {
    const working = store.prepare("SELECT 1 FROM item WHERE state = 'working' AND external_id = ?");
    return working.get(packet) !== undefined;
  } finally {
    store.close();
  }
}

const runtime = mortalRuntime({
  base: systemRuntime(),
  timeFactor: options.timeFactor ?? 1,
  clockStart: options.clockStart ?? Date.now(),
  passed: (step, phase) => {
    const { deadly } = options;
    if (deadly?.step === step && deadly.phase === phase && isInHand(deadly.packet)) die();
    if (trace === undefined) return;
    const number = EDGES.findIndex((edge) => edge.step === step && edge.phase === phase);
    writeSync(trace, Uint8Array.of(number), 0, 1, 0);
  },
  die,
});

const tell = (told: Told): void => void process.send?.(told);

/** What is left out is the program's own. */
function edges({ disk, bug }: AgentOptions): Edges {
  const forgetful = disk === 'forgetful' ? createForgetfulNodeDisk() : undefined;
  return {
    runtime,
    disk: bug === 'no-sync' && forgetful !== undefined ? withoutSync(forgetful) : forgetful,
    http: bug === 'early-done' ? reportingEarly(createNodeHttpTransport(runtime)) : undefined,
  };
}

async function start(crashAt: CrashPoint | undefined): Promise<void> {
  if (crashAt !== undefined) runtime.arm(crashAt);
  try {
    const site = await startSite({ dataDir: options.dataDir, env: process.env, mode: 'run' }, edges(options));
    tell({ kind: 'ready' });
    await site.finished;
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : 'unknown';
    tell({
      kind: 'refused',
      message: error instanceof StartRefused ? `${error.reason}: ${message}` : message,
    });
    process.exitCode = 1;
  } finally {
    if (process.connected) process.disconnect();
  }
}

process.on('disconnect', () => process.exit());
process.on('message', (order: Order) => {
  if (order.kind === 'start') void start(order.crashAt);
  else {
    runtime.arm(order.crashAt);
    tell({ kind: 'armed' });
  }
});
if (options.standBy !== true) void start(options.crashAt);
