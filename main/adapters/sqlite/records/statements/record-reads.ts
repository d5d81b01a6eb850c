import type { ConflictQuery } from '../../../../core/records/record-conflicts.ts';
import type { RecordCounts, RecordState } from '../../../../core/records/record-state.ts';
import { SIDES, type RecordId, type Side } from '../../../../core/records/record-store.ts';
import type { LinkId } from '../../../../../shared/model/ids.ts';
import type { ReadDb } from '../../connection.ts';
import { prepared } from '../../statements/prepared.ts';
import type { ReadContext } from '../../store-context.ts';
import { conflictOf, decisionOf, dirtyOf, intentOf, pairOf } from './record-rows.ts';

type Reads = Pick<
  RecordState,
  | 'sideFacts'
  | 'firstConfirmed'
  | 'cursor'
  | 'dirty'
  | 'dirtyOf'
  | 'nextHeld'
  | 'pairs'
  | 'pairsFrom'
  | 'pair'
  | 'pairCount'
  | 'openIntents'
  | 'intents'
  | 'withIntents'
  | 'conflicts'
  | 'conflict'
  | 'choices'
  | 'decisions'
  | 'decision'
  | 'counts'
>;

const PAIR: Readonly<Record<Side, string>> = {
  erp: `SELECT * FROM record_pair WHERE link = ? AND entity = ? AND erp_id = ? AND state <> 'closed'`,
  cloud: `SELECT * FROM record_pair WHERE link = ? AND entity = ? AND cloud_id = ? AND state <> 'closed'`,
};
const PAIRS_FROM: Readonly<Record<Side, string>> = {
  erp: `SELECT * FROM record_pair WHERE link = ? AND entity = ? AND state <> 'closed' AND erp_id > ? ORDER BY erp_id LIMIT ?`,
  cloud: `SELECT * FROM record_pair WHERE link = ? AND entity = ? AND state <> 'closed' AND cloud_id > ? ORDER BY cloud_id LIMIT ?`,
};

/** What is known of two-way records. */
export function recordReads({ db, read }: ReadContext): Reads {
  return {
    sideFacts: (link, side) =>
      read(() => {
        const row = prepared(db, 'SELECT identity, pulse FROM record_side WHERE link = ? AND side = ?').get(
          link,
          side,
        ) as { readonly identity: string | null; readonly pulse: string | null } | undefined;
        return { identity: row?.identity ?? undefined, pulse: row?.pulse ?? undefined };
      }),

    firstConfirmed: (link) =>
      read(
        () =>
          prepared(db, 'SELECT by_whom AS by, at FROM record_confirmed WHERE link = ?').get(
            link,
          ) as ReturnType<RecordState['firstConfirmed']>,
      ),

    cursor: (link, entity, side) =>
      read(
        () =>
          prepared(db, 'SELECT cursor FROM record_cursor WHERE link = ? AND entity = ? AND side = ?')
            .pluck()
            .get(link, entity, side) as string | undefined,
      ),

    dirty: ({ link, entity, after, limit }, now) =>
      read(() =>
        prepared(
          db,
          `SELECT row, entity, side, record_id, gone, mark, since, hold FROM record_dirty
           WHERE link = +? AND entity = +? AND row > ? AND (hold IS NULL OR hold_until <= ?) ORDER BY row LIMIT ?`,
        )
          .all(link, entity, after, now, limit)
          .map(dirtyOf),
      ),

    dirtyOf: (link, entity, side, ids) =>
      read(() => ids.flatMap((id) => findDirty(db, link, entity, side, id) ?? [])),

    nextHeld: (link) =>
      read(
        () =>
          (prepared(db, 'SELECT min(hold_until) FROM record_dirty WHERE link = ? AND hold_until IS NOT NULL')
            .pluck()
            .get(link) as number | null) ?? undefined,
      ),

    pairs: (link, entity, side, ids) =>
      read(() =>
        [...new Set(ids)].flatMap((id) => {
          const row = prepared(db, PAIR[side]).get(link, entity, id);
          return row === undefined ? [] : [pairOf(row)];
        }),
      ),

    pairsFrom: (link, entity, side, after, limit) =>
      read(() =>
        prepared(db, PAIRS_FROM[side])
          .all(link, entity, after ?? '', limit)
          .map(pairOf),
      ),

    pair: (id) =>
      read(() => {
        const row = prepared(db, 'SELECT * FROM record_pair WHERE id = ?').get(id);
        return row === undefined ? undefined : pairOf(row);
      }),

    pairCount: (link, entity) =>
      read(() =>
        Number(
          prepared(db, `SELECT count(*) FROM record_pair WHERE link = ? AND entity = ? AND state <> 'closed'`)
            .pluck()
            .get(link, entity),
        ),
      ),

    openIntents: (link) =>
      read(() =>
        prepared(db, 'SELECT * FROM record_intent WHERE link = ? ORDER BY sequence').all(link).map(intentOf),
      ),

    intents: (ids) =>
      read(() =>
        prepared(
          db,
          'SELECT * FROM record_intent WHERE id IN (SELECT value FROM json_each(?)) ORDER BY sequence',
        )
          .all(JSON.stringify(ids))
          .map(intentOf),
      ),

    withIntents: (pairs) =>
      read(() => {
        const one = prepared(db, 'SELECT 1 FROM record_intent WHERE pair = ? LIMIT 1').pluck();
        return new Set(pairs.filter((pair) => one.get(pair) !== undefined));
      }),

    conflicts: (query) => read(() => findConflicts(db, query)),

    conflict: (id) =>
      read(() => {
        const row = prepared(db, 'SELECT * FROM record_conflict WHERE id = ?').get(id);
        return row === undefined ? undefined : conflictOf(row);
      }),

    choices: (pair) =>
      read(() => {
        const rows = prepared(
          db,
          `SELECT * FROM record_conflict WHERE pair = ? AND state = 'resolved' AND used = 0 ORDER BY id`,
        ).all(pair);
        return new Map(
          rows
            .map(conflictOf)
            .flatMap(({ field, winner }) => (winner === undefined ? [] : [[field ?? '', winner]])),
        );
      }),

    decisions: ({ link, pair, before, limit }) =>
      read(() =>
        prepared(
          db,
          `SELECT * FROM record_decision WHERE link = :link AND (:pair IS NULL OR pair = :pair)
             AND (:before IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit`,
        )
          .all({ link, pair: pair ?? null, before: before ?? null, limit })
          .map(decisionOf),
      ),

    decision: (id) =>
      read(() => {
        const row = prepared(db, 'SELECT * FROM record_decision WHERE id = ?').get(id);
        return row === undefined ? undefined : decisionOf(row);
      }),

    counts: (link) => read(() => countsOf(db, link)),
  };
}

