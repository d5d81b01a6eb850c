import { describe, expect, test } from 'vitest';
import type { StoreError } from '../../../main/core/queue/store-error.ts';
import { startId } from '../../../shared/model/ids.ts';
import { A, B, HOUR, LINK, T, rawDatabase, store, storePacket, unreachable } from './sample.ts';

const retry = (dueAt: number) => ({ kind: 'retry', dueAt, failure: unreachable }) as const;

describe('claiming', () => {
  test('takes the item that is due first and writes the attempt down before it starts', () => {
    const queue = store();
    const first = storePacket(queue, 'p1', T);
    const second = storePacket(queue, 'p2', T + 1);
    expect(queue.claim(LINK, 'in', A, T + 2)).toMatchObject({
      id: first.id,
      state: 'working',
      attempts: 1,
      claimedBy: A,
    });
    expect(
      rawDatabase(queue.file).prepare('SELECT item, number, start_id, ended_at FROM attempt').all(),
    ).toEqual([{ item: first.id, number: 1, start_id: A, ended_at: null }]);
    expect(queue.claim(LINK, 'in', A, T + 2)?.id).toBe(second.id);
    expect(queue.claim(LINK, 'in', A, T + 2)).toBeUndefined();
  });

  test('leaves alone what is not due, of another direction or another link', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    expect(queue.claim(LINK, 'out', A, T)).toBeUndefined();
    queue.claim(LINK, 'in', A, T);
    expect(queue.record(id, retry(T + HOUR), T)).toMatchObject({
      state: 'ready',
      dueAt: T + HOUR,
      reason: { kind: 'failure', failure: unreachable },
    });
    expect(queue.nextDue(LINK, 'in')).toBe(T + HOUR);
    expect(queue.claim(LINK, 'in', A, T + HOUR - 1)).toBeUndefined();
    expect(queue.claim(LINK, 'in', A, T + HOUR)).toMatchObject({ id, attempts: 2 });
    expect(queue.nextDue(LINK, 'in')).toBeUndefined();
  });

  test('a clock set back by a year does not hold items for a year', () => {
    const queue = store();
    const year = 365 * 24 * HOUR;
    const { id } = storePacket(queue, 'p1', T + year);
    expect(queue.claim(LINK, 'in', A, T)).toMatchObject({ id });
  });

  test('the timeline tells the story', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    queue.claim(LINK, 'in', A, T + 1);
    queue.record(id, retry(T + 2), T + 2);
    queue.claim(LINK, 'in', A, T + 3);
    queue.record(id, { kind: 'settle', outcome: '{"n":1}', label: 'Sales Order SO-1' }, T + 4);
    expect(queue.timeline(id).map(({ at, event }) => `${String(at - T)} ${event}`)).toEqual([
      '0 stored',
      '1 claimed',
      '2 retry',
      '3 claimed',
      '4 settled',
    ]);
    const attempts = rawDatabase(queue.file).prepare(
      'SELECT number, ended_at - started_at AS took, result FROM attempt',
    );
    expect(attempts.all()).toEqual([
      { number: 1, took: 1, result: 'retry' },
      { number: 2, took: 1, result: 'settle' },
    ]);
    expect(queue.get(id)).toMatchObject({ label: 'Sales Order SO-1', outcome: '{"n":1}', settledAt: T + 4 });
  });

  test('history stays bounded over thousands of attempts and keeps its beginning', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    for (let n = 0; n < 1_000; n += 1) {
      queue.claim(LINK, 'in', A, T);
      queue.record(id, retry(T), T);
    }
    const timeline = queue.timeline(id);
    expect(timeline.length).toBeLessThan(400);
    expect(timeline[0]?.event).toBe('stored');
    expect(rawDatabase(queue.file).prepare('SELECT count(*) FROM attempt').pluck().get()).toBeLessThan(300);
    expect(queue.get(id)?.attempts).toBe(1_000);
  });
});

