import { z } from 'zod';
import type { PacketQueue } from '../../../core/packets/packet-cloud.ts';
import type { HandedRow } from '../../../core/queue/handover-store.ts';
import type { ItemId, LinkId } from '../../../../shared/model/ids.ts';
import { itemId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

const rowOf = z.object({ entity: z.string(), document: z.string(), row_id: z.string() });
const idRow = z.object({ id: z.int() });
const countRow = z.object({ waiting: z.int(), parked: z.int() });
const overdueRow = z.object({ n: z.int() });
const lateRow = z.object({ label: z.string(), since: z.int() });
const owedRow = z.object({ queue: z.enum(['packet', 'file']), packet_id: z.string(), change: z.int() });

/** In place of what was noted of the item before. */
export function replaceHandedRows(db: WriteDb, item: ItemId, rows: readonly HandedRow[]): void {
  forgetHandedRows(db, item);
  for (const { entity, document, rowId } of rows)
    prepared(
      db,
      `INSERT INTO handed_document (item, entity, document, row_id) VALUES (?, ?, ?, ?)
       ON CONFLICT (item, document, row_id) DO NOTHING`,
    ).run(item, entity, document, rowId);
}

export function forgetHandedRows(db: WriteDb, item: ItemId): void {
  prepared(db, 'DELETE FROM handed_document WHERE item = ?').run(item);
}

export function readHandedRows(db: ReadDb, item: ItemId): readonly HandedRow[] {
  return prepared(db, 'SELECT entity, document, row_id FROM handed_document WHERE item = ?')
    .all(item)
    .map((row) => decode(rowOf, row, 'a row of handed_document'))
    .map(({ entity, document, row_id }) => ({ entity, document, rowId: row_id }));
}

export function countHanded(db: ReadDb, link: LinkId): { readonly waiting: number; readonly parked: number } {
  const row: unknown = prepared(
    db,
    `SELECT count(*) FILTER (WHERE i.state <> 'parked') AS waiting, count(*) FILTER (WHERE i.state = 'parked') AS parked
     FROM item AS i INDEXED BY item_handed WHERE i.link = ? AND i.handed_since IS NOT NULL`,
  ).get(link);
  return decode(countRow, row, 'items handed over');
}

/** How many wait for longer than they may, and the one that does so longest. */
export function findOverdue(
  db: ReadDb,
  link: LinkId,
  now: Instant,
): { readonly count: number; readonly label: string; readonly since: Instant } | undefined {
  const late = `FROM item AS i INDEXED BY item_handed
     WHERE i.link = ? AND i.handed_since IS NOT NULL AND i.handed_until <= ? AND i.state <> 'parked'`;
  const first: unknown = prepared(
    db,
    `SELECT i.label, i.handed_since AS since ${late} ORDER BY i.handed_until LIMIT 1`,
  ).get(link, now);
  if (first === undefined) return undefined;
  const { label, since } = decode(lateRow, first, 'items handed over');
  const all: unknown = prepared(db, `SELECT count(*) AS n ${late}`).get(link, now);
  return { label, since, count: decode(overdueRow, all, 'items handed over').n };
}

/** Items of the link that are handed over, all of them or those with this document. */
export function findHanded(
  db: ReadDb,
  link: LinkId,
  one: Pick<HandedRow, 'document' | 'rowId'> | undefined,
): readonly ItemId[] {
  const rows: readonly unknown[] =
    one === undefined
      ? prepared(
          db,
          'SELECT i.id FROM item AS i INDEXED BY item_handed WHERE i.link = ? AND i.handed_since IS NOT NULL',
        ).all(link)
      : prepared(
          db,
          `SELECT i.id FROM handed_document AS d INNER JOIN item AS i ON i.id = d.item
           WHERE d.document = ? AND d.row_id = ? AND i.link = ? AND i.handed_since IS NOT NULL`,
        ).all(one.document, one.rowId, link);
  return rows.map((row) => itemId(decode(idRow, row, 'item').id));
}

/** A waiting item is due now. */
export function makeDue(db: WriteDb, id: ItemId, now: Instant): void {
  prepared(db, `UPDATE item SET due_at = min(due_at, ?) WHERE id = ? AND state = 'waiting'`).run(now, id);
}

export interface OwedRow {
  readonly queue: PacketQueue;
  readonly packetId: string;
  readonly change: number;
}

export function readOwed(db: ReadDb, link: LinkId, most: number): readonly OwedRow[] {
  return prepared(
    db,
    'SELECT queue, packet_id, change FROM owed_notice WHERE link = ? ORDER BY queue, packet_id LIMIT ?',
  )
    .all(link, most)
    .map((row) => decode(owedRow, row, 'a row of owed_notice'))
    .map(({ queue, packet_id, change }) => ({ queue, packetId: packet_id, change }));
}

export function deleteOwed(db: WriteDb, link: LinkId, { queue, packetId, change }: OwedRow): void {
  prepared(db, 'DELETE FROM owed_notice WHERE link = ? AND queue = ? AND packet_id = ? AND change = ?').run(
    link,
    queue,
    packetId,
    change,
  );
}
