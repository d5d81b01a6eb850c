import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { Intent } from '../record-state.ts';
import { SIDES, type Side } from '../record-store.ts';
import { carryOut } from './carry-out.ts';
import { decidePaired, keep, type Decided } from './decide-subjects.ts';
import type { Settled } from './end-of-write.ts';
import { sharedKeys } from './foreign-keys.ts';
import { overLimit, tooManyErrors, type Spent } from './limits.ts';
import { matchSubjects } from './match-subjects.ts';
import type { PassCounts, PassParts, PassWish, RunningEntity } from './pass-parts.ts';
import { marksOf, readSubjects, subjectsOf, type Subject } from './subjects.ts';

/** Dirty records decided upon at once. */
const AT_ONCE = 500;
/** How often records of an entity are decided anew within a pass: what moves more often waits for the next. */
const MOST_ROUNDS = 4;

/** Decides upon what is dirty of one entity, batch by batch, until nothing has to be decided anew. */
export async function decideEntity(
  parts: PassParts,
  entity: RunningEntity,
  wish: PassWish,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const { state, link, runtime } = parts;
  const spent: Spent = { creates: 0, updates: 0, deletes: 0 };
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    let again = false;
    for (let after = 0; ;) {
      if (signal.aborted) return { kind: 'cancelled' };
      const rows = state.dirty({ link, entity: entity.plan.entity, after, limit: AT_ONCE }, runtime.wall());
      const last = rows.at(-1);
      if (last === undefined) break;
      after = last.row;
      const all = subjectsOf(parts, entity.plan.entity, rows);
      const open = state.withIntents(all.flatMap(({ pair }) => pair?.id ?? []));
      const subjects = all.filter(
        ({ pair }) => pair === undefined || (!open.has(pair.id) && pair.state !== 'pending'),
      );
      const done = await decideSome(parts, entity, subjects, { wish, spent }, counts, signal);
      const failure = done.failure ?? tooManyErrors(parts, counts);
      if (failure !== undefined) return failure;
      again ||= done.again;
      await runtime.yield();
    }
    if (!again) return undefined;
  }
  return undefined;
}

interface Round {
  readonly wish: PassWish;
  readonly spent: Spent;
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
  const shared = await sharedKeys(parts, entity, live, signal);
  if (!shared.ok) return { again: false, failure: shared.failure };
  const paired = decidePaired(parts, entity, live, { read: read.value, shared: shared.value }, counts);
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
  const over = wish.unlimited ? undefined : overLimit(parts, entity.plan, decided.intents, spent);
  if (over !== undefined) return { again: false, failure: over };
  keep(parts, decided);
  const intents = parts.state.intents(decided.intents.map(({ id }) => id));
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
  const byPair = new Map(subjects.flatMap((one) => (one.pair === undefined ? [] : [[one.pair.id, one]])));
  const settled = new Map<number, Settled>();
  for (const { pair, from } of intents) {
    if (held.has(pair)) continue;
    const subject = from === undefined ? byPair.get(pair) : bySource.get(sourceKey(from.side, from.id));
    if (subject !== undefined) settled.set(pair, marksOf(subject));
  }
  return settled;
}

const sourceKey = (side: Side, id: string | undefined): string => `${side} ${id ?? ''}`;