describe('after an unclean exit', () => {
  test('claims of the dead start become unknown, those of the living stay', () => {
    const queue = store();
    const dead = storePacket(queue, 'p1');
    queue.claim(LINK, 'in', A, T);
    const living = storePacket(queue, 'p2');
    queue.claim(LINK, 'in', B, T);
    expect(queue.releaseClaims(B, T + 5)).toEqual({ unknown: 1, parked: 0 });
    expect(queue.get(dead.id)).toMatchObject({
      state: 'unknown',
      dueAt: T + 5,
      uncleanExits: 1,
      reason: { kind: 'unclean-exits', times: 1 },
      claimedBy: undefined,
    });
    expect(queue.get(living.id)?.state).toBe('working');
    expect(queue.mayHaveHappened(dead.id)).toBe(true);
    expect(queue.mayHaveHappened(living.id)).toBe(false);
    expect(queue.releaseClaims(B, T + 6)).toEqual({ unknown: 0, parked: 0 });
  });

  test('the third one parks the item and leaves the others alone', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    for (const [round, start] of ['s1', 's2', 's3'].entries()) {
      expect(queue.claim(LINK, 'in', startId(start), T + round)?.id).toBe(id);
      const parked = round === 2 ? 1 : 0;
      expect(queue.releaseClaims(startId(`${start}-next`), T + round)).toEqual({
        unknown: 1 - parked,
        parked,
      });
    }
    expect(queue.get(id)).toMatchObject({
      state: 'parked',
      uncleanExits: 3,
      reason: { kind: 'unclean-exits', times: 3 },
    });
    // Nobody has looked into the ledger yet: parking alone proves nothing.
    expect(queue.mayHaveHappened(id)).toBe(true);
    expect(queue.claim(LINK, 'in', A, T + HOUR)).toBeUndefined();
    expect(queue.retry(id, T + HOUR)).toMatchObject({ state: 'ready', dueAt: T + HOUR, reason: undefined });
  });

  test('a run that was under way is shown as interrupted', () => {
    const queue = store();
    queue.startRun({ link: LINK, flow: 'pull', trigger: 'schedule', startId: A }, T);
    queue.releaseClaims(B, T + 9);
    expect(queue.runs({ limit: 5 })).toMatchObject([{ outcome: 'interrupted', endedAt: T + 9 }]);
    expect(queue.lastStarted(LINK, 'pull')).toBe(T);
  });
});

describe('doubt', () => {
  test('rises with an unknown outcome, stays over retries, ends when the item is parked after a void', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    queue.claim(LINK, 'in', A, T);
    expect(queue.mayHaveHappened(id)).toBe(false);
    queue.record(id, { kind: 'unknown', dueAt: T, failure: unreachable }, T);
    queue.claim(LINK, 'in', A, T);
    queue.record(id, retry(T), T);
    expect(queue.mayHaveHappened(id)).toBe(true);
    queue.claim(LINK, 'in', A, T);
    queue.record(id, { kind: 'park', reason: { kind: 'person', note: 'x' }, revision: 1 }, T);
    expect(queue.mayHaveHappened(id)).toBe(false);
    expect(queue.get(id)?.revision).toBe(1);
  });
});

describe('a damaged row', () => {
  test('with an unreadable reason is shown with the damage as its reason and still worked on', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    const db = rawDatabase(queue.file);
    db.pragma('ignore_check_constraints = ON');
    db.exec(`UPDATE item SET reason = '{"kind":"failure","failure":{"kind":"unheard-of"}}'`);
    expect(queue.get(id)?.reason).toMatchObject({
      kind: 'failure',
      failure: {
        kind: 'defect',
        message: expect.stringContaining(`row ${String(id)} of item is damaged: reason.failure`) as string,
      },
    });
    expect(queue.claim(LINK, 'in', A, T)?.id).toBe(id);
  });

  test('that is no item any more is reported, put before a person, and blocks nobody', () => {
    const damages: StoreError[] = [];
    const queue = store(undefined, { onDamaged: (damage) => damages.push(damage) });
    const bad = storePacket(queue, 'p1');
    const good = storePacket(queue, 'p2');
    const db = rawDatabase(queue.file);
    db.pragma('ignore_check_constraints = ON');
    db.exec(
      `UPDATE item SET direction = 'in', body_place = 'spool', body_hash = 'scratched' WHERE id = ${String(bad.id)}`,
    );
    expect(() => queue.get(bad.id)).toThrow(
      expect.objectContaining({
        code: 'damaged-row',
        message: expect.stringContaining('body_hash') as string,
      }),
    );
    expect(queue.list({ limit: 10, offset: 0 }).map((item) => item.id)).toEqual([good.id]);
    expect(damages).toHaveLength(1);
    expect(queue.claim(LINK, 'in', A, T)?.id).toBe(good.id);
    expect(queue.claim(LINK, 'in', A, T)).toBeUndefined();
    expect(queue.timeline(bad.id).map((one) => one.event)).toEqual(['stored', 'parked']);
    expect(queue.counts(LINK, T)).toMatchObject({ parked: 1, pendingIn: 1 });
  });
});
