import { z } from 'zod';
import type { PacketQueue } from '../../../core/packets/packet-cloud.ts';
import type { EditNote, ItemEdit } from '../../../core/queue/edit-store.ts';
import type { BodyRef } from '../../../core/runtime/body-store.ts';
import type { ItemId, LinkId, Sha256, SourceId } from '../../../../shared/model/ids.ts';
import { sha256 } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { jsonColumn } from '../failure-codec.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

const change = z.object({
  table: z.string(),
  row: z.string(),
  field: z.string(),
  before: z.string().nullable(),
  after: z.string().nullable(),
});
const place = z.enum(['row', 'spool']);
const editRow = z.object({
  at: z.int(),
  by: z.string(),
  note: z.string(),
  revision: z.int(),
  changes: jsonColumn(z.array(change)),
  more: z.int(),
  old_place: place,
  old_hash: z.string(),
  old_size: z.int(),
  new_place: place,
  new_hash: z.string(),
  new_size: z.int(),
});
const queueRow = z.object({ queue: z.enum(['packet', 'file']) });
const hashRow = z.object({ hash: z.string() });
const idRow = z.object({ id: z.int() });
const atRow = z.object({ at: z.int() });

/** The item's bytes are these from now on. */
export function replaceBody(db: WriteDb, item: ItemId, body: BodyRef): void {
  prepared(db, 'UPDATE item SET body_place = ?, body_hash = ?, body_size = ? WHERE id = ?').run(
    body.place,
    body.hash,
    body.size,
    item,
  );
}

/** The queue a pulled packet came by. */
export function findQueueOf(db: ReadDb, item: ItemId): PacketQueue {
  return decode(queueRow, prepared(db, 'SELECT queue FROM item WHERE id = ?').get(item), 'item').queue;
}

export function insertEdit(
  db: WriteDb,
  packet: {
    readonly item: ItemId;
    readonly link: LinkId;
    readonly queue: PacketQueue;
    readonly packetId: string;
  },
  edit: EditNote & { readonly revision: number; readonly before: BodyRef; readonly after: BodyRef },
  now: Instant,
): void {
  const { before, after } = edit;
  prepared(
    db,
    `INSERT INTO item_edit (item, link, queue, packet_id, at, by, note, revision, changes, more,
       old_place, old_hash, old_size, new_place, new_hash, new_size)
     VALUES (:item, :link, :queue, :packetId, :now, :by, :note, :revision, :changes, :more,
       :oldPlace, :oldHash, :oldSize, :newPlace, :newHash, :newSize)`,
  ).run({
    ...packet,
    now,
    by: edit.by,
    note: edit.note,
    revision: edit.revision,
    changes: JSON.stringify(edit.changes),
    more: edit.more,
    oldPlace: before.place,
    oldHash: before.hash,
    oldSize: before.size,
    newPlace: after.place,
    newHash: after.hash,
    newSize: after.size,
  });
}

export function readEdits(db: ReadDb, item: ItemId): readonly ItemEdit[] {
  return prepared(
    db,
    `SELECT at, by, note, revision, changes, more, old_place, old_hash, old_size, new_place, new_hash, new_size
     FROM item_edit WHERE item = ? ORDER BY id`,
  )
    .all(item)
    .map((row) => {
      const r = decode(editRow, row, `an edit of item ${String(item)}`);
      return {
        at: r.at,
        by: r.by,
        note: r.note,
        revision: r.revision,
        changes: r.changes,
        more: r.more,
        before: { place: r.old_place, hash: sha256(r.old_hash), size: r.old_size },
        after: { place: r.new_place, hash: sha256(r.new_hash), size: r.new_size },
      };
    });
}

/** Bytes that items of this packet id had until they were edited. */
export function findEditedHashes(
  db: ReadDb,
  link: LinkId,
  queue: PacketQueue,
  packetId: string,
): readonly Sha256[] {
  return prepared(
    db,
    'SELECT old_hash AS hash FROM item_edit WHERE link = ? AND queue = ? AND packet_id = ? ORDER BY id',
  )
    .all(link, queue, packetId)
    .map((row) => sha256(decode(hashRow, row, 'item_edit').hash));
}

/** The item that had these bytes until it was edited, if it is here. */
export function findEditedItem(
  db: ReadDb,
  link: LinkId,
  queue: PacketQueue,
  packetId: string,
  hash: string,
): number | undefined {
  const row: unknown = prepared(
    db,
    'SELECT item AS id FROM item_edit WHERE link = ? AND queue = ? AND packet_id = ? AND old_hash = ? LIMIT 1',
  ).get(link, queue, packetId, hash);
  return row === undefined ? undefined : decode(idRow, row, 'item_edit').id;
}

/** Bodies in the spool that edits name. */
export function readEditedSpoolHashes(db: ReadDb): readonly Sha256[] {
  return prepared(
    db,
    `SELECT old_hash AS hash FROM item_edit WHERE old_place = 'spool'
     UNION SELECT new_hash FROM item_edit WHERE new_place = 'spool'`,
  )
    .all()
    .map((row) => sha256(decode(hashRow, row, 'item_edit').hash));
}

export function findApplyingSince(db: ReadDb, link: LinkId, source: SourceId): Instant | undefined {
  const row: unknown = prepared(db, 'SELECT at FROM first_pull WHERE link = ? AND source = ?').get(
    link,
    source,
  );
  return row === undefined ? undefined : decode(atRow, row, 'first_pull').at;
}

export function insertApplying(db: WriteDb, link: LinkId, source: SourceId, by: string, now: Instant): void {
  prepared(
    db,
    'INSERT INTO first_pull (link, source, at, by) VALUES (?, ?, ?, ?) ON CONFLICT (link, source) DO NOTHING',
  ).run(link, source, now, by);
}
