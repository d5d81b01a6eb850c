import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { believed } from '../../../main/core/feeds/guard.ts';
import { compareBy } from '../../../main/core/feeds/key-order.ts';
import type { FeedKey, GuardReport, Nominated } from '../../../main/core/feeds/feed.ts';
import type { KnownRow } from '../../../main/core/feeds/known-rows.ts';
import { mergeKnown, Unordered } from '../../../main/core/feeds/merge.ts';

const OPEN = { keys: 1_000_000, percent: 100, few: 0 };
const byText = compareBy(['text']);

async function* chunked(rows: readonly KnownRow[], size: number): AsyncGenerator<readonly KnownRow[]> {
  for (let from = 0; from < rows.length; from += size) yield rows.slice(from, from + size);
}

async function merged(
  known: readonly KnownRow[],
  seen: readonly KnownRow[],
  more: { guard?: typeof OPEN; compare?: (a: FeedKey, b: FeedKey) => number; size?: number } = {},
): Promise<{ nominated: Nominated[]; report: GuardReport | undefined; kept: string[] }> {
  const { guard = OPEN, compare = byText, size = 3 } = more;
  const kept: string[] = [];
  const stream = mergeKnown({
    known: chunked(known, size),
    seen: chunked(seen, size),
    compare,
    guard,
    keep: async ({ key }, gone) => {
      kept.push(`${key.join('/')}${gone ? ' gone' : ''}`);
    },
  });
  const nominated: Nominated[] = [];
  for (;;) {
    const step = await stream.next();
    if (step.done === true) return { nominated, report: step.value, kept };
    nominated.push(...step.value);
  }
}

const rows = fc.dictionary(fc.constantFrom(...'abcdefghij'.split('')), fc.constantFrom('1', '2')).map((all) =>
  Object.entries(all)
    .map(([key, hash]): KnownRow => ({ key: [key], hash }))
    .toSorted((a, b) => byText(a.key, b.key)),
);

describe('two lists in key order', () => {
  it('give exactly their differences, whatever the chunks', async () => {
    await fc.assert(
      fc.asyncProperty(rows, rows, fc.integer({ min: 1, max: 4 }), async (known, seen, size) => {
        const { nominated, report } = await merged(known, seen, { size });
        const old = new Map(known.map(({ key, hash }) => [key[0], hash]));
        const now = new Map(seen.map(({ key, hash }) => [key[0], hash]));
        const expected = [
          ...[...now].filter(([key, hash]) => old.get(key) !== hash).map(([key]) => `+${key}`),
          ...[...old.keys()].filter((key) => !now.has(key)).map((key) => `-${key}`),
        ];
        expect(nominated.map(({ key, deleted }) => `${deleted ? '-' : '+'}${key[0]}`).toSorted()).toEqual(
          expected.toSorted(),
        );
        expect(report).toBe(undefined);
      }),
    );
  });

  it('of a million rows are merged a chunk at a time', async () => {
    const COUNT = 1_000_000;
    let ahead = 0;
    let most = 0;
    async function* count(behind: number): AsyncGenerator<readonly KnownRow[]> {
      for (let from = 0; from < COUNT; from += 500) {
        ahead += behind;
        most = Math.max(most, Math.abs(ahead));
        yield Array.from({ length: 500 }, (_, index) => ({
          key: [String(from + index)],
          hash: from + index === 777_777 && behind < 0 ? 'changed' : 'same',
        }));
      }
    }
    const compare = compareBy(['number']);
    const found: Nominated[] = [];
    for await (const chunk of mergeKnown({ known: count(1), seen: count(-1), compare, guard: OPEN }))
      found.push(...chunk);
    expect(found).toEqual([{ key: ['777777'], deleted: false }]);
    // Neither list runs ahead of the other: nothing is gathered.
    expect(most).toBeLessThanOrEqual(1);
  });

  it('that do not rise are refused: they would invent deletions', async () => {
    const list = (keys: string): KnownRow[] => keys.split('').map((key) => ({ key: [key], hash: '' }));
    await expect(merged(list('ab'), list('ba'))).rejects.toThrow(Unordered);
    await expect(merged(list('ba'), list('ab'))).rejects.toThrow(Unordered);
    // A row met twice while others write counts once.
    expect((await merged(list('ab'), list('aab'))).nominated).toEqual([]);
  });

  it('keep what is gone until it is believed', async () => {
    const known = 'abcdefghij'.split('').map((key) => ({ key: [key], hash: '' }));
    const guard = { keys: 100, percent: 20, few: 1 };
    const some = await merged(known, known.slice(2), { guard });
    expect(some).toMatchObject({ report: undefined, nominated: [{ deleted: true }, { deleted: true }] });
    const many = await merged(known, known.slice(3), { guard });
    expect(many).toMatchObject({ report: { gone: 3, known: 10 }, nominated: [] });
    expect(many.kept.slice(0, 4)).toEqual(['a gone', 'b gone', 'c gone', 'd']);
  });
});

describe('the guard', () => {
  it.each([
    [10, 10, true],
    [11, 11, false],
    [11, 110, true],
    [11, 109, false],
    [1_000, 1_000_000, true],
    [1_001, 1_000_000, false],
  ])('%i gone of %i: %s', (gone, known, answer) => {
    expect(believed({ keys: 1_000, percent: 10, few: 10 }, gone, known)).toBe(answer);
  });
});

describe('the order of keys', () => {
  it('of texts is that of code units, the shorter filled with blanks', () => {
    const sorted = ['a\t', 'a', 'a b', 'aA', 'aa', 'ä', 'Ж', '日'];
    expect(sorted.toReversed().toSorted((a, b) => byText([a], [b]))).toEqual(sorted);
    expect(byText(['a'], ['a  '])).toBe(0);
  });

  it('of numbers is that of their values, of any size', () => {
    const compare = compareBy(['number']);
    const sorted = [
      '-9223372036854775808',
      '-10',
      '-1.5',
      '-1.25',
      '-0.5',
      '0',
      '0.5',
      '2',
      '10',
      '10.01',
      '12345678901234567890123',
    ];
    expect(sorted.toReversed().toSorted((a, b) => compare([a], [b]))).toEqual(sorted);
    expect(compare(['1.50'], ['1.5'])).toBe(0);
    expect(compare(['-0'], ['0.0'])).toBe(0);
  });

  it('of several columns is that of the first that differs', () => {
    const compare = compareBy(['text', 'number']);
    expect(compare(['a', '10'], ['a', '9'])).toBe(1);
    expect(compare(['a', '10'], ['b', '9'])).toBe(-1);
  });
});
