import type { EntityPlan } from '../carry/entity-plan.ts';
import type { Intent, NewIntent, Pair, Shadow } from '../record-state.ts';
import { otherSide, SIDES, type FieldTexts, type Side, type StoredRecord } from '../record-store.ts';
import type { Instant } from '../../../../shared/model/time.ts';

export type Shadows = Pair['shadows'];

/**
 * Shadows after a look at both sides: a field is noted as agreed unless it is open, or on its way to a side. What is not noted
 * keeps what was agreed before, so that it still counts as changed. Pure.
 */
export function afterLook(
  plan: EntityPlan,
  before: Shadows,
  now: Readonly<Record<Side, StoredRecord>>,
  not: { readonly open: readonly string[]; readonly onTheirWay: Readonly<Record<Side, ReadonlySet<string>>> },
  at: Instant,
): Shadows {
  const agreed = plan.fields.filter(
    ({ name, on }) =>
      !not.open.includes(name) &&
      SIDES.every((side) => !not.onTheirWay[side].has(on[side]) && now[side].fields.has(on[side])),
  );
  const shadow = (side: Side): Shadow => {
    const fields = new Map(before[side]?.fields);
    for (const { on } of agreed) fields.set(on[side], now[side].fields.get(on[side]) ?? null);
    return { fields, version: now[side].version, at };
  };
  const cloud = shadow('cloud');
  const key = plan.foreignKey ?? '';
  const carried = now.cloud.fields.get(key);
  if (carried === undefined || not.onTheirWay.cloud.has(key)) return { erp: shadow('erp'), cloud };
  return { erp: shadow('erp'), cloud: { ...cloud, fields: new Map(cloud.fields).set(key, carried) } };
}

/** Shadows after one write has happened: its fields are agreed, on both sides, as the target stored them. Pure. */
export function afterWrite(
  plan: EntityPlan,
  before: Shadows,
  intent: Pick<Intent | NewIntent, 'kind' | 'to' | 'values' | 'basis'>,
  stored: StoredRecord | undefined,
  at: Instant,
): Shadows {
  const { to, values, basis } = intent;
  const from = otherSide(to);
  const target = new Map(before[to]?.fields);
  const source = new Map(before[from]?.fields);
  const storedAs = (name: string): string | null =>
    stored?.fields.get(name) ?? (stored?.fields.has(name) === true ? null : (values.get(name) ?? null));
  if (to === 'cloud' && plan.foreignKey !== undefined && values.has(plan.foreignKey))
    target.set(plan.foreignKey, storedAs(plan.foreignKey));
  for (const { on } of plan.fields) {
    if (!values.has(on[to])) {
      // Nothing was sent because there is nothing on either side.
      const empty = basis.get(on[from]) === null && stored?.fields.get(on[to]) === null;
      if (intent.kind === 'create' && empty) {
        target.set(on[to], null);
        source.set(on[from], null);
      }
      continue;
    }
    // What a server made of it is its own business: it is no change of somebody's.
    target.set(on[to], storedAs(on[to]));
    if (basis.has(on[from])) source.set(on[from], basis.get(on[from]) ?? null);
  }
  const written: Shadow = { fields: target, version: stored?.version, at };
  const other: Shadow = { fields: source, version: before[from]?.version, at };
  return to === 'erp' ? { erp: written, cloud: other } : { erp: other, cloud: written };
}

/** Names of fields whose stored value is not the one that was sent. Pure. */
export function transformed(
  plan: EntityPlan,
  to: Side,
  sent: FieldTexts,
  stored: StoredRecord | undefined,
): readonly string[] {
  if (stored === undefined) return [];
  return plan.fields.flatMap(({ name, on }) =>
    sent.has(on[to]) && stored.fields.has(on[to]) && stored.fields.get(on[to]) !== sent.get(on[to])
      ? [name]
      : [],
  );
}
