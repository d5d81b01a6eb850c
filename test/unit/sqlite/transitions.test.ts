import { describe, expect, test } from 'vitest';
import { ITEM_STATES } from '../../../main/core/queue/item.ts';
import type { ItemState } from '../../../main/core/queue/item.ts';
import { TRANSITIONS } from '../../../main/adapters/sqlite/transitions.ts';
import {
  A,
  B,
  HOUR,
  LINK,
  T,
  meta,
  rawDatabase,
  snapshot,
  store,
  storePacket,
  unreachable,
} from './sample.ts';

/** The columns each state asks for, beside the state itself. */
const COLUMNS: Readonly<Record<ItemState, string>> = {
  ready: 'reason = NULL, claimed_by = NULL, settled_at = NULL, outcome = NULL',
  working: `reason = NULL, claimed_by = 'a', settled_at = NULL, outcome = NULL`,
  waiting: `reason = '{}', claimed_by = NULL, settled_at = NULL, outcome = NULL`,
  unknown: `reason = '{}', claimed_by = NULL, settled_at = NULL, outcome = NULL`,
  parked: `reason = '{}', claimed_by = NULL, settled_at = NULL, outcome = NULL`,
  settled: `reason = NULL, claimed_by = NULL, settled_at = 1, outcome = '{}'`,
  discarded: `reason = NULL, claimed_by = NULL, settled_at = 1, outcome = NULL`,
};

describe('the database', () => {
  test('allows exactly the changes of state that the table names', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    const db = rawDatabase(queue.file);
    const trigger = db
      .prepare(`SELECT sql FROM sqlite_schema WHERE name = 'item_transition'`)
      .pluck()
      .get() as string;
    const allowed = new Set(
      Object.values(TRANSITIONS).flatMap(({ from, to }) => from.map((one) => `${one} ${to}`)),
    );
    for (const from of ITEM_STATES)
      for (const to of ITEM_STATES) {
        if (from === to) continue;
        db.exec('DROP TRIGGER item_transition');
        db.exec(`UPDATE item SET state = '${from}', ${COLUMNS[from]} WHERE id = ${String(id)}`);
        db.exec(trigger);
        const change = (): unknown =>
          db.exec(`UPDATE item SET state = '${to}', ${COLUMNS[to]} WHERE id = ${String(id)}`);
        if (allowed.has(`${from} ${to}`)) expect(change, `${from} to ${to}`).not.toThrow();
        else expect(change, `${from} to ${to}`).toThrow('illegal transition');
      }
  });

  test.each([
    ['a claim outside working', `claimed_by = 'a'`],
    ['an end outside settled and discarded', 'settled_at = 1'],
    ['parked without a reason', `state = 'parked'`],
    ['unknown without a reason', `state = 'unknown'`],
    ['waiting without a reason', `state = 'waiting'`],
    ['working without a claim', `state = 'working'`],
    ['an outcome before the end', `outcome = '{}'`],
    ['a state nobody knows', `state = 'lost'`],
    ['a body in the row that is not there', `body_hash = '${'0'.repeat(64)}'`],
    ['a reason that is no JSON', `reason = 'because'`],
  ])('refuses %s', (_, change) => {
    const queue = store();
    storePacket(queue, 'p1');
    const db = rawDatabase(queue.file);
    db.pragma('foreign_keys = ON');
    // Alone: the CHECKs must hold without it.
    db.exec('DROP TRIGGER item_transition');
    expect(() => db.exec(`UPDATE item SET ${change}`)).toThrow(/CHECK|FOREIGN KEY/);
  });

  test('refuses a second unsent snapshot of a user', () => {
    const queue = store();
    queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
    const copy = `INSERT INTO item (link, direction, external_id, user, company, label, state, state_since, body_place,
      body_hash, body_size, created_at, due_at) SELECT link, direction, 'other', user, company, label, 'ready', 0, body_place,
      body_hash, body_size, 0, 0 FROM item`;
    expect(() => rawDatabase(queue.file).exec(copy)).toThrow('UNIQUE');
  });
});

describe('the code', () => {
  const illegal = expect.objectContaining({ name: 'IllegalTransition' });

  test('refuses to end what is not claimed', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    expect(() => queue.record(id, { kind: 'settle', outcome: '{}' }, T)).toThrow(illegal);
    expect(queue.get(id)?.state).toBe('ready');
  });

  test('refuses to end an item twice', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    queue.claim(LINK, 'in', A, T);
    queue.record(id, { kind: 'settle', outcome: '{}' }, T);
    expect(() => queue.record(id, { kind: 'retry', dueAt: T, failure: unreachable }, T)).toThrow(illegal);
    expect(queue.get(id)?.state).toBe('settled');
  });

  test('refuses to end what another start holds', () => {
    const first = store();
    const { id } = storePacket(first, 'p1');
    first.claim(LINK, 'in', A, T);
    first.close();
    const second = store(first.file);
    expect(() => second.record(id, { kind: 'settle', outcome: '{}' }, T)).toThrow(illegal);
    second.releaseClaims(B, T);
    expect(() => second.record(id, { kind: 'settle', outcome: '{}' }, T)).toThrow(illegal);
  });

  test('answers a person with nothing where the state does not allow it', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    queue.claim(LINK, 'in', A, T);
    const note = { kind: 'person', note: 'by hand' } as const;
    expect([queue.retry(id, T), queue.park(id, note, T), queue.discard(id, 'x', T)]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    queue.record(id, { kind: 'unknown', dueAt: T + HOUR, failure: unreachable }, T);
    expect(queue.park(id, note, T)).toBeUndefined();
    expect(queue.park(id, note, T, 1)).toMatchObject({ state: 'parked', revision: 1, reason: note });
    expect(queue.discard(id, 'entered by hand', T)).toMatchObject({ state: 'discarded', settledAt: T });
    expect(queue.retry(id, T)).toBeUndefined();
  });
});
