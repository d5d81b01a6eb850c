import type { PairId } from '../../../../core/records/record-conflicts.ts';
import type { Conclusion, Hold, Pair, Shadow } from '../../../../core/records/record-state.ts';
import { StoreError } from '../../../../core/queue/store-error.ts';
import { SIDES, type Side } from '../../../../core/records/record-store.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { WriteDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';
import { conflictJson, decisionJson, pairOf, shadowJson } from './record-rows.ts';
import { insertPair } from './insert-pair.ts';

/** One conclusion, within the transaction of all of them. */
export function concludeOne(db: WriteDb, conclusion: Conclusion, now: Instant): void {
  const pair = pairFor(db, conclusion, now);
  endDirty(db, conclusion);
  if (pair === undefined) return;
  const was = conclusion.pair === undefined ? undefined : pair;
  updatePair(db, pair, conclusion, now);
  noteConflicts(db, pair.id, conclusion, now);
  if (conclusion.decision !== undefined)
    prepared(db, 'INSERT INTO record_decision (link, entity, pair, at, content) VALUES (?, ?, ?, ?, ?)').run(
      conclusion.link,
      conclusion.entity,
      pair.id,
      now,
      decisionJson(conclusion.decision),
    );
  endIntents(db, pair.id, conclusion);
  wakeChildren(db, was, pair, conclusion);
  forgetMissing(db, pair, conclusion);
}

function pairFor(
  db: WriteDb,
  { link, entity, pair, ids, state }: Conclusion,
  now: Instant,
): Pair | undefined {
  if (pair !== undefined) return findPair(db, pair);
  if (ids?.erp === undefined || ids.cloud === undefined) return undefined;
  return findPair(db, insertPair(db, { link, entity, ids, state: state ?? 'active' }, now));
}

function findPair(db: WriteDb, id: PairId): Pair {
  const row = prepared(db, 'SELECT * FROM record_pair WHERE id = ?').get(id);
  if (row === undefined) throw new StoreError('damaged-row', `record_pair: there is no pair ${id}`);
  return pairOf(row);
}

function updatePair(
  db: WriteDb,
  pair: Pair,
  { ids, state, shadows, hold, swings }: Conclusion,
  now: Instant,
): void {
  const next = state ?? pair.state;
  const shadow = (side: Side): string | null => {
    const given = shadows?.[side];
    const kept: Shadow | null | undefined = given === undefined ? pair.shadows[side] : given;
    return kept === undefined || kept === null ? null : shadowJson(kept);
  };
  const held: Hold | null | undefined = hold === undefined ? pair.hold : hold;
  prepared(
    db,
    `UPDATE record_pair SET erp_id = ?, cloud_id = ?, state = ?, since = ?, erp_shadow = ?, cloud_shadow = ?, hold = ?,
       swings = ? WHERE id = ?`,
  ).run(
    ids?.erp ?? pair.ids.erp ?? null,
    ids?.cloud ?? pair.ids.cloud ?? null,
    next,
    next === pair.state ? pair.since : now,
    shadow('erp'),
    shadow('cloud'),
    held === undefined || held === null ? null : JSON.stringify(held),
    JSON.stringify(swings ?? pair.swings),
    pair.id,
  );
  // What people chose was chosen for the hold that ends here.
  if (hold === null)
    prepared(
      db,
      `UPDATE record_conflict SET used = 1 WHERE pair = ? AND state = 'resolved' AND used = 0`,
    ).run(pair.id);
}

function endDirty(db: WriteDb, { link, entity, dirty, keepDirty, hold }: Conclusion): void {
  for (const { side, id, mark } of dirty) {
    if (keepDirty !== true) {
      prepared(
        db,
        'DELETE FROM record_dirty WHERE link = ? AND entity = ? AND side = ? AND record_id = ? AND mark = ?',
      ).run(link, entity, side, id, mark);
      continue;
    }
    const held = hold ?? undefined;
    const parent = held?.reason.kind === 'parent' ? held.reason : undefined;
    prepared(
      db,
      `UPDATE record_dirty SET hold = ?, hold_until = ?, parent_entity = ?, parent_id = ?
       WHERE link = ? AND entity = ? AND side = ? AND record_id = ? AND mark = ?`,
    ).run(
      held === undefined ? null : JSON.stringify(held),
      held?.until ?? null,
      parent?.entity ?? null,
      parent?.id ?? null,
      link,
      entity,
      side,
      id,
      mark,
    );
  }
}

function noteConflicts(
  db: WriteDb,
  pair: PairId,
  { link, entity, conflicts = [], hold }: Conclusion,
  now: Instant,
): void {
  // A question that is asked anew takes the place of the one that is open.
  if (hold === null || conflicts.some(({ winner }) => winner === undefined))
    prepared(db, `DELETE FROM record_conflict WHERE pair = ? AND state = 'held'`).run(pair);
  for (const conflict of conflicts)
    prepared(
      db,
      `INSERT INTO record_conflict (link, entity, pair, at, kind, field, state, content, winner)
       VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    ).run(
      link,
      entity,
      pair,
      now,
      conflict.kind,
      conflict.field ?? null,
      conflict.winner === undefined ? 'held' : 'decided',
      conflictJson(conflict),
      conflict.winner ?? null,
    );
}

function endIntents(db: WriteDb, pair: PairId, { intents = [] }: Conclusion): void {
  for (const { id } of intents) prepared(db, 'DELETE FROM record_intent WHERE id = ?').run(id);
  if (!intents.some(({ end }) => end === 'given-up')) return;
  // A create that certainly did not happen leaves nothing behind: its record is unpaired again.
  prepared(
    db,
    `DELETE FROM record_pair WHERE id = :pair AND state = 'pending'
       AND NOT EXISTS (SELECT 1 FROM record_intent WHERE pair = :pair)`,
  ).run({ pair });
}

/** Records that wait for either of its sides as their parent go on. */
function wakeChildren(db: WriteDb, was: Pair | undefined, pair: Pair, { state, ids }: Conclusion): void {
  if ((state ?? pair.state) !== 'active' || was?.state === 'active') return;
  prepared(
    db,
    `UPDATE record_dirty SET hold = NULL, hold_until = NULL, parent_entity = NULL, parent_id = NULL
     WHERE link = +? AND parent_entity = +? AND parent_id IN (?, ?)`,
  ).run(pair.link, pair.entity, ids?.erp ?? pair.ids.erp ?? '', ids?.cloud ?? pair.ids.cloud ?? '');
}

/** An id may be given again: how often the former record was missing says nothing of the next. */
function forgetMissing(db: WriteDb, pair: Pair, { state }: Conclusion): void {
  if (state !== 'closed' && state !== 'unlinked') return;
  for (const side of SIDES)
    prepared(
      db,
      'DELETE FROM record_missing WHERE link = ? AND entity = ? AND side = ? AND record_id = ?',
    ).run(pair.link, pair.entity, side, pair.ids[side] ?? '');
}
