import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import type { SpoolBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { ROW_BODY_BYTES } from '../../../main/core/runtime/body-store.ts';
import type { BodyRef } from '../../../main/core/runtime/body-store.ts';
import { sha256 } from '../../../shared/model/ids.ts';
import type { Sha256 } from '../../../shared/model/ids.ts';
import { createForgetfulDisk } from '../../support/forgetful-disk.ts';
import type { ForgetfulDisk } from '../../support/forgetful-disk.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';

const FOLDER = '/spool';
const LIMIT = 10_000_000;
const LARGE = ROW_BODY_BYTES + 1;
const alive = new AbortController().signal;

function spool(disk: ForgetfulDisk = createForgetfulDisk(), reserveBytes = 0) {
  const runtime = createTestRuntime({ seed: 7 });
  const rows = new Map<Sha256, Uint8Array>();
  const bodies = createBodyStore({
    disk,
    folder: FOLDER,
    reserveBytes,
    runtime,
    newId: () => runtime.newId(),
    rowBody: (hash) => rows.get(hash),
  });
  return { disk, bodies, rows, runtime };
}

/** No two chunks of it are alike. */
const bytesOf = (size: number, seed = 'x'): Buffer =>
  Buffer.from(
    Array.from({ length: Math.ceil(size / 8) }, (_, n) => seed + String(n).padStart(7, '0')).join(''),
  ).subarray(0, size);
const hashOf = (bytes: Uint8Array): Sha256 => sha256(createHash('sha256').update(bytes).digest('hex'));

/** Hands the bytes out of one buffer that is used again, as sockets do. */
async function* chunked(bytes: Uint8Array, size = 70_000): AsyncIterable<Uint8Array> {
  const buffer = Buffer.alloc(size);
  for (let start = 0; start < bytes.byteLength; start += size) {
    const part = bytes.subarray(start, start + size);
    buffer.set(part);
    yield buffer.subarray(0, part.byteLength);
  }
}

async function* breaking(bytes: Uint8Array, error: Error): AsyncIterable<Uint8Array> {
  yield* chunked(bytes);
  throw error;
}

async function readAll(bodies: SpoolBodyStore, ref: BodyRef): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of bodies.open(ref)) chunks.push(chunk);
  expect(Math.max(0, ...chunks.map((chunk) => chunk.byteLength))).toBeLessThanOrEqual(65_536);
  return Buffer.concat(chunks);
}

const files = (disk: ForgetfulDisk): Promise<readonly string[]> => disk.list(FOLDER);

describe('receiving', () => {
  test.each([0, 1, 65_536, ROW_BODY_BYTES])(
    '%i bytes come back for the row, and no file is made',
    async (size) => {
      const { disk, bodies, rows } = spool();
      const bytes = bytesOf(size);
      const received = await bodies.receive(chunked(bytes), LIMIT, alive);
      expect(received).toEqual({ ok: true, value: { place: 'row', hash: hashOf(bytes), size, bytes } });
      expect(await files(disk)).toEqual([]);
      rows.set(hashOf(bytes), bytes);
      expect(await readAll(bodies, { place: 'row', hash: hashOf(bytes), size })).toEqual(bytes);
    },
  );

  test.each([LARGE, 1_000_000])('%i bytes become a file that outlives a crash', async (size) => {
    const { disk, bodies } = spool();
    const bytes = bytesOf(size);
    const ref = { place: 'spool', hash: hashOf(bytes), size } as const;
    expect(await bodies.receive(chunked(bytes), LIMIT, alive)).toEqual({ ok: true, value: ref });
    disk.crash();
    expect(await files(disk)).toEqual([ref.hash]);
    expect(await readAll(bodies, ref)).toEqual(bytes);
  });

  test('twice is the same file', async () => {
    const { disk, bodies } = spool();
    const bytes = bytesOf(LARGE);
    const both = [bodies.receive(chunked(bytes), LIMIT, alive), bodies.receive(chunked(bytes), LIMIT, alive)];
    const [first, second] = await Promise.all(both);
    expect(second).toEqual(first);
    expect(await files(disk)).toEqual([hashOf(bytes)]);
  });
});

