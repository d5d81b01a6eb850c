import { z } from 'zod';
import type { ItemId, LinkId } from '../../../../shared/model/ids.ts';
import type { ReportedSeries, SeenSeries, UnreadPacket } from '../../../core/queue/evidence-store.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode, optional } from './decode.ts';
import { ITEM_COLUMNS } from './item-row.ts';
import { prepared } from './prepared.ts';

const gap = z.object({
  low: z.int(),
  high: z.int(),
  from: z.int(),
  passed: z.int(),
  passedAt: z.int(),
});
const gaps = z.string().transform((text) => z.array(gap).parse(JSON.parse(text)));
const seriesRow = z.object({
  user: z.string(),
  entity: z.string(),
  kind: z.string(),
  prefix: z.string(),
  document: z.string(),
  width: z.int(),
  base: z.int(),
  top: z.int(),
  top_at: z.int(),
  begun: z.int(),
  aside: z.int(),
  gaps,
});
const reportRow = z.object({
  user: z.string(),
  entity: z.string(),
  kind: z.string(),
  highest: z.int(),
  said_at: z.string(),
  at: z.int(),
  seen: z.int(),
  back: optional(z.int()),
  back_at: optional(z.int()),
});
const unreadRow = z.object({ user: z.string(), packet_id: z.string(), seen: z.int() });
const lookRow = z.object({ item: z.int(), clock: z.int() });

/** Undefined before the first look. */
export function findLook(
  db: ReadDb,
  link: LinkId,
): { readonly item: number; readonly clock: number } | undefined {
  const row = prepared(db, 'SELECT item, clock FROM evidence_look WHERE link = ?').get(link);
  return row === undefined ? undefined : decode(lookRow, row, 'a row of evidence_look');
}

export const findSeenSeries = (db: ReadDb, link: LinkId): readonly SeenSeries[] =>
  prepared(db, 'SELECT * FROM seen_series WHERE link = ?')
    .all(link)
    .map((row) => {
      const { top_at: topAt, ...one } = decode(seriesRow, row, 'a row of seen_series');
      return { ...one, topAt };
    });

export const findReportedSeries = (db: ReadDb, link: LinkId): readonly ReportedSeries[] =>
  prepared(db, 'SELECT * FROM reported_series WHERE link = ?')
    .all(link)
    .map((row) => {
      const one = decode(reportRow, row, 'a row of reported_series');
      const { said_at: saidAt, back, back_at: backAt, ...rest } = one;
      return back === undefined || backAt === undefined
        ? { ...rest, saidAt }
        : { ...rest, saidAt, back: { current: back, at: backAt } };
    });

export const findUnreadPackets = (db: ReadDb, link: LinkId): readonly UnreadPacket[] =>
  prepared(db, 'SELECT user, packet_id, seen FROM unread_packet WHERE link = ?')
    .all(link)
    .map((row) => {
      const { packet_id: packetId, ...one } = decode(unreadRow, row, 'a row of unread_packet');
      return { ...one, packetId };
    });

/** Rows of packets stored after an item, undecoded. */
export const findPacketsAfter = (db: ReadDb, link: LinkId, item: number, limit: number): readonly unknown[] =>
  prepared(
    db,
    `SELECT ${ITEM_COLUMNS} FROM item AS i
     WHERE i.id > ? AND i.link = +? AND i.direction = 'in' AND i.queue = 'packet' ORDER BY i.id LIMIT ?`,
  ).all(item, link, limit);

export function upsertLook(db: WriteDb, link: LinkId, clock: number, upTo: ItemId | undefined): void {
  prepared(
    db,
    `INSERT INTO evidence_look (link, item, clock) VALUES (?, ?, ?)
     ON CONFLICT (link) DO UPDATE SET item = max(item, excluded.item), clock = max(clock, excluded.clock)`,
  ).run(link, upTo ?? 0, clock);
}

export function upsertSeenSeries(db: WriteDb, link: LinkId, one: SeenSeries): void {
  prepared(
    db,
    `INSERT OR REPLACE INTO seen_series (link, user, entity, kind, prefix, document, width, base, top, top_at, begun, aside, gaps)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    link,
    one.user,
    one.entity,
    one.kind,
    one.prefix,
    one.document,
    one.width,
    one.base,
    one.top,
    one.topAt,
    one.begun,
    one.aside,
    JSON.stringify(one.gaps),
  );
}

export function upsertReportedSeries(db: WriteDb, link: LinkId, one: ReportedSeries): void {
  prepared(
    db,
    `INSERT OR REPLACE INTO reported_series (link, user, entity, kind, highest, said_at, at, seen, back, back_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  ).run(
    link,
    one.user,
    one.entity,
    one.kind,
    one.highest,
    one.saidAt,
    one.at,
    one.seen,
    one.back?.current ?? null,
    one.back?.at ?? null,
  );
}

export function insertUnreadPacket(db: WriteDb, link: LinkId, one: UnreadPacket): void {
  prepared(
    db,
    `INSERT INTO unread_packet (link, packet_id, user, seen) VALUES (?, ?, ?, ?)
     ON CONFLICT (link, packet_id) DO NOTHING`,
  ).run(link, one.packetId, one.user, one.seen);
}

export function deleteUnreadPacket(db: WriteDb, link: LinkId, packetId: string): void {
  prepared(db, 'DELETE FROM unread_packet WHERE link = ? AND packet_id = ?').run(link, packetId);
}

export function deleteOldUnread(db: WriteDb, link: LinkId, seenBefore: number): void {
  prepared(db, 'DELETE FROM unread_packet WHERE link = ? AND seen < ?').run(link, seenBefore);
}
