import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import type { Damage } from './judge/plant.ts';
import type { ChildProcess } from 'node:child_process';
import { startExecutable, startProgram } from './program/child.ts';
import { desktopRuntime } from './program/desktop-runtime.ts';
import { whenOrphaned } from './program/orphaned.ts';
import { playRound, type RoundReport } from './program/round.ts';
import { startWorld, type World } from './program/world.ts';
import { playLoop } from './program/play-loop.ts';

/**
 * What `npm start` runs: sample ERP, simulated cloud and phones, and the tray program on them. Where no Electron runtime can
 * be had, or with `--headless`, a real agent with its page in a browser instead. With `--once` it plays full rounds in temporary
 * folders, judges them and ends: 0 when nothing is lost, doubled or changed, else 1.
 */
const CLI = new URL('../cli.ts', import.meta.url);
const END_WITH_INPUT = new URL('./program/end-with-input.ts', import.meta.url);
/** The checkout, from the sources as from what is built of them. */
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const HELP = `npm start                 sandbox and the tray program on it; Ctrl+C ends all
npm start -- --headless   sandbox and an agent without the tray program; prints the address of its page
npm start -- --once       full rounds in both queue modes, judged, then the end
   --json                 with --once: one JSON document on standard output and nothing else there
   --seed N               another company and another day (default 1)
   --plant lost|doubled|changed   with --once: falsifies the ERP afterwards, so it must end with 1
`;

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

const OPTIONS = {
  once: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
  seed: { type: 'string', default: '1' },
  plant: { type: 'string' },
  headless: { type: 'boolean', default: false },
  help: { type: 'boolean', default: false },
} as const;

function readOptions() {
  try {
    return parseArgs({ options: OPTIONS }).values;
  } catch (error) {
    say(`${error instanceof Error ? error.message : 'The options cannot be read.'}\n\n${HELP}`);
    return process.exit(2);
  }
}

const values = readOptions();

/** npm hands a Ctrl+C on that the terminal has already sent: only a later one means that somebody is out of patience. */
const IMPATIENT_MS = 1_500;

/** Aborts at the first Ctrl+C, or when told to end otherwise. A later one ends this process and what it started at once. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  let first = 0;
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(name, () => {
      if (!controller.signal.aborted) {
        first = performance.now();
        controller.abort();
      } else if (performance.now() - first > IMPATIENT_MS) process.exit(130);
    });
  // npm that was killed tells nobody; what it started must not go on alone.
  if (process.env['npm_lifecycle_event'] !== undefined && process.platform !== 'win32')
    whenOrphaned(() => controller.abort());
  return controller.signal;
}

function damage(): Damage | undefined {
  const { plant } = values;
  if (plant === undefined || plant === 'lost' || plant === 'doubled' || plant === 'changed') return plant;
  say(`--plant takes lost, doubled or changed, not ${plant}`);
  return process.exit(2);
}

function seed(): number {
  const number = Number(values.seed);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  say(`--seed takes a whole number, not ${values.seed}`);
  return process.exit(2);
}

function clean({ orders, snapshotCheck, packets, agent }: RoundReport): boolean {
  return orders.clean && snapshotCheck.clean && packets.waiting === 0 && agent.parked === 0;
}

async function playOnce(): Promise<number> {
  const planted = damage();
  const rounds: RoundReport[] = [];
  for (const mode of ['sticky', 'sqs'] as const)
    rounds.push(await playRound({ seed: seed(), mode, plant: planted, cli: CLI, say }));
  const sum = (pick: (round: RoundReport) => number): number =>
    rounds.reduce((total, round) => total + pick(round), 0);
  const report = {
    ok: rounds.every(clean),
    users: sum((round) => round.users),
    orders: sum((round) => round.orders.orders),
    lines: sum((round) => round.orders.lines),
    payments: sum((round) => round.orders.payments),
    visits: sum((round) => round.orders.visits),
    activities: sum((round) => round.orders.activities),
    customers: sum((round) => round.orders.customers),
    transfers: sum((round) => round.orders.transfers),
    stockCounts: sum((round) => round.orders.stockCounts),
    photos: sum((round) => round.orders.photos),
    photosDone: sum((round) => round.photos.done),
    redelivered: sum((round) => round.day.redelivered),
    resent: sum((round) => round.day.resent),
    reversed: sum((round) => round.day.reversed),
    usersPushed: sum((round) => round.snapshots.downloaded),
    snapshotsAccepted: sum((round) => round.snapshots.accepted),
    snapshotsDownloaded: sum((round) => round.snapshots.downloaded),
    packetsPulled: sum((round) => round.agent.pulled),
    packetsApplied: sum((round) => round.agent.applied),
    packetsDone: sum((round) => round.packets.done),
    parked: sum((round) => round.agent.parked),
    lost: sum((round) => round.orders.lost),
    duplicated: sum((round) => round.orders.duplicated),
    changed: sum((round) => round.orders.changed),
    invented: sum((round) => round.orders.invented),
    reusedNumbers: sum((round) => round.orders.reused),
    snapshotFindings: sum((round) => round.snapshotCheck.details.length),
    rounds,
  };
  if (values.json) process.stdout.write(`${JSON.stringify(report)}\n`);
  else {
    for (const { mode, orders, snapshots, packets } of rounds)
      say(
        `${mode}: ${orders.orders} orders with ${orders.lines} lines, ${orders.payments} payments, ${orders.visits} visits, ` +
          `${orders.transfers} transfers, ${orders.stockCounts} stock counts, ${orders.customers} customers, ${orders.photos} photos; ` +
          `${packets.done} packets done, ${snapshots.accepted} snapshots accepted; ` +
          `lost ${orders.lost}, duplicated ${orders.duplicated}, changed ${orders.changed}`,
      );
    for (const finding of rounds.flatMap((round) => [
      ...round.orders.details,
      ...round.snapshotCheck.details,
    ]))
      say(JSON.stringify(finding));
  }
  say(report.ok ? 'Nothing lost, nothing doubled, nothing changed.' : 'The round is NOT clean.');
  return report.ok ? 0 : 1;
}

async function stay(ending: AbortSignal): Promise<number> {
  say('Starting the sample ERP and the simulated cloud …');
  const world = await startWorld({
    seed: seed(),
    mode: 'sqs',
    officeMs: 3_000,
    now: () => Date.now(),
    settings: { pullEvery: '30s', pushEvery: '5m' },
  });
  try {
    if (ending.aborted) return 0;
    say(`Data folder: ${world.dataDir} (deleted at the end)`);
    return await runProgram(world, ending);
  } finally {
    await world.end();
    say('Ended; the data folder is deleted.');
  }
}

/** The tray program where a runtime for it can be had, else the agent with its page. */
async function runProgram(world: World, ending: AbortSignal): Promise<number> {
  if (values.headless) return runAgent(world, ending);
  const runtime = await desktopRuntime({
    root: ROOT,
    env: process.env,
    platform: process.platform,
    say,
    signal: ending,
  });
  if (ending.aborted) return 0;
  const code = runtime.kind === 'found' ? await runDesktop(runtime.program, world, ending) : runtime.why;
  if (typeof code === 'number') return code;
  const line = '*'.repeat(78);
  say(
    [
      line,
      '*  NO DESKTOP PROGRAM: there is no Electron runtime.',
      `*  ${code}`,
      '*  The agent runs without it; open the address of its page in a browser.',
      line,
    ].join('\n'),
  );
  return runAgent(world, ending);
}

