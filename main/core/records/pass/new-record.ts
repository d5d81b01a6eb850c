import type { HoldReason } from '../record-state.ts';
import { otherSide, type FieldTexts, type Side, type StoredRecord } from '../record-store.ts';
import type { RunningEntity } from './pass-parts.ts';

export type NewRecord =
  | { readonly kind: 'values'; readonly values: FieldTexts }
  | { readonly kind: 'hold'; readonly reason: Extract<HoldReason, { readonly kind: 'refused' | 'parent' }> };

/** What a record made from this one is to hold on the other side, or why it has to wait. Pure. */
export function newRecord({ plan, references }: RunningEntity, side: Side, record: StoredRecord): NewRecord {
  const to = otherSide(side);
  const values = new Map(plan.constants[to]);
  for (const field of plan.fields) {
    if (field.direction !== 'both' && field.direction !== (to === 'cloud' ? 'to-cloud' : 'to-erp')) {
      const fallback = field.defaults[to];
      if (fallback !== undefined) values.set(field.on[to], fallback);
      continue;
    }
    const carried = field.to[to](record.fields, references);
    if (carried.kind === 'refused')
      return { kind: 'hold', reason: { kind: 'refused', failure: carried.failure } };
    if (carried.kind === 'parent') {
      if (plan.unpairedParent === 'hold')
        return { kind: 'hold', reason: { kind: 'parent', entity: carried.entity, id: carried.id } };
      continue;
    }
    const value = carried.kind === 'value' ? carried.value : null;
    const filled = value ?? field.defaults[to];
    if (filled !== undefined && filled !== null) values.set(field.on[to], filled);
  }
  if (to === 'cloud' && plan.foreignKey !== undefined) values.set(plan.foreignKey, record.id);
  return { kind: 'values', values };
}
