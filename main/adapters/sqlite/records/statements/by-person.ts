import type { Conflict, Resolution, PairId } from '../../../../core/records/record-conflicts.ts';
import type { Cause, NewIntent } from '../../../../core/records/record-state.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { WriteDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';
import { insertIntent } from './insert-intent.ts';
import { conflictOf } from './record-rows.ts';

/** What a person chose is kept, and the record is decided upon again. */
export function resolveHeld(
  db: WriteDb,
  id: number,
  { by, winner }: Resolution,
  now: Instant,
): Conflict | undefined {
  const changed = prepared(
    db,
    `UPDATE record_conflict SET state = 'resolved', winner = ?, resolved_by = ?, resolved_at = ?
     WHERE id = ? AND state = 'held'`,
  ).run(winner, by, now, id).changes;
  if (changed === 0) return undefined;
  const conflict = conflictOf(prepared(db, 'SELECT * FROM record_conflict WHERE id = ?').get(id));
  wakePair(db, conflict.pair, now);
  return conflict;
}

/** False when the cause was used up before: then nothing is written. */
export function intendByPerson(
  db: WriteDb,
  cause: Cause,
  { by, intent }: { readonly by: string; readonly intent: NewIntent },
  now: Instant,
): boolean {
  const { changes } =
    'conflict' in cause
      ? // Used: it is no choice for a decision to come.
        prepared(
          db,
          `UPDATE record_conflict SET state = 'resolved', resolved_by = ?, resolved_at = ?, used = 1
           WHERE id = ? AND state = 'decided'`,
        ).run(by, now, cause.conflict)
      : prepared(
          db,
          'UPDATE record_decision SET undone_by = ?, undone_at = ? WHERE id = ? AND undone_by IS NULL',
        ).run(by, now, cause.decision);
  if (changes === 0) return false;
  insertIntent(db, intent, now);
  if (intent.pair !== undefined) wakePair(db, intent.pair, now);
  return true;
}

/** A pair is decided upon again, whether something of it is held or not. */
function wakePair(db: WriteDb, pair: PairId, now: Instant): void {
  prepared(
    db,
    `UPDATE record_dirty SET hold = NULL, hold_until = NULL, parent_entity = NULL, parent_id = NULL, mark = mark + 1
     FROM record_pair p WHERE p.id = ? AND record_dirty.link = p.link AND record_dirty.entity = p.entity
       AND ((record_dirty.side = 'erp' AND record_dirty.record_id = p.erp_id)
         OR (record_dirty.side = 'cloud' AND record_dirty.record_id = p.cloud_id))`,
  ).run(pair);
  prepared(
    db,
    `INSERT INTO record_dirty (link, entity, side, record_id, mark, since)
     SELECT link, entity, 'erp', erp_id, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'record_dirty'), 0) + 1, ?
     FROM record_pair WHERE id = ? AND erp_id IS NOT NULL
     ON CONFLICT (link, entity, side, record_id) DO NOTHING`,
  ).run(now, pair);
}
