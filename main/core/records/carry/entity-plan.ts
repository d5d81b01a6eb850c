import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { RecordEntity, RecordField } from '../../../../shared/model/record-mapping.ts';
import type { FieldTexts, RecordId, Side } from '../record-store.ts';

/** Ids of records on the other side, for what a field refers to. */
export interface References {
  /** The id there of the record that has this id on `side`; undefined while the two are not paired. */
  other(entity: string, side: Side, id: RecordId): RecordId | undefined;
}

/** A value on its way from one side to the other. */
export type Carried =
  | { readonly kind: 'value'; readonly value: string | null; readonly cut?: boolean | undefined }
  /** What it refers to has no counterpart yet. */
  | { readonly kind: 'parent'; readonly entity: string; readonly id: RecordId }
  /** The source side does not show it. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly failure: SyncFailure };

export type Carry = (from: FieldTexts, references: References) => Carried;

export interface FieldPlan {
  readonly name: string;
  /** Its name on each side. */
  readonly on: Readonly<Record<Side, string>>;
  readonly direction: RecordField['direction'];
  readonly owner: NonNullable<RecordField['owner']>;
  /** Fields with one name here move together; a field of its own has its own name. */
  readonly group: string;
  readonly private: boolean;
  /** To that side. */
  readonly to: Readonly<Record<Side, Carry>>;
  /** For a new record whose source has none. Canonical for its side. */
  readonly defaults: { readonly erp?: string | undefined; readonly cloud?: string | undefined };
}

/** A mapped entity, checked against what both sides have, ready to decide with. */
export interface EntityPlan {
  readonly entity: string;
  /** Its name on each side. */
  readonly on: Readonly<Record<Side, string>>;
  readonly fields: readonly FieldPlan[];
  readonly merge: RecordEntity['merge'];
  readonly owner: NonNullable<RecordField['owner']>;
  readonly match: RecordEntity['match'];
  /** What may be done on that side. */
  readonly may: Readonly<Record<Side, RecordEntity['toErp']>>;
  /** What becomes of its record when the one on the other side is deleted. */
  readonly onDelete: Readonly<Record<Side, RecordEntity['onDelete']['inErp']>>;
  /** What marks a record as not used any more. */
  readonly mark: Readonly<Record<Side, FieldTexts | undefined>>;
  readonly constants: Readonly<Record<Side, FieldTexts>>;
  readonly unpairedParent: RecordEntity['unpairedParent'];
  /** The field on the cloud's side that carries the ERP's key. */
  readonly foreignKey?: string | undefined;
}
