import type { ItemId, LinkId, SourceId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { BodyRef, StoredBody } from '../runtime/body-store.ts';
import type { Item } from './item.ts';

/** One value that an edit changed; null where there is none. */
export interface FieldEdit {
  readonly table: string;
  /** `DMS_ROWID` of the row where it has one, else its number in the table. */
  readonly row: string;
  readonly field: string;
  readonly before: string | null;
  readonly after: string | null;
}

export interface EditNote {
  /** Who says to have edited it, as the viewer names that person. */
  readonly by: string;
  readonly note: string;
  readonly changes: readonly FieldEdit[];
  /** Changes beyond those that are kept. */
  readonly more: number;
}

/** One edit of a packet's bytes. Both bodies stay as long as it does: for ever. */
export interface ItemEdit extends EditNote {
  readonly at: Instant;
  /** What attempts with the edited bytes carry into the ledger, at least. */
  readonly revision: number;
  readonly before: BodyRef;
  readonly after: BodyRef;
}

export type EditResult =
  | { readonly kind: 'edited'; readonly item: Item }
  /** Not parked any more, or not as it was looked at: nothing was changed. */
  | { readonly kind: 'changed' }
  /** Another item of this packet id has these bytes. */
  | { readonly kind: 'same-bytes' };

/** What the store keeps of decisions people took about pulled packets. The promises of `QueueStore` hold. */
export interface EditStore {
  /**
   * parked -> ready with other bytes, due now; the old ones stay beside them. `looked` is the item as it was when its key was
   * taken: anything that happened to it since makes this do nothing.
   */
  edit(
    looked: Item,
    edit: EditNote & { readonly body: StoredBody; readonly revision: number },
    now: Instant,
  ): EditResult;
  /** Oldest first. */
  edits(id: ItemId): readonly ItemEdit[];
  /** Since when a person lets this link write what it pulled; undefined: nobody has said so. */
  applyingSince(link: LinkId, source: SourceId): Instant | undefined;
  /** Idempotent: the first word counts. */
  startApplying(link: LinkId, source: SourceId, by: string, now: Instant): void;
}
