import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import { businessKey, matchRecord, type BusinessKey, type Match } from '../match/match-record.ts';
import type { Conclusion, NewIntent } from '../record-state.ts';
import { otherSide, SIDES, type Side, type StoredRecord } from '../record-store.ts';
import { holdOf, type Decided } from './decide-subjects.ts';
import type { PassCounts, PassParts, RunningEntity } from './pass-parts.ts';
import { marksOf, sideOf, type Read, type Subject } from './subjects.ts';

/** Sets of values that are asked for at once. */
const FIND_AT_ONCE = 100;

interface Unpaired {
  readonly subject: Subject;
  readonly side: Side;
  readonly record: StoredRecord;
  readonly key: BusinessKey | undefined;
}

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
    const matches = await matchesOf(parts, entity, side, here, signal);
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
      const made = madeOf(parts, entity, one, match, counts);
      conclusions.push(...made.conclusions);
      intents.push(...made.intents);
    }
  }
  return ok({ intents, conclusions, again });
}

const baseOf = (
  { link }: PassParts,
  { plan }: RunningEntity,
  subject: Subject,
): Pick<Conclusion, 'link' | 'entity' | 'ids'> => ({ link, entity: plan.entity, ids: subject.ids });

async function matchesOf(
  { stores, state, link }: PassParts,
  entity: RunningEntity,
  side: Side,
  here: readonly Unpaired[],
  signal: AbortSignal,
): Promise<Result<readonly Match[]>> {
  const { plan } = entity;
  const to = otherSide(side);
  const keys = here.flatMap(({ key }) => key ?? []);
  const found = await findAll(stores[to], entity, to, keys, signal);
  if (!found.ok) return found;
  const taken = new Set(
    state
      .pairs(
        link,
        plan.entity,
        to,
        found.value.map(({ id }) => id),
      )
      .map((pair) => pair.ids[to] ?? ''),
  );
  // Whoever else on their own side has the same key: then nobody knows which of them is meant.
  const own = await findAll(
    stores[side],
    entity,
    side,
    here.flatMap((one) => ownKey(entity, one) ?? []),
    signal,
  );
  if (!own.ok) return own;
  return ok(
    here.map((one) => {
      const mine = ownKey(entity, one);
      const twins =
        mine === undefined
          ? []
          : own.value.filter(
              ({ id, fields, deleted }) =>
                deleted !== true &&
                id !== one.record.id &&
                mine.by.every((name, index) => sameKey(fields.get(name), mine.values[index])),
            );
      return matchRecord({
        plan,
        to,
        key: one.key,
        found: found.value,
        taken,
        twins: twins.map(({ id }) => id),
        mayCreate: plan.may[to].create,
      });
    }),
  );
}

const sameKey = (one: string | null | undefined, other: string | undefined): boolean =>
  one?.trim().toLowerCase() === other?.trim().toLowerCase();

/** The business key by its names on the record's own side. */
function ownKey({ plan }: RunningEntity, { side, record, key }: Unpaired): BusinessKey | undefined {
  if (key === undefined) return undefined;
  const by: string[] = [];
  const values: string[] = [];
  for (const name of plan.match.by) {
    const field = plan.fields.find((one) => one.name === name);
    const value = field === undefined ? undefined : record.fields.get(field.on[side]);
    if (field === undefined || value === undefined || value === null) return undefined;
    by.push(field.on[side]);
    values.push(value);
  }
  return { by, values };
}

async function findAll(
  store: PassParts['stores'][Side],
  { plan, fields }: RunningEntity,
  side: Side,
  keys: readonly BusinessKey[],
  signal: AbortSignal,
): Promise<Result<readonly StoredRecord[]>> {
  const [first] = keys;
  if (first === undefined) return ok([]);
  const all: StoredRecord[] = [];
  for (let at = 0; at < keys.length; at += FIND_AT_ONCE) {
    const part = await store.find(
      {
        entity: plan.on[side],
        by: first.by,
        values: keys.slice(at, at + FIND_AT_ONCE).map(({ values }) => values),
        fields: fields[side],
      },
      signal,
    );
    if (!part.ok) return part;
    all.push(...part.value);
  }
  return ok(all);
}

function madeOf(
  parts: PassParts,
  entity: RunningEntity,
  one: Unpaired,
  match: Match,
  counts: PassCounts,
): Decided {
  const { subject, side, record } = one;
  const base = baseOf(parts, entity, subject);
  const at = parts.runtime.wall();
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
      counts.held += 1;
      return {
        ...none,
        conclusions: [
          {
            ...base,
            dirty: marksOf(subject),
            keepDirty: true,
            hold: holdOf(parts, { kind: 'review', candidates: match.candidates }, at),
          },
        ],
      };
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
  const { plan, references } = entity;
  const to = otherSide(side);
  const values = new Map(plan.constants[to]);
  const base = baseOf(parts, entity, subject);
  const held = (reason: Parameters<typeof holdOf>[1]): Decided => {
    counts.held += 1;
    return {
      intents: [],
      conclusions: [
        {
          ...base,
          dirty: marksOf(subject),
          keepDirty: true,
          hold: holdOf(parts, reason, parts.runtime.wall()),
        },
      ],
    };
  };
  const refused = (failure: SyncFailure): Decided => held({ kind: 'refused', failure });
  for (const field of plan.fields) {
    if (field.direction !== 'both' && field.direction !== (to === 'cloud' ? 'to-cloud' : 'to-erp')) {
      const fallback = field.defaults[to];
      if (fallback !== undefined) values.set(field.on[to], fallback);
      continue;
    }
    const carried = field.to[to](record.fields, references);
    if (carried.kind === 'refused') return refused(carried.failure);
    if (carried.kind === 'parent') {
      if (plan.unpairedParent === 'hold')
        return held({ kind: 'parent', entity: carried.entity, id: carried.id });
      continue;
    }
    const value = carried.kind === 'value' ? carried.value : null;
    const filled = value ?? field.defaults[to];
    if (filled !== undefined && filled !== null) values.set(field.on[to], filled);
  }
  if (to === 'cloud' && plan.foreignKey !== undefined) values.set(plan.foreignKey, record.id);
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
        values,
        expected: new Map(),
        basis: record.fields,
      },
    ],
    conclusions: [],
  };
}
