import { z } from 'zod';
import type { PacketQueue } from '../../../core/packets/packet-cloud.ts';
import type { Sha256 } from '../../../../shared/model/ids.ts';
import { sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';
import type { RawRow } from './retention.ts';

/**
 * A month of settled items. The id of an item is no key here: a store that was restored from a copy gives the same ids to
 * other items, and neither may push the other out.
 */
export const ARCHIVE_SCHEMA = `
CREATE TABLE item (
  entry INTEGER PRIMARY KEY,
  id INTEGER NOT NULL,
  link TEXT NOT NULL,
  direction TEXT NOT NULL,
  queue TEXT,
  external_id TEXT NOT NULL,
  user TEXT NOT NULL,
  company TEXT NOT NULL,
  label TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT,
  body_place TEXT NOT NULL,
  body_hash TEXT NOT NULL,
  body_size INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  unclean_exits INTEGER NOT NULL,
  revision INTEGER NOT NULL,
  settled_at INTEGER NOT NULL,
  outcome TEXT,
  history TEXT NOT NULL CHECK (json_valid(history)),
  UNIQUE (id, link, direction, external_id, body_hash, settled_at)
) STRICT;
CREATE INDEX item_external ON item (external_id);
CREATE INDEX item_spool ON item (body_hash) WHERE body_place = 'spool';
CREATE TABLE body (hash TEXT NOT NULL PRIMARY KEY, bytes BLOB NOT NULL) STRICT;
`;

/** Nothing when the same item is there already. */
export function insertArchived(db: WriteDb, item: RawRow): void {
  prepared(
    db,
    `INSERT INTO item (id, link, direction, queue, external_id, user, company, label, state, reason, body_place, body_hash,
       body_size, created_at, attempts, unclean_exits, revision, settled_at, outcome, history)
     VALUES (:id, :link, :direction, :queue, :external_id, :user, :company, :label, :state, :reason, :body_place,
       :body_hash, :body_size, :created_at, :attempts, :unclean_exits, :revision, :settled_at, :outcome, :history)
     ON CONFLICT (id, link, direction, external_id, body_hash, settled_at) DO NOTHING`,
  ).run(item);
}

export function insertArchivedBody(db: WriteDb, body: RawRow): void {
  prepared(db, 'INSERT INTO body (hash, bytes) VALUES (:hash, :bytes) ON CONFLICT (hash) DO NOTHING').run(
    body,
  );
}

const hashRow = z.object({ hash: z.string() });

/** Names of the bodies that stay in the spool as long as this month does. */
export function readArchivedSpoolHashes(db: ReadDb): readonly Sha256[] {
  return prepared(db, `SELECT DISTINCT body_hash AS hash FROM item WHERE body_place = 'spool'`)
    .all()
    .map((row) => sha256(decode(hashRow, row, 'item of the archive').hash));
}

/** What the store remembers of an archived packet: enough to find it. */
export interface ArchivedPacketKey {
  readonly link: string;
  readonly packetId: string;
  readonly bodyHash: string;
  readonly settledAt: Instant;
}

export interface ArchivedPacket {
  readonly queue: PacketQueue;
  readonly user: string;
  readonly company: string;
  readonly label: string;
  readonly place: 'row' | 'spool';
  readonly hash: Sha256;
  readonly size: number;
  /** Present when the body is kept in the row. */
  readonly bytes: Uint8Array | undefined;
}

const archivedRow = z.object({
  queue: z.enum(['packet', 'file']),
  user: z.string(),
  company: z.string(),
  label: z.string(),
  body_place: z.enum(['row', 'spool']),
  body_hash: z.string(),
  body_size: z.int(),
  bytes: z.instanceof(Uint8Array).nullable(),
});

export function findArchived(db: ReadDb, wanted: ArchivedPacketKey): ArchivedPacket | undefined {
  const row: unknown = prepared(
    db,
    `SELECT queue, user, company, label, body_place, body_hash, body_size, body.bytes AS bytes
     FROM item LEFT JOIN body ON body.hash = item.body_hash AND item.body_place = 'row'
     WHERE external_id = ? AND link = ? AND body_hash = ? AND direction = 'in' ORDER BY entry DESC LIMIT 1`,
  ).get(wanted.packetId, wanted.link, wanted.bodyHash);
  if (row === undefined) return undefined;
  const found = decode(archivedRow, row, 'item of the archive');
  return {
    queue: found.queue,
    user: found.user,
    company: found.company,
    label: found.label,
    place: found.body_place,
    hash: sha256(found.body_hash),
    size: found.body_size,
    bytes: found.bytes ?? undefined,
  };
}
