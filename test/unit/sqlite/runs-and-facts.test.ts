import { describe, expect, test } from 'vitest';
import { sourceId } from '../../../shared/model/ids.ts';
import {
  A,
  HOUR,
  LINK,
  T,
  entry,
  hashOf,
  listing,
  packet,
  rawDatabase,
  snapshot,
  meta,
  store,
  storePacket,
  unreachable,
} from './sample.ts';

describe('runs', () => {
  test('begin and end, newest first', () => {
    const queue = store();
    const pull = queue.startRun({ link: LINK, flow: 'pull', trigger: 'schedule', startId: A }, T);
    const push = queue.startRun({ link: LINK, flow: 'push', trigger: 'manual', startId: A }, T + 1);
    queue.finishRun(pull, { outcome: 'failed', counts: { stored: 2 }, failure: unreachable }, T + 2);
    expect(queue.runs({ link: LINK, limit: 10 })).toEqual([
      {
        id: push,
        link: LINK,
        flow: 'push',
        trigger: 'manual',
        startedAt: T + 1,
        endedAt: undefined,
        outcome: 'running',
        counts: {},
        failure: undefined,
      },
      {
        id: pull,
        link: LINK,
        flow: 'pull',
        trigger: 'schedule',
        startedAt: T,
        endedAt: T + 2,
        outcome: 'failed',
        counts: { stored: 2 },
        failure: unreachable,
      },
    ]);
    expect([queue.lastStarted(LINK, 'push'), queue.lastStarted(LINK, 'pull')]).toEqual([T + 1, T]);
    expect(queue.runs({ limit: 1 })).toHaveLength(1);
  });
});

describe('facts', () => {
  test('an endpoint fails since its first failure after the last success', () => {
    const queue = store();
    const failed = { ok: false, failure: unreachable } as const;
    queue.noteEndpoint('erp:main', { ok: true }, T);
    queue.noteEndpoint('erp:main', failed, T + 1);
    queue.noteEndpoint('erp:main', failed, T + 2);
    expect(queue.endpoints()).toEqual([
      { endpoint: 'erp:main', lastOk: T, failingSince: T + 1, failure: unreachable },
    ]);
    queue.noteEndpoint('erp:main', { ok: true }, T + 3);
    expect(queue.endpoints()).toEqual([
      { endpoint: 'erp:main', lastOk: T + 3, failingSince: undefined, failure: undefined },
    ]);
  });

  test('the last list and a pause survive a restart', () => {
    const first = store();
    first.noteList(LINK, { entries: 10, full: true }, T);
    const pause = {
      link: LINK,
      by: 'program',
      since: T,
      until: T + HOUR,
      reason: 'r',
      failure: unreachable,
    } as const;
    first.setPause(pause);
    first.close();
    const queue = store(first.file);
    expect(queue.lastList(LINK)).toEqual({ at: T, entries: 10, full: true });
    expect(queue.pause(LINK)).toEqual(pause);
    queue.setPause({ link: LINK, by: 'person', since: T + 1, reason: 'stocktaking' });
    expect(queue.pause(LINK)).toMatchObject({ by: 'person', until: undefined, failure: undefined });
    queue.clearPause(LINK);
    expect(queue.pause(LINK)).toBeUndefined();
  });
});

describe('retention', () => {
  const count = (file: string, table: string): unknown =>
    rawDatabase(file).prepare(`SELECT count(*) FROM ${table}`).pluck().get();

  test('drops what ended before, with all that belongs to it, and nothing else', () => {
    const queue = store();
    const old = storePacket(queue, 'old', T);
    queue.claim(LINK, 'in', A, T);
    queue.settlePacket(
      old.id,
      {
        source: sourceId('dynamics-mobile', 'h', 'a'),
        outcome: 'applied',
        label: 'x',
        documents: [{ document: 'order', rowId: 'r', number: 'N', erpKey: null, erpNumber: null }],
        payloadHash: hashOf('x'),
      },
      T,
    );
    const open = storePacket(queue, 'open', T);
    queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
    queue.storeSnapshot(snapshot('ANNA', 'two'), meta('ANNA'), T);
    queue.startRun({ link: LINK, flow: 'pull', trigger: 'start', startId: A }, T);
    expect(queue.purgeSettled(T)).toMatchObject({ items: 0, more: false });
    expect(queue.purgeSettled(T + HOUR)).toEqual({ items: 2, bodies: 2, listings: 0, runs: 0, more: false });
    expect(queue.get(old.id)).toBeUndefined();
    expect(queue.get(open.id)).toEqual(open);
    expect(queue.list({ text: 'packet old', limit: 5, offset: 0 })).toEqual([]);
    expect(queue.timeline(old.id)).toEqual([]);
    expect([count(queue.file, 'attempt'), count(queue.file, 'document'), count(queue.file, 'body')]).toEqual([
      0, 0, 2,
    ]);
    // The proof that an ERP was restored must not age away.
    expect(queue.recentLedger(sourceId('dynamics-mobile', 'h', 'a'), 50)).toHaveLength(1);
    expect(queue.counts(LINK, T).lastSettledIn).toBe(T);
  });

  test('keeps a packet that is not reported yet, whatever its age', () => {
    const queue = store();
    queue.rememberListing(LINK, listing(entry('p1')), T);
    const { id } = queue.storePacket(packet('p1'), { queue: 'packet', entry: entry('p1') }, undefined, T);
    queue.claim(LINK, 'in', A, T);
    queue.record(id, { kind: 'settle', outcome: '{}' }, T);
    expect(queue.purgeSettled(T + HOUR).items).toBe(0);
    queue.settleReport(LINK, 'packet', [entry('p1')], T);
    expect(queue.purgeSettled(T + HOUR)).toMatchObject({ items: 1, listings: 1 });
  });

  test('works in steps', () => {
    const queue = store();
    for (let n = 0; n < 501; n += 1) {
      const { id } = storePacket(queue, `p${String(n)}`);
      queue.claim(LINK, 'in', A, T);
      queue.record(id, { kind: 'settle', outcome: '{}' }, T);
    }
    expect([queue.purgeSettled(T + 1), queue.purgeSettled(T + 1)]).toMatchObject([
      { items: 500, more: true },
      { items: 1, more: false, bodies: 501 },
    ]);
  });
});
