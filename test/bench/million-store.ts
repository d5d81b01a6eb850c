import { createHash } from 'node:crypto';
import Database from 'better-sqlite3';
import { openStore } from '../../main/adapters/sqlite/open-store.ts';

export const ITEMS = 1_000_000;
export const LINKS = ['north', 'south'] as const;
const USERS = 250;
/** What is open: a third of the queue, as after a day without the ERP. Some of it is parked, some waits. */
const OPEN_FROM = 700_000;
const BATCH = 50_000;
const MINUTE = 60_000;

export const userOf = (n: number): string => `USER${String(n % USERS).padStart(3, '0')}`;
export const numberOf = (n: number): string => String(10_000_000 + n);

/** How an item ended up where it is; the younger ones are open. */
function stateOf(n: number): string {
  if (n >= OPEN_FROM)
    return n % 100 === 0 ? 'parked' : n % 100 === 1 ? 'waiting' : n % 500 === 2 ? 'unknown' : 'ready';
  return n % 200 === 0 ? 'discarded' : 'settled';
}

/**
 * A store as the program makes it, with a million items written past it: by rows, in large transactions, unsynced. Its
 * triggers count them as they count the program's own. The items end at `now`.
 */
export function fillStore(file: string, now: number): void {
  openStore({ file }).close();
  const db = new Database(file);
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = OFF');
  db.pragma('cache_size = -262144');
  const hash = createHash('sha256').update('one body for all').digest('hex');
  db.prepare('INSERT INTO body VALUES (?, ?)').run(hash, Buffer.from('one body for all'));
  const insert = db.prepare(
    `INSERT INTO item (link, direction, queue, external_id, user, company, label, state, state_since, reason, body_place,
       body_hash, body_size, created_at, due_at, attempts, settled_at, outcome)
     VALUES (@link, @direction, @queue, @number, @user, 'ACME', @label, @state, @at, @reason, 'row', '${hash}', 16, @at, @at, 1,
       @settled, @outcome)`,
  );
  const event = db.prepare(`INSERT INTO item_event (item, at, event, detail) VALUES (?, ?, 'stored', '')`);
  const reason = JSON.stringify({ kind: 'person', note: 'made for a measurement' });
  for (let first = 0; first < ITEMS; first += BATCH) {
    db.transaction(() => {
      for (let n = first; n < first + BATCH; n += 1) {
        const state = stateOf(n);
        const ended = state === 'settled' || state === 'discarded';
        // One snapshot in twenty items; what waits to go out is one a user, so open items are packets.
        const out = ended && n % 20 === 7;
        const at = now - Math.floor(((ITEMS - n) / ITEMS) * 46 * 60 * MINUTE);
        const { lastInsertRowid } = insert.run({
          link: LINKS[n % LINKS.length],
          direction: out ? 'out' : 'in',
          queue: out ? null : 'packet',
          number: numberOf(n),
          user: userOf(n * 7919),
          label: `${n % 3 === 0 ? 'Payment PM' : 'Order SO'}-${String(n)}, Corner ${String(n % 977)}`,
          state,
          at,
          reason: state === 'parked' || state === 'waiting' || state === 'unknown' ? reason : null,
          settled: ended ? at + 2_000 : null,
          outcome: state === 'settled' ? '{}' : null,
        });
        event.run(lastInsertRowid, at);
      }
    })();
  }
  db.pragma('wal_checkpoint(TRUNCATE)');
  db.close();
}
