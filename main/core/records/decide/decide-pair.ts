import type { Instant } from '../../../../shared/model/time.ts';
import type { EntityPlan, References } from '../carry/entity-plan.ts';
import { alteredFields, swingOf, type WantedWrite } from './swings.ts';
import { linkOf } from './link-of.ts';
import { mergeFields, type Merged, type MergeInput } from '../merge/merge-fields.ts';
import type { NewConflict } from '../record-conflicts.ts';
import type { HoldReason, Pair } from '../record-state.ts';
import { otherSide, SIDES, type RecordId, type Side, type StoredRecord } from '../record-store.ts';

/** How one side of a pair stands at decision time. */
export type Standing =
  | { readonly kind: 'present'; readonly record: StoredRecord }
  /** Proven to be gone. */
  | { readonly kind: 'deleted' }
  /** Not there for us, for whatever reason. */
  | { readonly kind: 'unseen' };

export interface PairQuestion {
  readonly plan: EntityPlan;
  readonly pair: Pick<Pair, 'ids' | 'shadows' | 'swings' | 'state'>;
  readonly now: Readonly<Record<Side, Standing>>;
  readonly references: References;
  readonly skewMs: number | undefined;
  readonly chosen?: MergeInput['chosen'];
  /** What a person decided about the record as a whole, deleted here and changed there: whose word holds. */
  readonly chosenWhole?: Side | undefined;
  /** Other records of the cloud that carry the same key of the ERP. */
  readonly sharesKeyWith?: readonly RecordId[] | undefined;
  readonly at: Instant;
}

export type PairDecision =
  /** Nothing is to be written; what is there now is what was agreed. */
  | { readonly kind: 'agreed'; readonly merged: Merged }
  | { readonly kind: 'write'; readonly merged: Merged; readonly writes: readonly WantedWrite[] }
  /** A person has to decide, or something has to come first; what does not depend on it may still be written. */
  | {
      readonly kind: 'hold';
      readonly reason: HoldReason;
      readonly conflicts: readonly NewConflict[];
      readonly writes: readonly WantedWrite[];
      readonly merged?: Merged | undefined;
      /** All that may be written is: what is neither written nor open is agreed. */
      readonly whole: boolean;
    }
  /** One side deleted it: what the policy makes of the other's. No write: it is only parted. */
  | {
      readonly kind: 'deletion';
      readonly deletedIn: Side;
      readonly write: WantedWrite | undefined;
      readonly ends: 'unlinked' | 'closed';
      readonly conflicts: readonly NewConflict[];
    }
  /** Outside a filter: it stays as it is on both sides. */
  | { readonly kind: 'frozen' }
  /** A person parted them. */
  | { readonly kind: 'parted'; readonly note: string }
  /** Both are gone. */
  | { readonly kind: 'closed' }
  /** Nobody knows yet whether it is gone. */
  | { readonly kind: 'wait' };

/** What becomes of a paired record, by what both sides hold now and held at the last agreement. Pure. */
export function decidePair(question: PairQuestion): PairDecision {
  const { now } = question;
  const [erp, cloud] = [now.erp, now.cloud];
  if (erp.kind === 'deleted' && cloud.kind === 'deleted') return { kind: 'closed' };
  if (erp.kind === 'unseen' || cloud.kind === 'unseen') return { kind: 'wait' };
  if (erp.kind === 'present' && cloud.kind === 'present')
    return bothThere(question, { erp: erp.record, cloud: cloud.record });
  const deletedIn: Side = erp.kind === 'deleted' ? 'erp' : 'cloud';
  const left = erp.kind === 'present' ? erp.record : cloud.kind === 'present' ? cloud.record : undefined;
  return left === undefined ? { kind: 'closed' } : oneDeleted(question, deletedIn, left);
}

