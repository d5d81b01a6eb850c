import { ok, type Result } from '../../../../shared/model/result.ts';
import { keyText, matchRecord, type BusinessKey, type Match } from '../match/match-record.ts';
import { otherSide, type Side } from '../record-store.ts';
import { byForeignKey } from './foreign-keys.ts';
import type { PassParts, RunningEntity } from './pass-parts.ts';
import { findAll, type Unpaired } from './subjects.ts';

/** Whom each of these records of one side belongs to: by the key the cloud carries of the ERP, else by the business key. */
export async function counterparts(
  parts: PassParts,
  entity: RunningEntity,
  side: Side,
  here: readonly Unpaired[],
  signal: AbortSignal,
): Promise<Result<readonly Match[]>> {
  const linked = await byForeignKey(parts, entity, side, here, signal);
  if (!linked.ok) return linked;
  const rest = here.filter((one) => !linked.value.has(one.record.id));
  const matched = await byBusinessKey(parts, entity, side, rest, signal);
  if (!matched.ok) return matched;
  const byId = new Map(rest.map((one, index) => [one.record.id, matched.value[index]]));
  return ok(
    here.map(({ record }) => linked.value.get(record.id) ?? byId.get(record.id) ?? { kind: 'leave' }),
  );
}

async function byBusinessKey(
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
                mine.by.every((name, index) => keyText(fields.get(name)) === keyText(mine.values[index])),
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
