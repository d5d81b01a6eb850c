import type { PairId } from '../../../../core/records/record-conflicts.ts';
import type { NewIntent } from '../../../../core/records/record-state.ts';
import type { RecordId, Side } from '../../../../core/records/record-store.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { WriteDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';
import { insertPair } from './insert-pair.ts';
import { textsJson } from './record-rows.ts';

export function insertIntent(db: WriteDb, intent: NewIntent, now: Instant): void {
  const { id, link, entity, to, kind, target, from, values, expected, basis, edit } = intent;
  const pair = intent.pair ?? pendingPair(db, intent, now);
  prepared(
    db,
    `INSERT INTO record_intent
       (id, link, entity, pair, side, kind, target, from_side, from_id, "values", expected, basis, edit, created_at, sequence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce((SELECT max(sequence) FROM record_intent), 0) + 1)`,
  ).run(
    id,
    link,
    entity,
    pair,
    to,
    kind,
    target ?? null,
    from?.side ?? null,
    from?.id ?? null,
    textsJson(values),
    textsJson(expected),
    textsJson(basis),
    edit === true ? 1 : 0,
    now,
  );
}

function pendingPair(db: WriteDb, { link, entity, from, to, target }: NewIntent, now: Instant): PairId {
  const ids: Partial<Record<Side, RecordId>> = {};
  if (from !== undefined) ids[from.side] = from.id;
  if (target !== undefined) ids[to] = target;
  return insertPair(db, { link, entity, ids, state: 'pending' }, now);
}
