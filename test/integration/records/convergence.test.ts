import { describe, expect, it } from 'vitest';
import type { Pair } from '../../../main/core/records/record-state.ts';
import { otherSide, SIDES, type Side } from '../../../main/core/records/record-store.ts';
import { named, of, People } from './people.ts';
import { HAPPENED, Matrix } from './matrix.ts';
import { ENTITIES, LINK, NAMES, world, type Entity, type Policy, type World } from './record-world.ts';

const SEEDS = Number(process.env['RECORD_HISTORIES'] ?? 300);
const FIRST = Number(process.env['RECORD_FIRST_SEED'] ?? 1);
const OPERATIONS = 50;
/** Twice missing is gone; what follows from it takes passes of its own. */
const SWEEPS = [
  'ids',
  undefined,
  'ids',
  undefined,
  'ids',
  'contents',
  undefined,
  'ids',
  undefined,
  undefined,
] as const;

async function quiet(made: World): Promise<void> {
  made.faults.chance = 0;
  made.faults.crash = 0;
  made.beforeWrite.act = undefined;
  for (let pass = 0; pass < SWEEPS.length; pass += 1) {
    await made.runtime.advance(11 * 60_000);
    let end = await made.pass({ sweep: SWEEPS[pass] });
    // People emptied a side, and a person says that they meant it.
    if (end?.failure?.kind === 'rejected' && end.failure.code === 'too-many-missing')
      end = await made.pass({ sweep: 'ids', unlimited: true });
    if (end?.failure !== undefined) throw new Error(JSON.stringify(end.failure));
  }
}

const POLICIES = {
  owner: ['erp', 'cloud', 'manual'],
  onDelete: ['ignore', 'mark', 'delete'],
  unpairedParent: ['hold', 'omit'],
  deletions: ['reported', 'reported', 'sweep'],
  merge: ['field', 'field', 'row'],
} as const;

function policyOf(seed: number): Policy {
  const at = (turn: number, length: number): number => Math.floor(seed / turn) % length;
  return {
    owner: POLICIES.owner[at(1, 3)] ?? 'erp',
    onDelete: POLICIES.onDelete[at(3, 3)] ?? 'mark',
    unpairedParent: POLICIES.unpairedParent[at(9, 2)] ?? 'hold',
    deletions: POLICIES.deletions[at(2, 3)] ?? 'reported',
    merge: POLICIES.merge[at(5, 3)] ?? 'field',
  };
}

/** Written from what the policies promise; it knows nothing of how the program decides. */
function judge(made: World, policy: Policy): readonly string[] {
  const findings: string[] = [];
  const { parts } = made;
  const conflicts = parts.state.conflicts({ link: LINK, limit: 10_000, offset: 0 }).conflicts;
  for (const entity of ENTITIES) {
    const pairs = parts.state.pairsFrom(LINK, entity, 'erp', undefined, 10_000);
    const seen = new Map<string, number>();
    for (const side of SIDES)
      for (const [id, row] of of(made, side).rows(NAMES[entity][side])) {
        const code = `${side} ${row.fields.get(named(side, 'code')) ?? ''}`;
        seen.set(code, (seen.get(code) ?? 0) + 1);
        const mine = pairs.filter((pair) => pair.ids[side] === id);
        const held = parts.state.dirtyOf(LINK, entity, side, [id]).some(({ hold }) => hold !== undefined);
        if (mine.length !== 1 && !held) findings.push(`${entity} ${id} on ${side} has ${mine.length} pairs`);
      }
    for (const [code, times] of seen)
      if (times > 1) findings.push(`${entity}: ${code} is there ${times} times`);
    for (const pair of pairs) {
      if (pair.state === 'unlinked') findings.push(...notAsDeleted(made, policy, entity, pair));
      if (pair.state !== 'active' || pair.hold !== undefined) continue;
      const rows = {
        erp: row(made, entity, 'erp', pair.ids.erp),
        cloud: row(made, entity, 'cloud', pair.ids.cloud),
      };
      const there = SIDES.filter((side) => rows[side] !== undefined);
      if (there.length === 1)
        findings.push(`${entity} pair ${pair.id} is active and only in ${there.join()}`);
      if (there.length < 2) continue;
      for (const field of ['name', 'phone'])
        if ((rows.erp?.get(field.toUpperCase()) ?? null) !== (rows.cloud?.get(field) ?? null))
          findings.push(`${entity} pair ${pair.id}: ${field} differs`);
    }
  }
  for (const side of SIDES) findings.push(...lostValues(made, side, conflicts));
  return findings;
}

