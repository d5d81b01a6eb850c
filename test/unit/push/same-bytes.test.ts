import { expect, test } from 'vitest';
import { sameBytes } from '../../../main/core/packets/push/same-bytes.ts';

async function* stream(...chunks: readonly string[]): AsyncIterable<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(Buffer.from(chunk));
}

test.each([
  [['abc', 'def'], ['a', 'bcde', 'f'], true],
  [['abc', ''], ['', 'abc', ''], true],
  [[], [], true],
  [[], [''], true],
  [['abc'], ['abd'], false],
  [['abc'], ['ab'], false],
  [['ab'], ['abc'], false],
  [['ab'], ['ab', 'c'], false],
  [[], ['a'], false],
  [['a'], [], false],
])('%j and %j: %s', async (one, other, same) => {
  expect(await sameBytes(stream(...one), stream(...other))).toBe(same);
});

test('both are ended where they differ', async () => {
  const ended: string[] = [];
  async function* watched(name: string, text: string): AsyncIterable<Uint8Array> {
    try {
      yield* stream(text, text);
    } finally {
      ended.push(name);
    }
  }
  expect(await sameBytes(watched('one', 'a'), watched('other', 'b'))).toBe(false);
  expect(ended.toSorted()).toEqual(['one', 'other']);
});
