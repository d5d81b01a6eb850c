import { z } from 'zod';
import type { StoreCheck } from '../../../core/queue/housekeeping.ts';
import type { StartId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { decode, optional } from './decode.ts';
import { prepared } from './prepared.ts';

/** A new store is sound. One that is still in the hands of another start was not closed: a check is owed. */
export function openStart(db: WriteDb, start: StartId, now: Instant): void {
  prepared(
    db,
    `INSERT INTO store_check (one, open_start, sound_at) VALUES (1, :start, :now)
     ON CONFLICT (one) DO UPDATE SET open_start = excluded.open_start,
       owed_since = CASE WHEN open_start IS NULL OR open_start = excluded.open_start THEN owed_since
                         ELSE coalesce(owed_since, :now) END`,
  ).run({ start, now });
}

export function closeStart(db: WriteDb, start: StartId): void {
  prepared(db, 'UPDATE store_check SET open_start = NULL WHERE open_start = ?').run(start);
}

export function notePassed(db: WriteDb, now: Instant): void {
  prepared(db, 'UPDATE store_check SET sound_at = ?, owed_since = NULL, findings = NULL').run(now);
}

export function noteFindings(db: WriteDb, findings: readonly string[], now: Instant): void {
  prepared(db, 'UPDATE store_check SET owed_since = coalesce(owed_since, ?), findings = ?').run(
    now,
    JSON.stringify(findings),
  );
}

const checkRow = z.object({
  sound_at: z.int(),
  owed_since: optional(z.int()),
  findings: optional(z.string()),
});

/** Undefined before the first start. */
export function readStoreCheck(db: ReadDb): StoreCheck | undefined {
  const row: unknown = prepared(db, 'SELECT sound_at, owed_since, findings FROM store_check').get();
  if (row === undefined) return undefined;
  const r = decode(checkRow, row, 'the row of store_check');
  return {
    soundAt: r.sound_at,
    owedSince: r.owed_since,
    findings: r.findings === undefined ? [] : z.array(z.string()).parse(JSON.parse(r.findings)),
  };
}
