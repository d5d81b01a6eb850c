import type { EntityPlan, References } from '../carry/entity-plan.ts';
import { SWING_MS } from '../decide/swings.ts';
import type { NewConflict, NewDecision } from '../record-conflicts.ts';
import type { Conclusion, Intent, Pair } from '../record-state.ts';
import { otherSide, type StoredRecord, type WriteOutcome } from '../record-store.ts';
import { isMark } from './limits.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';
import { afterWrite, transformed } from './shadows.ts';

/** What was dirty and led to an intent: done with when all intents of its pair are. */
export type Settled = Conclusion['dirty'];

/** The most swings kept with a pair. */
const MOST_KEPT_SWINGS = 40;

interface Ended {
  readonly intent: Intent;
  readonly pair: Pair;
  readonly outcome: Exclude<WriteOutcome, { readonly kind: 'unknown' }>;
  readonly dirty: Settled;
  readonly repeated: boolean;
}

/** What one write that is known to have happened, or not, ends with. */
export function concluded(
  { link, runtime, refusedRestMs }: PassParts,
  { plan, references }: RunningEntity,
  { intent, pair, outcome, dirty, repeated }: Ended,
  counts: PassCounts,
): Conclusion {
  const now = runtime.wall();
  const { to } = intent;
  const base = { link, entity: plan.entity, pair: pair.id } as const;
  const gone = intent.kind === 'delete' && outcome.kind === 'missing';
  if (outcome.kind !== 'done' && !gone) {
    const givenUp = {
      ...base,
      dirty: [],
      intents: [{ id: intent.id, end: 'given-up' as const }],
      decision: intent.edit === true ? notWritten(intent) : undefined,
    };
    if (outcome.kind !== 'refused') return givenUp;
    counts.held += 1;
    counts.refused += 1;
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
  if (intent.edit === true) return done;
  if (intent.kind === 'delete') return { ...done, state: 'closed' };
  if (isMark(plan, intent)) return { ...done, state: 'unlinked' };
  const ids = intent.kind === 'create' && outcome.kind === 'done' ? { [to]: outcome.id } : undefined;
  return {
    ...done,
    ids,
    state: 'active',
    conflicts: cutTexts(plan, references, intent, stored),
    shadows: afterWrite(plan, pair.shadows, intent, stored, now),
    swings: swingsAfter(plan, pair.swings, intent, stored, now),
  };
}

function count(counts: PassCounts, intent: Intent, plan: EntityPlan): void {
  if (intent.kind === 'create') counts.created += 1;
  else if (intent.kind === 'delete') counts.deleted += 1;
  else if (isMark(plan, intent)) counts.marked += 1;
  else counts.updated += 1;
}

/** What a person wanted and somebody else's edit came before: told, not lost. */
const notWritten = ({ to, expected, values }: Intent): NewDecision => ({
  what: 'held',
  on: to,
  before: new Map([...expected].filter(([name]) => values.has(name))),
  after: values,
  note: 'not written: the record has changed, or is refused',
});

/** A text that was cut on its way stands in the log whole. */
function cutTexts(
  plan: EntityPlan,
  references: References,
  { to, values, basis, expected }: Intent,
  stored: StoredRecord | undefined,
): readonly NewConflict[] {
  const from = otherSide(to);
  return plan.fields.flatMap((field): readonly NewConflict[] => {
    if (!values.has(field.on[to]) || !basis.has(field.on[from])) return [];
    const carried = field.to[to](basis, references);
    if (carried.kind !== 'value' || carried.cut !== true) return [];
    return [
      {
        kind: 'too-long',
        field: field.name,
        base: expected.get(field.on[to]),
        erp: to === 'erp' ? carried.value : basis.get(field.on.erp),
        cloud: to === 'cloud' ? carried.value : basis.get(field.on.cloud),
        versions: { [to]: stored?.version },
        editors: {},
        rule: 'cut',
        winner: from,
        private: field.private,
      },
    ];
  });
}

function decisionOf(plan: EntityPlan, intent: Intent, stored: StoredRecord | undefined): NewDecision {
  const { kind, to, expected, values } = intent;
  const other = transformed(plan, to, values, stored);
  const before = new Map([...expected].filter(([name]) => kind === 'delete' || values.has(name)));
  const after = new Map([...values].map(([name, value]) => [name, stored?.fields.get(name) ?? value]));
  const what =
    kind === 'create'
      ? 'created'
      : kind === 'delete'
        ? 'deleted'
        : isMark(plan, intent)
          ? 'marked'
          : 'updated';
  return {
    what,
    on: to,
    before,
    after,
    note:
      intent.edit === true
        ? 'for a person'
        : other.length === 0
          ? ''
          : `stored otherwise: ${other.join(', ')}`,
  };
}

function swingsAfter(
  plan: EntityPlan,
  before: Pair['swings'],
  { to, values, kind }: Intent,
  stored: StoredRecord | undefined,
  at: number,
): Pair['swings'] {
  if (kind !== 'update') return before;
  const altered = new Set(transformed(plan, to, values, stored));
  const added = plan.fields
    .filter(({ on }) => values.has(on[to]))
    .map(({ name }) => ({ field: name, to, at, ...(altered.has(name) ? { altered: true as const } : {}) }));
  return [...before.filter((swing) => at - swing.at < SWING_MS), ...added].slice(-MOST_KEPT_SWINGS);
}
