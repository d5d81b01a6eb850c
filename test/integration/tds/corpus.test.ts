import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectation, loadCases } from './corpus-cases.ts';
import { differences } from './corpus-compare.ts';
import { play } from './corpus-player.ts';
import { sandbox } from './sandbox.ts';

const folder = join(import.meta.dirname, '../../corpus/tsql');
const refusedFile = join(folder, 'refused.json');
const refused = new Set(
  existsSync(refusedFile) ? Object.keys(JSON.parse(readFileSync(refusedFile, 'utf8')) as object) : [],
);
const cases = loadCases(folder);

describe('recorded answers over the wire', () => {
  test('the list of refused cases names existing ones', () => {
    const known = new Set(cases.map(({ id }) => id));
    expect([...refused].filter((id) => !known.has(id))).toEqual([]);
    expect(cases.length).toBeGreaterThan(400);
  });

  for (const one of cases) {
    test.skipIf(refused.has(one.id))(`${one.topic}: ${one.id}`, async () => {
      await using b = await sandbox();
      const { answers, complaints } = await play(one, () =>
        b.pool({ options: { abortTransactionOnError: false } }),
      );
      const lines = [...complaints];
      for (const [n, answer] of answers.entries()) {
        if (answer)
          lines.push(...differences(expectation(one, n), answer).map((line) => `step ${n}: ${line}`));
        else if (complaints.length === 0) lines.push(`step ${n}: no answer`);
      }
      expect(lines).toEqual([]);
    });
  }
});
