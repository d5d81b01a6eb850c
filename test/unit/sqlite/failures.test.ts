import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openStore } from '../../../main/adapters/sqlite/open-store.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { A, LINK, T, body, entry, packet, rawDatabase, store, storePacket } from './sample.ts';

const code = (expected: string): unknown => expect.objectContaining({ name: 'StoreError', code: expected });

describe('what the system refuses', () => {
  test('a file that cannot grow: nothing of the packet is there, and it goes on when there is room', () => {
    const first = store();
    storePacket(first, 'p1');
    first.close();
    const queue = store(first.file, { maxBytes: 300_000 });
    const large = { ...packet('p2'), body: body('x'.repeat(200_000)) };
    const keep = (to: typeof queue): unknown =>
      to.storePacket(large, { queue: 'packet', entry: entry('p2') }, undefined, T);
    expect(() => keep(queue)).toThrow(code('full'));
    expect([queue.count({}), queue.rowBody(large.body.hash)]).toEqual([1, undefined]);
    expect(rawDatabase(queue.file).pragma('integrity_check', { simple: true })).toBe('ok');
    queue.close();
    const roomy = store(first.file);
    keep(roomy);
    expect(roomy.count({})).toBe(2);
  });

  test('a file that another program holds: busy, then as if nothing had been', () => {
    const queue = store(undefined, { busyTimeoutMs: 50 });
    const { id } = storePacket(queue, 'p1');
    const other = rawDatabase(queue.file);
    other.exec('BEGIN IMMEDIATE');
    expect(() => queue.claim(LINK, 'in', A, T)).toThrow(code('busy'));
    expect(queue.get(id)?.state).toBe('ready');
    other.exec('ROLLBACK');
    expect(queue.claim(LINK, 'in', A, T)?.id).toBe(id);
  });

  test('injected faults come as the real ones', () => {
    const runtime = createTestRuntime({ seed: 1 });
    const queue = store(undefined, { runtime });
    runtime.inject('sqlite.busy');
    expect(() => storePacket(queue, 'p1')).toThrow(code('busy'));
    runtime.inject('disk.full');
    expect(() => storePacket(queue, 'p1')).toThrow(code('full'));
    expect(queue.count({})).toBe(0);
    expect(storePacket(queue, 'p1').state).toBe('ready');
  });

  test('a folder in place of the file', () => {
    const folder = temporaryFolder();
    expect(() => openStore({ file: folder })).toThrow(code('cannot-open'));
    expect(() => openStore({ file: join(folder, 'a', 'b') })).toThrow(code('cannot-open'));
  });
});