/** An exit code; or in words why the runtime did not even start. One that starts and fails is a failure: nothing takes its place. */
async function runDesktop(program: string, world: World, ending: AbortSignal): Promise<number | string> {
  if (!existsSync(join(ROOT, 'dist', 'main', 'electron.js'))) {
    say('The desktop program is not built. Build it with: node .ci/build.mjs');
    return 1;
  }
  const { ELECTRON_RUN_AS_NODE: _asNode, ...env } = process.env;
  const posix = process.platform !== 'win32';
  // Chromium refuses its sandbox to root; whoever runs a demonstration as root knows the machine.
  const asRoot = posix && process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  const desktop = startExecutable(
    program,
    [...asRoot, ROOT, '--data-dir', world.dataDir, ...(posix ? ['--end-with-input'] : [])],
    { stdio: [posix ? 'pipe' : 'ignore', 'inherit', 'inherit'], env: { ...env, ...world.env } },
  );
  const started = new Promise<string | undefined>((resolve) => {
    desktop.once('spawn', () => resolve(undefined));
    desktop.once('error', (error) => resolve(`${program} cannot be executed (${error.message})`));
  });
  const ended = exitOf(desktop);
  const failed = await started;
  if (failed !== undefined) return failed;
  say('The tray program starts. Its icon is in the tray; Quit in its menu, or Ctrl+C here, ends all.');
  const code = await withPhones(world, ending, desktop, ended);
  if (ending.aborted || code === 0) return 0;
  say(`The desktop program ended with code ${String(code)}. Without a screen use: npm start -- --headless`);
  return 1;
}

/** The agent as its own process; it ends with its standard input, so it never outlives this one. */
async function runAgent(world: World, ending: AbortSignal): Promise<number> {
  const agent = startProgram(
    CLI,
    ['--data-dir', world.dataDir, 'run', '--console'],
    { stdio: ['pipe', 'inherit', 'inherit'], env: { ...process.env, ...world.env } },
    ['--import', END_WITH_INPUT.href],
  );
  const code = await withPhones(world, ending, agent, exitOf(agent));
  return ending.aborted ? 0 : (code ?? 1);
}

const exitOf = (child: ChildProcess): Promise<number | null> =>
  new Promise((resolve) => {
    child.once('exit', (code) => resolve(code));
    child.once('error', () => resolve(null));
  });

/** Phones at work until the program ends, which it is told to when this one is. */
async function withPhones(
  world: World,
  ending: AbortSignal,
  child: ChildProcess,
  ended: Promise<number | null>,
): Promise<number | null> {
  const told = new AbortController();
  const quit = (): void => {
    told.abort();
    child.kill('SIGTERM');
  };
  ending.addEventListener('abort', quit, { once: true });
  if (ending.aborted) quit();
  const playing = playLoop(world, say, told.signal);
  const code = await ended;
  told.abort();
  await playing;
  return code;
}

async function main(): Promise<number> {
  if (values.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const ending = interruption();
  if (!values.once) return stay(ending);
  ending.addEventListener('abort', () => process.exit(130), { once: true });
  return playOnce();
}

process.exitCode = await main();
