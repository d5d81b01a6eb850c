import { z } from 'zod';
import type { WholeRead } from '../../../core/reading/whole-read.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

const texts = z
  .string()
  .transform((json): unknown => JSON.parse(json))
  .pipe(z.record(z.string(), z.string()));

const wholeRow = z.object({ print: z.string(), positions: texts, contents: texts, read_at: z.int() });

export function findWholeRead(db: ReadDb, link: LinkId): WholeRead | undefined {
  const row: unknown = prepared(
    db,
    'SELECT print, positions, contents, read_at FROM whole_read WHERE link = ?',
  ).get(link);
  if (row === undefined) return undefined;
  const r = decode(wholeRow, row, `the last whole read of ${link}`);
  return { print: r.print, positions: r.positions, contents: r.contents, readAt: r.read_at };
}

export function upsertWholeRead(db: WriteDb, link: LinkId, read: WholeRead): void {
  prepared(
    db,
    `INSERT INTO whole_read (link, print, positions, contents, read_at) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (link) DO UPDATE SET print = excluded.print, positions = excluded.positions,
       contents = excluded.contents, read_at = excluded.read_at`,
  ).run(link, read.print, JSON.stringify(read.positions), JSON.stringify(read.contents), read.readAt);
}
