import { expect, test } from 'vitest';
import { A, B, HOUR, LINK, T, hashOf, meta, snapshot, store, unreachable } from './sample.ts';

test('a newer snapshot takes the place of the unsent one', () => {
  const queue = store();
  const old = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  const newer = queue.storeSnapshot(snapshot('ANNA', 'two'), meta('ANNA'), T + 1);
  const boris = queue.storeSnapshot(snapshot('BORIS', 'two'), meta('BORIS'), T + 1);
  expect(queue.get(old.id)).toMatchObject({ state: 'discarded', settledAt: T + 1 });
  expect(queue.unsentSnapshots(LINK).map((item) => item.id)).toEqual([newer.id, boris.id]);
  expect(queue.counts(LINK, T)).toMatchObject({ pendingOut: 2, oldestPendingOut: T + 1 });
});

test('the same content again stays one item with its packet id, read anew', () => {
  const queue = store();
  const first = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  const again = queue.storeSnapshot(
    { ...snapshot('ANNA', 'one'), externalId: 'another' },
    meta('ANNA', 'm1', 7),
    T + 1,
  );
  expect(again).toEqual(first);
  expect(queue.snapshotMeta(first.id)).toEqual(meta('ANNA', 'm1', 7));
});

test('the same content under another model is another snapshot', () => {
  const queue = store();
  const first = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA', 'm1'), T);
  expect(queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA', 'm2'), T).id).not.toBe(first.id);
});

test('a snapshot that is being sent keeps its place', () => {
  const queue = store();
  const old = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  queue.claim(LINK, 'out', A, T);
  expect(queue.storeSnapshot(snapshot('ANNA', 'two'), meta('ANNA', 'm1', 9), T)).toMatchObject({
    id: old.id,
    state: 'working',
    body: { hash: hashOf('one') },
  });
  expect(queue.snapshotMeta(old.id)?.inboundMark).toBe(0);
});

test('an accepted snapshot is remembered with its content', () => {
  const queue = store();
  const { id } = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  queue.claim(LINK, 'out', A, T);
  queue.settleSnapshot(id, { syncLogId: 'log-1' }, T + 5);
  expect(queue.lastAccepted(LINK, 'ANNA')).toEqual({
    contentHash: hashOf('one'),
    modelHash: 'm1',
    acceptedAt: T + 5,
    syncLogId: 'log-1',
    size: 3,
  });
  expect(queue.counts(LINK, T + 5)).toMatchObject({ pendingOut: 0, lastAcceptedOut: T + 5, settledToday: 0 });
  expect(queue.unsentSnapshots(LINK)).toEqual([]);
});

test('a void snapshot is discarded by who claimed it, and only by him', () => {
  const queue = store();
  const { id } = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  queue.claim(LINK, 'out', A, T);
  expect(queue.discardSnapshot(id, 'newer packets of the user', T)).toMatchObject({ state: 'discarded' });
  expect(queue.discardSnapshot(id, 'again', T + 1).settledAt).toBe(T);
  expect(queue.timeline(id).at(-1)).toEqual({
    at: T,
    event: 'discarded',
    detail: 'newer packets of the user',
  });
  const next = queue.storeSnapshot(snapshot('ANNA', 'two'), meta('ANNA'), T);
  const first = queue.claim(LINK, 'out', A, T);
  expect(first?.id).toBe(next.id);
  const other = store(queue.file);
  expect(() => other.discardSnapshot(next.id, 'x', T)).toThrow(
    expect.objectContaining({ name: 'IllegalTransition' }),
  );
});

test('one that may have been taken is sent again after an unclean exit, or replaced', () => {
  const queue = store();
  const { id } = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  queue.claim(LINK, 'out', A, T);
  queue.record(id, { kind: 'retry', dueAt: T + HOUR, failure: unreachable }, T);
  queue.claim(LINK, 'out', A, T + HOUR);
  queue.releaseClaims(B, T + HOUR);
  expect(queue.claim(LINK, 'out', B, T + HOUR)?.id).toBe(id);
  queue.record(id, { kind: 'unknown', dueAt: T, failure: unreachable }, T);
  const next = queue.storeSnapshot(snapshot('ANNA', 'two'), meta('ANNA'), T);
  expect(queue.get(id)?.state).toBe('discarded');
  expect(queue.unsentSnapshots(LINK).map((item) => item.id)).toEqual([next.id]);
});
