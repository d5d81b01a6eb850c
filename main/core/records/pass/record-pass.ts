import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import type { Intent } from '../record-state.ts';
import { SIDES, type Side } from '../record-store.ts';
import { carryOut, type Settled } from './carry-out.ts';
import { decidePaired, keep, tooMany, type Decided } from './decide-subjects.ts';
import { matchSubjects } from './match-subjects.ts';
import { nominate } from './nominate.ts';
import { noCounts, type PassCounts, type PassEnd, type PassParts, type RunningEntity } from './pass-parts.ts';
import { runningEntities } from './running-entities.ts';
import { marksOf, readSubjects, subjectsOf, type Subject } from './subjects.ts';

/** Dirty records decided upon at once. */
const AT_ONCE = 200;
/** How often records of an entity are decided anew within a pass: what moves more often waits for the next. */
const MOST_ROUNDS = 4;

export interface PassWish {
  /** A person has said that more than the limits is meant. */
  readonly unlimited: boolean;
}

/**
 * One pass over all records of a link: what was open is finished, both sides name what changed, each record is decided by what
 * both hold now. Everything it knows is in the state, so it may be stopped or killed anywhere: the next one goes on.
 */
export async function recordPass(parts: PassParts, wish: PassWish, signal: AbortSignal): Promise<PassEnd> {
  const counts = noCounts();
  const known = await sameSides(parts, signal);
  if (!known.ok) return { counts, failure: known.failure, stopped: [] };
  const described = await runningEntities(parts, signal);
  if (!described.ok) return { counts, failure: described.failure, stopped: [] };
  const { entities, stopped } = described.value;
  const failure =
    (await finishOpen(parts, entities, counts, signal)) ??
    (await nameAll(parts, entities, counts, signal)) ??
    (await decideAll(parts, entities, wish, counts, signal));
  return { counts, failure, stopped };
}

/** Cursors and pairs of another organisation or database would make one mass of the two. */
async function sameSides({ stores, state, link }: PassParts, signal: AbortSignal): Promise<Result<void>> {
  for (const side of SIDES) {
    const asked = await stores[side].identity(signal);
    if (!asked.ok) return asked;
    const facts = state.sideFacts(link, side);
    if (facts.identity === undefined) state.keepSideFacts(link, side, { ...facts, identity: asked.value });
    else if (facts.identity !== asked.value)
      return {
        ok: false,
        failure: {
          kind: 'rejected',
          code: 'other-side',
          where: side,
          message: `it is ${asked.value}, and records are paired with ${facts.identity}`,
        },
      };
  }
  return ok(undefined);
}

/** What was sent, or was about to be, when the last pass ended. */
async function finishOpen(
  parts: PassParts,
  entities: readonly RunningEntity[],
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const open = Map.groupBy(parts.state.openIntents(parts.link), ({ entity }) => entity);
  for (const entity of entities) {
    const intents = open.get(entity.plan.entity) ?? [];
    if (intents.length === 0) continue;
    const { failure } = await carryOut(parts, entity, intents, 'repeated', counts, signal);
    if (failure !== undefined) return failure;
  }
  return undefined;
}

async function nameAll(
  parts: PassParts,
  entities: readonly RunningEntity[],
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const { stores, state, link } = parts;
  for (const side of SIDES) {
    const facts = state.sideFacts(link, side);
    const pulse = await stores[side].pulse(facts.pulse, signal);
    if (!pulse.ok) return pulse.failure;
    if (pulse.value.kind === 'behind')
      return {
        kind: 'rejected',
        code: 'side-set-back',
        where: side,
        message: `it is at ${pulse.value.value}, and was at ${facts.pulse ?? ''} before`,
      };
    if (pulse.value.kind === 'still') continue;
    for (const entity of entities) {
      const named = await nominate(parts, entity, side, counts, signal);
      if (!named.ok) return named.failure;
    }
    // Only when each entity came to its end, or the next pass would take the rest for unchanged.
    if (pulse.value.kind === 'moved') state.keepSideFacts(link, side, { ...facts, pulse: pulse.value.value });
  }
  return undefined;
}

async function decideAll(
  parts: PassParts,
  entities: readonly RunningEntity[],
  wish: PassWish,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  let failure: SyncFailure | undefined;
  for (const entity of entities) {
    const ended = await decideEntity(parts, entity, wish, counts, signal);
    // Too many of one entity is that entity's; a side that does not answer is everybody's.
    if (ended !== undefined && ended.kind !== 'rejected') return ended;
    failure ??= ended;
  }
  return failure;
}

