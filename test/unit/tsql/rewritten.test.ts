import { expect, it } from 'vitest';
import { seededRandom } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import { loadCorpus, loadRefused, newEngine, play } from './replay.ts';
import { differs, rewritten } from './rewrite.ts';

const refused = loadRefused();
const cases = loadCorpus()
  .flatMap((file) => file.cases)
  .filter(({ id }) => refused[id] === undefined);

it.each([1, 2, 3])(
  'answers the same to statements with other names, capitals and white space (seed %i)',
  async (seed) => {
    const engine = newEngine();
    const random = seededRandom(seed);
    const played = { cases: 0, renamed: 0, leftOut: 0 };
    const wrong: string[] = [];
    for (const test of cases) {
      const other = rewritten(test, { random });
      if (other === undefined || !differs(test, other)) {
        played.leftOut += 1;
        continue;
      }
      played.cases += 1;
      if (JSON.stringify(other).includes('_q]') || JSON.stringify(other).includes(' q]')) played.renamed += 1;
      const lines = await play(engine, other);
      if (lines.length > 0)
        wrong.push(`${test.id}: ${lines.join('; ')}\n${other.steps.map(({ sql }) => sql).join('\n--\n')}`);
    }
    expect(wrong).toEqual([]);
    expect(played.cases).toBeGreaterThan(380);
    expect(played.renamed).toBeGreaterThan(250);
  },
  60_000,
);
