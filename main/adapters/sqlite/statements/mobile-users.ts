import { z } from 'zod';
import type {
  MobileUser,
  NoSnapshot,
  TakenSnapshot,
  UserFinding,
  UserQuery,
} from '../../../core/queue/mobile-users.ts';
import type { LinkId } from '../../../../shared/model/ids.ts';
import { itemId, linkId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { ReadDb, WriteDb } from '../connection.ts';
import { countsColumn, failureValue, jsonColumn } from '../failure-codec.ts';
import { decode, flag, optional } from './decode.ts';
import { ITEM_COLUMNS } from './item-row.ts';
import { prepared } from './prepared.ts';

/** Accepted snapshots of each user that are still told of. */
const TAKEN_KEPT = 20;

const noSnapshot: z.ZodType<NoSnapshot> = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('pilot') }),
  z.object({ kind: z.literal('paused') }),
  z.object({ kind: z.literal('own-packets') }),
  z.object({ kind: z.literal('refused'), failure: failureValue }),
]);

// ---- writing ----

export function forgetNames(db: WriteDb, link: LinkId): void {
  prepared(db, 'UPDATE mobile_user SET named = 0 WHERE link = ? AND named = 1').run(link);
}

export function upsertUser(db: WriteDb, link: LinkId, { user, found }: UserFinding, now: Instant): void {
  const none = typeof found === 'object' ? JSON.stringify(found) : null;
  const order = findLastOrder(db, link, user);
  prepared(
    db,
    `INSERT INTO mobile_user (link, user, named, seen_at, none, unchanged_since, order_item, order_label, order_at)
     VALUES (:link, :user, 1, :now, :none, CASE :found WHEN 'unchanged' THEN :now END, :item, :label, :at)
     ON CONFLICT (link, user) DO UPDATE SET user = excluded.user, named = 1, seen_at = excluded.seen_at,
       none = CASE :found WHEN 'open' THEN none ELSE excluded.none END,
       unchanged_since = CASE :found WHEN 'open' THEN unchanged_since WHEN 'unchanged' THEN coalesce(unchanged_since, :now) END,
       order_item = coalesce(excluded.order_item, order_item), order_label = coalesce(excluded.order_label, order_label),
       order_at = coalesce(excluded.order_at, order_at)`,
  ).run({
    link,
    user,
    now,
    none,
    found: typeof found === 'object' ? 'none' : found,
    item: order?.item ?? null,
    label: order?.label ?? null,
    at: order?.at ?? null,
  });
}

/** Those nobody names any more, and of whom nothing is left. */
export function deleteForgotten(db: WriteDb, link: LinkId, before: Instant): void {
  prepared(db, 'DELETE FROM mobile_user WHERE link = ? AND named = 0 AND seen_at < ?').run(link, before);
}

export function insertTaken(db: WriteDb, link: LinkId, user: string, taken: TakenSnapshot): void {
  prepared(
    db,
    `INSERT INTO taken_snapshot (item, link, user, size, rows, consistency, accepted_at, sync_log_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (item) DO NOTHING`,
  ).run(
    taken.item,
    link,
    user,
    taken.size,
    JSON.stringify(taken.rows),
    taken.consistency,
    taken.acceptedAt,
    taken.syncLogId,
  );
  prepared(
    db,
    `DELETE FROM taken_snapshot WHERE link = :link AND user = :user AND item IN (
       SELECT item FROM taken_snapshot WHERE link = :link AND user = :user
       ORDER BY accepted_at DESC, item DESC LIMIT -1 OFFSET :kept)`,
  ).run({ link, user, kept: TAKEN_KEPT });
}

// ---- reading ----

const KNOWN = `WITH known AS (
  SELECT m.link, m.user, m.none FROM mobile_user AS m
  UNION ALL
  SELECT n.link, n.user, NULL FROM inbound_mark AS n WHERE n.user <> ''
    AND NOT EXISTS (SELECT 1 FROM mobile_user AS m WHERE m.link = n.link AND m.user = n.user))
SELECT k.link, k.user, count(*) OVER () AS total FROM known AS k
WHERE k.link IN (SELECT value FROM json_each(:links))
  AND (:text = '' OR contains_folded(:text, k.user))
  AND (:open = 0 OR json_extract(k.none, '$.kind') IN ('own-packets', 'refused')
    OR EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'out' AND i.state NOT IN ('settled', 'discarded')
                 AND i.link = k.link AND i.user = k.user COLLATE BINARY)
    OR EXISTS (SELECT 1 FROM item AS i WHERE i.direction = 'in' AND i.state NOT IN ('settled', 'discarded')
                 AND i.link = k.link AND i.user = k.user COLLATE NOCASE AND i.state = 'parked'))`;

const keyRow = z.object({ link: z.string(), user: z.string(), total: z.int() });

/** Names of a page, and how many there are in all. */
export function findUsers(
  db: ReadDb,
  { links, text, open, limit, offset }: UserQuery,
): { readonly keys: readonly { readonly link: LinkId; readonly user: string }[]; readonly total: number } {
  const values = { links: JSON.stringify(links), text: text ?? '', open: open === true ? 1 : 0 };
  const page = (most: number, from: number): z.infer<typeof keyRow>[] =>
    prepared(db, `${KNOWN} ORDER BY k.user COLLATE NOCASE, k.link LIMIT :limit OFFSET :offset`)
      .all({ ...values, limit: most, offset: from })
      .map((row) => decode(keyRow, row, 'mobile_user'));
  const rows = page(limit, offset);
  const total = rows[0]?.total ?? (offset === 0 ? 0 : (page(1, 0)[0]?.total ?? 0));
  return { keys: rows.map((row) => ({ link: linkId(row.link), user: row.user })), total };
}

