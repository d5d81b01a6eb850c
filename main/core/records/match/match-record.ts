import type { EntityPlan, References } from '../carry/entity-plan.ts';
import { otherSide, type RecordId, type Side, type StoredRecord } from '../record-store.ts';

/** The business key of a record as the other side would have it; undefined where it has none, or none can be made of it. */
export interface BusinessKey {
  /** Names on the other side. */
  readonly by: readonly string[];
  readonly values: readonly string[];
}

export function businessKey(
  plan: EntityPlan,
  from: Side,
  record: StoredRecord,
  references: References,
): BusinessKey | undefined {
  const to = otherSide(from);
  const by: string[] = [];
  const values: string[] = [];
  for (const name of plan.match.by) {
    const field = plan.fields.find((one) => one.name === name);
    const carried = field?.to[to](record.fields, references);
    if (field === undefined || carried?.kind !== 'value') return undefined;
    // An empty key is no key: all records without one would be the same.
    if (carried.value === null || carried.value.trim() === '') return undefined;
    by.push(field.on[to]);
    values.push(carried.value);
  }
  return by.length === 0 ? undefined : { by, values };
}

export type Match =
  | { readonly kind: 'pair'; readonly id: RecordId }
  | { readonly kind: 'create' }
  /** A person chooses: several look alike, or the one that does is taken. */
  | { readonly kind: 'review'; readonly candidates: readonly RecordId[] }
  /** Both carry one key of the other side: neither is written to. */
  | { readonly kind: 'two-of-one-key'; readonly with: readonly RecordId[] }
  | { readonly kind: 'leave' };

/** Spaces around a key and capitals in it say nothing. */
export const keyText = (text: string | null | undefined): string | undefined => text?.trim().toLowerCase();

/**
 * Whom an unpaired record belongs to. Sides find loosely; here the key is compared once more. Exactly one free candidate is the
 * one, and only while no other record of this side has the same key. Pure.
 */
export function matchRecord(question: {
  readonly plan: EntityPlan;
  readonly to: Side;
  readonly key: BusinessKey | undefined;
  readonly found: readonly StoredRecord[];
  /** Which of the found ones are paired already. */
  readonly taken: ReadonlySet<RecordId>;
  /** Records of its own side with the same key, itself left out. */
  readonly twins: readonly RecordId[];
  readonly mayCreate: boolean;
}): Match {
  const { plan, key, found, taken, twins, mayCreate } = question;
  const same =
    key === undefined
      ? []
      : found.filter(
          ({ fields, deleted }) =>
            deleted !== true &&
            key.by.every((name, index) => keyText(fields.get(name)) === keyText(key.values[index])),
        );
  const [only, ...others] = same;
  const ids = same.map(({ id }) => id);
  if (only !== undefined && (others.length > 0 || twins.length > 0 || taken.has(only.id)))
    return { kind: 'review', candidates: ids };
  if (only !== undefined) return { kind: 'pair', id: only.id };
  if (twins.length > 0) return { kind: 'review', candidates: [] };
  if (plan.match.otherwise === 'leave' || !mayCreate) return { kind: 'leave' };
  return plan.match.otherwise === 'create' ? { kind: 'create' } : { kind: 'review', candidates: [] };
}
