import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { parseArgs } from 'node:util';
import type { Damage } from './judge/plant.ts';
import { playRound, type RoundReport } from './program/round.ts';
import { startWorld } from './program/world.ts';
import { playLoop } from './program/play-loop.ts';

/**
 * What `npm start` runs: sample ERP, simulated cloud and phones, and a real agent with its console. With `--once` it plays
 * full rounds in temporary folders, judges them and ends: 0 when nothing is lost, doubled or changed, else 1.
 */
const CLI = new URL('../cli.ts', import.meta.url);

const HELP = `npm start                 sandbox, agent and console; prints the address; Ctrl+C ends all
npm start -- --once       full rounds in both queue modes, judged, then the end
   --json                 one JSON document on standard output and nothing else there
   --seed N               another company and another day (default 1)
   --plant lost|doubled|changed   falsifies the ERP afterwards: must end with 1
`;

const { values } = parseArgs({
  options: {
    once: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seed: { type: 'string', default: '1' },
    plant: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

const say = (text: string): void => {
  process.stderr.write(`${text}\n`);
};

function damage(): Damage | undefined {
  const { plant } = values;
  if (plant === undefined || plant === 'lost' || plant === 'doubled' || plant === 'changed') return plant;
  say(`--plant takes lost, doubled or changed, not ${plant}`);
  process.exit(2);
}

function seed(): number {
  const number = Number(values.seed);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  say(`--seed takes a whole number, not ${values.seed}`);
  process.exit(2);
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

async function stay(): Promise<number> {
  say('Starting the sample ERP and the simulated cloud …');
  const world = await startWorld({
    seed: seed(),
    mode: 'sqs',
    now: () => Date.now(),
    settings: { pullEvery: '30s', pushEvery: '5m' },
  });
  const agent = spawn(process.execPath, [CLI.pathname, '--data-dir', world.dataDir, 'run', '--console'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...world.env },
  });
  const ended = once(agent, 'exit') as Promise<[number | null]>;
  const stop = new AbortController();
  const quit = (): void => {
    stop.abort();
    agent.kill('SIGTERM');
  };
  process.once('SIGINT', quit);
  process.once('SIGTERM', quit);
  say(
    `Data folder: ${world.dataDir} (deleted at the end). Phones send something every few seconds. Ctrl+C ends all.`,
  );
  const playing = playLoop(world, say, stop.signal);
  const [code] = await ended;
  stop.abort();
  await playing;
  await world.end();
  return stop.signal.aborted ? 0 : (code ?? 1);
}

if (values.help) process.stdout.write(HELP);
else process.exitCode = values.once ? await playOnce() : await stay();