const userRow = z.object({
  user: z.string(),
  named: flag,
  none: optional(jsonColumn(noSnapshot)),
  unchanged_since: optional(z.int()),
  order_item: optional(z.int()),
  order_label: optional(z.string()),
  order_at: optional(z.int()),
});

interface KnownUser extends Pick<MobileUser, 'user' | 'named' | 'none' | 'unchangedSince' | 'lastOrder'> {}

export function findUser(db: ReadDb, link: LinkId, user: string): KnownUser | undefined {
  const row: unknown = prepared(
    db,
    `SELECT user, named, none, unchanged_since, order_item, order_label, order_at FROM mobile_user
     WHERE link = ? AND user = ?`,
  ).get(link, user);
  if (row === undefined) return undefined;
  const r = decode(userRow, row, `the mobile user ${user}`);
  return {
    user: r.user,
    named: r.named,
    none: r.none,
    unchangedSince: r.unchanged_since,
    lastOrder:
      r.order_item === undefined || r.order_label === undefined || r.order_at === undefined
        ? undefined
        : { item: itemId(r.order_item), label: r.order_label, at: r.order_at },
  };
}

const sentRow = z.object({ user: z.string() });

/** As he is written where only his own packets name him. */
export function findSender(db: ReadDb, link: LinkId, user: string): string | undefined {
  const row: unknown = prepared(
    db,
    "SELECT user FROM inbound_mark WHERE link = ? AND user = ? AND user <> ''",
  ).get(link, user);
  return row === undefined ? undefined : decode(sentRow, row, 'inbound_mark').user;
}

const takenRow = z.object({
  item: z.int(),
  size: z.int(),
  rows: countsColumn,
  consistency: z.enum(['snapshot', 'validated', 'best-effort']),
  accepted_at: z.int(),
  sync_log_id: z.string(),
});

/** The newest first. */
export const readTaken = (db: ReadDb, link: LinkId, user: string, most = TAKEN_KEPT): TakenSnapshot[] =>
  prepared(
    db,
    `SELECT item, size, rows, consistency, accepted_at, sync_log_id FROM taken_snapshot
     WHERE link = ? AND user = ? ORDER BY accepted_at DESC, item DESC LIMIT ?`,
  )
    .all(link, user, most)
    .map((row) => {
      const r = decode(takenRow, row, 'taken_snapshot');
      return {
        item: itemId(r.item),
        size: r.size,
        rows: r.rows,
        consistency: r.consistency,
        acceptedAt: r.accepted_at,
        syncLogId: r.sync_log_id,
      };
    });

const orderRow = z.object({ id: z.int(), label: z.string(), created_at: z.int() });

/** How many of a user's newest packets are looked at: while the ERP is away for weeks none of them has been read. */
const PACKETS_LOOKED_AT = 100;

/**
 * A packet in which a document of the mapping was found: written, or read and called by it. One of a number series alone, or
 * one that nobody has read yet, is called by its operation.
 */
export function findLastOrder(db: ReadDb, link: LinkId, user: string): MobileUser['lastOrder'] {
  const row: unknown = prepared(
    db,
    `SELECT n.id, n.label, n.created_at FROM (
       SELECT i.id, i.label, i.created_at, i.state, i.link, i.queue, i.external_id
       FROM item AS i INDEXED BY item_listed_user
       WHERE i.user = :user COLLATE NOCASE AND i.direction = 'in' AND i.link = :link AND i.queue = 'packet'
       ORDER BY i.created_at DESC LIMIT :most) AS n
     WHERE n.label <> '' AND (EXISTS (SELECT 1 FROM document AS d WHERE d.item = n.id)
       OR (n.state <> 'settled' AND NOT EXISTS (
         SELECT 1 FROM delivery AS d
         WHERE d.link = n.link AND d.queue = n.queue AND d.packet_id = n.external_id AND d.operation = n.label)))
     ORDER BY n.created_at DESC LIMIT 1`,
  ).get({ user, link, most: PACKETS_LOOKED_AT });
  if (row === undefined) return undefined;
  const r = decode(orderRow, row, 'item');
  return { item: itemId(r.id), label: r.label, at: r.created_at };
}

const openRow = z.object({ pending: z.int(), parked: z.int() });

export function countOpenOf(
  db: ReadDb,
  link: LinkId,
  user: string,
): { readonly pending: number; readonly parked: number } {
  const row: unknown = prepared(
    db,
    `SELECT count(*) FILTER (WHERE i.state <> 'parked' AND i.handed_since IS NULL) AS pending,
            count(*) FILTER (WHERE i.state = 'parked') AS parked
     FROM item AS i INDEXED BY item_open_user
     WHERE i.direction = 'in' AND i.state NOT IN ('settled', 'discarded') AND i.link = ?
       AND i.user = ? COLLATE NOCASE AND i.queue = 'packet'`,
  ).get(link, user);
  return decode(openRow, row, 'item');
}

/** With the moment its state began. */
export function findUnsentRow(db: ReadDb, link: LinkId, user: string): unknown {
  return prepared(
    db,
    `SELECT ${ITEM_COLUMNS} FROM item AS i
     WHERE i.direction = 'out' AND i.state NOT IN ('settled', 'discarded') AND i.link = ? AND i.user = ?`,
  ).get(link, user);
}

const sinceRow = z.object({ state_since: z.int() });
export const stateSinceOf = (row: unknown): Instant => decode(sinceRow, row, 'item').state_since;

export const isSpoolBodyNamed = (db: ReadDb, hash: string): boolean =>
  prepared(db, "SELECT 1 FROM item WHERE body_place = 'spool' AND body_hash = ? LIMIT 1").get(hash) !==
    undefined || prepared(db, 'SELECT 1 FROM segment_body WHERE hash = ?').get(hash) !== undefined;