/** One side deleted it: the other is as it was, or marked; deleted ones leave no parted pair behind. */
function notAsDeleted(made: World, policy: Policy, entity: Entity, pair: Pair): readonly string[] {
  const left = SIDES.filter((side) => row(made, entity, side, pair.ids[side]) !== undefined);
  const [side] = left;
  if (left.length > 1) return [`${entity} pair ${pair.id} is parted, and both are there`];
  if (policy.onDelete === 'delete') return [`${entity} pair ${pair.id} is parted, and not deleted`];
  if (side === undefined || policy.onDelete === 'ignore') return [];
  const mark = row(made, entity, side, pair.ids[side])?.get(side === 'erp' ? 'BLOCKED' : 'state');
  return mark === (side === 'erp' ? 'yes' : '1') ? [] : [`${entity} pair ${pair.id} has no mark on ${side}`];
}

const row = (
  made: World,
  entity: Entity,
  side: Side,
  id: string | undefined,
): ReadonlyMap<string, string | null> | undefined =>
  of(made, side)
    .rows(NAMES[entity][side])
    .get(id ?? '')?.fields;

/** A value a person typed and the program wrote over must have been on the other side, or stand in the log. */
function lostValues(
  made: World,
  side: Side,
  conflicts: ReturnType<World['parts']['state']['conflicts']>['conflicts'],
): readonly string[] {
  const { history } = of(made, side);
  const other = new Set(of(made, otherSide(side)).history.map(({ value }) => value));
  const logged = new Set(conflicts.map((one) => one[side]));
  const findings: string[] = [];
  const last = new Map<string, (typeof history)[number]>();
  for (const written of history) {
    const key = `${written.entity} ${written.id} ${written.field}`;
    const before = last.get(key);
    last.set(key, written);
    if (before === undefined || before.by === 'program' || written.by === 'user') continue;
    if (before.value === null || !before.value.startsWith('typed') || before.value === written.value)
      continue;
    if (!other.has(before.value) && !logged.has(before.value))
      findings.push(
        `${side} ${key}: "${before.value}" was written over by "${written.value ?? ''}" without a line`,
      );
  }
  return findings;
}

/** Each pass is looked at from outside. */
function watched(made: World, matrix: Matrix): World {
  matrix.remember(made);
  return {
    ...made,
    pass: async (wish) => {
      matrix.count(made);
      const end = await made.pass(wish);
      matrix.remember(made);
      return end;
    },
  };
}

async function play(
  seed: number,
  matrix: Matrix,
): Promise<{ readonly findings: readonly string[]; readonly echoes: number }> {
  const policy = policyOf(seed);
  const made = watched(world(seed, policy), matrix);
  const people = new People(made);
  made.faults.chance = made.random() < 0.6 ? 0.15 : 0;
  made.faults.crash = made.random() < 0.6 ? 0.05 : 0;
  // Somebody edits the very record that is being written.
  made.beforeWrite.act = (side, write) => {
    if (made.random() >= 0.05 || write.kind === 'create') return;
    const entity = ENTITIES.find((word) => NAMES[word][side] === write.entity);
    if (entity !== undefined) people.edit(side, entity, write.id);
  };
  for (let operation = 0; operation < OPERATIONS; operation += 1) {
    people.act();
    if (made.random() < 0.07)
      await people.late(async () => {
        const { crash } = made.faults;
        made.faults.crash = 1;
        await made.pass();
        made.faults.crash = crash;
      });
    if (made.random() < 0.3) {
      await made.runtime.advance(60_000);
      await made.pass(made.random() < 0.2 ? { sweep: 'ids' } : {});
    }
  }
  await quiet(made);
  const writes = made.erp.history.length + made.cloud.history.length;
  await made.pass();
  return {
    findings: judge(made, policy),
    echoes: made.erp.history.length + made.cloud.history.length - writes,
  };
}

describe('two sides with people on both', () => {
  it(
    `end as the policies say: ${SEEDS} histories of ${OPERATIONS} operations`,
    { timeout: 1_000 * Math.max(600, 2 * SEEDS) },
    async () => {
      const failed: string[] = [];
      const matrix = new Matrix();
      for (let seed = FIRST; seed < FIRST + SEEDS; seed += 1) {
        const { findings, echoes } = await play(seed, matrix);
        if (findings.length > 0 || echoes > 0)
          failed.push(
            `seed ${seed} ${JSON.stringify(policyOf(seed))}: ${echoes} echoes; ${findings.slice(0, 3).join('; ')}`,
          );
      }
      expect(failed).toEqual([]);
      const cells = HAPPENED.flatMap((erp) => HAPPENED.map((cloud) => `${erp}/${cloud}`));
      const counted = cells.map((cell) => [cell, matrix.cells.get(cell) ?? 0] as const);
      process.stdout.write(`ERP/cloud: ${counted.map((pair) => pair.join(' ')).join(', ')}\n`);
      if (SEEDS >= 300) expect(counted.filter(([, times]) => times < 100)).toEqual([]);
    },
  );
});
