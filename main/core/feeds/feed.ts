import type { SqlName } from '../../../shared/model/mapping-names.ts';
import type { Result } from '../../../shared/model/result.ts';

/**
 * A feed names rows of one table that may have changed. It never says what they hold: whoever is told reads the row and
 * decides by comparing content. So a feed may name a row too often and must never leave one out.
 */

/** Best first. */
export const FEED_KINDS = ['change-tracking', 'rowversion', 'changed-at', 'full-compare'] as const;
export type FeedKind = (typeof FEED_KINDS)[number];

/** Canonical texts of the key columns, in their order; none is ever NULL. */
export type FeedKey = readonly string[];

export interface FeedTable {
  readonly table: SqlName;
  /** Columns that are unique together and not NULL; else the primary key, else the first unique one. */
  readonly key?: readonly string[] | undefined;
  readonly changedAt?: ChangedAt | undefined;
}

/** A column into which the ERP writes the moment of every insert and update. */
export interface ChangedAt {
  readonly column: string;
  /** Read again each time, in milliseconds: half for transactions that are open, half for a clock that is corrected. */
  readonly overlapMs: number;
  /** The server's clock that the column is written from. */
  readonly clock: 'local' | 'utc';
}

export type FeedOffer =
  | { readonly kind: FeedKind; readonly offered: true; readonly remark?: string | undefined }
  | { readonly kind: FeedKind; readonly offered: false; readonly why: string };

/** Opaque: kept with what it led to, in one transaction. Says in which database and of which table it is. */
export type FeedCursor = string;

export interface Nominated {
  readonly key: FeedKey;
  /** The feed did not find the row or saw it deleted; reading the row decides. */
  readonly deleted: boolean;
}

export type ResetReason =
  /** The server no longer knows what happened since. */
  | 'expired'
  | 'truncated'
  | 'tracking-off'
  /** The database is another one, or an earlier one. */
  | 'restored'
  | 'schema-changed'
  /** The server's clock was set back by more than the overlap forgives. */
  | 'clock-set-back'
  /** What a full compare knew is not there. */
  | 'state-lost'
  /** The cursor cannot be read, or is one of another table or kind. */
  | 'not-a-cursor';

/** More rows gone at once than is believed: they are not nominated, and stay known. */
export interface GuardReport {
  readonly gone: number;
  readonly known: number;
}

export type FeedPart =
  | { readonly kind: 'nominated'; readonly keys: readonly Nominated[] }
  /** The last part. Everything committed before the call was nominated by this feed or by an earlier call. */
  | {
      readonly kind: 'end';
      readonly cursor: FeedCursor;
      /** Rows read and left out because an earlier call nominated them as they are. */
      readonly repeats: number;
      readonly guard?: GuardReport | undefined;
    }
  /** The last part instead of `end`: compare everything, decide by content, and `start` again. */
  | { readonly kind: 'reset'; readonly reason: ResetReason; readonly words: string };

export type SweepPart =
  | { readonly kind: 'nominated'; readonly keys: readonly Nominated[] }
  | { readonly kind: 'end'; readonly guard?: GuardReport | undefined };

/** What is believed when rows are gone. Beyond either limit nothing is; up to `few` always everything. */
export interface DeletionGuard {
  readonly keys: number;
  readonly percent: number;
  readonly few: number;
}

/**
 * Failure kinds of every call: `unreachable`, `unauthorized`, `rejected` (SQL said no, or the table has no key),
 * `cancelled`. Streams throw BodyStreamError with the failure; a cursor of a stream that did not end does not exist. No
 * call writes into the ERP or waits longer than its lock time-out for somebody's transaction.
 */
export interface ChangeFeed {
  /** All kinds, best first, each offered or refused in words. */
  probe(signal: AbortSignal): Promise<Result<readonly FeedOffer[]>>;
  /**
   * A cursor for a reader who reads everything after this call. For `full-compare` nothing is known then: the first
   * `since` nominates every row, and only a `sweep` after it finds what is gone again of what the reader has read.
   */
  start(kind: FeedKind, signal: AbortSignal): Promise<Result<FeedCursor>>;
  since(cursor: FeedCursor, signal: AbortSignal): AsyncIterable<FeedPart>;
  /**
   * Compares the keys of the table with the known ones, which come in the order of `compareKeys`: nominates what is gone and
   * what is not known. For feeds that see no deletion. Mass deletion and truncation end in the guard.
   */
  sweep(known: AsyncIterable<readonly FeedKey[]>, signal: AbortSignal): AsyncIterable<SweepPart>;
  /** The order of this table's keys, for `sweep`. */
  compareKeys(signal: AbortSignal): Promise<Result<(a: FeedKey, b: FeedKey) => number>>;
}
