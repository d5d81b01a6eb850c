import { createHash } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { workerReads, type WorkerReadsOptions } from '../../../main/adapters/sqlite/worker-reads.ts';
import type { ReadAnswer, ViewerReads } from '../../../main/core/queue/viewer-reads.ts';
import { itemId, sha256, sourceId } from '../../../shared/model/ids.ts';
import { systemRuntime } from '../../../main/adapters/runtime/system-runtime.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { A, HOUR, LINK, T, entry, hashOf, packet, rawDatabase, store, storePacket } from './sample.ts';

const never = new AbortController().signal;
const MINUTE = 60_000;

function value<T>(answer: ReadAnswer<T>): T {
  if (!answer.ok) throw new Error(`${answer.failure.kind}: ${answer.failure.message}`);
  return answer.value;
}

const options = (file: string) => ({ file, spool: join(dirname(file), 'spool'), zone: 'Europe/Sofia' });

function closed(reads: ViewerReads): ViewerReads {
  onTestFinished(() => reads.close());
  return reads;
}
const beside = (file: string, more: Partial<WorkerReadsOptions> = {}): ViewerReads =>
  closed(workerReads({ ...options(file), runtime: systemRuntime(), ...more }));

describe.each<[string, (file: string) => ViewerReads]>([
  ['inline', (file) => closed(inlineReads(options(file)))],
  ['in a worker', (file) => beside(file)],
])('reading %s', (_, open) => {
  test('a page with its total, an item with its timeline and the beginning of its body, runs', async () => {
    const queue = store();
    for (let n = 0; n < 5; n += 1) storePacket(queue, `p${String(n)}`, T + n);
    const reads = open(queue.file);
    const page = value(await reads.list({ limit: 2, offset: 1, order: 'oldest', before: T + 4 }, never));
    expect([page.total, page.items.map((item) => item.externalId)]).toEqual([4, ['p1', 'p2']]);
    expect(value(await reads.list({ text: 'p3', limit: 9, offset: 0 }, never)).items).toHaveLength(1);
    const detail = value(await reads.show(page.items[0]!.id, never));
    expect(detail?.item).toEqual(queue.get(page.items[0]!.id));
    expect(detail?.timeline).toEqual([{ at: T + 1, event: 'stored', detail: '' }]);
    expect(new TextDecoder().decode(detail?.beginning)).toBe('bytes of p1');
    expect(value(await reads.show(itemId(99), never))).toBeUndefined();
    for (let n = 0; n < 4; n += 1)
      queue.startRun({ link: LINK, flow: 'pull', trigger: 'start', startId: A }, T);
    const runs = value(await reads.runs({ link: LINK, before: 4, limit: 2 }, never));
    expect(runs.map((run) => run.id)).toEqual([3, 2]);
  });

  test('parts of a body in a row and of one in the spool; gone is gone, damaged is gone', async () => {
    const queue = store();
    const small = storePacket(queue, 'small', T, '0123456789');
    const bytes = Buffer.from('abcdefghij'.repeat(40_000));
    const hash = sha256(createHash('sha256').update(bytes).digest('hex'));
    const spool = join(dirname(queue.file), 'spool');
    mkdirSync(spool);
    writeFileSync(join(spool, hash), bytes);
    const large = queue.storePacket(
      { ...packet('large'), body: { place: 'spool', hash, size: bytes.length } },
      { queue: 'packet', entry: entry('large') },
      undefined,
      T,
    );
    const reads = open(queue.file);
    const part = async (item: typeof small, offset: number, limit: number): Promise<string | undefined> => {
      const found = value(await reads.bodyPart({ item: item.id, offset, limit }, never));
      return found === undefined ? undefined : new TextDecoder().decode(found.bytes);
    };
    expect(await part(small, 3, 4)).toBe('3456');
    expect([await part(small, 8, 4), await part(small, 10, 4), await part(small, 99, 4)]).toEqual([
      '89',
      '',
      '',
    ]);
    expect([await part(large, 399_995, 100), await part(large, 12, 3)]).toEqual(['fghij', 'cde']);
    expect(value(await reads.show(large.id, never))?.beginning).toHaveLength(64 * 1024);
    writeFileSync(join(spool, hash), bytes.subarray(1));
    expect(await part(large, 0, 4)).toBeUndefined();
    rmSync(join(spool, hash));
    expect(await part(large, 0, 4)).toBeUndefined();
    rawDatabase(queue.file).prepare('UPDATE body SET bytes = ?').run(Buffer.from('other'));
    expect(await part(small, 0, 4)).toBeUndefined();
    expect(value(await reads.show(small.id, never))?.beginning).toBeUndefined();
    expect(value(await reads.bodyPart({ item: itemId(99), offset: 0, limit: 1 }, never))).toBeUndefined();
  });

  test('an hour in minutes and a day in steps of ten: what was settled, and how much was open', async () => {
    const queue = store();
    // 08:00 UTC in March is 10:00 in Sofia: the local day began at 22:00 UTC.
    const settle = (id: string, at: number, document: string): void => {
      storePacket(queue, id, at);
      const item = queue.claim(LINK, 'in', A, at);
      const documents = [
        {
          document,
          rowId: id,
          number: id,
          erpKey: null,
          erpNumber: null,
          standing: 'applied' as const,
          reason: null,
        },
      ];
      const source = sourceId('dynamics-mobile', 'c', 'A');
      queue.settlePacket(
        item!.id,
        { source, outcome: 'applied', label: '', documents, payloadHash: hashOf(id) },
        at,
      );
    };
    settle('a', T - 11 * HOUR, 'Order');
    settle('b', T - 9 * HOUR, 'Order');
    settle('c', T - 5 * MINUTE, 'Payment');
    settle('d', T - 5 * MINUTE + 1, 'Order');
    queue.sampleQueue([LINK], T - 6 * MINUTE);
    storePacket(queue, 'e', T - 4 * MINUTE);
    queue.sampleQueue([LINK], T - 4 * MINUTE);
    queue.sampleQueue([LINK], T - 4 * MINUTE + 30_000);
    const reads = open(queue.file);
    const hour = value(await reads.history({ span: 'hour', link: LINK, now: T + 30_000 }, never));
    expect([hour.from, hour.stepMs, hour.points.length]).toEqual([T - 59 * MINUTE, MINUTE, 60]);
    expect(hour.points.slice(-7, -3)).toEqual([
      { at: T - 6 * MINUTE, settledIn: 0, settledOut: 0, pendingIn: 0, pendingOut: 0, parked: 0 },
      { at: T - 5 * MINUTE, settledIn: 2, settledOut: 0 },
      { at: T - 4 * MINUTE, settledIn: 0, settledOut: 0, pendingIn: 1, pendingOut: 0, parked: 0 },
      { at: T - 3 * MINUTE, settledIn: 0, settledOut: 0 },
    ]);
    expect(hour.today).toEqual([
      { document: 'Order', count: 2 },
      { document: 'Payment', count: 1 },
    ]);
    const day = value(await reads.history({ span: 'day', now: T + 30_000 }, never));
    expect([day.from, day.stepMs, day.points.length]).toEqual([T - 1430 * MINUTE, 10 * MINUTE, 144]);
    expect(day.points.reduce((sum, point) => sum + point.settledIn, 0)).toBe(4);
    expect(day.points.at(-2)).toEqual({
      at: T - 10 * MINUTE,
      settledIn: 2,
      settledOut: 0,
      pendingIn: 1,
      pendingOut: 0,
      parked: 0,
    });
  });

  test('a request given up is cancelled, and so is one after the end', async () => {
    const queue = store();
    const reads = open(queue.file);
    const gone = reads.list({ limit: 1, offset: 0 }, AbortSignal.abort());
    expect(await gone).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    await reads.close();
    expect(await reads.runs({ limit: 1 }, never)).toMatchObject({
      ok: false,
      failure: { kind: 'cancelled' },
    });
  });

  test('a store that cannot be read is said, not thrown', async () => {
    const file = join(temporaryFolder(), 'ferry.sqlite');
    writeFileSync(file, 'this is not a database, it only has its name; and it is long enough'.repeat(20));
    const answer = await open(file).runs({ limit: 1 }, never);
    expect(answer).toMatchObject({
      ok: false,
      failure: { kind: 'store', message: expect.stringMatching(/no database/) },
    });
  });
});

