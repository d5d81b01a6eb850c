import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { packetChanges } from '../../../renderer/state/packet-changes.ts';
import { laidOut } from '../../../renderer/state/xml-layout.ts';

const row = (fields: string, status = 'insert'): string => `<r status="${status}">${fields}</r>`;
const packet = (rows: string, table = 'ORDER'): string =>
  `<NavMobileSync user="ANNA"><table tablename="${table}">${rows}</table></NavMobileSync>`;

describe('what an edit of a packet changes', () => {
  it('is told by table, row id and field', () => {
    const before = packet(row('<DMS_ROWID>a-1</DMS_ROWID><CUSTOMER>C-7</CUSTOMER><NOTE>x</NOTE>'));
    const after = packet(row('<DMS_ROWID>A-1</DMS_ROWID><Customer>C-8</Customer><EXTRA>1 &lt; 2</EXTRA>'));
    expect(packetChanges(before, after)).toEqual({
      changes: [
        { table: 'ORDER', row: 'A-1', field: 'DMS_ROWID', before: 'a-1', after: 'A-1' },
        { table: 'ORDER', row: 'A-1', field: 'Customer', before: 'C-7', after: 'C-8' },
        { table: 'ORDER', row: 'A-1', field: 'EXTRA', before: undefined, after: '1 < 2' },
        { table: 'ORDER', row: 'A-1', field: 'NOTE', before: 'x', after: undefined },
      ],
      more: 0,
    });
  });

  it('follows a row by its id wherever it stands, and names added and removed ones whole', () => {
    const one = row('<DMS_ROWID>1</DMS_ROWID><Q>1</Q>');
    const two = row('<DMS_ROWID>2</DMS_ROWID><Q>2</Q>');
    const three = row('<DMS_ROWID>3</DMS_ROWID><Q>3</Q>');
    expect(packetChanges(packet(one + two), packet(two + one)).changes).toEqual([]);
    const { changes } = packetChanges(packet(one + two), packet(three + two));
    expect(changes.map(({ row: id, field, before, after }) => [id, field, before, after])).toEqual([
      ['3', 'status', undefined, 'insert'],
      ['3', 'DMS_ROWID', undefined, '3'],
      ['3', 'Q', undefined, '3'],
      ['1', 'status', 'insert', undefined],
      ['1', 'DMS_ROWID', '1', undefined],
      ['1', 'Q', '1', undefined],
    ]);
  });

  it('compares by place where ids are missing or repeated', () => {
    const same = row('<DMS_ROWID>1</DMS_ROWID><Q>1</Q>');
    const other = row('<DMS_ROWID>1</DMS_ROWID><Q>9</Q>');
    expect(packetChanges(packet(same + same), packet(same + other)).changes).toEqual([
      { table: 'ORDER', row: '1', field: 'Q', before: '1', after: '9' },
    ]);
    expect(packetChanges(packet(row('<Q>1</Q>')), packet(row('<Q>2</Q>'))).changes).toMatchObject([
      { row: '1', field: 'Q' },
    ]);
  });

  it('tells what a row asks for, and a table that is there or gone', () => {
    expect(packetChanges(packet(row('<Q>1</Q>')), packet(row('<Q>1</Q>', 'delete'))).changes).toEqual([
      { table: 'ORDER', row: '1', field: 'status', before: 'insert', after: 'delete' },
    ]);
    const { changes } = packetChanges(packet(row('<Q>1</Q>')), packet(row('<Q>1</Q>'), 'LINES'));
    expect(new Set(changes.map(({ table }) => table))).toEqual(new Set(['ORDER', 'LINES']));
  });

  it('says how many there are beyond those a person reads', () => {
    const many = Array.from({ length: 301 }, (_, n) => `<F${n}>${n}</F${n}>`).join('');
    const { changes, more } = packetChanges(packet(row('<Q>1</Q>')), packet(row(`<Q>1</Q>${many}`)));
    expect([changes.length, more]).toEqual([200, 101]);
  });

  test.prop([
    fc.array(fc.tuple(fc.stringMatching(/^[A-Z]{1,4}$/), fc.stringMatching(/^[ a-z0-9]{0,6}$/)), {
      minLength: 1,
    }),
  ])('is nothing where only the space between fields differs', (fields) => {
    const tags = fields.map(([name, value]) => `<${name}>${value}</${name}>`);
    expect(packetChanges(packet(row(tags.join(''))), packet(row(tags.join('\n  ')))).changes).toEqual([]);
  });
});

describe('a packet laid out for editing', () => {
  it('has a line for each row and field, and an empty field stays empty', () => {
    expect(laidOut('<P><T name="a"><r><A>1</A><B></B><C/> <D> x </D></r></T></P>')).toBe(
      [
        '<P>',
        '  <T name="a">',
        '    <r>',
        '      <A>1</A>',
        '      <B></B>',
        '      <C/>',
        '      <D> x </D>',
        '    </r>',
        '  </T>',
        '</P>',
      ].join('\n'),
    );
    expect(laidOut('<A><![CDATA[<b>]]></A>')).toBe('<A><![CDATA[<b>]]></A>');
  });

  const value = fc.oneof(
    fc.constantFrom('', ' ', '\n', 'a > b', '<![CDATA[ <x> ]]>', '&lt;', ' x '),
    fc.stringMatching(/^[ -;=?-~]{0,8}$/).map((text) => text.replaceAll('&', '')),
  );
  test.prop([fc.array(fc.tuple(fc.stringMatching(/^[A-Z]{1,4}$/), value), { minLength: 1 })])(
    'has the same values, and is the same when it is laid out again',
    (fields) => {
      const text = packet(row(fields.map(([name, one]) => `<${name}>${one}</${name}>`).join('')));
      expect(packetChanges(text, laidOut(text)).changes).toEqual([]);
      expect(laidOut(laidOut(text))).toBe(laidOut(text));
    },
  );
});
