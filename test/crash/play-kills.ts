import { setTimeout as delay } from 'node:timers/promises';
import type { CutCounts } from './commit-cuts.ts';
import type { CrashPoint } from './crash-point.ts';
import { pointName } from './crash-point.ts';
import { CrashWorld } from './crash-world.ts';
import type { HeldKill, Kill, RandomKill, StepKill } from './kill-plan.ts';

/** A packet that was in hand at three ends in a row is put before a person: after two, everything is let through once. */
const MOST_UNHEALED = 2;
/** Work sent at most this often for one step, each time after everything before was carried over. */
const MOST_ROUNDS = 8;
/** An agent that neither answers nor dies is a trouble of its own. */
const GIVE_UP_MS = 20_000;
/** A day ends after this many kills: fresh snapshots go to the phones. */
const DAY = 25;

export interface PlayReport {
  /** Kills by `step phase`. */
  readonly steps: ReadonlyMap<string, number>;
  /** Of those, how many were followed by a start that carried over everything. */
  readonly recovered: ReadonlyMap<string, number>;
  readonly random: number;
  /** The edge each random kill struck after. */
  readonly randomAfter: ReadonlyMap<string, number>;
  /** Kills while the ERP had a unit in hand. */
  readonly held: number;
  readonly cuts: CutCounts;
  readonly notReached: readonly string[];
}

/** Steps that only a person's decision about a parked packet leads to. */
const BY_PERSON: ReadonlySet<string> = new Set(['pull.discard', 'edit.keep-body', 'edit.exchange']);

/** Kills the world's agent by the plan. Ends early when something is stuck: what follows would tell nothing. */
export async function playKills(
  world: CrashWorld,
  plan: readonly Kill[],
  say: (text: string) => void,
): Promise<PlayReport> {
  const steps = new Map<string, number>();
  const recovered = new Map<string, number>();
  const notReached: string[] = [];
  let unhealed: string[] = [];
  const randomAfter = new Map<string, number>();
  let random = 0;
  let held = 0;
  const count = (map: Map<string, number>, name: string): void =>
    void map.set(name, (map.get(name) ?? 0) + 1);

  const heal = async (): Promise<boolean> => {
    const healed = await world.heal();
    if (healed) for (const name of unhealed) count(recovered, name);
    unhealed = [];
    return healed;
  };
  const died = (point: CrashPoint): void => {
    count(steps, pointName(point));
    unhealed.push(pointName(point));
  };

  /** A person discards or edits a parked packet, and the agent dies in the middle. False when it did not. */
  const killWithPerson = async (point: CrashPoint): Promise<boolean> => {
    if (!world.running) await world.startAgent();
    await world.work.send('plain');
    await world.work.send('refused');
    if ((await world.carriedOver()) !== 'settled') return false;
    await world.agent.arm(point);
    await (point.step === 'pull.discard' ? world.discardRefused() : world.editRefused());
    const death = await Promise.race([world.agent.death, delay(GIVE_UP_MS, undefined, { ref: false })]);
    if (death !== 'crash-point') return false;
    // Behind the step it is durable: nobody has to do it again.
    if (point.phase === 'after' && point.step !== 'edit.keep-body') world.discarded += 1;
    died(point);
    return true;
  };

  /** False when the point was not reached. */
  const killAtStep = async (kill: StepKill): Promise<boolean> => {
    const { point } = kill;
    if (BY_PERSON.has(point.step)) return killWithPerson(point);
    if (point.step === 'pull.void' && !(await leaveInDoubt(world, died))) return false;
    if (kill.cut !== undefined) await world.cuts.arm(kill.cut);
    if (!world.running) {
      if (kill.work !== 'refused') await world.work.send(kill.work);
      await world.startAgent(point);
    } else {
      await world.agent.arm(point);
      if (point.step !== 'pull.void') await world.work.send(kill.work);
    }
    const applied = point.step === 'settings.write' ? world.applySettings() : undefined;
    for (let round = 0; round < MOST_ROUNDS; round += 1) {
      const end = await world.carriedOver();
      if (end === 'stuck') return false;
      if (end === 'settled' && !world.agent.dead) {
        await world.work.send(kill.work);
        continue;
      }
      const death = await Promise.race([world.agent.death, delay(GIVE_UP_MS, undefined, { ref: false })]);
      if (death !== 'crash-point') return false;
      await applied;
      died(point);
      return true;
    }
    return false;
  };

  const killAtRandom = async (kill: RandomKill): Promise<void> => {
    if (kill.cut !== undefined) await world.cuts.arm(kill.cut);
    if (!world.running) await world.startAgent();
    const sent = world.work.send(kill.work);
    await delay(kill.afterMs);
    await world.agent.kill();
    await sent;
    random += 1;
    count(randomAfter, world.lastPassed());
    unhealed.push('random');
  };

  /** False when no unit came to wait. */
  const killHeld = async ({ release }: HeldKill): Promise<boolean> => {
    const orders = await world.holdOrders();
    try {
      const before = await world.cuts.arrived();
      await world.cuts.watch();
      await world.work.send('plain');
      if (!(await world.until(async () => (await world.cuts.arrived()) > before))) return false;
      await world.agent.kill();
      held += 1;
      unhealed.push('held');
      if (release === 'before-restart') await orders.release();
      await world.startAgent();
      return true;
    } finally {
      await orders.release();
    }
  };

  const left = [...plan];
  const retried = new Set<Kill>();
  const missed = (kill: Kill, name: string): void => {
    if (retried.has(kill)) notReached.push(name);
    else left.push(kill);
    retried.add(kill);
  };
  for (const [index, kill] of left.entries()) {
    const fresh = kill.kind === 'held' || (kill.kind === 'step' && !kill.atStart);
    if ((fresh || unhealed.length >= MOST_UNHEALED) && !(await heal())) break;
    if (index % DAY === DAY - 1 && !((await heal()) && (await world.closeDay()))) break;
    // Steps of a start need one; a life that healed is ended for it like any other.
    if (kill.kind === 'step' && kill.atStart && world.running) await world.agent.kill();
    if (kill.kind === 'random') await killAtRandom(kill);
    else if (kill.kind === 'held') {
      if (!(await killHeld(kill))) missed(kill, 'a unit that waits in the ERP');
    } else if (!(await killAtStep(kill))) missed(kill, pointName(kill.point));
    await world.cuts.clear();
    if (world.troubles.length > 0)
      say(`  trouble after ${JSON.stringify(kill)}: ${world.troubles.at(-1)?.what ?? ''}`);
    if (index % DAY === 0) say(`${world.mode}/${world.disk}: ${index} of ${left.length} kills`);
  }
  if (unhealed.length > 0) await heal();
  return { steps, recovered, held, random, randomAfter, cuts: await world.cuts.struck(), notReached };
}

/**
 * Brings a refused packet to where only a void row allows to park it: the agent died in the attempt, so that for all it knows
 * something of it may still land. The next start finds that out.
 */
async function leaveInDoubt(world: CrashWorld, died: (point: CrashPoint) => void): Promise<boolean> {
  const point: CrashPoint = { step: 'pull.begin-attempt', phase: 'after', occurrence: 1 };
  await world.agent.arm(point);
  await world.work.send('refused');
  if ((await world.agent.death) !== 'crash-point') return false;
  died(point);
  return true;
}
