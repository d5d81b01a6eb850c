import type { Instant } from '../../../shared/model/time.ts';
import type { WriteContext } from './store-context.ts';
import {
  deleteClosedListings,
  deleteEndedItems,
  deleteOldDocuments,
  deleteOldLedgerRows,
  deleteOldRuns,
  deleteUnusedBodies,
} from './statements/retention.ts';

export interface Purged {
  readonly items: number;
  readonly bodies: number;
  readonly listings: number;
  readonly runs: number;
  /** There is more to drop: call again, letting others work between. */
  readonly more: boolean;
}

/** Items per call: the agent's other work waits at most for one transaction of them. */
const ITEMS_AT_ONCE = 500;

export interface Retention {
  /**
   * Drops a part of what was settled or discarded before, until `more` is false; then also bodies nothing names any more,
   * closed lists and ended runs. Idempotent. Spooled bodies become orphans for the spool's sweep.
   */
  purgeSettled(before: Instant): Purged;
}

export function retention({ db, write }: WriteContext): Retention {
  return {
    purgeSettled: (before) =>
      write(() => {
        const items = deleteEndedItems(db, before, ITEMS_AT_ONCE);
        if (items === ITEMS_AT_ONCE) return { items, bodies: 0, listings: 0, runs: 0, more: true };
        const listings = deleteClosedListings(db, before);
        deleteOldDocuments(db, before);
        deleteOldLedgerRows(db, before);
        return {
          items,
          bodies: deleteUnusedBodies(db),
          listings,
          runs: deleteOldRuns(db, before),
          more: false,
        };
      }),
  };
}