describe('samples', () => {
  test('are one a minute, the last one counts, and go after two days', () => {
    const queue = store();
    const rows = () =>
      rawDatabase(queue.file).prepare('SELECT minute, pending_in FROM queue_sample').raw().all();
    queue.sampleQueue([LINK], T);
    storePacket(queue, 'p1', T);
    queue.sampleQueue([LINK], T + 59_999);
    queue.sampleQueue([LINK], T + 60_000);
    expect(rows()).toEqual([
      [T / MINUTE, 1],
      [T / MINUTE + 1, 1],
    ]);
    queue.sampleQueue([LINK], T + 48 * HOUR + MINUTE);
    expect(rows()).toEqual([
      [T / MINUTE + 1, 1],
      [T / MINUTE + 48 * 60 + 1, 1],
    ]);
  });
});

describe('the worker', () => {
  /** Enough rows for a search of many steps. */
  function large(): string {
    const queue = store();
    const db = rawDatabase(queue.file);
    db.prepare('INSERT INTO body VALUES (?, ?)').run(hashOf('x'), Buffer.from('x'));
    db.exec(
      `WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 120000)
       INSERT INTO item (link, direction, queue, external_id, user, company, label, state, state_since, body_place,
         body_hash, body_size, created_at, due_at)
       SELECT '${LINK}', 'in', 'packet', 'P' || x, 'ANNA', '', '', 'ready', 0, 'row', '${hashOf('x')}', 1, x, 0 FROM n`,
    );
    return queue.file;
  }

  test('a long search holds up no other request, and may be given up', async () => {
    const reads = beside(large());
    value(await reads.runs({ limit: 1 }, never));
    const order: string[] = [];
    const end = new AbortController();
    const long = reads.list({ text: '99', limit: 10, offset: 0 }, never).then((answer) => {
      order.push('long');
      return answer;
    });
    const given = reads.list({ text: '77', limit: 10, offset: 0 }, end.signal);
    const short = reads.show(itemId(1), never).then(() => order.push('short'));
    end.abort();
    expect(await given).toMatchObject({ ok: false, failure: { kind: 'cancelled' } });
    await short;
    expect(value(await long).total).toBe(
      Array.from({ length: 120_000 }, (_, n) => String(n + 1)).filter((n) => n.includes('99')).length,
    );
    expect(order).toEqual(['short', 'long']);
  });

  test('one that takes too long is given up with words, and the next is answered', async () => {
    const file = large();
    const slow = beside(file, { timeoutMs: 1 });
    expect(await slow.list({ text: '99', limit: 10, offset: 0 }, never)).toMatchObject({
      ok: false,
      failure: { kind: 'slow', message: expect.stringMatching(/too long/) },
    });
    const patient = beside(file);
    expect(value(await patient.list({ limit: 1, offset: 0 }, never)).total).toBe(120_000);
  });

  test('one that dies fails what it was asked; the next request starts another', async () => {
    const crashes: unknown[] = [];
    // No path at all: nothing that a store says, a bug, which ends the thread.
    const reads = beside('', { file: 7 as never, onCrash: (error) => crashes.push(error) });
    for (const times of [1, 2]) {
      const both = await Promise.all([
        reads.runs({ limit: 1 }, never),
        reads.list({ limit: 1, offset: 0 }, never),
      ]);
      expect(both).toMatchObject([{ failure: { kind: 'ended' } }, { failure: { kind: 'ended' } }]);
      expect(crashes).toHaveLength(times);
    }
  });

  test('a bug in one request is told as one and leaves the others alone', async () => {
    const queue = store();
    storePacket(queue, 'p1');
    const reads = beside(queue.file, { zone: 'Nowhere/Land' });
    const [broken, fine] = await Promise.allSettled([
      reads.history({ span: 'hour', now: T }, never),
      reads.list({ limit: 1, offset: 0 }, never),
    ]);
    expect(broken).toMatchObject({
      status: 'rejected',
      reason: { message: expect.stringMatching(/Nowhere/) },
    });
    expect(fine).toMatchObject({ status: 'fulfilled', value: { ok: true, value: { total: 1 } } });
  });

  test('a damaged row is reported and hides no other', async () => {
    const queue = store();
    storePacket(queue, 'p1');
    storePacket(queue, 'p2');
    const raw = rawDatabase(queue.file);
    raw.pragma('ignore_check_constraints = ON');
    raw.exec(`UPDATE item SET direction = 'sideways' WHERE external_id = 'p1'`);
    const damages: string[] = [];
    const reads = beside(queue.file, { onDamaged: (damage) => damages.push(damage.message) });
    const page = value(await reads.list({ limit: 9, offset: 0 }, never));
    expect(page.items.map((item) => item.externalId)).toEqual(['p2']);
    expect(damages).toEqual([expect.stringContaining('row 1 of item')]);
  });
});
