import type { FeedKey } from './feed.ts';

export interface KnownRow {
  readonly key: FeedKey;
  readonly hash: string;
}

/**
 * What full compares knew of one table, a list for each cursor that may still be used. The cursor names its list, so a
 * kill at any moment leaves the list of whichever cursor was kept.
 */
export interface KnownRows {
  /** Rows in key order; undefined where the list is not there whole. */
  open(generation: string): Promise<AsyncIterable<readonly KnownRow[]> | undefined>;
  create(generation: string): Promise<KnownWriter>;
  /** Removes every other list. Idempotent. */
  keepOnly(generation: string | undefined): Promise<void>;
}

export interface KnownWriter {
  /** Answers a promise only where the writer has to be waited for: most rows are only noted. */
  add(row: KnownRow, gone: boolean): Promise<void> | undefined;
  /** Durable afterwards. Rows added as gone belong to the list unless that is believed. */
  finish(goneBelieved: boolean): Promise<void>;
  /** Leaves nothing behind. */
  abandon(): Promise<void>;
}

/** Thrown while a list is read that ends before its end. */
export class KnownRowsDamaged extends Error {
  constructor() {
    super('What the last compare knew cannot be read to its end.');
    this.name = 'KnownRowsDamaged';
  }
}
