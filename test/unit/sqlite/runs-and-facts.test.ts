import { describe, expect, test } from 'vitest';
import { A, HOUR, LINK, T, store, unreachable } from './sample.ts';

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
