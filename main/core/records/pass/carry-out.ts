import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import type { Conclusion, Intent, NewDecision, Pair } from '../record-state.ts';
import { SWING_MS } from '../decide/decide-pair.ts';
import { SIDES, type RecordWrite, type Side, type StoredRecord, type WriteOutcome } from '../record-store.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';
import { afterWrite, transformed } from './shadows.ts';

/** What was dirty and led to an intent: done with when all intents of its pair are. */
export type Settled = Conclusion['dirty'];

export interface CarriedOut {
  /** Something has to be decided anew in this pass. */
  readonly again: boolean;
  /** Why a side cannot be written to now. */
  readonly failure?: SyncFailure | undefined;
}

/** The most swings kept with a pair. */
const MOST_KEPT_SWINGS = 40;

/**
 * Writes what intents of one entity say, batch by batch, and concludes each batch before the next is sent. An outcome that is not
 * known leaves its intent open: the next pass repeats it under the same id. `repeated`: what is read back then may be somebody's
 * edit since, and counts as one.
 */
export async function carryOut(
  parts: PassParts,
  { plan }: RunningEntity,
  intents: readonly Intent[],
  settled: ReadonlyMap<number, Settled> | 'repeated',
  counts: PassCounts,
  signal: AbortSignal,
): Promise<CarriedOut> {
  const { stores, state, runtime, link, log } = parts;
  const waiting = Map.groupBy(intents, ({ pair }) => pair);
  let again = false;
  const settledOf = (pair: number): Settled => (settled === 'repeated' ? [] : (settled.get(pair) ?? []));
  for (const side of SIDES) {
    const due = intents.filter(({ to }) => to === side);
    const size = stores[side].capabilities.writesPerCall;
    for (let at = 0; at < due.length; at += size) {
      if (signal.aborted) return { again, failure: { kind: 'cancelled' } };
      const batch = due.slice(at, at + size);
      const outcomes = await durably(runtime, 'records.write', () =>
        stores[side].write(
          batch.map((intent) => writeOf(plan, intent)),
          signal,
        ),
      );
      const conclusions: Conclusion[] = [];
      let failure: SyncFailure | undefined;
      for (const [index, intent] of batch.entries()) {
        const outcome = outcomes[index] ?? lost(side);
        const pair = state.pair(intent.pair);
        if (pair === undefined) continue;
        if (outcome.kind === 'not-sent') failure ??= outcome.failure;
        if (outcome.kind === 'unknown') {
          counts.unknown += 1;
          log.warn('a write may have happened', { entity: plan.entity, side, failure: outcome.failure.kind });
          continue;
        }
        if (outcome.kind === 'moved' || outcome.kind === 'missing') again = true;
        const rest = (waiting.get(intent.pair) ?? []).filter(({ id }) => id !== intent.id);
        waiting.set(intent.pair, rest);
        if (outcome.kind === 'missing')
          state.nominate(
            {
              link,
              entity: plan.entity,
              side,
              records: intent.target === undefined ? [] : [{ id: intent.target, gone: 'unseen' }],
            },
            runtime.wall(),
          );
        const dirty = rest.length === 0 ? settledOf(intent.pair) : [];
        conclusions.push(
          concluded(parts, plan, { intent, pair, outcome, dirty, repeated: settled === 'repeated' }, counts),
        );
      }
      if (conclusions.length > 0)
        durablySync(runtime, 'records.conclude', () => state.conclude(conclusions, runtime.wall()));
      if (failure !== undefined) return { again, failure };
    }
  }
  return { again };
}

const lost = (side: Side): WriteOutcome => ({
  kind: 'unknown',
  failure: { kind: 'defect', message: `the ${side} side answered fewer writes than it was given` },
});

export function writeOf(plan: RunningEntity['plan'], intent: Intent): RecordWrite {
  const { id, to, kind, target, values, expected } = intent;
  const entity = plan.on[to];
  if (kind === 'create')
    return {
      kind,
      intent: id,
      entity,
      id: target,
      values,
      search: to === 'cloud' ? plan.foreignKey : undefined,
    };
  if (target === undefined) throw new Error(`intent ${id} has no target`);
  return kind === 'update'
    ? { kind, intent: id, entity, id: target, values, expected }
    : { kind, intent: id, entity, id: target, expected };
}

