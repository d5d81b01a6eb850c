import { ok, type Result } from '../../../../shared/model/result.ts';
import { businessKey, type Match } from '../match/match-record.ts';
import type { Conclusion, HoldReason, NewIntent } from '../record-state.ts';
import { otherSide, SIDES, type RecordId } from '../record-store.ts';
import { counterparts } from './counterparts.ts';
import { holdOf, type Decided } from './decide-subjects.ts';
import { newRecord } from './new-record.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';
import { marksOf, sideOf, type Read, type Subject, type Unpaired } from './subjects.ts';

export interface Matched extends Decided {
  /** Some were paired: they are decided about now. */
  readonly again: boolean;
}

/** Whom records without a pair belong to, and what is created for those that belong to nobody. */
export async function matchSubjects(
  parts: PassParts,
  entity: RunningEntity,
  subjects: readonly Subject[],
  read: Read,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<Result<Matched>> {
  const conclusions: Conclusion[] = [];
  const intents: NewIntent[] = [];
  let again = false;
  const unpaired: Unpaired[] = [];
  for (const subject of subjects) {
    if (subject.pair !== undefined) continue;
    const side = sideOf(subject);
    const record = read[side].get(subject.ids[side] ?? '');
    // Gone before it was ever seen, or not ours: nothing is owed to it.
    if (record === undefined || record.deleted === true || !record.inFilter)
      conclusions.push({ ...baseOf(parts, entity, subject), dirty: marksOf(subject) });
    else
      unpaired.push({
        subject,
        side,
        record,
        key: businessKey(entity.plan, side, record, entity.references),
      });
  }
  // Whoever was paired in this batch, from either side, is nobody else's any more.
  const given = new Set<string>();
  for (const side of SIDES) {
    const here = unpaired.filter((one) => one.side === side);
    const matches = await counterparts(parts, entity, side, here, signal);
    if (!matches.ok) return matches;
    for (const [index, one] of here.entries()) {
      const match = matches.value[index] ?? { kind: 'leave' };
      const keys = [
        `${side} ${one.record.id}`,
        match.kind === 'pair' ? `${otherSide(side)} ${match.id}` : '',
      ];
      if (keys.some((key) => given.has(key))) {
        again = true;
        continue;
      }
      if (match.kind === 'pair') {
        for (const key of keys) given.add(key);
        again = true;
        counts.paired += 1;
      }
      if (match.kind === 'two-of-one-key' && suspendPairs(parts, entity, match.with)) again = true;
      const made = madeOf(parts, entity, one, match, counts);
      conclusions.push(...made.conclusions);
      intents.push(...made.intents);
    }
  }
  return ok({ intents, conclusions, again });
}

/** Of two records with one key neither is written to: the pair of the other one is decided upon anew. */
function suspendPairs(
  { state, link, runtime }: PassParts,
  { plan }: RunningEntity,
  others: readonly RecordId[],
): boolean {
  const free = state
    .pairs(link, plan.entity, 'cloud', others)
    .filter(({ hold }) => hold?.reason.kind !== 'two-of-one-key')
    .flatMap(({ ids }) => ids.cloud ?? []);
  if (free.length === 0) return false;
  const records = free.map((id) => ({ id }));
  state.nominate({ link, entity: plan.entity, side: 'cloud', records }, runtime.wall());
  return true;
}

const baseOf = (
  { link }: PassParts,
  { plan }: RunningEntity,
  subject: Subject,
): Pick<Conclusion, 'link' | 'entity' | 'ids'> => ({ link, entity: plan.entity, ids: subject.ids });

function madeOf(
  parts: PassParts,
  entity: RunningEntity,
  one: Unpaired,
  match: Match,
  counts: PassCounts,
): Decided {
  const { subject, side, record } = one;
  const base = baseOf(parts, entity, subject);
  const none = { intents: [] } as const;
  switch (match.kind) {
    case 'leave':
      return { ...none, conclusions: [{ ...base, dirty: marksOf(subject) }] };
    case 'pair':
      return {
        ...none,
        conclusions: [
          {
            ...base,
            ids: { [side]: record.id, [otherSide(side)]: match.id },
            state: 'active',
            dirty: marksOf(subject),
            keepDirty: true,
            hold: null,
            decision: { what: 'paired', before: new Map(), after: new Map(), note: 'by its key' },
          },
        ],
      };
    case 'review':
      return heldOf(parts, entity, subject, { kind: 'review', candidates: match.candidates }, counts);
    case 'two-of-one-key':
      return heldOf(parts, entity, subject, { kind: 'two-of-one-key', with: match.with }, counts);
    case 'create':
      return created(parts, entity, one, counts);
  }
}

/** What a new record is to hold, or why it has to wait. */
function created(
  parts: PassParts,
  entity: RunningEntity,
  { subject, side, record }: Unpaired,
  counts: PassCounts,
): Decided {
  const { plan } = entity;
  const to = otherSide(side);
  const made = newRecord(entity, side, record);
  if (made.kind === 'hold') {
    if (made.reason.kind === 'refused') counts.refused += 1;
    return heldOf(parts, entity, subject, made.reason, counts);
  }
  const { createIdentity } = parts.stores[to].capabilities;
  return {
    intents: [
      {
        id: parts.runtime.newId(),
        link: parts.link,
        entity: plan.entity,
        from: { side, id: record.id },
        to,
        kind: 'create',
        target: createIdentity === 'client-id' ? parts.runtime.newId() : undefined,
        values: made.values,
        expected: new Map(),
        basis: record.fields,
      },
    ],
    conclusions: [],
  };
}

function heldOf(
  parts: PassParts,
  entity: RunningEntity,
  subject: Subject,
  reason: HoldReason,
  counts: PassCounts,
): Decided {
  counts.held += 1;
  return {
    intents: [],
    conclusions: [
      {
        ...baseOf(parts, entity, subject),
        dirty: marksOf(subject),
        keepDirty: true,
        hold: holdOf(parts, reason, parts.runtime.wall()),
      },
    ],
  };
}