describe('what stops half way leaves nothing', () => {
  const failed = async (
    { disk, bodies }: ReturnType<typeof spool>,
    stream: AsyncIterable<Uint8Array>,
    signal = alive,
  ): Promise<unknown> => {
    const received = await bodies.receive(stream, LIMIT, signal);
    expect(await files(disk)).toEqual([]);
    return received.ok ? 'stored' : received.failure;
  };

  test('a download that breaks', async () => {
    const failure = { kind: 'unreachable', endpoint: 'cloud:x', cause: 'reset' } as const;
    const broken = (size: number): AsyncIterable<Uint8Array> =>
      breaking(bytesOf(size), new BodyStreamError(failure));
    expect(await failed(spool(), broken(100))).toEqual(failure);
    expect(await failed(spool(), broken(LARGE))).toEqual(failure);
  });

  test('a mistake of ours is thrown on', async () => {
    const { disk, bodies } = spool();
    const stream = breaking(bytesOf(LARGE), new RangeError('bug'));
    await expect(bodies.receive(stream, LIMIT, alive)).rejects.toThrow('bug');
    expect(await files(disk)).toEqual([]);
  });

  test('more bytes than allowed', async () => {
    const { disk, bodies } = spool();
    const large = await bodies.receive(chunked(bytesOf(LARGE)), LARGE - 1, alive);
    const small = await bodies.receive(chunked(bytesOf(11)), 10, alive);
    expect([large, small]).toMatchObject([
      { ok: false, failure: { kind: 'rejected', code: 'body-too-large' } },
      { ok: false, failure: { kind: 'rejected', code: 'body-too-large' } },
    ]);
    expect(await bodies.receive(chunked(bytesOf(10)), 10, alive)).toMatchObject({ ok: true });
    expect(await files(disk)).toEqual([]);
  });

  test('an order to stop', async () => {
    const stop = new AbortController();
    async function* endless(): AsyncIterable<Uint8Array> {
      for (let n = 0; ; n += 1) {
        if (n === 10) stop.abort();
        yield bytesOf(50_000);
      }
    }
    expect(await failed(spool(), endless(), stop.signal)).toEqual({ kind: 'cancelled' });
  });

  test.each([
    ['create', 'EACCES', 0],
    ['write', 'ENOSPC', 3],
    ['sync', 'EIO', 0],
    ['rename', 'EBUSY', 0],
    ['free', 'EIO', 0],
  ] as const)('a disk whose %s fails with %s', async (operation, code, at) => {
    const made = spool();
    made.disk.failNext(operation, code, at);
    expect(await failed(made, chunked(bytesOf(1_000_000)))).toMatchObject({
      kind: 'disk',
      cause: expect.stringContaining(code) as string,
    });
    expect(await made.bodies.receive(chunked(bytesOf(1_000_000)), LIMIT, alive)).toMatchObject({ ok: true });
  });

  test.each(['syncFile', 'syncDirectory'] as const)(
    'a failing %s of the name is no success',
    async (operation) => {
      const { disk, bodies } = spool();
      disk.failNext(operation, 'EIO');
      expect(await bodies.receive(chunked(bytesOf(LARGE)), LIMIT, alive)).toMatchObject({
        failure: { kind: 'disk' },
      });
    },
  );

  test('a disk without room beyond the reserve; a small body still passes', async () => {
    const reserve = 1_000_000;
    const made = spool(createForgetfulDisk(), reserve);
    made.disk.capacity = reserve + LARGE;
    expect(await failed(made, chunked(bytesOf(ROW_BODY_BYTES + 1)))).toMatchObject({ kind: 'disk' });
    expect(await made.bodies.receive(chunked(bytesOf(1_000)), LIMIT, alive)).toMatchObject({ ok: true });
    made.disk.capacity = reserve + 20 * 1024 * 1024;
    expect(await made.bodies.receive(chunked(bytesOf(LARGE)), LIMIT, alive)).toMatchObject({ ok: true });
  });

  test('what can be made again leaves room for what cannot, small or large', async () => {
    const disk = createForgetfulDisk();
    const MB = 1024 * 1024;
    const bodies = createBodyStore({
      disk,
      folder: '/spool',
      reserveBytes: 10 * MB,
      againReserveBytes: 100 * MB,
      rowBody: () => undefined,
      newId: () => 'part',
    });
    const take = (size: number, kind?: 'again') => bodies.receive(chunked(bytesOf(size)), LIMIT, alive, kind);
    disk.capacity = 90 * MB;
    expect(await take(1_000, 'again')).toMatchObject({ ok: false, failure: { kind: 'disk' } });
    expect(await take(LARGE, 'again')).toMatchObject({ ok: false, failure: { kind: 'disk' } });
    expect(await take(1_000)).toMatchObject({ ok: true });
    expect(await take(LARGE)).toMatchObject({ ok: true });
    disk.capacity = 200 * MB;
    expect(await take(1_000, 'again')).toMatchObject({ ok: true });
    // Nobody asks the system for each small one, and none is passed for long.
    disk.capacity = 90 * MB;
    let taken = 0;
    while ((await take(200_000, 'again')).ok) taken += 1;
    expect(taken * 200_000).toBeLessThan(17 * MB);
  });

  test('an injected full disk', async () => {
    const made = spool();
    made.runtime.inject('disk.full');
    expect(await failed(made, chunked(bytesOf(LARGE)))).toMatchObject({ kind: 'disk' });
  });
});

