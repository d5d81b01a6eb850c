import { describe, expect, it } from 'vitest';
import { contest } from '../../takeovers/contest.ts';

/** `TAKEOVERS=2000` for a longer run. */
const TAKEOVERS = Number(process.env['TAKEOVERS'] ?? 200);
const MINUTES = { timeout: Math.max(90_000, TAKEOVERS * 500) };

describe('agents in processes of their own, frozen and woken while they write', () => {
  it.each([
    { contenders: 2, share: 2 / 3, oneSite: false },
    { contenders: 3, share: 1 / 3, oneSite: true },
  ])('$contenders of them: nothing under an old fence, every order once', MINUTES, async (one) => {
    const takeovers = Math.round(TAKEOVERS * one.share);
    const report = await contest({ ...one, takeovers, seed: one.contenders });
    expect(report).toMatchObject({ takeovers, notOnce: [], underOldFence: 0 });
    expect(report.orders).toBe((takeovers + 1) * 4);
    // It was a contest: the fence stopped writes, and many fences were written under.
    expect(report.refused).toBeGreaterThan(takeovers / 20);
    expect(report.fencesUsed).toBeGreaterThan(takeovers / 8);
    for (const times of Object.values(report.byKind)) expect(times).toBeGreaterThan(0);
  });

  it('a program that reads its fence and does not look at it is found', MINUTES, async () => {
    const report = await contest({
      contenders: 2,
      takeovers: 1,
      kinds: ['before-send'],
      seed: 1,
      bug: 'fence-ignored',
    });
    expect(report.underOldFence).toBeGreaterThan(0);
  });
});
