import { durablySync } from '../../runtime/runtime.ts';
import { decidePair, type PairDecision } from '../decide/decide-pair.ts';
import type { WantedWrite } from '../decide/swings.ts';
import type { NewConflict, NewDecision } from '../record-conflicts.ts';
import type { Conclusion, Hold, HoldReason, NewIntent, Pair } from '../record-state.ts';
import { otherSide, type FieldTexts, type RecordId, type Side, type StoredRecord } from '../record-store.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';
import { afterLook } from './shadows.ts';
import { marksOf, standing, type Read, type Subject } from './subjects.ts';

/** How often what waits for another record is looked at without being told. */
const LOOK_MS = 10 * 60_000;

export interface Decided {
  readonly intents: readonly NewIntent[];
  readonly conclusions: readonly Conclusion[];
}

interface Looked {
  readonly read: Read;
  /** With which other records of the cloud a pair shares its key. */
  readonly shared: ReadonlyMap<number, readonly RecordId[]>;
}

/** What becomes of paired subjects. Nothing is written or kept here. */
export function decidePaired(
  parts: PassParts,
  entity: RunningEntity,
  subjects: readonly Subject[],
  { read, shared }: Looked,
  counts: PassCounts,
): Decided {
  const intents: NewIntent[] = [];
  const conclusions: Conclusion[] = [];
  for (const subject of subjects) {
    const { pair } = subject;
    if (pair === undefined) continue;
    const now = { erp: standing(subject, 'erp', read), cloud: standing(subject, 'cloud', read) };
    const at = parts.runtime.wall();
    const chosen = pair.hold === undefined ? undefined : parts.state.choices(pair.id);
    const decision = decidePair({
      plan: entity.plan,
      pair,
      now,
      references: entity.references,
      skewMs: parts.skewMs,
      chosen,
      chosenWhole: chosen?.get(''),
      sharesKeyWith: shared.get(pair.id),
      at,
    });
    const records =
      now.erp.kind === 'present' && now.cloud.kind === 'present'
        ? { erp: now.erp.record, cloud: now.cloud.record }
        : undefined;
    const left =
      now.erp.kind === 'present'
        ? now.erp.record
        : now.cloud.kind === 'present'
          ? now.cloud.record
          : undefined;
    const ended = endOf({ parts, entity, subject, pair, records, left, decision, at }, counts);
    intents.push(...ended.intents);
    conclusions.push(ended.conclusion);
  }
  return { intents, conclusions };
}

interface Case {
  readonly parts: PassParts;
  readonly entity: RunningEntity;
  readonly subject: Subject;
  readonly pair: Pair;
  /** Where both are there. */
  readonly records: Readonly<Record<Side, StoredRecord>> | undefined;
  /** Where one is. */
  readonly left: StoredRecord | undefined;
  readonly decision: PairDecision;
  readonly at: number;
}

interface EndOfCase {
  readonly intents: readonly NewIntent[];
  readonly conclusion: Conclusion;
}

