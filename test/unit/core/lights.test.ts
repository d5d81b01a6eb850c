import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  cloudLight,
  erpLight,
  LATE_MS,
  linkLight,
  worst,
  type LinkFacts,
} from '../../../main/core/health/lights.ts';
import type { Run } from '../../../main/core/queue/queue-store.ts';
import { linkId } from '../../../shared/model/ids.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';

const NOW = 1_800_000_000_000;
const run = (over: Partial<Run>): Run => ({
  id: 1,
  link: linkId('l'),
  flow: 'pull',
  trigger: 'schedule',
  startedAt: NOW - 60_000,
  endedAt: NOW - 50_000,
  outcome: 'ok',
  counts: {},
  ...over,
});
const counts = { pendingIn: 0, pendingOut: 0, parked: 0, unknown: 0, settledToday: 3, unreported: 0 };
const well: LinkFacts = {
  now: NOW,
  erp: { endpoint: 'erp:main', lastOk: NOW - 5_000 },
  cloud: { endpoint: 'cloud:x', lastOk: NOW - 60_000 },
  disk: undefined,
  soundness: 'sound',
  counts,
  pause: undefined,
  working: false,
  lastRuns: [run({}), run({ flow: 'push' })],
  enabledFlows: 2,
  nextRun: NOW + 60_000,
  overdue: false,
  announced: 0,
};
const down: SyncFailure = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };

describe('lights', () => {
  it('are green when everything is carried over and both sides answered lately', () => {
    expect(linkLight(well)).toBe('fine');
    expect(erpLight(well).state).toBe('fine');
    expect(cloudLight(well).state).toBe('fine');
  });

  it('say that a new link only stores: something to look at once there is something', () => {
    expect(linkLight({ ...well, onlyStores: true })).toBe('waiting');
    const stored = { ...counts, pendingIn: 1, oldestPendingIn: NOW };
    expect(linkLight({ ...well, counts: stored, onlyStores: true })).toBe('attention');
  });

  it('are never green while anything is parked, unknown, waiting, failing, silent, paused or unproven', () => {
    const trouble = fc.constantFrom<(facts: LinkFacts) => LinkFacts>(
      (f) => ({ ...f, counts: { ...f.counts, parked: 1 } }),
      (f) => ({ ...f, counts: { ...f.counts, unknown: 1 } }),
      (f) => ({ ...f, counts: { ...f.counts, pendingIn: 1, oldestPendingIn: NOW } }),
      (f) => ({ ...f, counts: { ...f.counts, pendingOut: 1, oldestPendingOut: NOW } }),
      (f) => ({ ...f, soundness: 'owed' }),
      (f) => ({ ...f, soundness: 'damaged' }),
      (f) => ({ ...f, erp: undefined }),
      (f) => ({ ...f, cloud: undefined }),
      (f) => ({ ...f, erp: { endpoint: 'erp:main', lastOk: NOW - 1_000, failingSince: NOW, failure: down } }),
      (f) => ({ ...f, erp: { endpoint: 'erp:main', lastOk: NOW - 200_000 } }),
      (f) => ({ ...f, erp: { endpoint: 'erp:main', lastOk: NOW + 200_000 } }),
      (f) => ({ ...f, overdue: true }),
      (f) => ({ ...f, announced: 1 }),
      (f) => ({
        ...f,
        disk: { endpoint: 'site:disk', failingSince: NOW, failure: { kind: 'disk', cause: 'ENOSPC' } },
      }),
      (f) => ({ ...f, pause: { link: linkId('l'), by: 'person', since: NOW, reason: '' } }),
      (f) => ({ ...f, lastRuns: [run({ outcome: 'failed' }), run({ flow: 'push' })] }),
      (f) => ({ ...f, lastRuns: [run({ outcome: 'interrupted' }), run({ flow: 'push' })] }),
      (f) => ({ ...f, lastRuns: [run({})] }),
      (f) => ({ ...f, lastRuns: [run({}), run({ flow: 'push', counts: { bestEffort: 1 } })] }),
      (f) => ({ ...f, lastRuns: [run({}), run({ flow: 'push', counts: { held: 1 } })] }),
    );
    fc.assert(
      fc.property(fc.array(trouble, { minLength: 1, maxLength: 5 }), fc.boolean(), (troubles, working) => {
        const facts = troubles.reduce((known, change) => change(known), { ...well, working });
        expect(['fine', 'working']).not.toContain(linkLight(facts));
      }),
    );
  });

  it('ask for attention when something is late, whatever it waits for', () => {
    const late = { ...counts, pendingIn: 1, oldestPendingIn: NOW - LATE_MS - 1 };
    expect(linkLight({ ...well, counts: late })).toBe('attention');
    expect(linkLight({ ...well, counts: { ...late, oldestPendingIn: NOW - LATE_MS } })).toBe('waiting');
  });

  it('say since when a side fails and what the failure is', () => {
    const light = erpLight({
      ...well,
      erp: { endpoint: 'erp:main', failingSince: NOW - 9_000, failure: down },
    });
    expect(light).toEqual({
      state: 'attention',
      since: NOW - 9_000,
      fact: { key: 'failure.erpUnreachable.what', params: { endpoint: 'erp:main', cause: 'ECONNREFUSED' } },
    });
  });

  it('take the worst of several', () => {
    expect(worst([])).toBe('fine');
    expect(worst(['fine', 'waiting', 'working'])).toBe('waiting');
    expect(worst(['unknown', 'attention', 'fine'])).toBe('attention');
  });
});
