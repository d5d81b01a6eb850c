import { z } from 'zod';
import type { Direction, ItemState } from '../../../core/queue/item.ts';
import type { ItemQuery } from '../../../core/queue/queue-store.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb } from '../connection.ts';
import { decode } from './decode.ts';
import { prepared } from './prepared.ts';

export const MINUTE_MS = 60_000;

const groupRow = z.object({ link: z.string(), direction: z.string(), state: z.string(), n: z.int() });
/** How many items of a link and direction are in a state. */
export type ItemGroup = z.infer<typeof groupRow>;

const decodeGroup = (row: unknown): ItemGroup => decode(groupRow, row, 'a row of item_count');

/** The groups of a link that have items. */
export function readGroups(db: ReadDb, link: LinkId): readonly ItemGroup[] {
  return prepared(db, 'SELECT link, direction, state, n FROM item_count WHERE link = ? AND n > 0')
    .all(link)
    .map(decodeGroup);
}

/** The groups a query speaks of that have items. */
export function findGroups(
  db: ReadDb,
  query: Pick<ItemQuery, 'link' | 'direction' | 'states'>,
): readonly ItemGroup[] {
  const { link, direction, states } = query;
  return prepared(db, 'SELECT link, direction, state, n FROM item_count WHERE n > 0')
    .all()
    .map(decodeGroup)
    .filter(
      (group) =>
        (link === undefined || group.link === link) &&
        (direction === undefined || group.direction === direction) &&
        (states === undefined || states.some((state) => state === group.state)),
    );
}

/** When the oldest item of an open group was stored, of those that do not wait for the ERP's word. */
export function findOldest(
  db: ReadDb,
  group: { readonly link: string; readonly direction: string; readonly state: string },
): Instant | undefined {
  const row: unknown = prepared(
    db,
    `SELECT i.created_at AS at FROM item AS i INDEXED BY item_oldest
     WHERE i.handed_since IS NULL AND i.settled_at IS NULL AND i.link = ? AND i.direction = ? AND i.state = ? ORDER BY i.created_at LIMIT 1`,
  ).get(group.link, group.direction, group.state);
  return row === undefined ? undefined : decode(atRow, row, 'item').at;
}

const atRow = z.object({ at: z.int() });
const countRow = z.object({ n: z.int() });
const findingRow = z.object({ finding: z.string() });

/** What came from phones and was settled in the minutes from `since` on; the minutes of a day begin with it in every zone. */
export function countSettledSince(db: ReadDb, link: LinkId, since: Instant): number {
  const row: unknown = prepared(
    db,
    `SELECT coalesce(sum(n), 0) AS n FROM settled_minute WHERE link = ? AND direction = 'in' AND minute >= ?`,
  ).get(link, Math.floor(since / MINUTE_MS));
  return decode(countRow, row, 'settled_minute').n;
}

/** Packets that are stored here and were not reported since they were listed last. */
export function countUnreported(db: ReadDb, link: LinkId): number {
  const row: unknown = prepared(db, 'SELECT n FROM unreported_count WHERE link = ?').get(link);
  return row === undefined ? 0 : decode(countRow, row, 'unreported_count').n;
}

/** What each counter says and what a full count finds, where they differ. Reads the whole table: for the check only. */
export function findWrongCounters(db: ReadDb): readonly string[] {
  const wrong = prepared(
    db,
    `WITH said AS (
       SELECT 'items ' || link || ' ' || direction || ' ' || state AS what, n FROM item_count WHERE n <> 0
       UNION ALL SELECT 'settled ' || link || ' ' || direction || ' ' || minute, n FROM settled_minute
       UNION ALL SELECT 'unreported ' || link, n FROM unreported_count WHERE n <> 0),
     found AS (
       SELECT 'items ' || link || ' ' || direction || ' ' || state AS what, count(*) AS n FROM item
       GROUP BY link, direction, state
       UNION ALL
       SELECT 'settled ' || link || ' ' || direction || ' ' || (settled_at / 60000), count(*) FROM item
       WHERE state = 'settled' AND settled_at IS NOT NULL GROUP BY link, direction, settled_at / 60000
       UNION ALL
       SELECT 'unreported ' || link, count(*) FROM (
         SELECT DISTINCT d.link, d.queue, d.packet_id FROM delivery AS d
         WHERE d.reported = 0
           AND (EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.link = d.link AND i.queue = d.queue
                          AND i.external_id = d.packet_id)
             OR EXISTS (SELECT 1 FROM archived_packet AS k WHERE k.link = d.link AND k.queue = d.queue
                          AND k.packet_id = d.packet_id)))
       GROUP BY link)
     SELECT what || ': counted ' || coalesce(said.n, 0) || ', there are ' || coalesce(found.n, 0) AS finding
     FROM said FULL JOIN found USING (what) WHERE said.n IS NOT found.n ORDER BY what LIMIT 20`,
  ).all();
  return wrong.map((row) => decode(findingRow, row, 'counters').finding);
}

export interface Sample {
  readonly pendingIn: number;
  readonly pendingOut: number;
  readonly parked: number;
}

/** What is pending, as status and samples count it. At most one unsent snapshot per user, so snapshots are users. */
export function pendingOf(groups: readonly ItemGroup[]): Sample {
  const sum = (counts: (direction: Direction, state: ItemState) => boolean): number =>
    groups.reduce(
      (total, one) =>
        counts(one.direction as Direction, one.state as ItemState) && !ENDED.has(one.state)
          ? total + one.n
          : total,
      0,
    );
  return {
    pendingIn: sum((direction, state) => direction === 'in' && state !== 'parked'),
    // A parked snapshot is not accepted either.
    pendingOut: sum((direction) => direction === 'out'),
    parked: sum((_, state) => state === 'parked'),
  };
}

/** States that are an end. */
export const ENDED: ReadonlySet<string> = new Set<ItemState>(['settled', 'discarded']);
