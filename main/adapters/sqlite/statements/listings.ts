import { z } from 'zod';
import type { ListedEntry, PacketListing, PacketQueue } from '../../../core/packets/packet-cloud.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode, flag, optional } from './decode.ts';
import { prepared } from './prepared.ts';

const idRow = z.object({ id: z.int() });
const queueColumn = z.enum(['packet', 'file']);

export function findOpenListing(db: ReadDb, link: LinkId, listing: PacketListing): number | undefined {
  const row: unknown = prepared(
    db,
    `SELECT id FROM listing
     WHERE closed_at IS NULL AND link = ? AND queue = ? AND format = ? AND raw = ? ORDER BY id DESC LIMIT 1`,
  ).get(link, listing.queue, listing.format, listing.raw);
  return row === undefined ? undefined : decode(idRow, row, 'listing').id;
}

export function insertListing(db: WriteDb, link: LinkId, listing: PacketListing, now: Instant): number {
  const { lastInsertRowid } = prepared(
    db,
    'INSERT INTO listing (link, queue, format, raw, listed_at) VALUES (?, ?, ?, ?, ?)',
  ).run(link, listing.queue, listing.format, listing.raw, now);
  return Number(lastInsertRowid);
}

export function insertDelivery(
  db: WriteDb,
  listing: number,
  position: number,
  delivery: {
    readonly link: LinkId;
    readonly queue: PacketQueue;
    readonly entry: ListedEntry;
    readonly checked: boolean;
  },
): void {
  const { entry } = delivery;
  prepared(
    db,
    `INSERT INTO delivery (listing, position, link, queue, packet_id, receipt_handle, path, user, company, kind,
       operation, raw, checked)
     VALUES (:listing, :position, :link, :queue, :id, :handle, :path, :user, :company, :kind, :operation, :raw, :checked)`,
  ).run({
    listing,
    position,
    link: delivery.link,
    queue: delivery.queue,
    id: entry.id,
    handle: entry.receiptHandle,
    path: entry.path,
    user: entry.user,
    company: entry.company,
    kind: entry.kind,
    operation: entry.operation ?? null,
    raw: entry.raw,
    checked: delivery.checked ? 1 : 0,
  });
}

/** Whether a packet id was ever listed or stored here. */
export function isPacketSeen(db: ReadDb, link: LinkId, queue: PacketQueue, packetId: string): boolean {
  return (
    prepared(
      db,
      `SELECT 1 FROM delivery WHERE link = :link AND queue = :queue AND packet_id = :packetId
       UNION ALL
       SELECT 1 FROM item
       WHERE direction = 'in' AND link = :link AND queue = :queue AND external_id = :packetId
       UNION ALL
       SELECT 1 FROM archived_packet WHERE link = :link AND queue = :queue AND packet_id = :packetId LIMIT 1`,
    ).get({ link, queue, packetId }) !== undefined
  );
}

export function isDeliveryChecked(db: ReadDb, link: LinkId, queue: PacketQueue, entry: ListedEntry): boolean {
  return (
    prepared(
      db,
      `SELECT 1 FROM delivery
       WHERE link = ? AND queue = ? AND packet_id = ? AND receipt_handle = ? AND checked = 1 LIMIT 1`,
    ).get(link, queue, entry.id, entry.receiptHandle) !== undefined
  );
}

export function checkDelivery(db: WriteDb, link: LinkId, queue: PacketQueue, entry: ListedEntry): void {
  prepared(
    db,
    `UPDATE delivery SET checked = 1 WHERE link = ? AND queue = ? AND packet_id = ? AND receipt_handle = ?`,
  ).run(link, queue, entry.id, entry.receiptHandle);
}

/** This delivery is reported, and with it every older one of the packet. */
export function reportDelivery(
  db: WriteDb,
  link: LinkId,
  queue: PacketQueue,
  entry: { readonly id: string; readonly receiptHandle: string },
): void {
  prepared(
    db,
    `UPDATE delivery SET reported = 1
     WHERE reported = 0 AND link = :link AND queue = :queue AND packet_id = :id
       AND listing <= (SELECT max(listing) FROM delivery
                       WHERE link = :link AND queue = :queue AND packet_id = :id AND receipt_handle = :handle)`,
  ).run({ link, queue, id: entry.id, handle: entry.receiptHandle });
}

export function closeReportedListings(db: WriteDb, link: LinkId, now: Instant): void {
  prepared(
    db,
    `UPDATE listing SET closed_at = ? WHERE closed_at IS NULL AND link = ?
       AND NOT EXISTS (SELECT 1 FROM delivery WHERE delivery.listing = listing.id AND delivery.reported = 0)`,
  ).run(now, link);
}

const listingRow = z.object({
  id: z.int(),
  queue: queueColumn,
  format: z.enum(['xml', 'json']),
  raw: z.string(),
  listed_at: z.int(),
});

export function readOpenListings(db: ReadDb, link: LinkId): readonly z.infer<typeof listingRow>[] {
  return prepared(
    db,
    'SELECT id, queue, format, raw, listed_at FROM listing WHERE closed_at IS NULL AND link = ? ORDER BY id',
  )
    .all(link)
    .map((row) => decode(listingRow, row, 'a row of listing'));
}

const deliveryRow = z.object({
  packet_id: z.string(),
  receipt_handle: z.string(),
  path: z.string(),
  user: z.string(),
  company: z.string(),
  kind: z.string(),
  operation: optional(z.string()),
  raw: z.string(),
  checked: flag,
  reported: flag,
});

export function readDeliveries(
  db: ReadDb,
  listing: number,
): readonly { readonly entry: ListedEntry; readonly checked: boolean; readonly reported: boolean }[] {
  return prepared(
    db,
    `SELECT packet_id, receipt_handle, path, user, company, kind, operation, raw, checked, reported
     FROM delivery WHERE listing = ? ORDER BY position`,
  )
    .all(listing)
    .map((row) => {
      const r = decode(deliveryRow, row, `a delivery of listing ${String(listing)}`);
      return {
        entry: {
          id: r.packet_id,
          path: r.path,
          user: r.user,
          company: r.company,
          kind: r.kind,
          operation: r.operation,
          receiptHandle: r.receipt_handle,
          raw: r.raw,
        },
        checked: r.checked,
        reported: r.reported,
      };
    });
}

/** Inbound traffic of the user moved on. */
export function raiseInboundMark(db: WriteDb, link: LinkId, user: string): void {
  prepared(
    db,
    `INSERT INTO inbound_mark (link, user, mark) VALUES (?, ?, 1)
     ON CONFLICT (link, user) DO UPDATE SET mark = mark + 1`,
  ).run(link, user);
}

const markRow = z.object({ mark: z.int() });

export function readInboundMark(db: ReadDb, link: LinkId, user: string): number {
  const row: unknown = prepared(db, 'SELECT mark FROM inbound_mark WHERE link = ? AND user = ?').get(
    link,
    user,
  );
  return row === undefined ? 0 : decode(markRow, row, 'inbound_mark').mark;
}