interface Ended {
  readonly intent: Intent;
  readonly pair: Pair;
  readonly outcome: Exclude<WriteOutcome, { readonly kind: 'unknown' }>;
  readonly dirty: Settled;
  readonly repeated: boolean;
}

function concluded(
  { link, runtime, refusedRestMs }: PassParts,
  plan: RunningEntity['plan'],
  { intent, pair, outcome, dirty, repeated }: Ended,
  counts: PassCounts,
): Conclusion {
  const now = runtime.wall();
  const { to } = intent;
  const base = { link, entity: plan.entity, pair: pair.id } as const;
  const gone = intent.kind === 'delete' && outcome.kind === 'missing';
  if (outcome.kind !== 'done' && !gone) {
    const givenUp = { ...base, dirty: [], intents: [{ id: intent.id, end: 'given-up' as const }] };
    if (outcome.kind !== 'refused') return givenUp;
    counts.held += 1;
    return {
      ...givenUp,
      hold: {
        reason: { kind: 'refused', failure: outcome.failure },
        since: now,
        until: now + refusedRestMs,
      },
      dirty,
      keepDirty: true,
    };
  }
  const stored = outcome.kind === 'done' && !repeated ? outcome.stored : undefined;
  count(counts, intent, plan);
  const done = {
    ...base,
    dirty,
    intents: [{ id: intent.id, end: 'done' as const }],
    decision: decisionOf(plan, intent, stored),
  };
  if (intent.kind === 'delete') return { ...done, state: 'closed' };
  const marks = plan.mark[to];
  if (intent.kind === 'update' && marks !== undefined && sameTexts(marks, intent.values))
    return { ...done, state: 'unlinked' };
  const ids = intent.kind === 'create' && outcome.kind === 'done' ? { [to]: outcome.id } : undefined;
  return {
    ...done,
    ids,
    state: 'active',
    shadows: afterWrite(plan, pair.shadows, intent, stored, now),
    swings: swingsAfter(plan, pair.swings, intent, now),
  };
}

function count(counts: PassCounts, { kind, values, to }: Intent, plan: RunningEntity['plan']): void {
  const mark = plan.mark[to];
  if (kind === 'create') counts.created += 1;
  else if (kind === 'delete') counts.deleted += 1;
  else if (mark !== undefined && sameTexts(mark, values)) counts.marked += 1;
  else counts.updated += 1;
}

const sameTexts = (
  one: ReadonlyMap<string, string | null>,
  other: ReadonlyMap<string, string | null>,
): boolean =>
  one.size === other.size && [...one].every(([name, value]) => other.has(name) && other.get(name) === value);

function decisionOf(
  plan: RunningEntity['plan'],
  { kind, to, expected, values }: Intent,
  stored: StoredRecord | undefined,
): NewDecision {
  const other = transformed(plan, to, values, stored);
  const before = new Map([...expected].filter(([name]) => kind === 'delete' || values.has(name)));
  const after = new Map([...values].map(([name, value]) => [name, stored?.fields.get(name) ?? value]));
  const mark = plan.mark[to];
  const what =
    kind === 'create'
      ? 'created'
      : kind === 'delete'
        ? 'deleted'
        : mark !== undefined && sameTexts(mark, values)
          ? 'marked'
          : 'updated';
  return {
    what,
    on: to,
    before,
    after,
    note: other.length === 0 ? '' : `stored otherwise: ${other.join(', ')}`,
  };
}

function swingsAfter(
  plan: RunningEntity['plan'],
  before: Pair['swings'],
  { to, values, kind }: Intent,
  at: number,
): Pair['swings'] {
  if (kind !== 'update') return before;
  const added = plan.fields
    .filter(({ on }) => values.has(on[to]))
    .map(({ name }) => ({ field: name, to, at }));
  return [...before.filter((swing) => at - swing.at < SWING_MS), ...added].slice(-MOST_KEPT_SWINGS);
}
