import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { Damage } from './judge/plant.ts';
import { startProgram } from './program/child.ts';
import { playRound, type RoundReport } from './program/round.ts';
import { startWorld, type World } from './program/world.ts';
import { playLoop } from './program/play-loop.ts';

/**
 * What `npm start` runs: sample ERP, simulated cloud and phones, and a real agent with its console. With `--once` it plays
 * full rounds in temporary folders, judges them and ends: 0 when nothing is lost, doubled or changed, else 1.
 */
const CLI = new URL('../cli.ts', import.meta.url);

const HELP = `npm start                 sandbox, agent and console; prints the address; Ctrl+C ends all
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
        `${mode}: ${orders.orders} orders with ${orders.lines} lines, ${orders.payments} payments, ${orders.visits} visits; ` +
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
    now: () => Date.now(),
    settings: { pullEvery: '30s', pushEvery: '5m' },
  });
  try {
    if (ending.aborted) return 0;
    return await runAgent(world, ending);
  } finally {
    await world.end();
    say('Ended; the data folder is deleted.');
  }
}

/** The agent as its own process, and phones at work until it ends. */
async function runAgent(world: World, ending: AbortSignal): Promise<number> {
  say(`Data folder: ${world.dataDir} (deleted at the end)`);
  const agent = startProgram(CLI, ['--data-dir', world.dataDir, 'run', '--console'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...world.env },
  });
  const ended = once(agent, 'exit') as Promise<[number | null]>;
  const told = new AbortController();
  const quit = (): void => {
    told.abort();
    agent.kill('SIGTERM');
  };
  ending.addEventListener('abort', quit, { once: true });
  const playing = playLoop(world, say, told.signal);
  const [code] = await ended;
  told.abort();
  await playing;
  return ending.aborted ? 0 : (code ?? 1);
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
