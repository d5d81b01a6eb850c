import { describe, expect, it } from 'vitest';
import { loadCorpus, loadRefused, newEngine, play } from './replay.ts';

const refused = loadRefused();
const corpus = loadCorpus();

/** One engine for all: a case cleans up behind itself, as on a shared server. */
const engine = newEngine();

for (const { file, cases } of corpus) {
  describe(file, () => {
    for (const test of cases) {
      const reason = refused[test.id];
      if (reason === undefined) it(test.id, async () => expect(await play(engine, test)).toEqual([]));
      // A listed case has to differ: one that has come to pass must leave the list.
      else
        it(`${test.id} is listed as refused or judged`, async () =>
          expect(await play(engine, test)).not.toEqual([]));
    }
  });
}

it('lists no case that does not exist', () => {
  const ids = new Set(corpus.flatMap((f) => f.cases.map((c) => c.id)));
  expect(Object.keys(refused).filter((id) => !ids.has(id))).toEqual([]);
});
