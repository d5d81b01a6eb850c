import type { Direction, ItemReason, ItemState, NewItem } from '../../../core/queue/item.ts';
import type { ItemId, LinkId, StartId } from '../../../../shared/model/ids.ts';
import { itemId } from '../../../../shared/model/ids.ts';
import type { Instant } from '../../../../shared/model/time.ts';
import type { PacketQueue } from '../../../core/packets/packet-cloud.ts';
import type { WriteDb } from '../connection.ts';
import { transition } from '../transitions.ts';
import { prepared } from './prepared.ts';

/** Keeps the bytes under their hash; the same bytes twice are kept once. */
export function insertBody(db: WriteDb, hash: string, bytes: Uint8Array): void {
  prepared(db, 'INSERT INTO body (hash, bytes) VALUES (?, ?) ON CONFLICT (hash) DO NOTHING').run(hash, bytes);
}

export function insertItem(
  db: WriteDb,
  item: NewItem,
  row: {
    readonly queue: PacketQueue | undefined;
    readonly state: 'ready' | 'parked';
    readonly reason: ItemReason | undefined;
    readonly now: Instant;
  },
): ItemId {
  const { lastInsertRowid } = prepared(
    db,
    `INSERT INTO item (link, direction, queue, external_id, user, company, label, state, state_since, reason,
       body_place, body_hash, body_size, created_at, due_at)
     VALUES (:link, :direction, :queue, :externalId, :user, :company, :label, :state, :now, :reason,
       :place, :hash, :size, :now, :now)`,
  ).run({
    link: item.link,
    direction: item.direction,
    queue: row.queue ?? null,
    externalId: item.externalId,
    user: item.user,
    company: item.company,
    label: item.label,
    state: row.state,
    reason: row.reason === undefined ? null : JSON.stringify(row.reason),
    place: item.body.place,
    hash: item.body.hash,
    size: item.body.size,
    now: row.now,
  });
  return itemId(Number(lastInsertRowid));
}

/** What a change of state leaves in the row. Columns of the state that was left are cleared here and nowhere else. */
export interface NewState {
  readonly state: ItemState;
  readonly now: Instant;
  readonly dueAt?: Instant | undefined;
  /** Absent: none. */
  readonly reason?: ItemReason | undefined;
  readonly claimedBy?: StartId | undefined;
  readonly outcome?: string | undefined;
  readonly label?: string | undefined;
  readonly revision?: number | undefined;
  readonly uncleanExits?: number | undefined;
  readonly attempts?: number | undefined;
  /** `null`: not handed over any more. Absent: as before, but nothing that has ended is. */
  readonly handed?: { readonly since: Instant; readonly until: Instant } | null | undefined;
  /** Whether an attempt may have happened without our knowing. Absent: as before. */
  readonly inDoubt?: boolean | undefined;
}

export function updateState(db: WriteDb, id: ItemId, to: NewState): void {
  const ended = to.state === 'settled' || to.state === 'discarded';
  const waits = to.state === 'waiting' || to.state === 'parked';
  const waitsFor = waits && to.reason?.kind === 'waits-for' ? to.reason : undefined;
  prepared(
    db,
    `UPDATE item SET state = :state, state_since = :now, reason = :reason, waits_what = :what, waits_number = :number,
       due_at = coalesce(:dueAt, due_at), claimed_by = :claimedBy, settled_at = :settledAt, outcome = :outcome,
       label = coalesce(:label, label), revision = coalesce(:revision, revision),
       unclean_exits = coalesce(:uncleanExits, unclean_exits), attempts = coalesce(:attempts, attempts),
       in_doubt = coalesce(:inDoubt, in_doubt),
       handed_since = CASE :handed WHEN 'keep' THEN handed_since WHEN 'set' THEN :handedSince END,
       handed_until = CASE :handed WHEN 'keep' THEN handed_until WHEN 'set' THEN :handedUntil END
     WHERE id = :id`,
  ).run({
    id,
    state: to.state,
    now: to.now,
    reason: to.reason === undefined ? null : JSON.stringify(to.reason),
    what: waitsFor?.what ?? null,
    number: waitsFor?.number ?? null,
    dueAt: to.dueAt ?? null,
    claimedBy: to.claimedBy ?? null,
    settledAt: ended ? to.now : null,
    outcome: to.outcome ?? null,
    label: to.label ?? null,
    revision: to.revision ?? null,
    uncleanExits: to.uncleanExits ?? null,
    attempts: to.attempts ?? null,
    inDoubt: to.inDoubt === undefined ? null : Number(to.inDoubt),
    handed: ended || to.handed === null ? 'clear' : to.handed === undefined ? 'keep' : 'set',
    handedSince: to.handed?.since ?? null,
    handedUntil: to.handed?.until ?? null,
  });
}

