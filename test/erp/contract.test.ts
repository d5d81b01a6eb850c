import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { allCases } from './cases/all-cases.ts';
import { openWorld, type ErpWorld } from './contract-case.ts';
import { playCase } from './play-cases.ts';

const CASES = allCases({ cuts: 10, rows: 100, seed: '1' });
let world: ErpWorld;
beforeAll(async () => {
  world = await openWorld();
});
afterAll(() => world?.close());

describe.each([...new Set(CASES.map((one) => one.group))])('%s', (group) => {
  it.each(CASES.filter((one) => one.group === group))('$name', async (one) => {
    const { verdict, found } = await playCase(world, one);
    // What a server may lack, the sandbox has.
    expect(`${verdict}${found === undefined ? '' : `: ${found}`}`).toBe('same');
  });
});
