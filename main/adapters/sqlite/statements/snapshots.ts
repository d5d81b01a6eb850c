import { z } from 'zod';
import type { AcceptedSnapshot, SnapshotMeta } from '../../../core/queue/queue-store.ts';
import type { ItemId, LinkId } from '../../../../shared/model/ids.ts';
import { sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { countsColumn } from '../failure-codec.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

export function upsertSnapshotMeta(db: WriteDb, item: ItemId, meta: SnapshotMeta): void {
  prepared(
    db,
    `INSERT INTO snapshot_meta (item, user, model_hash, inbound_mark, consistency, rows) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (item) DO UPDATE SET user = excluded.user, model_hash = excluded.model_hash,
       inbound_mark = excluded.inbound_mark, consistency = excluded.consistency, rows = excluded.rows`,
  ).run(item, meta.user, meta.modelHash, meta.inboundMark, meta.consistency, JSON.stringify(meta.rows));
}

const metaRow = z.object({
  user: z.string(),
  model_hash: z.string(),
  inbound_mark: z.int(),
  consistency: z.enum(['snapshot', 'validated', 'best-effort']),
  rows: countsColumn,
});

export function findSnapshotMeta(db: ReadDb, item: ItemId): SnapshotMeta | undefined {
  const row: unknown = prepared(
    db,
    'SELECT user, model_hash, inbound_mark, consistency, rows FROM snapshot_meta WHERE item = ?',
  ).get(item);
  if (row === undefined) return undefined;
  const r = decode(metaRow, row, `the snapshot of item ${String(item)}`);
  return {
    user: r.user,
    modelHash: r.model_hash,
    inboundMark: r.inbound_mark,
    consistency: r.consistency,
    rows: r.rows,
  };
}

export function upsertAccepted(db: WriteDb, link: LinkId, user: string, accepted: AcceptedSnapshot): void {
  prepared(
    db,
    `INSERT INTO accepted_snapshot (link, user, content_hash, model_hash, accepted_at, sync_log_id, size)
     VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (link, user) DO UPDATE SET content_hash = excluded.content_hash, model_hash = excluded.model_hash,
       accepted_at = excluded.accepted_at, sync_log_id = excluded.sync_log_id, size = excluded.size`,
  ).run(
    link,
    user,
    accepted.contentHash,
    accepted.modelHash,
    accepted.acceptedAt,
    accepted.syncLogId,
    accepted.size,
  );
}

/** Something else may be in the cloud by now: nothing counts as accepted there until an upload is known to be. */
export function doubtAccepted(db: WriteDb, link: LinkId, user: string): void {
  prepared(db, `UPDATE accepted_snapshot SET model_hash = '' WHERE link = ? AND user = ?`).run(link, user);
}

const acceptedRow = z.object({
  content_hash: z.string(),
  model_hash: z.string(),
  accepted_at: z.int(),
  sync_log_id: z.string(),
  size: z.int(),
});

export function findAccepted(db: ReadDb, link: LinkId, user: string): AcceptedSnapshot | undefined {
  const row: unknown = prepared(
    db,
    `SELECT content_hash, model_hash, accepted_at, sync_log_id, size FROM accepted_snapshot
     WHERE link = ? AND user = ?`,
  ).get(link, user);
  if (row === undefined) return undefined;
  const r = decode(acceptedRow, row, `the accepted snapshot of ${user}`);
  return {
    contentHash: sha256(r.content_hash),
    modelHash: r.model_hash,
    acceptedAt: r.accepted_at,
    syncLogId: r.sync_log_id,
    size: r.size,
  };
}

const lastRow = z.object({ at: optional(z.int()) });

export function findLastAcceptedAt(db: ReadDb, link: LinkId): Instant | undefined {
  const row: unknown = prepared(
    db,
    'SELECT max(accepted_at) AS at FROM accepted_snapshot WHERE link = ?',
  ).get(link);
  return decode(lastRow, row, 'accepted_snapshot').at;
}