/**
 * Puts a row that cannot be read before a person, touching only the columns its new state needs. What is damaged breaks a
 * CHECK, and an UPDATE looks at all of them: for this one statement they are off.
 */
export function quarantineRow(db: WriteDb, id: number, reason: ItemReason, now: Instant): void {
  db.pragma('ignore_check_constraints = ON');
  try {
    prepared(
      db,
      `UPDATE item SET state = 'parked', state_since = ?, reason = ?, waits_what = NULL, waits_number = NULL
       WHERE id = ?`,
    ).run(now, JSON.stringify(reason), id);
  } finally {
    db.pragma('ignore_check_constraints = OFF');
  }
}

/** Items that wait for this document are due now; those parked because it did not come in time are ready again. */
export function wakeWaiting(
  db: WriteDb,
  link: LinkId,
  awaited: { readonly document: string; readonly number: string },
  now: Instant,
): void {
  prepared(
    db,
    `UPDATE item SET due_at = min(due_at, ?)
     WHERE state = 'waiting' AND link = ? AND waits_what = ? AND waits_number = ?`,
  ).run(now, link, awaited.document, awaited.number);
  const parked = prepared(
    db,
    `SELECT id FROM item WHERE state = 'parked' AND link = ? AND waits_what = ? AND waits_number = ?`,
  ).all(link, awaited.document, awaited.number) as readonly { readonly id: number }[];
  for (const { id } of parked) {
    updateState(db, itemId(id), { state: transition(id, 'parked', 'awaitedArrives'), now, dueAt: now });
    insertEvent(db, id, 'arrived', `${awaited.document} ${awaited.number}`, now);
  }
}

/** Due times of items that changed after `limit`, a time still to come, mean nothing: those items are due now. */
export function forgetFutureDueTimes(
  db: WriteDb,
  link: LinkId,
  direction: Direction,
  limit: Instant,
  now: Instant,
): number {
  return prepared(
    db,
    `UPDATE item SET due_at = :now, state_since = :now
     WHERE state IN ('ready', 'waiting', 'unknown') AND link = +:link AND direction = +:direction AND state_since > +:limit`,
  ).run({ link, direction, limit, now }).changes;
}

/** Items that began to wait at a time still to come wait from now on, each as long as it was to. */
export function beginWaitsNow(db: WriteDb, link: LinkId, now: Instant): number {
  return prepared(
    db,
    `UPDATE item
     SET due_at = :now + max(0, due_at - state_since), state_since = :now, created_at = min(created_at, :now)
     WHERE state IN ('ready', 'waiting', 'unknown') AND link = +:link AND state_since > +:now`,
  ).run({ link, now }).changes;
}

export function insertAttempt(db: WriteDb, id: ItemId, number: number, start: StartId, now: Instant): void {
  prepared(db, 'INSERT INTO attempt (item, number, start_id, started_at) VALUES (?, ?, ?, ?)').run(
    id,
    number,
    start,
    now,
  );
}

export function endAttempt(db: WriteDb, id: number, result: string, now: Instant): void {
  prepared(db, 'UPDATE attempt SET ended_at = ?, result = ? WHERE item = ? AND ended_at IS NULL').run(
    now,
    result,
    id,
  );
}

export function insertEvent(db: WriteDb, id: number, event: string, detail: string, now: Instant): void {
  prepared(db, 'INSERT INTO item_event (item, at, event, detail) VALUES (?, ?, ?, ?)').run(
    id,
    now,
    event,
    detail,
  );
}

/** Keeps the first and the newest `keep` entries of an item that is tried for weeks. */
export function trimHistory(db: WriteDb, id: ItemId, attempts: number, keep: number): void {
  prepared(db, 'DELETE FROM attempt WHERE item = ? AND number > 1 AND number <= ?').run(id, attempts - keep);
  prepared(
    db,
    `DELETE FROM item_event WHERE item = :id
       AND id > (SELECT min(id) FROM item_event WHERE item = :id)
       AND id <= (SELECT id FROM item_event WHERE item = :id ORDER BY id DESC LIMIT 1 OFFSET :keep)`,
  ).run({ id, keep });
}
