import type {
  Conclusion,
  NewIntent,
  Nomination,
  PairId,
  RecordState,
} from '../../../../core/records/record-state.ts';
import type { RecordId, Side } from '../../../../core/records/record-store.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { WriteDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';
import type { WriteContext } from '../../store-context.ts';
import { concludeOne } from './conclude.ts';
import { insertPair } from './insert-pair.ts';
import { recordReads } from './record-reads.ts';
import { conflictOf, textsJson } from './record-rows.ts';

/** The state of two-way records in the site's store. */
export function recordState(context: WriteContext): RecordState {
  const { db, write } = context;
  const reads = recordReads(context);
  return {
    ...reads,

    keepSideFacts: (link, side, { identity, pulse }) => {
      write(() => {
        prepared(
          db,
          `INSERT INTO record_side (link, side, identity, pulse) VALUES (?, ?, ?, ?)
           ON CONFLICT (link, side) DO UPDATE SET identity = excluded.identity, pulse = excluded.pulse`,
        ).run(link, side, identity ?? null, pulse ?? null);
      });
    },

    nominate: (named, now) => {
      write(() => {
        nominate(db, named, now);
      });
    },

    noteSweep: (link, entity, side, { found, missing }, now) =>
      write(() => {
        const forget = prepared(
          db,
          'DELETE FROM record_missing WHERE link = ? AND entity = ? AND side = ? AND record_id = ?',
        );
        for (const id of found) forget.run(link, entity, side, id);
        const count = prepared(
          db,
          `INSERT INTO record_missing (link, entity, side, record_id, sweeps, since) VALUES (?, ?, ?, ?, 1, ?)
           ON CONFLICT (link, entity, side, record_id) DO UPDATE SET sweeps = sweeps + 1 RETURNING sweeps`,
        ).pluck();
        return new Map(missing.map((id) => [id, Number(count.get(link, entity, side, id, now))]));
      }),

    intend: (intents, conclusions, now) => {
      write(() => {
        for (const intent of intents) insertIntent(db, intent, now);
        for (const conclusion of conclusions) concludeOne(db, conclusion, now);
      });
    },

    conclude: (conclusions: readonly Conclusion[], now: Instant) => {
      write(() => {
        for (const conclusion of conclusions) concludeOne(db, conclusion, now);
      });
    },

    resolve: (id, { by, winner }, now) =>
      write(() => {
        const changed = prepared(
          db,
          `UPDATE record_conflict SET state = 'resolved', winner = ?, resolved_by = ?, resolved_at = ?
           WHERE id = ? AND state = 'held'`,
        ).run(winner, by, now, id).changes;
        if (changed === 0) return undefined;
        const conflict = conflictOf(prepared(db, 'SELECT * FROM record_conflict WHERE id = ?').get(id));
        wakePair(db, conflict.pair);
        return conflict;
      }),

    forget: (before) => {
      write(() => {
        prepared(db, 'DELETE FROM record_decision WHERE at < ?').run(before);
        prepared(db, `DELETE FROM record_conflict WHERE state <> 'held' AND at < ?`).run(before);
      });
    },
  };
}

function nominate(db: WriteDb, { link, entity, side, records, cursor }: Nomination, now: Instant): void {
  const insert = prepared(
    db,
    `INSERT INTO record_dirty (link, entity, side, record_id, gone, mark, since)
     VALUES (?, ?, ?, ?, ?, coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'record_dirty'), 0) + 1, ?)
     ON CONFLICT (link, entity, side, record_id) DO UPDATE SET mark = mark + 1, gone = excluded.gone, hold = NULL,
       hold_until = NULL, parent_entity = NULL, parent_id = NULL`,
  );
  for (const { id, gone } of records) insert.run(link, entity, side, id, gone ?? null, now);
  if (cursor === null)
    prepared(db, 'DELETE FROM record_cursor WHERE link = ? AND entity = ? AND side = ?').run(
      link,
      entity,
      side,
    );
  else if (cursor !== undefined)
    prepared(
      db,
      `INSERT INTO record_cursor (link, entity, side, cursor) VALUES (?, ?, ?, ?)
       ON CONFLICT (link, entity, side) DO UPDATE SET cursor = excluded.cursor`,
    ).run(link, entity, side, cursor);
}

function insertIntent(db: WriteDb, intent: NewIntent, now: Instant): void {
  const { id, link, entity, to, kind, target, from, values, expected, basis } = intent;
  const pair = intent.pair ?? pendingPair(db, intent, now);
  prepared(
    db,
    `INSERT INTO record_intent
       (id, link, entity, pair, side, kind, target, from_side, from_id, "values", expected, basis, created_at, sequence)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, coalesce((SELECT max(sequence) FROM record_intent), 0) + 1)`,
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
    now,
  );
}

function pendingPair(db: WriteDb, { link, entity, from, to, target }: NewIntent, now: Instant): PairId {
  const ids: Partial<Record<Side, RecordId>> = {};
  if (from !== undefined) ids[from.side] = from.id;
  if (target !== undefined) ids[to] = target;
  return insertPair(db, { link, entity, ids, state: 'pending' }, now);
}

/** What is held of a pair is decided upon again. */
function wakePair(db: WriteDb, pair: PairId): void {
  prepared(
    db,
    `UPDATE record_dirty SET hold = NULL, hold_until = NULL, parent_entity = NULL, parent_id = NULL, mark = mark + 1
     FROM record_pair p WHERE p.id = ? AND record_dirty.link = p.link AND record_dirty.entity = p.entity
       AND ((record_dirty.side = 'erp' AND record_dirty.record_id = p.erp_id)
         OR (record_dirty.side = 'cloud' AND record_dirty.record_id = p.cloud_id))`,
  ).run(pair);
}
