import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { history, play, tally, type Variant } from './history.ts';

const RUNS = 61;

const VARIANTS: Readonly<Record<string, Variant>> = {
  'change-tracking': { kind: 'change-tracking' },
  rowversion: { kind: 'rowversion' },
  'rowversion without a bound': { kind: 'rowversion', without: /MIN_ACTIVE_ROWVERSION/ },
  'changed-at': { kind: 'changed-at' },
  'full-compare': { kind: 'full-compare' },
};

describe('no change is missed, whatever happens at the ERP', () => {
  it.each(Object.entries(VARIANTS))('%s', async (_name, variant) => {
    const sums = tally();
    await fc.assert(
      fc.asyncProperty(history, (one) => play(variant, one, sums)),
      { numRuns: RUNS, seed: 20_250_310 },
    );
    expect(sums.nominated).toBeGreaterThan(RUNS);
    expect(sums.resets).toBeGreaterThan(RUNS / 10);
    // Change Tracking sees each deletion: nothing is to be believed or not.
    if (variant.kind !== 'change-tracking') expect(sums.guards).toBeGreaterThan(0);
    // A feed that names everything each time would pass too, and be none.
    expect(sums.repeats / sums.nominated).toBeLessThan(variant.kind === 'changed-at' ? 0.95 : 0.7);
  });

  it('these histories find a bound that ignores open transactions', async () => {
    const planted: Variant = {
      kind: 'rowversion',
      rewrite: (text) =>
        text.replace('CAST(MIN_ACTIVE_ROWVERSION() AS bigint)', '(CAST(@@DBTS AS bigint) + 1)'),
    };
    await expect(
      fc.assert(
        fc.asyncProperty(history, (one) => play(planted, { ...one, snapshot: true }, tally())),
        { numRuns: RUNS, seed: 20_250_310, endOnFailure: true },
      ),
    ).rejects.toThrow('Property failed');
  });
});
