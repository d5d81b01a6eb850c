import type { Instant } from '../../../../shared/model/time.ts';
import type { WriteDb } from '../connection.ts';
import { prepared } from './prepared.ts';

/** Ledger rows kept per source whatever their age: a restored ERP is noticed by missing ones. */
const LEDGER_ROWS_KEPT = 500;

/**
 * Items that ended before, with their timelines, attempts and snapshots. A pulled packet whose delivery was not reported
 * yet stays: without its item it would look new when it is listed again.
 */
export function deleteEndedItems(db: WriteDb, before: Instant, limit: number): number {
  return prepared(
    db,
    `DELETE FROM item WHERE id IN (
       SELECT i.id FROM item AS i WHERE i.settled_at IS NOT NULL AND i.settled_at < ?
         AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = i.link AND d.queue = i.queue
                           AND d.packet_id = i.external_id)
       LIMIT ?)`,
  ).run(before, limit).changes;
}

export function deleteUnusedBodies(db: WriteDb): number {
  return prepared(
    db,
    'DELETE FROM body WHERE NOT EXISTS (SELECT 1 FROM item WHERE item.body_row = body.hash)',
  ).run().changes;
}

export function deleteClosedListings(db: WriteDb, before: Instant): number {
  return prepared(db, 'DELETE FROM listing WHERE closed_at IS NOT NULL AND closed_at < ?').run(before)
    .changes;
}

export function deleteOldDocuments(db: WriteDb, before: Instant): number {
  return prepared(db, 'DELETE FROM document WHERE at < ? AND item IS NULL').run(before).changes;
}

export function deleteOldLedgerRows(db: WriteDb, before: Instant): number {
  return prepared(
    db,
    `DELETE FROM known_ledger WHERE at < ? AND id NOT IN (
       SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY source ORDER BY id DESC) AS age FROM known_ledger)
       WHERE age <= ${String(LEDGER_ROWS_KEPT)})`,
  ).run(before).changes;
}

/** All but the newest of each flow, which the schedule needs. */
export function deleteOldRuns(db: WriteDb, before: Instant): number {
  return prepared(
    db,
    `DELETE FROM run WHERE ended_at IS NOT NULL AND ended_at < ?
       AND id NOT IN (SELECT max(id) FROM run GROUP BY link, flow)`,
  ).run(before).changes;
}
