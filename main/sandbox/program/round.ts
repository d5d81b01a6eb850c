import { playDay, synchronize, type DayCounts } from '../day.ts';
import { judge, type Verdict } from '../judge/judge.ts';
import { judgeSnapshots, type SnapshotVerdict } from '../judge/judge-snapshots.ts';
import { plant, type Damage } from '../judge/plant.ts';
import { seededRandom } from '../sample-erp/seeded-random.ts';
import { SAMPLE } from '../sample-erp/site-settings.ts';
import { runCli } from './child.ts';
import { judgeConnection } from './judge-connection.ts';
import { startWorld, type QueueMode, type World } from './world.ts';

export interface RoundOptions {
  readonly seed: number;
  readonly mode: QueueMode;
  readonly plant?: Damage | undefined;
  readonly cli: URL;
  readonly say: (text: string) => void;
}

export interface RoundReport {
  readonly mode: QueueMode;
  readonly day: DayCounts;
  readonly users: number;
  readonly snapshots: { readonly accepted: number; readonly downloaded: number; readonly rows: number };
  readonly packets: { readonly sent: number; readonly done: number; readonly waiting: number };
  readonly photos: { readonly sent: number; readonly done: number };
  readonly agent: {
    readonly runs: number;
    readonly pulled: number;
    readonly applied: number;
    readonly parked: number;
  };
  readonly orders: Verdict;
  readonly snapshotCheck: SnapshotVerdict;
}

interface QueueState {
  readonly waiting: readonly string[];
  readonly delivered: readonly string[];
  readonly done: readonly string[];
}

interface AgentRun {
  readonly counts: Readonly<Record<string, number>>;
}

/** More rounds than any queue of this size needs: the cloud may answer short, empty, or hide what it listed for a second. */
const MOST_SYNCS = 40;
/** Midnight in Sofia: a phone enters an order half an hour later. */
const MIDNIGHT = Date.parse('2026-03-15T22:00:00Z');

/**
 * A whole round over real wires: snapshots to the phones, a working day with everything that goes wrong between phones and
 * clouds, the packets into the ERP, new snapshots. Judged by the phones' own journals and the ERP's tables.
 */
export async function playRound(options: RoundOptions): Promise<RoundReport> {
  const { seed, mode, say } = options;
  const world = await startWorld({ seed, mode, now: () => MIDNIGHT });
  try {
    const agent = { runs: 0, pulled: 0, applied: 0, parked: 0 };
    const sync = async (): Promise<void> => {
      const ended = await runCli(
        options.cli,
        ['--data-dir', world.dataDir, '--json', 'sync', '--once'],
        world.env,
      );
      if (ended.code !== 0)
        throw new Error(
          `the agent's round ended with ${String(ended.code)}\n${ended.stdout}\n${ended.stderr}`,
        );
      agent.runs += 1;
      for (const run of lastRuns(ended.stdout)) {
        agent.pulled += run.counts['stored'] ?? 0;
        agent.applied += run.counts['applied'] ?? 0;
        agent.parked += run.counts['parked'] ?? 0;
      }
    };
    say(`${mode}: first snapshots`);
    await sync();
    say(`${mode}: a working day of ${world.phones.length} phones`);
    const day = await playDay({
      cloud: world.cloud,
      phones: world.phones,
      random: seededRandom(`${seed}/${mode}/day`),
      midnight: MIDNIGHT,
      fieldWork: true,
      photos: true,
      between: async () => {
        await world.office();
        await sync();
      },
    });
    await drain(world, sync);
    say(`${mode}: comparing the phones' journals with the ERP`);
    for (const phone of world.phones) await synchronize(world.cloud, phone);
    return await verdict(world, day, agent, options);
  } finally {
    await world.end();
  }
}

const lastRuns = (stdout: string): readonly AgentRun[] => {
  const document = JSON.parse(stdout) as {
    status?: { links?: readonly { lastRuns?: readonly AgentRun[] }[] };
  };
  return document.status?.links?.flatMap((link) => link.lastRuns?.slice(0, 2) ?? []) ?? [];
};

/** Of packets and of photos, which wait in a queue of their own. */
async function queueState(
  world: World,
): Promise<{ readonly open: number; readonly packets: QueueState; readonly files: QueueState }> {
  const of = (packetType: 'packet' | 'file'): Promise<QueueState> =>
    world.cloud.call('queueState', { area: SAMPLE.appArea, packetType });
  const [packets, files] = [await of('packet'), await of('file')];
  const open = [packets, files].reduce(
    (sum, { waiting, delivered }) => sum + waiting.length + delivered.length,
    0,
  );
  return { open, packets, files };
}

async function drain(world: World, sync: () => Promise<void>): Promise<void> {
  for (let round = 0; round < MOST_SYNCS; round += 1) {
    await sync();
    const { open } = await queueState(world);
    if (open === 0) {
      // Once more with nothing waiting: what the ERP has decided since, and snapshots of users whose packets came in last.
      await world.office();
      await sync();
      return;
    }
    // What was listed hides for a while; the cloud's clock is ours to move.
    await world.cloud.call('advance', { ms: 2_000 });
  }
}

async function verdict(
  world: World,
  day: DayCounts,
  agent: RoundReport['agent'],
  options: RoundOptions,
): Promise<RoundReport> {
  const erp = await judgeConnection(world.erpPort);
  try {
    if (options.plant !== undefined) await plant(erp, options.plant);
    const journals = world.phones.map(({ journal }) => journal);
    const orders = await judge({ journals, erp });
    const snapshots = world.phones.flatMap(({ snapshot }) => snapshot ?? []);
    const snapshotCheck = await judgeSnapshots({ snapshots, erp });
    const { open, packets, files } = await queueState(world);
    const log = await world.cloud.call<readonly { status: string }[]>('syncLog', { area: SAMPLE.appArea });
    return {
      mode: options.mode,
      day,
      users: world.phones.length,
      snapshots: {
        accepted: log.filter((entry) => entry.status === 'accepted').length,
        downloaded: snapshots.length,
        rows: snapshotCheck.rows,
      },
      packets: { sent: day.packets, done: new Set(packets.done).size, waiting: open },
      photos: { sent: day.photos, done: new Set(files.done).size },
      agent,
      orders,
      snapshotCheck,
    };
  } finally {
    await erp.close();
  }
}
