import { z } from 'zod';
import type { Direction, Item } from '../../../core/queue/item.ts';
import type { ItemId, LinkId, Sha256 } from '../../../../shared/model/ids.ts';
import { sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { PacketQueue } from '../../../core/packets/packet-cloud.ts';
import type { TimelineEntry } from '../../../core/queue/queue-store.ts';
import type { ReadDb } from '../connection.ts';
import { decode, flag, optional } from './decode.ts';
import { ITEM_COLUMNS, decodeItem } from './item-row.ts';
import { prepared } from './prepared.ts';
import { readSegmentFiles } from './segments.ts';

const idRow = z.object({ id: z.int() });
const dueRow = z.object({ due: optional(z.int()) });
const doubtRow = z.object({ in_doubt: flag });
const claimRow = z.object({ id: z.int(), unclean_exits: z.int() });
const openRow = z.object({ pending: z.int(), parked_since: optional(z.int()) });
const timelineRow = z.object({ at: z.int(), event: z.string(), detail: z.string() });
const bodyRow = z.object({ bytes: z.instanceof(Uint8Array) });
const hashRow = z.object({ hash: z.string() });

export function findItem(db: ReadDb, id: ItemId): Item | undefined {
  const row = findItemRow(db, id);
  return row === undefined ? undefined : decodeItem(row);
}

/** The row as it is: undecoded, because a damaged one must not hide the others of a page. */
export function findItemRow(db: ReadDb, id: number): unknown {
  return prepared(db, `SELECT ${ITEM_COLUMNS} FROM item AS i WHERE i.id = ?`).get(id);
}

/** The id only: a damaged row must be nameable. */
export function findNextDueId(
  db: ReadDb,
  link: LinkId,
  direction: Direction,
  now: Instant,
): number | undefined {
  const row: unknown = prepared(
    db,
    `SELECT i.id FROM item AS i
     WHERE i.state IN ('ready', 'waiting', 'unknown') AND i.link = +? AND i.direction = +? AND i.due_at <= +?
     ORDER BY i.due_at, i.id LIMIT 1`,
  ).get(link, direction, now);
  return row === undefined ? undefined : decode(idRow, row, 'item').id;
}

/** Undefined when there is no such item. */
export function findInDoubt(db: ReadDb, id: ItemId): boolean | undefined {
  const row: unknown = prepared(db, 'SELECT i.in_doubt FROM item AS i WHERE i.id = ?').get(id);
  return row === undefined ? undefined : decode(doubtRow, row, 'item').in_doubt;
}

export function findNextDueAt(db: ReadDb, link: LinkId, direction: Direction): Instant | undefined {
  const row: unknown = prepared(
    db,
    `SELECT min(i.due_at) AS due FROM item AS i
     WHERE i.state IN ('ready', 'waiting', 'unknown') AND i.link = +? AND i.direction = +?`,
  ).get(link, direction);
  return decode(dueRow, row, 'item').due;
}

/** The columns of ITEM_COLUMNS from what stays of an archived packet: enough for known(), not for people. */
const ARCHIVED_COLUMNS = `k.item AS id, k.link, 'in' AS direction, k.queue, k.packet_id AS external_id, k.user, k.company,
  '' AS label, k.state, k.settled_at AS state_since, NULL AS reason, k.body_place, k.body_hash, k.body_size, k.created_at,
  k.settled_at AS due_at, 0 AS attempts, 0 AS unclean_exits, 0 AS revision, NULL AS claimed_by, k.settled_at,
  NULL AS outcome, NULL AS handed_since, NULL AS handed_until`;

/** All inbound items of a packet id, oldest first, archived ones among them. */
export function findPacketItems(
  db: ReadDb,
  link: LinkId,
  queue: PacketQueue,
  packetId: string,
): readonly Item[] {
  return prepared(
    db,
    `SELECT ${ITEM_COLUMNS} FROM item AS i
     WHERE i.direction = 'in' AND i.link = :link AND i.queue = :queue AND i.external_id = :packetId
     UNION ALL
     SELECT ${ARCHIVED_COLUMNS} FROM archived_packet AS k
     WHERE k.link = :link AND k.queue = :queue AND k.packet_id = :packetId`,
  )
    .all({ link, queue, packetId })
    .map(decodeItem)
    .sort((one, other) => one.id - other.id);
}

export function findUnsentOf(db: ReadDb, link: LinkId, user: string): Item | undefined {
  const row: unknown = prepared(
    db,
    `SELECT ${ITEM_COLUMNS} FROM item AS i
     WHERE i.direction = 'out' AND i.state NOT IN ('settled', 'discarded') AND i.link = ? AND i.user = ?`,
  ).get(link, user);
  return row === undefined ? undefined : decodeItem(row);
}

export function findUnsent(db: ReadDb, link: LinkId): readonly unknown[] {
  return prepared(
    db,
    `SELECT ${ITEM_COLUMNS} FROM item AS i INDEXED BY item_out_unsent
     WHERE i.direction = 'out' AND i.state NOT IN ('settled', 'discarded') AND i.link = ? ORDER BY i.id`,
  ).all(link);
}

export function findClaimsOfOthers(
  db: ReadDb,
  start: string,
): readonly { readonly id: number; readonly uncleanExits: number }[] {
  return prepared(
    db,
    `SELECT i.id, i.unclean_exits FROM item AS i WHERE i.state = 'working' AND i.claimed_by <> ? ORDER BY i.id`,
  )
    .all(start)
    .map((row) => {
      const claim = decode(claimRow, row, 'item');
      return { id: claim.id, uncleanExits: claim.unclean_exits };
    });
}

export function findOpenOfUser(
  db: ReadDb,
  link: LinkId,
  user: string,
): { readonly pending: number; readonly parkedSince: Instant | undefined } {
  const row: unknown = prepared(
    db,
    `SELECT count(*) FILTER (WHERE i.state <> 'parked') AS pending,
            min(i.state_since) FILTER (WHERE i.state = 'parked') AS parked_since
     FROM item AS i
     WHERE i.handed_since IS NULL AND i.direction = 'in' AND i.state NOT IN ('settled', 'discarded') AND i.link = ?
       AND i.user = ? COLLATE NOCASE AND i.queue = 'packet'`,
  ).get(link, user);
  const found = decode(openRow, row, 'item');
  return { pending: found.pending, parkedSince: found.parked_since };
}

export function readTimeline(db: ReadDb, id: ItemId): readonly TimelineEntry[] {
  return prepared(db, 'SELECT at, event, detail FROM item_event WHERE item = ? ORDER BY id')
    .all(id)
    .map((row) => decode(timelineRow, row, `timeline of item ${String(id)}`));
}

export function readBody(db: ReadDb, hash: Sha256): Uint8Array | undefined {
  const row: unknown = prepared(db, 'SELECT bytes FROM body WHERE hash = ?').get(hash);
  return row === undefined ? undefined : decode(bodyRow, row, 'body').bytes;
}

/** Names of all bodies that items expect in the spool, and of segments. */
export function readSpoolHashes(db: ReadDb): ReadonlySet<Sha256> {
  const rows = prepared(db, `SELECT DISTINCT body_hash AS hash FROM item WHERE body_place = 'spool'`).all();
  const bodies = rows.map((row) => sha256(decode(hashRow, row, 'item').hash));
  return new Set([...bodies, ...readSegmentFiles(db)]);
}
