import { z } from 'zod';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { PhotoOwner, PhotoRef } from '../../../core/queue/photo-store.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

export function upsertPhotoOwner(
  db: WriteDb,
  link: LinkId,
  user: string,
  packetId: string,
  ref: PhotoRef,
  now: Instant,
): void {
  prepared(
    db,
    `INSERT INTO photo_owner (link, user, photo, entity, row_id, packet_id, noted_at) VALUES (?, ?, ?, ?, ?, ?, ?)
     ON CONFLICT (link, user, photo) DO UPDATE SET entity = excluded.entity, row_id = excluded.row_id,
       packet_id = excluded.packet_id, noted_at = excluded.noted_at`,
  ).run(link, user, ref.photo, ref.entity, ref.rowId, packetId, now);
}

export function deletePhotoOwners(db: WriteDb, notedBefore: Instant): void {
  prepared(db, 'DELETE FROM photo_owner WHERE noted_at < ?').run(notedBefore);
}

const ownerRow = z.object({ entity: z.string(), row_id: z.string(), packet_id: z.string() });

export function findPhotoOwner(
  db: ReadDb,
  link: LinkId,
  user: string,
  photo: string,
): PhotoOwner | undefined {
  const row = prepared(
    db,
    'SELECT entity, row_id, packet_id FROM photo_owner WHERE link = ? AND user = ? AND photo = ?',
  ).get(link, user, photo);
  if (row === undefined) return undefined;
  const r = decode(ownerRow, row, 'a row of photo_owner');
  return { entity: r.entity, rowId: r.row_id, packetId: r.packet_id };
}

const photoRow = z.object({ photo: z.string() });

/** The photos a packet names. */
export const findPhotosOf = (db: ReadDb, link: LinkId, packetId: string): readonly string[] =>
  prepared(db, 'SELECT photo FROM photo_owner WHERE link = ? AND packet_id = ?')
    .all(link, packetId)
    .map((row) => decode(photoRow, row, 'a row of photo_owner').photo);

const countRow = z.object({ n: z.int() });

/** Photos that packets named in this time and whose files are neither here nor in the archive; bounded. */
export function countPhotosMissing(
  db: ReadDb,
  link: LinkId,
  { from, to }: { readonly from: Instant; readonly to: Instant },
): number {
  const row: unknown = prepared(
    db,
    `SELECT count(*) AS n FROM (
       SELECT 1 FROM photo_owner AS o INDEXED BY photo_owner_noted
       WHERE o.noted_at >= ? AND o.noted_at < ? AND o.link = ?
         AND NOT EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = o.link AND i.queue = 'file'
           AND i.external_id = o.photo)
         AND NOT EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = o.link AND k.queue = 'file'
           AND k.packet_id = o.photo)
       LIMIT 1000)`,
  ).get(from, to, link);
  return decode(countRow, row, 'photo_owner').n;
}
