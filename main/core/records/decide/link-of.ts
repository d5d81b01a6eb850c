import type { EntityPlan } from '../carry/entity-plan.ts';
import { keyText } from '../match/match-record.ts';
import type { NewConflict } from '../record-conflicts.ts';
import type { HoldReason, Pair } from '../record-state.ts';
import type { FieldTexts, RecordId, Side, StoredRecord } from '../record-store.ts';

export interface LinkQuestion {
  readonly plan: EntityPlan;
  readonly pair: Pick<Pair, 'ids' | 'shadows'>;
  readonly chosenWhole?: Side | undefined;
  readonly sharesKeyWith?: readonly RecordId[] | undefined;
}

export type LinkState =
  /** `key`: what is to be written to the cloud so that it carries the ERP's key. */
  | { readonly kind: 'fine'; readonly key?: FieldTexts | undefined }
  | { readonly kind: 'parted'; readonly note: string }
  | { readonly kind: 'hold'; readonly reason: HoldReason; readonly conflicts: readonly NewConflict[] };

/**
 * What the field that carries the ERP's key says of the pair. It was never there: it is written. It was emptied: somebody parted
 * the two. It is another: somebody has to say which is meant, and nothing of the one is copied over the other. Pure.
 */
export function linkOf(
  { plan, pair, chosenWhole, sharesKeyWith = [] }: LinkQuestion,
  now: Readonly<Record<Side, StoredRecord>>,
): LinkState {
  const { foreignKey, may } = plan;
  const { erp: mine } = pair.ids;
  if (foreignKey === undefined || mine === undefined) return { kind: 'fine' };
  if (sharesKeyWith.length > 0)
    return { kind: 'hold', reason: { kind: 'two-of-one-key', with: sharesKeyWith }, conflicts: [] };
  const key = now.cloud.fields.get(foreignKey);
  if (key === undefined || keyText(key) === keyText(mine)) return { kind: 'fine' };
  const write: LinkState = {
    kind: 'fine',
    key: may.cloud.update ? new Map([[foreignKey, mine]]) : undefined,
  };
  const empty = key === null || key.trim() === '';
  if (empty && (pair.shadows.cloud?.fields.get(foreignKey) ?? null) === null) return write;
  if (empty) return { kind: 'parted', note: 'its key was emptied in the cloud' };
  if (chosenWhole === 'erp') return write;
  if (chosenWhole === 'cloud') return { kind: 'parted', note: 'a person said that it is another one' };
  return {
    kind: 'hold',
    reason: { kind: 'review', candidates: [key] },
    conflicts: [
      {
        kind: 'dangling-key',
        erp: mine,
        cloud: key,
        versions: { erp: now.erp.version, cloud: now.cloud.version },
        editors: { erp: now.erp.changedBy, cloud: now.cloud.changedBy },
        rule: 'manual',
        private: false,
      },
    ],
  };
}
