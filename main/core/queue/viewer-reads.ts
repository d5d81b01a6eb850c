import type { ItemId, LinkId, Sha256 } from '../../../shared/model/ids.ts';
import type { Mapping } from '../../../shared/model/mapping.ts';
import type { Result } from '../../../shared/model/result.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Unknown } from '../mapping/plan.ts';
import type { BodyRef } from '../runtime/body-store.ts';
import type { EditNote, ItemEdit } from './edit-store.ts';
import type { Item } from './item.ts';
import type { UserDetail, UserPage, UserQuery } from './mobile-users.ts';
import type { ItemQuery, Run, RunQuery, TimelineEntry } from './queue-store.ts';

/**
 * What viewers read of a site's store. Apart from `QueueStore` because it may take a while and must then hold up nobody: the
 * agent goes on meanwhile, and so do other reads. Nothing here changes anything; each method may be repeated. A long search
 * sees the store at several moments. Rejects only for a bug; aborted, it answers `cancelled` soon.
 */
export interface ViewerReads {
  list(query: ItemQuery, signal: AbortSignal): Promise<ReadAnswer<ItemPage>>;
  /** `value` undefined: there is no such item (any more). */
  show(item: ItemId, signal: AbortSignal): Promise<ReadAnswer<ItemDetail | undefined>>;
  /** Some bytes of a body; `value` undefined: the item or its body is gone. */
  bodyPart(wanted: BodyPartQuery, signal: AbortSignal): Promise<ReadAnswer<BodyPart | undefined>>;
  /**
   * What a pulled packet changes of documents that were stored before, and what of it the mapping does not know. Reads a few
   * megabytes of it at most, and of what it is compared with; `value` undefined: there is no such item.
   */
  compared(wanted: ComparedQuery, signal: AbortSignal): Promise<ReadAnswer<Compared | undefined>>;
  runs(query: RunQuery, signal: AbortSignal): Promise<ReadAnswer<readonly Run[]>>;
  history(query: HistoryQuery, signal: AbortSignal): Promise<ReadAnswer<History>>;
  /** Some bytes of a file in the spool; `value` undefined: it is gone, or has another size. */
  spooled(wanted: SpooledQuery, signal: AbortSignal): Promise<ReadAnswer<Uint8Array | undefined>>;
  users(query: UserQuery, signal: AbortSignal): Promise<ReadAnswer<UserPage>>;
  /** `value` undefined: nobody of that name is known. */
  user(wanted: OneUser, signal: AbortSignal): Promise<ReadAnswer<UserDetail | undefined>>;
  /** Ends what runs; afterwards everything is `cancelled`. Idempotent. */
  close(): Promise<void>;
}

export type ReadAnswer<T> = Result<T, ReadFailure>;

/**
 * `slow`: it took longer than anybody waits and was given up. `store`: the store cannot be read, `message` says why.
 * `ended`: the reader died; asking again starts another. `cancelled`: by the caller, or the site ends.
 */
export interface ReadFailure {
  readonly kind: 'slow' | 'store' | 'ended' | 'cancelled';
  readonly message: string;
}

export interface SpooledQuery {
  readonly hash: Sha256;
  readonly size: number;
  readonly offset: number;
  readonly limit: number;
}

export interface OneUser {
  readonly link: LinkId;
  readonly user: string;
}

export interface ItemPage {
  readonly items: readonly Item[];
  /** How many items the same filters find. */
  readonly total: number;
}

/** Most bytes of a body that come with an item. */
export const BEGINNING_BYTES = 64 * 1024;

export interface ItemDetail {
  readonly item: Item;
  readonly timeline: readonly TimelineEntry[];
  /** Oldest first. */
  readonly edits: readonly ItemEdit[];
  /** Of the body; undefined when that is gone. */
  readonly beginning: Uint8Array | undefined;
}

export interface BodyPartQuery {
  readonly item: ItemId;
  readonly offset: number;
  readonly limit: number;
  /** The bytes as the phone sent them, before any edit. */
  readonly original?: boolean | undefined;
}

export interface ComparedQuery {
  readonly item: ItemId;
  /** Of its link; without it rows are known by `DMS_ROWID` only, and nothing is called unknown. */
  readonly mapping?: Pick<Mapping, 'pull'> | undefined;
}

export interface Compared {
  readonly difference: Difference | undefined;
  readonly unknown: readonly Unknown[];
}

/** Against which item, stored when, and what is other in the newer one. Nothing listed and `more` set: too large to compare. */
export interface Difference extends Pick<EditNote, 'changes' | 'more'> {
  readonly against: number;
  readonly againstAt: Instant;
}

/** A part is not checked against the hash: whoever has all parts can do that. */
export interface BodyPart {
  readonly body: BodyRef;
  readonly bytes: Uint8Array;
}

export interface HistoryQuery {
  /** An hour in minutes, or a day in steps of ten. Both end with the step of `now`. */
  readonly span: 'hour' | 'day';
  readonly link?: LinkId | undefined;
  readonly now: Instant;
}

export interface HistoryStep {
  readonly at: Instant;
  readonly settledIn: number;
  readonly settledOut: number;
  /** As sampled last in the step; absent where no agent ran. */
  readonly pendingIn?: number | undefined;
  readonly pendingOut?: number | undefined;
  readonly parked?: number | undefined;
}

export interface History {
  readonly from: Instant;
  readonly stepMs: number;
  readonly points: readonly HistoryStep[];
  /** Documents that reached the ERP on the site's local day, by type. */
  readonly today: readonly { readonly document: string; readonly count: number }[];
}