describe('reading', () => {
  test('a body that is gone', async () => {
    const { bodies, disk } = spool();
    await disk.ensureFolder(FOLDER);
    const hash = hashOf(bytesOf(5));
    await expect(readAll(bodies, { place: 'spool', hash, size: 5 })).rejects.toMatchObject({
      code: 'ENOENT',
    });
    await expect(readAll(bodies, { place: 'row', hash, size: 5 })).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('a damaged body never ends like a whole one', async () => {
    const { bodies, disk } = spool();
    const bytes = bytesOf(LARGE);
    const ref = { place: 'spool', hash: hashOf(bytes), size: LARGE } as const;
    await bodies.receive(chunked(bytes), LIMIT, alive);
    const scratched = bytesOf(LARGE);
    scratched[0] = 0;
    for (const damage of [
      scratched,
      bytes.subarray(0, LARGE - 1),
      Buffer.concat([bytes, bytes.subarray(0, 1)]),
    ]) {
      const file = await disk.create(`${FOLDER}/${ref.hash}`);
      await file.write(damage);
      let given = 0;
      const read = async (): Promise<void> => {
        for await (const chunk of bodies.open(ref)) given += chunk.byteLength;
      };
      await expect(read()).rejects.toMatchObject({ code: 'EBADBODY' });
      expect(given).toBeLessThan(damage.byteLength);
    }
  });
});

describe('sweeping', () => {
  test('removes what nothing names and what was never finished, and keeps the rest', async () => {
    const { disk, bodies } = spool();
    const [kept, orphan] = [bytesOf(LARGE, 'k'), bytesOf(LARGE, 'o')];
    for (const bytes of [kept, orphan]) await bodies.receive(chunked(bytes), LIMIT, alive);
    for (const name of ['left.part', 'readme.txt']) await (await disk.create(`${FOLDER}/${name}`)).close();
    const next = spool(disk).bodies;
    expect(new Set(await next.sweep(() => new Set([hashOf(kept)])))).toEqual(
      new Set([hashOf(orphan), 'left.part']),
    );
    expect(new Set(await files(disk))).toEqual(new Set([hashOf(kept), 'readme.txt']));
  });

  test('leaves alone what this process is receiving or has received, until a row has named it', async () => {
    const { disk, bodies } = spool();
    const first = bytesOf(LARGE, 'a');
    await bodies.receive(chunked(first), LIMIT, alive);
    const during: (readonly string[])[] = [];
    async function* sweeping(): AsyncIterable<Uint8Array> {
      yield bytesOf(LARGE, 'b');
      during.push(await bodies.sweep(() => new Set()));
    }
    const received = await bodies.receive(sweeping(), LIMIT, alive);
    expect([received.ok, during]).toEqual([true, [[]]]);
    expect(await files(disk)).toHaveLength(2);
    // Its row came and went: now it is an orphan like any other.
    expect(await bodies.sweep(() => new Set([hashOf(first)]))).toEqual([]);
    expect(await bodies.sweep(() => new Set())).toEqual([hashOf(first)]);
  });
});