function bothThere(question: PairQuestion, now: Readonly<Record<Side, StoredRecord>>): PairDecision {
  const { plan, pair, references, skewMs, chosen, at } = question;
  if (SIDES.some((side) => !now[side].inFilter)) return { kind: 'frozen' };
  const link = linkOf(question, now);
  if (link.kind === 'parted') return link;
  if (link.kind === 'hold') return { ...link, writes: [], whole: false };
  const ofFields = mergeFields({
    plan,
    now,
    base: { erp: pair.shadows.erp?.fields, cloud: pair.shadows.cloud?.fields },
    references,
    skewMs,
    chosen,
    altered: alteredFields(pair.swings, at),
  });
  const merged: Merged =
    link.key === undefined
      ? ofFields
      : {
          ...ofFields,
          write: { ...ofFields.write, cloud: new Map([...ofFields.write.cloud, ...link.key]) },
        };
  const [refused] = merged.refused;
  if (refused !== undefined)
    return {
      kind: 'hold',
      reason: { kind: 'refused', failure: refused },
      conflicts: merged.conflicts,
      writes: [],
      merged,
      whole: false,
    };
  const { writes, denied } = allowed(plan, merged, now);
  const conflicts = [...merged.conflicts, ...denied];
  const swinging = swingOf(pair.swings, plan, writes, at);
  if (swinging !== undefined)
    return {
      kind: 'hold',
      reason: { kind: 'swings', field: swinging },
      conflicts,
      writes: [],
      merged,
      whole: false,
    };
  if (merged.held.length > 0)
    return {
      kind: 'hold',
      reason: { kind: 'conflict', fields: merged.held },
      conflicts,
      writes,
      merged,
      whole: true,
    };
  const [parent] = merged.parents;
  if (parent !== undefined)
    return {
      kind: 'hold',
      reason: { kind: 'parent', entity: parent.entity, id: parent.id },
      conflicts,
      // Waiting for the parent with all of it, or going without it.
      writes: plan.unpairedParent === 'hold' ? [] : writes,
      merged,
      whole: plan.unpairedParent === 'omit',
    };
  const whole = { ...merged, conflicts };
  return writes.length === 0 ? { kind: 'agreed', merged: whole } : { kind: 'write', merged: whole, writes };
}

/** What the mapping allows to be written; what it does not is noted and not asked for again. */
function allowed(
  plan: EntityPlan,
  merged: Merged,
  now: Readonly<Record<Side, StoredRecord>>,
): { readonly writes: readonly WantedWrite[]; readonly denied: readonly NewConflict[] } {
  const writes: WantedWrite[] = [];
  const denied: NewConflict[] = [];
  for (const to of SIDES) {
    const values = merged.write[to];
    if (values.size === 0) continue;
    if (plan.may[to].update) writes.push({ to, kind: 'update', values });
    else denied.push(notAllowed(now, to, 'update'));
  }
  return { writes, denied };
}

function oneDeleted(question: PairQuestion, deletedIn: Side, left: StoredRecord): PairDecision {
  const { plan, pair, chosenWhole } = question;
  const on = otherSide(deletedIn);
  if (!left.inFilter) return { kind: 'frozen' };
  const changed = plan.fields.some((field) => {
    const name = field.on[on];
    const shadow = pair.shadows[on]?.fields;
    return left.fields.has(name) && (shadow?.get(name) ?? null) !== left.fields.get(name);
  });
  const policy = plan.onDelete[on];
  if (policy === 'ignore' || policy === 'unlink' || chosenWhole === on)
    return { kind: 'deletion', deletedIn, write: undefined, ends: 'unlinked', conflicts: [] };
  if (changed && chosenWhole === undefined)
    return {
      kind: 'hold',
      reason: { kind: 'deleted-and-changed', deletedIn },
      conflicts: [
        {
          kind: 'deleted-and-changed',
          versions: { [on]: left.version },
          editors: { [on]: left.changedBy },
          rule: 'manual',
          private: false,
        },
      ],
      writes: [],
      whole: false,
    };
  const mark = plan.mark[on];
  if (policy === 'delete' && plan.may[on].delete)
    return {
      kind: 'deletion',
      deletedIn,
      write: { to: on, kind: 'delete', values: new Map() },
      ends: 'closed',
      conflicts: [],
    };
  if (policy === 'mark' && mark !== undefined && plan.may[on].update)
    return {
      kind: 'deletion',
      deletedIn,
      write: { to: on, kind: 'update', values: mark },
      ends: 'unlinked',
      conflicts: [],
    };
  return {
    kind: 'hold',
    reason: { kind: 'not-allowed', what: 'delete', on },
    conflicts: [],
    writes: [],
    whole: false,
  };
}

const notAllowed = (now: Readonly<Record<Side, StoredRecord>>, on: Side, what: 'update'): NewConflict => ({
  kind: 'not-allowed',
  versions: { erp: now.erp.version, cloud: now.cloud.version },
  editors: { erp: now.erp.changedBy, cloud: now.cloud.changedBy },
  rule: `${what} on ${on}`,
  winner: otherSide(on),
  private: false,
});
