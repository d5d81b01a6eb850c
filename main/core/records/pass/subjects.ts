import { ok, type Result } from '../../../../shared/model/result.ts';
import type { Standing } from '../decide/decide-pair.ts';
import type { BusinessKey } from '../match/match-record.ts';
import type { DirtyRecord, Pair } from '../record-state.ts';
import { SIDES, type RecordId, type Side, type StoredRecord } from '../record-store.ts';
import type { PassParts, RunningEntity } from './pass-parts.ts';

/** Sets of values that are asked for at once. */
const FIND_AT_ONCE = 100;

/** What is decided about at once: a pair, or a record without one. */
export interface Subject {
  readonly pair: Pair | undefined;
  readonly ids: Readonly<Partial<Record<Side, RecordId | undefined>>>;
  readonly dirty: readonly DirtyRecord[];
}

export interface Unpaired {
  readonly subject: Subject;
  readonly side: Side;
  readonly record: StoredRecord;
  readonly key: BusinessKey | undefined;
}

/** Dirty records by whom they belong to; both sides of a pair are one subject, whichever of them was named. */
export function subjectsOf(
  { state, link }: Pick<PassParts, 'state' | 'link'>,
  entity: string,
  rows: readonly DirtyRecord[],
): readonly Subject[] {
  const pairs = new Map<number, Pair>();
  const pairOf = new Map<DirtyRecord, Pair>();
  for (const side of SIDES) {
    const here = rows.filter((row) => row.side === side);
    const found = state.pairs(
      link,
      entity,
      side,
      here.map(({ id }) => id),
    );
    const byId = new Map(found.map((pair) => [pair.ids[side], pair]));
    for (const row of here) {
      const pair = byId.get(row.id);
      if (pair === undefined) continue;
      pairs.set(pair.id, pair);
      pairOf.set(row, pair);
    }
  }
  const subjects: Subject[] = [];
  for (const pair of pairs.values()) {
    const own = rows.filter((row) => pairOf.get(row) === pair);
    const sides = new Set(own.map(({ side }) => side));
    const others = SIDES.filter((side) => !sides.has(side)).flatMap((side) => {
      const id = pair.ids[side];
      return id === undefined ? [] : state.dirtyOf(link, entity, side, [id]);
    });
    subjects.push({ pair, ids: pair.ids, dirty: [...own, ...others] });
  }
  for (const row of rows)
    if (!pairOf.has(row)) subjects.push({ pair: undefined, ids: { [row.side]: row.id }, dirty: [row] });
  return subjects;
}

export type Read = Readonly<Record<Side, ReadonlyMap<RecordId, StoredRecord>>>;

/** What both sides hold of the subjects now. */
export async function readSubjects(
  { stores }: Pick<PassParts, 'stores'>,
  entity: RunningEntity,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<Result<Read>> {
  const read: Record<Side, ReadonlyMap<RecordId, StoredRecord>> = { erp: new Map(), cloud: new Map() };
  for (const side of SIDES) {
    const ids = [...new Set(subjects.flatMap((subject) => subject.ids[side] ?? []))];
    const found = await readAll(stores[side], entity, side, ids, signal);
    if (!found.ok) return found;
    read[side] = found.value;
  }
  return ok(read);
}

export async function readAll(
  store: PassParts['stores'][Side],
  { plan, fields, filters }: RunningEntity,
  side: Side,
  ids: readonly RecordId[],
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<RecordId, StoredRecord>>> {
  const all = new Map<RecordId, StoredRecord>();
  const size = store.capabilities.idsPerRead;
  for (let at = 0; at < ids.length; at += size) {
    const part = await store.read(
      {
        entity: plan.on[side],
        ids: ids.slice(at, at + size),
        fields: fields[side],
        filter: filters[side],
      },
      signal,
    );
    if (!part.ok) return part;
    for (const record of part.value) all.set(record.id, record);
  }
  return ok(all);
}

/** Records of a side that hold one of the keys, as that side compares. */
export async function findAll(
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

/** A record that is read is there, whatever was named; one that is not is gone only where its side said so. Pure. */
export function standing(subject: Subject, side: Side, read: Read): Standing {
  const id = subject.ids[side];
  const record = id === undefined ? undefined : read[side].get(id);
  if (record !== undefined && record.deleted !== true) return { kind: 'present', record };
  const said = subject.dirty.some((row) => row.side === side && row.gone === 'deleted');
  return { kind: said || record?.deleted === true ? 'deleted' : 'unseen' };
}

export const marksOf = (
  subject: Subject,
): readonly { readonly side: Side; readonly id: RecordId; readonly mark: number }[] =>
  subject.dirty.map(({ side, id, mark }) => ({ side, id, mark }));

export const sideOf = (subject: Subject): Side => subject.dirty[0]?.side ?? 'erp';
