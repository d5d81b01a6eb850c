import { expect, test } from 'vitest';
import { differences } from '../../integration/tds/corpus-compare.ts';
import type { Answer } from '../../integration/tds/corpus-player.ts';

const answer = (change: Partial<Answer> = {}): Answer => ({
  sets: [{ columns: [{ name: 'n', type: 'nvarchar(20)', nullable: true }], rows: [['b'], ['a']] }],
  errors: [],
  messages: [],
  rowsAffected: [2],
  ...change,
});
const set = (type: string, rows: unknown[][]) => ({ columns: [{ name: 'n', type }], rows });

test('agrees where nothing differs, and leaves open what the expectation leaves open', () => {
  expect(differences({}, answer())).toEqual([]);
  expect(differences({ recordsets: [set('nvarchar', [['b'], ['a']])], rowsAffected: [2] }, answer())).toEqual(
    [],
  );
  expect(
    differences({ recordsets: [{ ...set('nvarchar', [['a'], ['b']]), anyOrder: true }] }, answer()),
  ).toEqual([]);
});

test.each([
  ['a value', { recordsets: [set('nvarchar', [['b'], ['x']])] }],
  ['the order', { recordsets: [set('nvarchar', [['a'], ['b']])] }],
  ['a length that binds', { recordsets: [set('nvarchar(6)', [['b'], ['a']])] }],
  ['a row too many', { recordsets: [set('nvarchar', [['b']])] }],
  ['a result set too many', { recordsets: [] }],
  [
    'nullability',
    { recordsets: [{ columns: [{ name: 'n', type: 'nvarchar', nullable: false }], rows: [['b'], ['a']] }] },
  ],
  ['a count', { rowsAffected: [1] }],
  ['an error not raised', { error: { number: 2627 } }],
  ['an output', { output: { x: 1 } }],
  ['a return value', { returnValue: 0 }],
  ['a message', { messages: [{ number: 0 }] }],
])('tells of %s', (_what, expected) => {
  expect(differences(expected, answer())).not.toEqual([]);
});

test('of errors the last counts, by number, class and, where given, text', () => {
  const failed = answer({
    sets: [{ columns: [], rows: [] }],
    errors: [
      { number: 1, class: 16, text: 'x' },
      { number: 2627, class: 14, text: 'duplicate' },
    ],
  });
  expect(differences({ error: { number: 2627, class: 14 } }, failed)).toEqual([]);
  expect(differences({ error: { number: 2601, also: [2627] } }, failed)).toEqual([]);
  expect(differences({ error: { number: 1 } }, failed)).toHaveLength(1);
  expect(differences({ error: { number: 2627, class: 16 } }, failed)).toHaveLength(1);
  expect(differences({ error: { number: 2627, text: 'other' } }, failed)).toHaveLength(1);
  expect(differences({ rowsAffected: [2] }, failed)).toHaveLength(1);
});
