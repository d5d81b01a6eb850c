import { z } from 'zod';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { MINUTE_MS, type Sample } from './counters.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

/** Samples kept, in minutes: as long as settled items stay at hand, so both lines of a chart reach equally far. */
const SAMPLES_KEPT = 48 * 60;

/** One row a minute, the last one counts; what is too old goes with it. */
export function upsertSample(db: WriteDb, link: LinkId, sample: Sample, now: Instant): void {
  const minute = Math.floor(now / MINUTE_MS);
  prepared(
    db,
    `INSERT INTO queue_sample (link, minute, pending_in, pending_out, parked) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (link, minute) DO UPDATE SET pending_in = excluded.pending_in, pending_out = excluded.pending_out,
       parked = excluded.parked`,
  ).run(link, minute, sample.pendingIn, sample.pendingOut, sample.parked);
  prepared(db, 'DELETE FROM queue_sample WHERE link = ? AND minute < ?').run(link, minute - SAMPLES_KEPT);
}

/** Half-open, in whole minutes since 1970; steps of `step` minutes. */
export interface Minutes {
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

const settledRow = z.object({ step: z.int(), direction: z.string(), n: z.int() });

/** What was settled, by step (counted from 0) and direction. Cast: a parameter is a REAL, and divides like one. */
export function readSettled(
  db: ReadDb,
  link: LinkId | undefined,
  { from, to, step }: Minutes,
): readonly z.infer<typeof settledRow>[] {
  return prepared(
    db,
    `SELECT CAST((minute - :from) / :step AS INTEGER) AS step, direction, sum(n) AS n FROM settled_minute
     WHERE link IN (SELECT link FROM item_count WHERE :link IS NULL OR link = :link) AND minute >= :from AND minute < :to
     GROUP BY 1, 2`,
  )
    .all({ link: link ?? null, from, to, step })
    .map((row) => decode(settledRow, row, 'settled_minute'));
}

const sampleRow = z.object({ step: z.int(), pending_in: z.int(), pending_out: z.int(), parked: z.int() });

/** The last sample of each link in each step, added up. */
export function readSamples(
  db: ReadDb,
  link: LinkId | undefined,
  { from, to, step }: Minutes,
): readonly z.infer<typeof sampleRow>[] {
  // max() makes SQLite take the other columns of a group from the row that has it.
  return prepared(
    db,
    `SELECT step, sum(pending_in) AS pending_in, sum(pending_out) AS pending_out, sum(parked) AS parked
     FROM (SELECT CAST((minute - :from) / :step AS INTEGER) AS step, max(minute), pending_in, pending_out, parked FROM queue_sample
           WHERE (:link IS NULL OR link = :link) AND minute >= :from AND minute < :to GROUP BY link, 1)
     GROUP BY step`,
  )
    .all({ link: link ?? null, from, to, step })
    .map((row) => decode(sampleRow, row, 'queue_sample'));
}

const documentRow = z.object({ document: z.string(), count: z.int() });

/** Documents that reached the ERP since, by type, the most frequent first. */
export function countDocumentsSince(
  db: ReadDb,
  link: LinkId | undefined,
  since: Instant,
): readonly z.infer<typeof documentRow>[] {
  return prepared(
    db,
    `SELECT document, count(*) AS count FROM document INDEXED BY document_day
     WHERE at >= :since AND (:link IS NULL OR link = :link) GROUP BY document ORDER BY count DESC, document`,
  )
    .all({ since, link: link ?? null })
    .map((row) => decode(documentRow, row, 'document'));
}
