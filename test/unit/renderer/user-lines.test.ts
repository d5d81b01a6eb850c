import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { linesOf, usersOf } from '../../../renderer/screens/settings/user-lines.ts';

describe('the list of users as lines', () => {
  it('has a user a line, with values behind the name', () => {
    const list = ['ANNA', { name: 'BORIS', Route: '12', Van: null, Note: '' }];
    expect(linesOf(list)).toBe('ANNA\nBORIS; Route=12; Van; Note=');
    expect(usersOf(' ANNA \r\n\n BORIS;Route = 12 ; Van;Note=;')).toEqual(list);
  });

  it.each([
    ['a line break', [{ name: 'A', X: '1\n2' }]],
    ['a semicolon', ['A;B']],
    ['outer blanks', [{ name: 'A', X: ' 1' }]],
    ['an equals sign in the name of a value', [{ name: 'A', 'X=Y': '1' }]],
    ['a number', [{ name: 'A', X: 7 }]],
    ['no name', [{ X: '1' }]],
    ['a name behind its values', [{ X: '1', name: 'A' }]],
    ['no values', [{ name: 'A' }]],
  ])('leaves a list with %s to the file', (_name, list) => {
    expect(linesOf(list)).toBeUndefined();
  });

  const text = fc.string({ maxLength: 6 });
  const user = fc.oneof(
    text,
    fc
      .tuple(text, fc.dictionary(text, fc.oneof(text, fc.constant(null)), { maxKeys: 3 }))
      .map(([name, values]) => ({ name, ...values })),
  );
  test.prop([fc.array(user)])('comes back as it was, or is not offered as lines', (list) => {
    const lines = linesOf(list);
    if (lines !== undefined) expect(usersOf(lines)).toEqual(list);
  });
});
