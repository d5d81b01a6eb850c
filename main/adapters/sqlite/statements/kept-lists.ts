import { z } from 'zod';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb } from '../connection.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

const listRow = z.object({
  id: z.int(),
  queue: z.enum(['packet', 'file']),
  format: z.enum(['xml', 'json']),
  raw: z.string(),
  listed_at: z.int(),
  closed_at: optional(z.int()),
});

/** In the order they came. */
export const readListsBetween = (
  db: ReadDb,
  link: LinkId,
  { from, to, most }: { readonly from: Instant; readonly to: Instant; readonly most: number },
): readonly z.infer<typeof listRow>[] =>
  prepared(
    db,
    `SELECT id, queue, format, raw, listed_at, closed_at FROM listing
     WHERE link = ? AND listed_at BETWEEN ? AND ? ORDER BY id LIMIT ?`,
  )
    .all(link, from, to, most)
    .map((row) => decode(listRow, row, 'a row of listing'));