export function findDirty(
  db: ReadDb,
  link: LinkId,
  entity: string,
  side: Side,
  id: RecordId,
): ReturnType<typeof dirtyOf> | undefined {
  const row = prepared(
    db,
    `SELECT row, entity, side, record_id, gone, mark, since, hold FROM record_dirty
     WHERE link = ? AND entity = ? AND side = ? AND record_id = ?`,
  ).get(link, entity, side, id);
  return row === undefined ? undefined : dirtyOf(row);
}

function findConflicts(
  db: ReadDb,
  { link, entity, states, pair, limit, offset }: ConflictQuery,
): ReturnType<RecordState['conflicts']> {
  const where = `FROM record_conflict WHERE (:link IS NULL OR link = :link) AND (:entity IS NULL OR entity = :entity)
    AND (:pair IS NULL OR pair = :pair) AND (:states IS NULL OR state IN (SELECT value FROM json_each(:states)))`;
  const given = {
    link: link ?? null,
    entity: entity ?? null,
    pair: pair ?? null,
    states: states === undefined ? null : JSON.stringify(states),
  };
  return {
    conflicts: prepared(db, `SELECT * ${where} ORDER BY id DESC LIMIT :limit OFFSET :offset`)
      .all({ ...given, limit, offset })
      .map(conflictOf),
    total: Number(prepared(db, `SELECT count(*) ${where}`).pluck().get(given)),
  };
}

function countsOf(db: ReadDb, link: LinkId): RecordCounts {
  const number = (sql: string, ...given: readonly string[]): number =>
    Number(
      prepared(db, sql)
        .pluck()
        .get(link, ...given) ?? 0,
    );
  const pending = (side: Side): number =>
    number('SELECT count(*) FROM record_dirty WHERE link = ? AND hold IS NULL AND side = ?', side);
  const oldest = prepared(db, 'SELECT min(since) FROM record_dirty WHERE link = ? AND hold IS NULL')
    .pluck()
    .get(link) as number | null;
  const [erp, cloud] = SIDES.map(pending);
  return {
    pairs: number(`SELECT count(*) FROM record_pair WHERE link = ? AND state NOT IN ('closed', 'unlinked')`),
    pending: { erp: erp ?? 0, cloud: cloud ?? 0 },
    oldestPending: oldest ?? undefined,
    held: number('SELECT count(*) FROM record_dirty WHERE link = ? AND hold IS NOT NULL'),
    unknown: number('SELECT count(*) FROM record_intent WHERE link = ?'),
    conflictsHeld: number(`SELECT count(*) FROM record_conflict WHERE link = ? AND state = 'held'`),
  };
}
