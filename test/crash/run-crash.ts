import { seededRandom } from '../../main/sandbox/sample-erp/seeded-random.ts';
import type { QueueMode } from '../../main/sandbox/program/world.ts';
import type { CutCounts } from './commit-cuts.ts';
import { EDGES, pointName, type DiskKind } from './crash-point.ts';
import { CrashWorld, type Trouble, type WorldChoice, type WorldVerdict } from './crash-world.ts';
import { planKills, shareOfEdges, type Kill } from './kill-plan.ts';
import { playKills, type PlayReport } from './play-kills.ts';

export interface CrashOptions {
  readonly seed: number;
  /** Kills at random moments, over all worlds. */
  readonly kills: number;
  /** Kills of each edge of each step, over all worlds. */
  readonly timesPerEdge: number;
  readonly say: (text: string) => void;
}

/** What one data folder lived through. */
export interface WorldReport {
  readonly mode: QueueMode;
  readonly disk: DiskKind;
  readonly play: PlayReport;
  readonly lives: number;
  readonly refused: number;
  readonly released: number;
  readonly wronglyParked: number;
  readonly troubles: readonly Trouble[];
  /** Undefined when the world could not be brought to rest: then nothing is known, which is a failure. */
  readonly verdict: WorldVerdict | undefined;
}

export interface StepReport {
  readonly step: string;
  readonly phase: string;
  readonly kills: number;
  /** Every one of them was followed by a start that carried over everything. */
  readonly found: boolean;
}

export interface CrashReport {
  readonly ok: boolean;
  readonly seed: number;
  readonly kills: number;
  readonly stepKills: number;
  readonly randomKills: number;
  /** Kills while the ERP had a unit of work in hand. */
  readonly heldKills: number;
  /** How many random kills struck after which edge. */
  readonly randomAfter: Readonly<Record<string, number>>;
  readonly commitCuts: CutCounts;
  readonly lives: number;
  readonly orders: number;
  readonly lines: number;
  readonly payments: number;
  readonly visits: number;
  readonly lost: number;
  readonly duplicated: number;
  readonly changed: number;
  readonly invented: number;
  readonly reused: number;
  readonly snapshotFindings: number;
  /** Worlds that did not come to rest, packets parked that nobody refuses, starts that failed. */
  readonly stuck: number;
  readonly refusedOnPurpose: number;
  readonly releasedAfterThreeUncleanExits: number;
  /** Kills by queue mode and by disk. */
  readonly modes: Readonly<Record<QueueMode, number>>;
  readonly disk: Readonly<Record<DiskKind, number>>;
  readonly steps: readonly StepReport[];
  readonly neverReached: readonly string[];
  /** Edges killed less often than asked for. */
  readonly tooSeldom: readonly string[];
  readonly findings: readonly object[];
}

const WORLDS: readonly { readonly mode: QueueMode; readonly disk: DiskKind }[] = [
  { mode: 'sticky', disk: 'node' },
  { mode: 'sqs', disk: 'forgetful' },
  { mode: 'sticky', disk: 'forgetful' },
  { mode: 'sqs', disk: 'node' },
];
/** One for each way the other transaction can end. */
const HELD_PER_WORLD = 2;
/** One for each core of a small machine. */
const AT_ONCE = 2;

/** Plays one world by its plan and judges it. */
export async function playWorld(
  options: WorldChoice & { readonly plan: readonly Kill[]; readonly say: (text: string) => void },
): Promise<WorldReport> {
  const { mode, disk, plan, say } = options;
  const world = await CrashWorld.start(options);
  try {
    // The first morning: nobody dies before every phone has its snapshot.
    const awake = await world.closeDay();
    const play = await playKills(world, awake ? plan : [], say);
    const rested = await world.closeDay();
    const verdict = rested ? await world.judge() : undefined;
    world.lookIntoLogs();
    const { lives, released, wronglyParked, troubles } = world;
    return {
      mode,
      disk,
      play,
      lives,
      refused: world.work.refused,
      released,
      wronglyParked,
      troubles,
      verdict,
    };
  } finally {
    await world.end();
  }
}

