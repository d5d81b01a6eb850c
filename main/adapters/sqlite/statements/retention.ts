import { z } from 'zod';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

/** Ledger rows kept per source whatever their age: a restored ERP is noticed by missing ones. */
const LEDGER_ROWS_KEPT = 500;

const endedRow = z.object({ id: z.int(), settled_at: z.int(), bytes: z.int() });

/**
 * Items that ended before, oldest first, and the size of the bytes that go with them. A pulled packet whose delivery was
 * not reported yet stays with all that is known of it.
 */
export function findEndedItems(
  db: ReadDb,
  before: Instant,
  limit: number,
): readonly { readonly id: number; readonly settledAt: Instant; readonly bytes: number }[] {
  return prepared(
    db,
    `SELECT i.id, i.settled_at, CASE WHEN i.direction = 'in' AND i.body_place = 'row' THEN i.body_size ELSE 0 END AS bytes
     FROM item AS i WHERE i.settled_at IS NOT NULL AND i.settled_at < ?
       AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = i.link AND d.queue = i.queue
                         AND d.packet_id = i.external_id)
     ORDER BY i.settled_at, i.id LIMIT ?`,
  )
    .all(before, limit)
    .map((row) => {
      const r = decode(endedRow, row, 'item');
      return { id: r.id, settledAt: r.settled_at, bytes: r.bytes };
    });
}

/** A row as it stands, for copying: what cannot be understood is kept as well as what can. */
export type RawRow = Readonly<Record<string, unknown>>;

export function readRawItem(db: ReadDb, id: number): RawRow {
  return prepared(db, 'SELECT * FROM item WHERE id = ?').get(id) as RawRow;
}

export function readRawBody(db: ReadDb, hash: unknown): RawRow | undefined {
  return prepared(db, 'SELECT hash, bytes FROM body WHERE hash = ?').get(hash) as RawRow | undefined;
}

export function readRawHistory(
  db: ReadDb,
  id: number,
): { readonly events: readonly RawRow[]; readonly attempts: readonly RawRow[] } {
  return {
    events: prepared(db, 'SELECT at, event, detail FROM item_event WHERE item = ? ORDER BY id').all(
      id,
    ) as readonly RawRow[],
    attempts: prepared(
      db,
      'SELECT number, start_id, started_at, ended_at, result FROM attempt WHERE item = ? ORDER BY number',
    ).all(id) as readonly RawRow[],
  };
}

/** The item leaves with timeline, attempts, snapshot and bytes nobody else names; of a packet, what known() needs stays. */
export function deleteArchivedItem(db: WriteDb, id: number): void {
  // Replaced: a packet that came back from the archive and settled again is known by its newest end.
  prepared(
    db,
    `INSERT OR REPLACE INTO archived_packet (item, link, queue, packet_id, user, company, state, body_place, body_hash, body_size,
       created_at, settled_at)
     SELECT id, link, queue, external_id, user, company, state, body_place, body_hash, body_size, created_at, settled_at
     FROM item WHERE id = ? AND direction = 'in'`,
  ).run(id);
  const body: unknown = prepared(db, 'SELECT body_row FROM item WHERE id = ?').pluck().get(id);
  prepared(db, 'DELETE FROM item WHERE id = ? AND settled_at IS NOT NULL').run(id);
  prepared(
    db,
    `DELETE FROM body WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM item WHERE item.body_row = body.hash)
       AND NOT EXISTS (SELECT 1 FROM item_edit AS e WHERE e.old_row = body.hash)
       AND NOT EXISTS (SELECT 1 FROM item_edit AS e WHERE e.new_row = body.hash)`,
  ).run(body ?? null);
}

/** Archived packets as old as this, unless the cloud listed one again and was not told yet. */
export function deleteArchivedPackets(db: WriteDb, before: Instant): number {
  return prepared(
    db,
    `DELETE FROM archived_packet WHERE settled_at < ?
       AND NOT EXISTS (SELECT 1 FROM delivery AS d WHERE d.reported = 0 AND d.link = archived_packet.link
                         AND d.queue = archived_packet.queue AND d.packet_id = archived_packet.packet_id)`,
  ).run(before).changes;
}

export function deleteClosedListings(db: WriteDb, before: Instant): number {
  return prepared(db, 'DELETE FROM listing WHERE closed_at IS NOT NULL AND closed_at < ?').run(before)
    .changes;
}

// Nearly all documents have lost their item to the archive: only the index by time leads to the few that are old.
export function deleteOldDocuments(db: WriteDb, before: Instant): number {
  return prepared(db, 'DELETE FROM document INDEXED BY document_day WHERE at < ? AND item IS NULL').run(
    before,
  ).changes;
}

const sourceRow = z.object({ source: z.string() });

export function deleteOldLedgerRows(db: WriteDb, before: Instant): void {
  const sources = prepared(db, 'SELECT DISTINCT source FROM known_ledger WHERE at < ?')
    .all(before)
    .map((row) => decode(sourceRow, row, 'known_ledger').source);
  for (const source of sources)
    prepared(
      db,
      `DELETE FROM known_ledger INDEXED BY known_ledger_at WHERE at < :before AND source = :source
         AND id < (SELECT id FROM known_ledger WHERE source = :source ORDER BY id DESC LIMIT 1 OFFSET :kept)`,
    ).run({ source, before, kept: LEDGER_ROWS_KEPT - 1 });
}

/** All but the newest of each flow, which the schedule needs. */
export function deleteOldRuns(db: WriteDb, before: Instant): number {
  return prepared(
    db,
    `DELETE FROM run WHERE ended_at IS NOT NULL AND ended_at < ?
       AND id NOT IN (SELECT max(id) FROM run GROUP BY link, flow)`,
  ).run(before).changes;
}
