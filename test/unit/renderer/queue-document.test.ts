import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readDocument } from '../../../renderer/state/queue-document.ts';
import { readXml } from '../../../renderer/state/queue-xml.ts';
import { renderDevicePacket } from '../../../main/sandbox/clouds/dynamics-mobile/device-packet.ts';

const LIMITS = { nodes: 100, depth: 8, chars: 200 };
const packet = (inner: string): string => `<NavMobileSync salesmancode="anna">${inner}</NavMobileSync>`;

describe('document of a packet', () => {
  it('shows what a phone sent, as tables with fields and values', () => {
    const text = renderDevicePacket({
      user: 'anna',
      tables: [
        {
          name: 'SalesHeader',
          rows: [
            {
              status: 'insert',
              withRowId: true,
              fields: [
                ['DMS_ROWID', 'k-1'],
                ['no', 'SO-1042'],
                ['comment', 'a <b> & "c"\n'],
              ],
            },
          ],
        },
        {
          name: 'SalesLine',
          rows: [
            {
              status: 'insert',
              withRowId: false,
              fields: [
                ['no', 'A'],
                ['quantity', '2'],
              ],
            },
            {
              status: 'delete',
              withRowId: false,
              fields: [
                ['no', 'B'],
                ['name', 'Juice'],
              ],
            },
          ],
        },
      ],
    });
    expect(readDocument(text)).toEqual({
      cut: false,
      tables: [
        {
          name: 'SalesHeader',
          columns: ['no', 'comment', 'state', 'DMS_ROWID'],
          rows: [{ status: undefined, values: ['SO-1042', 'a <b> & "c"\n', '1', 'k-1'] }],
          moreRows: 0,
          moreColumns: 0,
        },
        {
          name: 'SalesLine',
          columns: ['no', 'quantity', 'state', 'name'],
          rows: [
            { status: undefined, values: ['A', '2', '1', undefined] },
            { status: 'delete', values: ['B', undefined, '3', 'Juice'] },
          ],
          moreRows: 0,
          moreColumns: 0,
        },
      ],
    });
  });

  it('shows markup it does not know as well', () => {
    expect(readDocument('<PACKET><ORDER><NO>P-1</NO></ORDER></PACKET>')?.tables).toEqual([
      {
        name: 'ORDER',
        columns: ['NO'],
        rows: [{ status: undefined, values: ['P-1'] }],
        moreRows: 0,
        moreColumns: 0,
      },
    ]);
  });

  it('shows the beginning of what is cut off, and says so', () => {
    const shown = readDocument('<S><table tablename="T"><r><a>1</a></r><r><a>2</a><b>unfini');
    expect(shown?.cut).toBe(true);
    expect(shown?.tables[0]?.rows).toEqual([
      { status: undefined, values: ['1', undefined] },
      { status: undefined, values: ['2', 'unfini'] },
    ]);
  });

  it.each([
    ['nothing', ''],
    ['plain text', 'hello'],
    ['JSON', '{"a":[1]}'],
    ['an empty root', '<a/>'],
    ['a root with text only', '<a>text</a>'],
    ['a tag that never ends', '<a b="c'],
    ['a comment that never ends', '<!-- <a><b><c>1</c></b></a>'],
  ])('has nothing to show for %s', (_name, text) => {
    expect(readDocument(text)).toBeUndefined();
  });

  it('defines no entities, fetches none and expands none', () => {
    const bomb = `<!DOCTYPE a [<!ENTITY x "aaaa"><!ENTITY y "&x;&x;"><!ENTITY f SYSTEM "file:///etc/passwd">]>`;
    const shown = readDocument(
      bomb + packet('<table tablename="T"><r><v>&y;&f;&#65;&#x42;&#0;&#xD800;&lt;</v></r></table>'),
    );
    expect(shown?.tables[0]?.rows[0]?.values).toEqual(['&y;&f;AB&#0;&#xD800;<']);
  });

  it('takes names that mean something to JavaScript for names', () => {
    const text = packet(
      '<table tablename="__proto__"><r><constructor>1</constructor><__proto__>2</__proto__></r></table>',
    );
    const shown = readDocument(text);
    expect(shown?.tables[0]?.name).toBe('__proto__');
    expect(shown?.tables[0]?.columns).toEqual(['constructor', '__proto__']);
    expect(shown?.tables[0]?.rows[0]?.values).toEqual(['1', '2']);
    expect(({} as { polluted?: unknown }).polluted).toBeUndefined();
  });

  it('leaves markup within text, attributes and CDATA alone', () => {
    const text = packet(
      '<table tablename="a>b"><!-- <r><no>9</no></r> --><r><no><![CDATA[<script>1</script>]]></no></r></table>',
    );
    const [table] = readDocument(text)?.tables ?? [];
    expect(table?.name).toBe('a>b');
    expect(table?.rows[0]?.values).toEqual(['<script>1</script>']);
  });

  it('shows as much as fits and counts the rest', () => {
    const rows = Array.from({ length: 300 }, (_, n) => `<r><no>${n}</no></r>`).join('');
    const [table] = readDocument(packet(`<table tablename="T">${rows}</table>`))?.tables ?? [];
    expect((table?.rows.length ?? 0) + (table?.moreRows ?? 0)).toBe(300);
    expect(table?.rows.length).toBe(50);
    const fields = Array.from({ length: 90 }, (_, n) => `<f${n}>x</f${n}>`).join('');
    const [wide] = readDocument(packet(`<table tablename="W"><r>${fields}</r></table>`))?.tables ?? [];
    expect([wide?.columns.length, wide?.moreColumns]).toEqual([40, 50]);
  });

  it('ends where it was told to, however deep or long the text is', () => {
    const deep = readXml('<a>'.repeat(100_000), LIMITS);
    expect(deep?.whole).toBe(false);
    const many = readXml(`<a>${'<b/>'.repeat(100_000)}</a>`, LIMITS);
    expect(many?.root.children.length).toBe(99);
    const long = readXml(`<a><b>${'x'.repeat(1_000_000)}</b></a>`, LIMITS);
    expect(long?.root.children[0]?.text.length).toBe(200);
  });

  it('never throws, and never shows more text than there was', () => {
    const piece = fc.constantFrom(
      '<a>',
      '</a>',
      '<b c="',
      '"',
      '<!--',
      '-->',
      '<![CDATA[',
      ']]>',
      '&lt;',
      '&#x;',
      'x',
      '<?',
      '?>',
      '/>',
      '<!D [',
      ']>',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        const text = pieces.join('');
        const shown = JSON.stringify(readDocument(text) ?? '');
        expect(shown.length).toBeLessThan(text.length * 40 + 1_000);
      }),
    );
  });
});