/** Both queue modes on both disks, each step killed at both edges, and random kills. */
export async function runCrash(options: CrashOptions): Promise<CrashReport> {
  const { seed, say } = options;
  const waiting = WORLDS.map((world, index) => {
    const share = (total: number): number =>
      Math.floor(total / WORLDS.length) + (index < total % WORLDS.length ? 1 : 0);
    const plan = planKills({
      random: seededRandom(`${seed}/plan/${index}`),
      edges: shareOfEdges(options.timesPerEdge, index, WORLDS.length),
      randomKills: share(options.kills),
      heldKills: HELD_PER_WORLD,
      cuts: true,
    });
    return { ...world, seed, plan, say };
  });
  const reports: WorldReport[] = [];
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift())
      reports.push(await playWorld(next));
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  return crashReport(seed, options.timesPerEdge, reports);
}

/** `timesPerEdge`: kills each edge of each step must have had; 0 when only some were planned. */
export function crashReport(seed: number, timesPerEdge: number, worlds: readonly WorldReport[]): CrashReport {
  const sum = (pick: (world: WorldReport) => number): number =>
    worlds.reduce((total, one) => total + pick(one), 0);
  const stepKillsOf = ({ play }: WorldReport): number => [...play.steps.values()].reduce((a, b) => a + b, 0);
  const killsOf = (world: WorldReport): number => stepKillsOf(world) + world.play.random + world.play.held;
  const steps = EDGES.map((edge): StepReport => {
    const name = pointName(edge);
    const kills = sum(({ play }) => play.steps.get(name) ?? 0);
    return { ...edge, kills, found: kills > 0 && kills === sum(({ play }) => play.recovered.get(name) ?? 0) };
  });
  const tooSeldom = steps.filter(({ kills }) => kills < timesPerEdge).map(pointNameOf);
  const neverReached =
    timesPerEdge > 0
      ? steps.filter(({ kills }) => kills === 0).map(pointNameOf)
      : worlds.flatMap(({ play }) => play.notReached);
  const verdicts = worlds.flatMap(({ verdict }) => verdict ?? []);
  const count = (kind: 'lost' | 'duplicated' | 'changed' | 'invented' | 'reused'): number =>
    verdicts.reduce((total, { orders }) => total + orders[kind], 0);
  const made = (kind: 'orders' | 'lines' | 'payments' | 'visits'): number =>
    verdicts.reduce((total, { orders }) => total + orders[kind], 0);
  const stuck = sum(({ troubles, verdict }) => troubles.length + (verdict === undefined ? 1 : 0));
  const findings = worlds.flatMap(({ mode, disk, troubles, verdict }) =>
    [...troubles, ...(verdict?.orders.details ?? []), ...(verdict?.snapshotFindings ?? [])].map(
      (finding) => ({
        mode,
        disk,
        ...finding,
      }),
    ),
  );
  const by = <K extends string>(keys: readonly K[], of: (world: WorldReport) => K): Record<K, number> =>
    Object.fromEntries(
      keys.map((key) => [key, sum((world) => (of(world) === key ? killsOf(world) : 0))]),
    ) as Record<K, number>;
  const randomAfter: Record<string, number> = {};
  for (const { play } of worlds)
    for (const [name, kills] of play.randomAfter) randomAfter[name] = (randomAfter[name] ?? 0) + kills;
  const killed = steps.filter(({ kills }) => kills > 0);
  return {
    ok:
      findings.length === 0 &&
      stuck === 0 &&
      neverReached.length === 0 &&
      tooSeldom.length === 0 &&
      killed.every(({ found }) => found),
    seed,
    kills: sum(killsOf),
    stepKills: sum(stepKillsOf),
    randomKills: sum(({ play }) => play.random),
    heldKills: sum(({ play }) => play.held),
    randomAfter,
    commitCuts: {
      beforeCommit: sum(({ play }) => play.cuts.beforeCommit),
      afterCommit: sum(({ play }) => play.cuts.afterCommit),
    },
    lives: sum(({ lives }) => lives),
    orders: made('orders'),
    lines: made('lines'),
    payments: made('payments'),
    visits: made('visits'),
    lost: count('lost'),
    duplicated: count('duplicated'),
    changed: count('changed'),
    invented: count('invented'),
    reused: count('reused'),
    snapshotFindings: verdicts.reduce((total, { snapshotFindings }) => total + snapshotFindings.length, 0),
    stuck,
    refusedOnPurpose: sum(({ refused }) => refused),
    releasedAfterThreeUncleanExits: sum(({ released }) => released),
    modes: by(['sticky', 'sqs'], ({ mode }) => mode),
    disk: by(['node', 'forgetful'], ({ disk }) => disk),
    steps,
    neverReached,
    tooSeldom,
    findings,
  };
}

const pointNameOf = ({ step, phase }: StepReport): string => `${step} ${phase}`;
