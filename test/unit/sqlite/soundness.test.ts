import { closeSync, openSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkInWorker } from '../../../main/adapters/sqlite/check-in-worker.ts';
import { Housekeeping } from '../../../main/core/queue/housekeeping.ts';
import type { SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import { createTestRuntime, type TestRuntime } from '../../support/test-runtime.ts';
import { A, B, rawDatabase, store, storePacket, T } from './sample.ts';

const never = new AbortController().signal;

function keeping(queue: SqliteStore & { file: string }, runtime: TestRuntime): Housekeeping {
  return new Housekeeping({
    runtime,
    store: queue,
    check: (signal) => checkInWorker(queue.file, signal),
    sweep: () => Promise.resolve(),
    retentionMs: 1,
    log: { info: () => undefined, warn: () => undefined },
    onChange: () => undefined,
  });
}

/** Overwrites the first page of an index: the store opens and works as long as nobody reads it. */
function scratch(file: string): void {
  const raw = rawDatabase(file);
  raw.pragma('wal_checkpoint(TRUNCATE)');
  const page = Number(
    raw.prepare(`SELECT rootpage FROM sqlite_schema WHERE name = 'document_day'`).pluck().get(),
  );
  const size = Number(raw.pragma('page_size', { simple: true }));
  raw.close();
  const handle = openSync(file, 'r+');
  writeSync(handle, Buffer.alloc(size, 0xa5), 0, size, (page - 1) * size);
  closeSync(handle);
}

test('a store that was given back is sound, one that was not is uncertain until it was looked through', async () => {
  const runtime = createTestRuntime({ seed: 1 });
  const first = store();
  const own = keeping(first, runtime);
  expect(own.soundness()).toBe('owed');
  first.markStarted(A, T);
  expect(own.soundness()).toBe('sound');
  first.markStopped(A);
  first.markStarted(B, T);
  expect(own.soundness()).toBe('sound');
  first.close();

  const killed = store(first.file);
  const after = keeping(killed, runtime);
  killed.markStarted(A, T + 1);
  expect(after.soundness()).toBe('owed');
  // Giving it back pays nothing: the check is still owed at the next start.
  killed.markStopped(A);
  killed.markStarted(B, T + 2);
  expect(after.soundness()).toBe('owed');
  await after.checkOwed(never);
  expect(after.soundness()).toBe('sound');
});

test('damage is found by the worker, named, and not forgotten by another start', async () => {
  const runtime = createTestRuntime({ seed: 1 });
  const queue = store();
  queue.markStarted(A, T);
  storePacket(queue, 'p1');
  queue.close();
  scratch(queue.file);
  const damaged = store(queue.file);
  damaged.markStarted(B, T);
  const own = keeping(damaged, runtime);
  expect(own.soundness()).toBe('owed');
  await own.checkOwed(never);
  expect(own.soundness()).toBe('damaged');
  expect(own.finding()).toMatch(/\S/);
  damaged.markStopped(B);
  damaged.markStarted(A, T);
  expect(own.soundness()).toBe('damaged');
});

test('a file that cannot be looked through stays uncertain', async () => {
  const gone = checkInWorker('/nowhere/ferry.sqlite', never);
  await expect(gone).rejects.toMatchObject({ name: 'StoreError', code: 'cannot-open' });
  await expect(checkInWorker(store().file, AbortSignal.abort())).rejects.toMatchObject({
    name: 'StoreError',
  });
});
