import { z } from 'zod';
import type {
  Flow,
  Pause,
  Run,
  RunCounts,
  RunOutcome,
  RunQuery,
  Trigger,
} from '../../../core/queue/queue-store.ts';
import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import { linkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { countsColumn, failureColumn } from '../failure-codec.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

const runRow = z.object({
  id: z.int(),
  link: z.string(),
  flow: z.enum(['push', 'pull']),
  trigger_kind: z.enum(['schedule', 'manual', 'start']),
  started_at: z.int(),
  ended_at: optional(z.int()),
  outcome: z.enum(['ok', 'attention', 'failed', 'interrupted', 'running']),
  counts: countsColumn,
  failure: optional(failureColumn),
});

function decodeRun(row: unknown): Run {
  const r = decode(runRow, row, 'a row of run');
  return {
    id: r.id,
    link: linkId(r.link),
    flow: r.flow,
    trigger: r.trigger_kind,
    startedAt: r.started_at,
    endedAt: r.ended_at,
    outcome: r.outcome,
    counts: r.counts,
    failure: r.failure,
  };
}

export function insertRun(
  db: WriteDb,
  run: { readonly link: LinkId; readonly flow: Flow; readonly trigger: Trigger; readonly startId: string },
  now: Instant,
): number {
  const { lastInsertRowid } = prepared(
    db,
    `INSERT INTO run (link, flow, trigger_kind, start_id, started_at, outcome, counts)
     VALUES (?, ?, ?, ?, ?, 'running', '{}')`,
  ).run(run.link, run.flow, run.trigger, run.startId, now);
  return Number(lastInsertRowid);
}

/** False when there is no such run still running. */
export function endRun(
  db: WriteDb,
  run: number,
  end: {
    readonly outcome: Exclude<RunOutcome, 'running'>;
    readonly counts: RunCounts;
    readonly failure?: SyncFailure | undefined;
  },
  now: Instant,
): boolean {
  return (
    prepared(
      db,
      `UPDATE run SET outcome = ?, counts = ?, failure = ?, ended_at = ? WHERE id = ? AND outcome = 'running'`,
    ).run(
      end.outcome,
      JSON.stringify(end.counts),
      end.failure === undefined ? null : JSON.stringify(end.failure),
      now,
      run,
    ).changes === 1
  );
}

export function interruptRunsOfOthers(db: WriteDb, start: string, now: Instant): void {
  prepared(
    db,
    `UPDATE run SET outcome = 'interrupted', ended_at = ? WHERE outcome = 'running' AND start_id <> ?`,
  ).run(now, start);
}

/** Newest first. */
export function readRuns(db: ReadDb, { link, before, limit }: RunQuery): readonly Run[] {
  const below = before ?? Number.MAX_SAFE_INTEGER;
  const columns = 'id, link, flow, trigger_kind, started_at, ended_at, outcome, counts, failure';
  const rows =
    link === undefined
      ? prepared(db, `SELECT ${columns} FROM run WHERE id < ? ORDER BY id DESC LIMIT ?`).all(below, limit)
      : prepared(db, `SELECT ${columns} FROM run WHERE link = ? AND id < ? ORDER BY id DESC LIMIT ?`).all(
          link,
          below,
          limit,
        );
  return rows.map(decodeRun);
}

const startRow = z.object({ started_at: z.int() });

/** A push for one user says nothing of the others. */
export function findLastStarted(db: ReadDb, link: LinkId, flow: Flow): Instant | undefined {
  const row: unknown = prepared(
    db,
    `SELECT started_at FROM run WHERE link = ? AND flow = ? AND json_extract(counts, '$.oneUser') IS NULL
     ORDER BY id DESC LIMIT 1`,
  ).get(link, flow);
  return row === undefined ? undefined : decode(startRow, row, 'run').started_at;
}

const pauseRow = z.object({
  paused_by: z.enum(['person', 'program']),
  since: z.int(),
  until: optional(z.int()),
  reason: z.string(),
  failure: optional(failureColumn),
});

export function upsertPause(db: WriteDb, pause: Pause): void {
  prepared(
    db,
    `INSERT INTO pause (link, paused_by, since, until, reason, failure) VALUES (?, ?, ?, ?, ?, ?)
     ON CONFLICT (link) DO UPDATE SET paused_by = excluded.paused_by, since = excluded.since,
       until = excluded.until, reason = excluded.reason, failure = excluded.failure`,
  ).run(
    pause.link,
    pause.by,
    pause.since,
    pause.until ?? null,
    pause.reason,
    pause.failure === undefined ? null : JSON.stringify(pause.failure),
  );
}

export function deletePause(db: WriteDb, link: LinkId): void {
  prepared(db, 'DELETE FROM pause WHERE link = ?').run(link);
}

export function findPause(db: ReadDb, link: LinkId): Pause | undefined {
  const row: unknown = prepared(
    db,
    'SELECT paused_by, since, until, reason, failure FROM pause WHERE link = ?',
  ).get(link);
  if (row === undefined) return undefined;
  const r = decode(pauseRow, row, `the pause of ${link}`);
  return { link, by: r.paused_by, since: r.since, until: r.until, reason: r.reason, failure: r.failure };
}
