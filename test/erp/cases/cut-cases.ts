import assert from 'node:assert/strict';
import { playCuts } from '../../integration/erp/cuts.ts';
import type { ContractCase } from '../contract-case.ts';

/** `count` cuts over the whole way of a unit; 10 at least, so that each part of it is met. */
export const cutCases = (count: number): readonly ContractCase[] => [
  {
    group: 'cuts',
    name: `${count} connections cut around COMMIT: nothing lost, nothing doubled`,
    documented:
      'a batch that did not arrive whole does not run; one that committed stays, whether its answer arrives or not',
    async run({ bench }) {
      const { cuts, lost, doubled, stuck } = await playCuts(bench, count);
      assert.deepEqual(
        { cuts: cuts.length, lost, doubled, stuck },
        { cuts: count, lost: 0, doubled: 0, stuck: 0 },
      );
      const wrong = cuts.filter(
        ({ part, seen, told }) =>
          told !== 'unknown-outcome' ||
          (part === 'answer' && seen !== 1) ||
          (part === 'request' && seen !== 0),
      );
      assert.deepEqual(wrong, []);
    },
  },
];
