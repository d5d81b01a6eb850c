import type { Conclusion, Nomination, RecordState, Sweep } from '../../../../core/records/record-state.ts';
import type { RecordId, Side } from '../../../../core/records/record-store.ts';
import type { LinkId } from '../../../../../shared/model/ids.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { WriteDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';
import type { WriteContext } from '../../store-context.ts';
import { intendByPerson, resolveHeld } from './by-person.ts';
import { concludeOne } from './conclude.ts';
import { insertIntent } from './insert-intent.ts';
import { recordReads } from './record-reads.ts';

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

    confirmFirst: (link, by, now) => {
      write(() => {
        prepared(
          db,
          'INSERT INTO record_confirmed (link, by_whom, at) VALUES (?, ?, ?) ON CONFLICT (link) DO NOTHING',
        ).run(link, by, now);
      });
    },

    noteSweep: (link, entity, side, sweep, now) =>
      write(() => noteSweep(db, { link, entity, side, ...sweep }, now)),

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

    resolve: (id, resolution, now) => write(() => resolveHeld(db, id, resolution, now)),

    intendByPerson: (cause, by, intent, now) => write(() => intendByPerson(db, cause, { by, intent }, now)),

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
     ON CONFLICT (link, entity, side, record_id) DO UPDATE SET mark = mark + 1, gone = CASE
       WHEN excluded.gone = 'unseen' AND record_dirty.gone = 'deleted' THEN 'deleted' ELSE excluded.gone END, hold = NULL,
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

interface SideSweep extends Sweep {
  readonly link: LinkId;
  readonly entity: string;
  readonly side: Side;
}

function noteSweep(
  db: WriteDb,
  { link, entity, side, found, missing }: SideSweep,
  now: Instant,
): ReadonlyMap<RecordId, number> {
  const seen = new Set(found);
  const known = prepared(
    db,
    'SELECT record_id FROM record_missing WHERE link = ? AND entity = ? AND side = ?',
  ).pluck();
  const forget = prepared(
    db,
    'DELETE FROM record_missing WHERE link = ? AND entity = ? AND side = ? AND record_id = ?',
  );
  for (const id of known.all(link, entity, side))
    if (seen.has(String(id))) forget.run(link, entity, side, id);
  const count = prepared(
    db,
    `INSERT INTO record_missing (link, entity, side, record_id, sweeps, since) VALUES (?, ?, ?, ?, 1, ?)
     ON CONFLICT (link, entity, side, record_id) DO UPDATE SET sweeps = sweeps + 1 RETURNING sweeps`,
  ).pluck();
  return new Map(missing.map((id) => [id, Number(count.get(link, entity, side, id, now))]));
}
