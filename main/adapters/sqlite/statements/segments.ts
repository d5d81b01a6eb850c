import { z } from 'zod';
import { sha256, type LinkId, type Sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type {
  KeptSegment,
  NewSegment,
  SegmentAudit,
} from '../../../core/packets/push/segments/segment-store.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

const positionsColumn = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.record(z.string(), z.string()));

const segmentRow = z.object({
  hash: z.string(),
  place: z.enum(['row', 'spool']),
  size: z.int(),
  rows: z.int(),
  positions: optional(positionsColumn),
  restless: z.int(),
  read_at: z.int(),
});
const hashRow = z.object({ hash: z.string() });
const bodyRow = z.object({ hash: z.string(), place: z.enum(['row', 'spool']), size: z.int() });
const auditRow = z.object({ day: z.int(), owed: z.int() });
const totalRow = z.object({ total: z.int() });

export interface SegmentBody {
  readonly hash: Sha256;
  readonly place: 'row' | 'spool';
  readonly size: number;
}

export function findSegment(db: ReadDb, key: string): KeptSegment | undefined {
  const row: unknown = prepared(
    db,
    `SELECT s.hash, b.place, b.size, s.rows, s.positions, s.restless, s.read_at
     FROM segment AS s JOIN segment_body AS b ON b.hash = s.hash WHERE s.key = ?`,
  ).get(key);
  if (row === undefined) return undefined;
  const r = decode(segmentRow, row, 'a segment');
  return {
    body: { place: r.place, hash: sha256(r.hash), size: r.size },
    rows: r.rows,
    positions: r.positions,
    restless: r.restless,
    readAt: r.read_at,
  };
}

export function upsertSegment(db: WriteDb, segment: NewSegment): void {
  const { key, body, rows, positions, restless, readAt } = segment;
  prepared(
    db,
    `INSERT INTO segment (key, hash, rows, positions, restless, read_at) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (key) DO UPDATE SET hash = excluded.hash, rows = excluded.rows, positions = excluded.positions,
       restless = excluded.restless, read_at = excluded.read_at`,
  ).run(key, body.hash, rows, positions === undefined ? null : JSON.stringify(positions), restless, readAt);
}

export function upsertSegmentBody(db: WriteDb, body: SegmentBody, now: Instant): void {
  prepared(
    db,
    `INSERT INTO segment_body (hash, place, size, used_at) VALUES (?, ?, ?, ?)
     ON CONFLICT (hash) DO UPDATE SET used_at = excluded.used_at`,
  ).run(body.hash, body.place, body.size, now);
}

export function touchSegment(db: WriteDb, hash: Sha256, now: Instant): void {
  prepared(db, 'UPDATE segment_body SET used_at = ? WHERE hash = ?').run(now, hash);
}

/** With the keys that lead to it. */
export function deleteSegmentBody(db: WriteDb, hash: Sha256): void {
  prepared(db, 'DELETE FROM segment WHERE hash = ?').run(hash);
  prepared(db, 'DELETE FROM segment_body WHERE hash = ?').run(hash);
  deleteBytes(db, hash);
}

export function deleteAllSegments(db: WriteDb): void {
  prepared(db, 'DELETE FROM segment').run();
}

export function findSegmentAudit(db: ReadDb, link: LinkId): SegmentAudit | undefined {
  const row: unknown = prepared(db, 'SELECT day, owed FROM segment_audit WHERE link = ?').get(link);
  return row === undefined ? undefined : decode(auditRow, row, `the audit of ${link}`);
}

export function upsertSegmentAudit(db: WriteDb, link: LinkId, { day, owed }: SegmentAudit): void {
  prepared(
    db,
    `INSERT INTO segment_audit (link, day, owed) VALUES (?, ?, ?)
     ON CONFLICT (link) DO UPDATE SET day = excluded.day, owed = excluded.owed`,
  ).run(link, day, owed);
}

export function insertPacketSegment(db: WriteDb, list: Sha256, hash: Sha256): void {
  prepared(db, 'INSERT INTO packet_segment (list, hash) VALUES (?, ?) ON CONFLICT DO NOTHING').run(
    list,
    hash,
  );
}

/** Of lists that no item is any more, nor what the cloud accepted last for somebody who is still named. */
export function deleteEndedLists(db: WriteDb): void {
  const ended = prepared(
    db,
    `SELECT DISTINCT p.list AS hash FROM packet_segment AS p
     WHERE NOT EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'out' AND i.body_hash = p.list)
       AND NOT EXISTS (SELECT 1 FROM accepted_snapshot AS a WHERE a.content_hash = p.list
         AND NOT EXISTS (SELECT 1 FROM mobile_user AS u WHERE u.link = a.link AND u.user = a.user AND u.named = 0))`,
  ).all();
  for (const row of ended) {
    const hash = sha256(decode(hashRow, row, 'packet_segment').hash);
    prepared(db, 'DELETE FROM packet_segment WHERE list = ?').run(hash);
    deleteBytes(db, hash);
  }
}

export function deleteSegmentsReadBefore(db: WriteDb, before: Instant): void {
  prepared(db, 'DELETE FROM segment WHERE read_at < ?').run(before);
}

/** Under no key, and in no list of an item that is still here. */
export const findUnnamed = (db: ReadDb): readonly SegmentBody[] =>
  prepared(
    db,
    `SELECT b.hash, b.place, b.size FROM segment_body AS b
     WHERE NOT EXISTS (SELECT 1 FROM segment AS s WHERE s.hash = b.hash)
       AND NOT EXISTS (SELECT 1 FROM packet_segment AS p WHERE p.hash = b.hash)`,
  )
    .all()
    .map(decodeBody);

/** In no list of an unsent packet; the one that was used longest ago first. */
export const findUnused = (db: ReadDb, usedSince: Instant): readonly SegmentBody[] =>
  prepared(
    db,
    `SELECT b.hash, b.place, b.size FROM segment_body AS b
     WHERE b.used_at < ? AND NOT EXISTS (
       SELECT 1 FROM packet_segment AS p JOIN item AS i ON i.body_hash = p.list
       WHERE p.hash = b.hash AND i.direction = 'out' AND i.state NOT IN ('settled', 'discarded'))
     ORDER BY b.used_at, b.hash`,
  )
    .all(usedSince)
    .map(decodeBody);

export function readSegmentBytes(db: ReadDb): number {
  const row: unknown = prepared(db, 'SELECT coalesce(sum(size), 0) AS total FROM segment_body').get();
  return decode(totalRow, row, 'segment_body').total;
}

export const readSegmentFiles = (db: ReadDb): readonly Sha256[] =>
  prepared(db, "SELECT hash FROM segment_body WHERE place = 'spool'")
    .all()
    .map((row) => sha256(decode(hashRow, row, 'segment_body').hash));

function decodeBody(row: unknown): SegmentBody {
  const body = decode(bodyRow, row, 'segment_body');
  return { ...body, hash: sha256(body.hash) };
}

/** What an item or an edit names by a reference stays. */
function deleteBytes(db: WriteDb, hash: Sha256): void {
  prepared(
    db,
    `DELETE FROM body WHERE hash = ? AND NOT EXISTS (SELECT 1 FROM item AS i WHERE i.body_row = body.hash)`,
  ).run(hash);
}
