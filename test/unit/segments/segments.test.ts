import { describe, expect, test } from 'vitest';
import type { ErpRow } from '../../../main/core/packets/erp.ts';
import { packetList, partsOf } from '../../../main/core/packets/push/segments/packet-list.ts';
import { RowGroups } from '../../../main/core/packets/push/segments/row-groups.ts';
import { RowIds } from '../../../main/core/packets/push/segments/row-ids.ts';
import { positionsOf, standStill, youngEnough } from '../../../main/core/reading/table-positions.ts';
import { userVariables } from '../../../main/core/reading/user-variables.ts';
import { sha256 } from '../../../shared/model/ids.ts';

test.each([
  ['SELECT a FROM t', []],
  ['SELECT a FROM t WHERE b = @user_Region', ['region']],
  ['SELECT (SELECT MAX(x) FROM u WHERE y=@USER_b) FROM t WHERE s = @source -- @user_c', ['b']],
  ["SELECT '@user_c', [@user_d] FROM t /* @user_e */", []],
  ['SELECT a FROM t WHERE b = @user_\u0130d', undefined],
  ["SELECT 'open FROM t", undefined],
] as const)('the columns of a user that a SELECT names: %s', (text, wanted) => {
  const found = userVariables(text);
  expect(found === undefined ? undefined : [...found]).toEqual(wanted);
});

async function* chunks(...all: readonly (readonly ErpRow[])[]): AsyncIterable<readonly ErpRow[]> {
  for (const one of all) yield await Promise.resolve(one);
}
const taken = async (groups: RowGroups, group: number): Promise<readonly ErpRow[]> => {
  const rows: ErpRow[] = [];
  for await (const some of groups.rowsOf(group)) rows.push(...some);
  return rows;
};

describe('rows of groups', () => {
  test('each group gets its own, across chunks; one without rows gets none', async () => {
    const groups = new RowGroups(
      chunks(
        [
          ['a', '0'],
          ['b', '0'],
        ],
        [],
        [
          ['c', '0'],
          ['d', '2'],
        ],
        [['e', '2']],
      ),
    );
    expect(await taken(groups, 0)).toEqual([
      ['a', '0'],
      ['b', '0'],
      ['c', '0'],
    ]);
    expect(await taken(groups, 1)).toEqual([]);
    expect(await taken(groups, 2)).toEqual([
      ['d', '2'],
      ['e', '2'],
    ]);
  });

  test('what is left of one that was given up is nobody else’s', async () => {
    const groups = new RowGroups(
      chunks(
        [['a', '0']],
        [
          ['b', '0'],
          ['c', '1'],
        ],
      ),
    );
    for await (const rows of groups.rowsOf(0)) {
      expect(rows).toEqual([['a', '0']]);
      break;
    }
    expect(await taken(groups, 1)).toEqual([['c', '1']]);
  });

  test('rows in another order are given to nobody', async () => {
    const groups = new RowGroups(
      chunks([
        ['a', '1'],
        ['b', '0'],
      ]),
    );
    expect(await taken(groups, 0)).toEqual([]);
    await expect(taken(groups, 1)).rejects.toThrow();
    expect(groups.failure).toMatchObject({ code: 'group-order' });
  });
});

const body = (digit: string, size: number) =>
  ({ place: 'spool', hash: sha256(digit.repeat(64)), size }) as const;

test('a list is read as it was written; the user and each part are in it', () => {
  const list = packetList('anna', [body('a', 10), body('b', 0), body('c', 5)]);
  expect(list.segments).toEqual([body('a', 1).hash, body('c', 1).hash]);
  expect(partsOf(list.text)?.map((part) => ('text' in part ? 'text' : part.segment.size))).toEqual([
    'text',
    10,
    5,
    'text',
  ]);
  expect(packetList('bob', [body('a', 10), body('c', 5)]).text).not.toBe(list.text);
  expect(packetList('anna', [body('c', 5), body('a', 10)]).text).not.toBe(list.text);
  for (const text of ['', '{}', '<?xml', list.text.slice(1), list.text.replace('"list":1', '"list":2')])
    expect(partsOf(text)).toBeUndefined();
});

test('row ids are found wherever a chunk ends', async () => {
  const texts = new Map([
    ['a'.repeat(64), '<r><DMS_ROWID>K-1</DMS_ROWID></r><r><DMS_ROWID>K-2</DMS_ROWID></r>'],
    ['b'.repeat(64), '<r><DMS_ROWID>K-3</DMS_ROWID><x>K-1</x></r>'],
    ['c'.repeat(64), '<r><DMS_ROWID>k-2</DMS_ROWID></r>'],
  ]);
  for (const step of [1, 7, 13, 100]) {
    const ids = new RowIds({
      open: async function* (ref) {
        const bytes = Buffer.from(texts.get(ref.hash) ?? '');
        for (let at = 0; at < bytes.length; at += step)
          yield await Promise.resolve(bytes.subarray(at, at + step));
      },
    });
    const [one, two, three] = ['a', 'b', 'c'].map((digit) => ({ entity: digit, body: body(digit, 1) }));
    if (one === undefined || two === undefined || three === undefined) throw new Error('no segments');
    expect(await ids.clash([one, two])).toBeUndefined();
    expect(await ids.clash([one, two, three])).toMatchObject({ entities: ['a', 'c'] });
  }
});

test('what nobody can tell of does not stand still', () => {
  expect(positionsOf(['a', 'b'], { a: '1', b: '2', c: '3' })).toEqual({ a: '1', b: '2' });
  expect(positionsOf(['a', 'b'], { a: '1' })).toBeUndefined();
  expect(positionsOf(undefined, { a: '1' })).toBeUndefined();
  expect(standStill({ a: '1' }, { a: '1', b: '9' })).toBe(true);
  expect(standStill({ a: '1' }, { a: '2' })).toBe(false);
  expect(standStill({ a: '1' }, {})).toBe(false);
  expect(standStill(undefined, { a: '1' })).toBe(false);
  expect([youngEnough(10, 10), youngEnough(10, 9), youngEnough(0, 86_400_000)]).toEqual([true, false, false]);
});
