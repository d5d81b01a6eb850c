import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { backoffMs, decide } from '../../../main/core/queue/decide.ts';
import { explainFailure, type SyncFailure } from '../../../shared/model/failure.ts';

const calm = { failures: 1, attempts: 1, jitter: 0 };

describe('what a failure leads to', () => {
  it('never gives up what may have happened: an unknown outcome is looked at, whatever the number of attempts', () => {
    const failure: SyncFailure = { kind: 'unknown-outcome', endpoint: 'erp:main', operation: 'apply' };
    fc.assert(
      fc.property(fc.nat(10_000), fc.nat(10_000), (failures, attempts) => {
        expect(decide(failure, { failures, attempts, jitter: 0.5 }, 0).kind).toBe('probe');
      }),
    );
  });

  it('parks bad data and nothing else that could pass by itself', () => {
    expect(decide({ kind: 'rejected', code: '515', message: '' }, calm, 0).kind).toBe('park');
    expect(decide({ kind: 'conflict', where: '', message: '' }, calm, 0).kind).toBe('park');
    for (const failure of [
      { kind: 'unreachable', endpoint: 'erp:main', cause: '' },
      { kind: 'throttled', endpoint: 'cloud:x' },
      { kind: 'unauthorized', endpoint: 'cloud:x', cause: '' },
      { kind: 'fenced', endpoint: 'erp:main', reason: 'lease-held', detail: '' },
      { kind: 'disk', cause: 'ENOSPC' },
      { kind: 'invalid-response', endpoint: 'cloud:x', where: '', detail: '' },
    ] satisfies SyncFailure[])
      expect(decide(failure, { failures: 500, attempts: 500, jitter: 0 }, 0).kind).not.toBe('park');
  });

  it('comes back within 30 s however long an ERP was away', () => {
    const failure: SyncFailure = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 100_000 }),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (failures, jitter) => {
          const decision = decide(failure, { failures, attempts: 1, jitter }, 0);
          expect(decision.kind).toBe('pause-endpoint');
          if (decision.kind === 'pause-endpoint') {
            expect(decision.afterMs).toBeLessThanOrEqual(30_000);
            expect(decision.afterMs).toBeGreaterThan(0);
          }
        },
      ),
    );
  });

  it('waits as long as a throttling cloud asks, and backs off when it does not say', () => {
    const asked = decide({ kind: 'throttled', endpoint: 'cloud:x', retryAt: 95_000 }, calm, 5_000);
    expect(asked).toEqual({ kind: 'pause-endpoint', endpoint: 'cloud:x', afterMs: 90_000 });
    const silent = decide({ kind: 'throttled', endpoint: 'cloud:x', retryAt: 1_000 }, calm, 5_000);
    expect(silent).toEqual({ kind: 'pause-endpoint', endpoint: 'cloud:x', afterMs: 60_000 });
  });

  it('tries a wrong password at most four times an hour', () => {
    const decision = decide({ kind: 'unauthorized', endpoint: 'erp:main', cause: '' }, calm, 0);
    expect(decision).toEqual({ kind: 'pause-lane', afterMs: 900_000 });
  });

  it('lets a packet that trips a defect three times aside', () => {
    const defect: SyncFailure = { kind: 'defect', message: 'x' };
    expect([1, 2, 3].map((attempts) => decide(defect, { failures: 1, attempts, jitter: 0 }, 0).kind)).toEqual(
      ['probe', 'probe', 'park'],
    );
  });

  it('doubles the wait and never falls below three quarters of it', () => {
    expect([1, 2, 3, 4, 5, 6].map((n) => backoffMs(n, { firstMs: 1000, mostMs: 20_000, jitter: 0 }))).toEqual(
      [1000, 2000, 4000, 8000, 16_000, 20_000],
    );
    expect(backoffMs(1, { firstMs: 1000, mostMs: 20_000, jitter: 0.999 })).toBeGreaterThanOrEqual(750);
  });

  it('pauses the whole link when the ERP ends our transaction by itself', () => {
    const failure: SyncFailure = {
      kind: 'rejected',
      code: 'transaction-ended',
      where: 'dbo.Post',
      message: '',
    };
    expect(decide(failure, calm, 0)).toEqual({ kind: 'pause-link' });
  });

  it('names an owner and a next step for every kind of failure', () => {
    const failure: SyncFailure = {
      kind: 'fenced',
      endpoint: 'erp:main',
      reason: 'erp-restored',
      detail: '3 rows',
    };
    expect(explainFailure(failure)).toEqual({
      owner: 'erp-administrator',
      what: 'failure.fenced.erp-restored.what',
      next: 'failure.fenced.erp-restored.next',
      params: { endpoint: 'erp:main', detail: '3 rows' },
    });
  });
});
