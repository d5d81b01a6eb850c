import { describe, expect, it } from 'vitest';
import { KnownLines, NEWLINE, readLine } from '../../../main/adapters/erp-mssql/feeds/known-lines.ts';
import { hashBehind, rowHash } from '../../../main/adapters/erp-mssql/feeds/row-hash.ts';
import { KnownRowsDamaged } from '../../../main/core/feeds/known-rows.ts';

const KEYS = [
  ['1'],
  ['A 1', '2026-03-16T00:00:00.000'],
  [''],
  ['quote " and \\ and / and \u007f'],
  ['tab \t and nothing \0'],
  ['Продукт', '日本', '😀'],
  ['half of a character \ud800'],
  ['long '.repeat(5_000)],
];

function read(bytes: Uint8Array): (ReturnType<typeof readLine> | undefined)[] {
  const data = Buffer.from(bytes);
  const found = [];
  for (let at = 0; at < data.length;) {
    const end = data.indexOf(NEWLINE, at);
    found.push(readLine(data, at, end));
    at = end + 1;
  }
  return found;
}

describe('lines of known rows', () => {
  it('come back as they were written, however small the room was', () => {
    const rows = KEYS.map((key, index) => ({ gone: index % 2 === 1, row: { key, hash: `hash+/${index}` } }));
    for (const room of [1, 64, 65_536]) {
      const lines = new KnownLines(room);
      for (const { row, gone } of rows) lines.add(row, gone);
      lines.end(rows.length);
      expect(read(lines.bytes())).toEqual([...rows, rows.length]);
    }
  });

  it('are JSON', () => {
    const lines = new KnownLines(64);
    for (const key of KEYS) lines.add({ key, hash: 'h' }, false);
    const texts = Buffer.from(lines.bytes()).toString('utf8').trimEnd().split('\n');
    expect(texts.map((text): unknown => JSON.parse(text))).toEqual(KEYS.map((key) => [0, 'h', ...key]));
  });

  it.each([
    '[0,"h","1"',
    '[0,"h""1"]',
    '[0,"h"x"1"]',
    '[0,"h","1]',
    '[0,"h",1]',
    '[0]',
    '[0,]',
    '["h","1"]x',
    '{"row":1}',
    '\0\0\0\0',
    '',
  ])('are damaged: %j', (line) => {
    const data = Buffer.from(line);
    expect(() => readLine(data, 0, data.length)).toThrow(KnownRowsDamaged);
  });
});

it('the hash of a row leaves its key out, and long cells are hashed whole', () => {
  const cells = ['text', null, Uint8Array.of(1, 2, 3), 'x'.repeat(10_000)];
  expect(hashBehind(['key', 'of two', ...cells], 2)).toBe(rowHash(cells));
  expect(rowHash(['x'.repeat(10_000)])).not.toBe(rowHash([`${'x'.repeat(9_999)}y`]));
  expect(rowHash(['\u0101'])).not.toBe(rowHash(['\u0001']));
});
