import { describe, expect, test } from 'vitest';
import { fieldDay } from '../../rules/dm/field-day.ts';
import { OF_ANSWERS } from '../../rules/mutants/of-answers.ts';
import { OF_REQUESTS } from '../../rules/mutants/of-requests.ts';
import { OF_SNAPSHOTS } from '../../rules/mutants/of-snapshots.ts';
import type { Mutant } from '../../rules/mutants/mutant.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MUTANTS = [...OF_REQUESTS, ...OF_SNAPSHOTS, ...OF_ANSWERS];
const world = ({ switches, listFormat }: Mutant) => ({
  switches: { queue: 'sqs' as const, ...switches },
  listFormat,
});

describe('a client that is wrong is seen, and the right one is not', () => {
  // Right clients under equal switches have equal days.
  const rightDays = new Map<string, Promise<readonly string[]>>();
  const rightDay = (mutant: Mutant): Promise<readonly string[]> => {
    const key = JSON.stringify(world(mutant));
    const day = rightDays.get(key) ?? fieldDay(temporaryFolder(), world(mutant));
    rightDays.set(key, day);
    return day;
  };

  test.each(MUTANTS.map((mutant) => [mutant.rule, mutant.does, mutant] as const))(
    'rule %i, wrong client: one that %s',
    async (_rule, _does, mutant) => {
      const { client, wire } = mutant;
      const found = await fieldDay(temporaryFolder(), { ...world(mutant), client, wire: wire?.() });
      expect(found.join('\n')).toMatch(mutant.seen);
      expect((await rightDay(mutant)).join('\n')).not.toMatch(mutant.seen);
    },
  );
});
