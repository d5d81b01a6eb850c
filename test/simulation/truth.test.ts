import { expect, test } from 'vitest';
import { RULES, type Rule } from './truth/observer.ts';
import { playTruth } from './truth/play-truth.ts';
import { LIES, type Lie } from './truth/sabotage.ts';

/** Rules that every history of some length must have put to the test. */
const ALWAYS: readonly Rule[] = [
  'order-not-in-erp',
  'erp-last-call',
  'cloud-last-call',
  'erp-away',
  'list-too-old',
];

test(
  'no light is greener than what an observer at the wires and in the ERP knows to be so',
  { timeout: 180_000 },
  async () => {
    for (const seed of [1, 2]) {
      const { untruths, fine, looks, inForce } = await playTruth({ seed, minutes: 25 });
      expect(untruths.slice(0, 5)).toEqual([]);
      // A light that is never green would pass as well.
      expect(fine / looks).toBeGreaterThan(0.1);
      for (const rule of ALWAYS) expect(inForce[rule], rule).toBeGreaterThan(5);
    }
  },
);

const FINDS: Readonly<Record<Lie, readonly Rule[]>> = {
  'parked-ignored': ['order-not-in-erp'],
  'beat-assumed': ['erp-away', 'erp-last-call', 'call-unanswered'],
  'beat-never-times-out': ['erp-away', 'erp-last-call', 'call-unanswered'],
  'announced-ignored': ['order-not-in-erp'],
  'list-age-forgotten': ['list-too-old'],
};

test.each(LIES)('the observer finds a planted lie: %s', { timeout: 120_000 }, async (lie) => {
  const found: Rule[] = [];
  for (let seed = 1; seed <= 4 && found.length === 0; seed += 1)
    found.push(...(await playTruth({ seed, minutes: 25, lie })).untruths.map(({ rule }) => rule));
  expect(RULES.filter((rule) => found.includes(rule)).some((rule) => FINDS[lie].includes(rule))).toBe(true);
});