function endOf(given: Case, counts: PassCounts): EndOfCase {
  const { parts, entity, subject, pair, decision, at } = given;
  const base = {
    link: parts.link,
    entity: entity.plan.entity,
    pair: pair.id,
    dirty: marksOf(subject),
  } as const;
  switch (decision.kind) {
    case 'wait':
      // Only a sweep can tell whether it is gone.
      return { intents: [], conclusion: base };
    case 'closed':
      return { intents: [], conclusion: { ...base, state: 'closed', hold: null } };
    case 'frozen':
      counts.frozen += 1;
      return { intents: [], conclusion: { ...base, state: 'frozen', hold: null } };
    case 'agreed':
      if (decision.merged.conflicts.length === 0) counts.same += 1;
      counts.conflicts += decision.merged.conflicts.length;
      return {
        intents: [],
        conclusion: {
          ...base,
          state: 'active',
          hold: null,
          conflicts: decision.merged.conflicts,
          shadows: looked(given, []),
        },
      };
    case 'write': {
      counts.conflicts += decision.merged.conflicts.length;
      return {
        intents: decision.writes.map((write) => intentOf(given, write)),
        conclusion: {
          ...base,
          dirty: [],
          state: 'active',
          hold: null,
          conflicts: decision.merged.conflicts,
          shadows: looked(given, decision.writes),
        },
      };
    }
    case 'parted':
      return {
        intents: [],
        conclusion: { ...base, state: 'unlinked', hold: null, decision: partedBecause(decision.note) },
      };
    case 'hold': {
      counts.held += 1;
      if (decision.reason.kind === 'refused') counts.refused += 1;
      return {
        intents: decision.writes.map((write) => intentOf(given, write)),
        conclusion: {
          ...base,
          hold: holdOf(parts, decision.reason, at),
          keepDirty: true,
          conflicts: toTell(pair, decision),
          // Where nothing of it is written, nothing of it is agreed.
          shadows: decision.whole ? looked(given, decision.writes) : undefined,
        },
      };
    }
    case 'deletion': {
      const { write, ends, deletedIn } = decision;
      if (write === undefined)
        return {
          intents: [],
          conclusion: {
            ...base,
            state: ends,
            hold: null,
            conflicts: decision.conflicts,
            decision: partedBecause(`deleted in ${deletedIn}`),
          },
        };
      return { intents: [intentOf(given, write)], conclusion: { ...base, dirty: [], hold: null } };
    }
  }
}

const partedBecause = (note: string): NewDecision => ({
  what: 'unlinked',
  before: new Map(),
  after: new Map(),
  note,
});

/**
 * What is decided is told when it is written; what a person is asked once is not asked again while the question is open.
 */
function toTell(
  pair: Pair,
  { reason, conflicts, whole }: Extract<PairDecision, { readonly kind: 'hold' }>,
): readonly NewConflict[] {
  const asked = pair.hold !== undefined && JSON.stringify(pair.hold.reason) === JSON.stringify(reason);
  return conflicts.filter(({ winner }) => (winner === undefined ? !asked : whole));
}

export function holdOf(parts: PassParts, reason: HoldReason, at: number): Hold {
  const until =
    reason.kind === 'parent' || reason.kind === 'two-of-one-key'
      ? at + LOOK_MS
      : reason.kind === 'refused'
        ? at + parts.refusedRestMs
        : undefined;
  return { reason, since: at, until };
}

function looked(
  { entity, pair, records, decision, at }: Case,
  writes: readonly WantedWrite[],
): Pair['shadows'] {
  if (records === undefined) return pair.shadows;
  const merged = 'merged' in decision ? decision.merged : undefined;
  const onTheirWay = { erp: new Set<string>(), cloud: new Set<string>() };
  for (const { to, values } of writes) for (const name of values.keys()) onTheirWay[to].add(name);
  // What the mapping does not let through is not asked for again: it counts as agreed.
  return afterLook(entity.plan, pair.shadows, records, { open: merged?.open ?? [], onTheirWay }, at);
}

function intentOf(
  { parts, entity, pair, records, left }: Case,
  { to, kind, values }: WantedWrite,
): NewIntent {
  const target = records?.[to] ?? left;
  const source = records?.[otherSide(to)];
  return {
    id: parts.runtime.newId(),
    link: parts.link,
    entity: entity.plan.entity,
    pair: pair.id,
    to,
    kind,
    target: pair.ids[to],
    values,
    expected: expectedOf(target),
    basis: source?.fields ?? new Map(),
  };
}

const expectedOf = (record: StoredRecord | undefined): FieldTexts => record?.fields ?? new Map();

/** Keeps what was decided, before anything is sent. */
export function keep({ state, runtime }: PassParts, { intents, conclusions }: Decided): void {
  if (intents.length + conclusions.length > 0)
    durablySync(runtime, 'records.intend', () => {
      state.intend(intents, conclusions, runtime.wall());
    });
}