async function decideEntity(
  parts: PassParts,
  entity: RunningEntity,
  wish: PassWish,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const { state, link, runtime } = parts;
  const spent = { creates: 0, updates: 0, deletes: 0 };
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    let again = false;
    for (let after = 0; ;) {
      if (signal.aborted) return { kind: 'cancelled' };
      const rows = state.dirty({ link, entity: entity.plan.entity, after, limit: AT_ONCE }, runtime.wall());
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.row;
      const open = new Set(state.openIntents(link).map(({ pair }) => pair));
      const subjects = subjectsOf(parts, entity.plan.entity, rows).filter(
        ({ pair }) => pair === undefined || (!open.has(pair.id) && pair.state !== 'pending'),
      );
      const done = await decideSome(parts, entity, subjects, { wish, spent }, counts, signal);
      if (done.failure !== undefined) return done.failure;
      again ||= done.again;
      await runtime.yield();
    }
    if (!again) return undefined;
  }
  return undefined;
}

interface Round {
  readonly wish: PassWish;
  readonly spent: Record<'creates' | 'updates' | 'deletes', number>;
}

async function decideSome(
  parts: PassParts,
  entity: RunningEntity,
  subjects: readonly Subject[],
  { wish, spent }: Round,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<{ readonly again: boolean; readonly failure?: SyncFailure | undefined }> {
  const parted = subjects.filter(({ pair }) => pair?.state === 'unlinked');
  const live = subjects.filter(({ pair }) => pair?.state !== 'unlinked');
  const read = await readSubjects(parts, entity, live, signal);
  if (!read.ok) return { again: false, failure: read.failure };
  const paired = decidePaired(parts, entity, live, read.value, counts);
  const matched = await matchSubjects(parts, entity, live, read.value, counts, signal);
  if (!matched.ok) return { again: false, failure: matched.failure };
  const decided: Decided = {
    intents: [...paired.intents, ...matched.value.intents],
    conclusions: [
      ...paired.conclusions,
      ...matched.value.conclusions,
      ...parted.map((subject) => ({
        link: parts.link,
        entity: entity.plan.entity,
        pair: subject.pair?.id,
        dirty: marksOf(subject),
      })),
    ],
  };
  const over = wish.unlimited ? undefined : overLimit(parts, entity, decided, spent);
  if (over !== undefined) return { again: false, failure: over };
  keep(parts, decided);
  const mine = new Set(decided.intents.map(({ id }) => id));
  const intents = parts.state.openIntents(parts.link).filter(({ id }) => mine.has(id));
  const { again, failure } = await carryOut(
    parts,
    entity,
    intents,
    settledBy(live, intents, decided),
    counts,
    signal,
  );
  return { again: again || matched.value.again, failure };
}

/** What was dirty is done with when the writes of its pair are; what is held stays. */
function settledBy(
  subjects: readonly Subject[],
  intents: readonly Intent[],
  { conclusions }: Decided,
): ReadonlyMap<number, Settled> {
  const held = new Set(
    conclusions.flatMap(({ pair, keepDirty }) => (keepDirty === true ? (pair ?? []) : [])),
  );
  const bySource = new Map(
    subjects.flatMap((one) => SIDES.map((side) => [sourceKey(side, one.ids[side]), one] as const)),
  );
  const settled = new Map<number, Settled>();
  for (const { pair, from } of intents) {
    if (held.has(pair)) continue;
    const subject =
      from === undefined
        ? subjects.find((one) => one.pair?.id === pair)
        : bySource.get(sourceKey(from.side, from.id));
    if (subject !== undefined) settled.set(pair, marksOf(subject));
  }
  return settled;
}

const sourceKey = (side: Side, id: string | undefined): string => `${side} ${id ?? ''}`;

function overLimit(
  { mapping }: PassParts,
  { plan }: RunningEntity,
  { intents }: Decided,
  spent: Round['spent'],
): SyncFailure | undefined {
  for (const [what, kind] of [
    ['creates', 'create'],
    ['updates', 'update'],
    ['deletes', 'delete'],
  ] as const) {
    const isMark = (to: Side, values: ReadonlyMap<string, unknown>): boolean =>
      plan.mark[to] !== undefined &&
      [...(plan.mark[to]?.keys() ?? [])].every((name) => values.has(name)) &&
      values.size === plan.mark[to]?.size;
    const now = intents.filter((one) =>
      what === 'deletes'
        ? one.kind === 'delete' || (one.kind === 'update' && isMark(one.to, one.values))
        : one.kind === kind && !(one.kind === 'update' && isMark(one.to, one.values)),
    ).length;
    const most = mapping.limits[what];
    if (spent[what] + now > most) return tooMany(plan.entity, what, spent[what] + now, most);
    spent[what] += now;
  }
  return undefined;
}
