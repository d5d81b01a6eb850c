import { ok, type Result } from '../../../../shared/model/result.ts';
import { keyText, type Match } from '../match/match-record.ts';
import { otherSide, type RecordId, type Side } from '../record-store.ts';
import type { PassParts, RunningEntity } from './pass-parts.ts';
import { findAll, readAll, type Subject, type Unpaired } from './subjects.ts';

/** Which live records of the cloud carry a key of the ERP, by the key. */
export type Holders = ReadonlyMap<string, readonly RecordId[]>;

export async function holdersOf(
  { stores }: Pick<PassParts, 'stores'>,
  entity: RunningEntity,
  keys: readonly RecordId[],
  signal: AbortSignal,
): Promise<Result<Holders>> {
  const { foreignKey } = entity.plan;
  const wanted = [...new Set(keys.map((key) => key.trim()))];
  if (foreignKey === undefined || wanted.length === 0) return ok(new Map());
  const found = await findAll(
    stores.cloud,
    entity,
    'cloud',
    wanted.map((key) => ({ by: [foreignKey], values: [key] })),
    signal,
  );
  if (!found.ok) return found;
  const holders = new Map<string, Set<RecordId>>();
  for (const { id, fields, deleted } of found.value) {
    const key = keyText(fields.get(foreignKey));
    if (deleted === true || key === undefined || key === '') continue;
    holders.set(key, (holders.get(key) ?? new Set()).add(id));
  }
  return ok(new Map([...holders].map(([key, ids]) => [key, [...ids]])));
}

/** Which of these pairs share their key with another record of the cloud, and with whom. */
export async function sharedKeys(
  parts: PassParts,
  entity: RunningEntity,
  subjects: readonly Subject[],
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<number, readonly RecordId[]>>> {
  if (entity.plan.foreignKey === undefined) return ok(new Map());
  const pairs = subjects.flatMap(({ pair }) => pair ?? []);
  const holders = await holdersOf(
    parts,
    entity,
    pairs.flatMap(({ ids }) => ids.erp ?? []),
    signal,
  );
  if (!holders.ok) return holders;
  return ok(
    new Map(
      pairs.flatMap(({ id, ids }) => {
        const others = (holders.value.get(keyText(ids.erp) ?? '') ?? []).filter((one) => one !== ids.cloud);
        return others.length === 0 ? [] : [[id, others] as const];
      }),
    ),
  );
}

/** Matches that the key the cloud carries makes certain; whoever is not in the answer has none. */
export async function byForeignKey(
  parts: PassParts,
  entity: RunningEntity,
  side: Side,
  here: readonly Unpaired[],
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<RecordId, Match>>> {
  const { foreignKey } = entity.plan;
  const keyOf = ({ record }: Unpaired): string =>
    (side === 'erp' ? record.id : (record.fields.get(foreignKey ?? '') ?? '')).trim();
  const keyed = foreignKey === undefined ? [] : here.filter((one) => keyOf(one) !== '');
  const keys = keyed.map(keyOf);
  const holders = await holdersOf(parts, entity, keys, signal);
  if (!holders.ok) return holders;
  const to = otherSide(side);
  const inErp = side === 'erp' ? undefined : await readAll(parts.stores.erp, entity, 'erp', keys, signal);
  if (inErp !== undefined && !inErp.ok) return inErp;
  const matches = new Map<RecordId, Match>();
  for (const one of keyed) {
    const { id } = one.record;
    const carriers = holders.value.get(keyText(keyOf(one)) ?? '') ?? [];
    const others = carriers.filter((carrier) => carrier !== id);
    if (side === 'erp' ? carriers.length > 1 : others.length > 0) {
      matches.set(id, { kind: 'two-of-one-key', with: others });
      continue;
    }
    const target = side === 'erp' ? carriers[0] : keyOf(one);
    if (target === undefined) continue;
    const there = side === 'erp' || inErp?.value.has(target) === true;
    const taken = parts.state.pairs(parts.link, entity.plan.entity, to, [target]).length > 0;
    matches.set(
      id,
      there && !taken ? { kind: 'pair', id: target } : { kind: 'review', candidates: there ? [target] : [] },
    );
  }
  return ok(matches);
}
