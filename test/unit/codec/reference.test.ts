import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { collect } from './codec-support.ts';
import { referenceRead, type PlainPacket } from './reference-reader.ts';

async function oursRead(bytes: Uint8Array, sizes: readonly number[]): Promise<PlainPacket | 'refused'> {
  const result = await collect(bytes, undefined, sizes);
  if (!result.ok) {
    expect(result.failure.kind).toBe('rejected');
    return 'refused';
  }
  const { user, tables } = result.value;
  return {
    user,
    tables: [...tables.values()].map(({ name, rows }) => ({
      name,
      rows: rows.map(({ number, status, at, fields }) => {
        for (const [key, field] of fields) expect(key).toBe(field.name.toLowerCase());
        return { number, status, at, fields: [...fields.values()] };
      }),
    })),
  };
}

/** What a document is put together from, right and wrong. */
const REFERENCES = [
  '&amp;',
  '&lt;',
  '&gt;',
  '&quot;',
  '&apos;',
  '&#13;',
  '&#10;',
  '&#x9;',
  '&#x1F600;',
  '&#00065;',
];
const BAD_REFERENCES =
  '&#xD800; &#0; &#1114112; &#xFFFE; &#X41; &nbsp; &; & &#; &#x; &am ; &\u00e9; &#x1F60G;'.split(' ');
const SECTIONS = ['<!-- x -->', '<!---->', '<!-- - -->', '<!-- > < & -->', '<?a?>', '<?a b ?>', '<?b <x>?>'];
const TEXTS = [
  '<![CDATA[<&>]]>',
  '<![CDATA[]]>',
  '<![CDATA[ ]]]>',
  ']]',
  ']',
  '>',
  ']]&gt;',
  ']&#93;>',
  '"',
  "'",
  '=',
];
const BAD_SECTIONS =
  '<!---> | <!-- -- --> | <!-- | --> | -- | <![CDATA[ | ]]> | <?xml version="1.0"?> | <?XML?> | <? a?> | <? | ?> | <?1?>'.split(
    ' | ',
  );
const MARKUP =
  '<x/>|<x y="1"/>|<x y=">"/>|<x\ny\t=\r\n"a\r\nb\tc&#10;"\n/>|<x a:b="&lt;"/>|<\u00e9/>|<\u0436:\u0436/>|<\u{10000}/>|<x\u00b7/>|<__proto__/>|<state>2</state>|<x></x >|<x></x\r\n>'.split(
    '|',
  );
const BAD_MARKUP =
  '<!DOCTYPE x>|<!doctype x>|<!ENTITY a "b">|<!|<|</|/>|</r>|</table>|<r>|<x>|</x>|<x y="1" y="2"/>|<x y="1"z="2"/>|<x y=1/>|<x y/>|<x / >|<x y="<"/>|< x>|</ x>|<1/>|<\u00b7x/>|<-x/>|status="read"|x="1"'.split(
    '|',
  );
const CHARACTERS = [
  '\r',
  '\n',
  '\r\n',
  '\r\r\n',
  '\t',
  ' ',
  '\u0085',
  '\u2028',
  '\u00a0',
  '\u007f',
  '\ufffd',
  '\ufeff',
  '\u{1F600}',
  '\u0436',
];
const BAD_CHARACTERS = ['\u0000', '\u0008', '\u000b', '\u000c', '\u001f', '\ufffe', '\uffff'];
const snippet = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...REFERENCES, ...SECTIONS, ...TEXTS, ...MARKUP, ...CHARACTERS) },
  fc.constantFrom(...BAD_REFERENCES, ...BAD_SECTIONS, ...BAD_MARKUP, ...BAD_CHARACTERS),
);
const blank = fc.constantFrom('', '', '', ' ', '\n', '\r\n', '\r', '\t ');
const plain = fc.string({
  unit: fc.constantFrom('a', 'b', ' ', '1', '.', '\u0436', '\u{1F600}', '\u00e9'),
  maxLength: 12,
});
const harmless = fc.oneof(
  { weight: 4, arbitrary: plain },
  fc.constantFrom(...REFERENCES, ...SECTIONS, ...TEXTS, ...CHARACTERS),
);
const content = fc.array(harmless, { maxLength: 4 }).map((parts) => parts.join(''));
const fieldName = fc.constantFrom(
  'No',
  'NO',
  'Name',
  'Qty',
  'state',
  '\u0416',
  'a.b-c',
  '_x',
  '__proto__',
  'r',
  'table',
);
const fieldOf = (name: string): fc.Arbitrary<string> =>
  fc.oneof(
    {
      weight: 8,
      arbitrary: fc.tuple(blank, content).map(([gap, text]) => `<${name}>${text}</${name}${gap}>`),
    },
    blank.map((gap) => `<${name}${gap}/>`),
    fc.tuple(content, content).map(([one, two]) => `<${name} a='1'>${one}<in>${two}</in></${name}>`),
  );
const fields = fc
  .oneof(
    {
      weight: 5,
      arbitrary: fc.uniqueArray(fieldName, { maxLength: 5, selector: (name) => name.toLowerCase() }),
    },
    fc.array(fieldName, { maxLength: 5 }),
  )
  .chain((names) => fc.tuple(...names.map((name) => fc.tuple(fieldOf(name), blank))));
const status = fc.constantFrom(
  ' status="insert"',
  '',
  ' Status="updated"',
  " status='delete'",
  ' x="1"  STATUS=""',
  '\nstatus = "read"',
);
const row = fc
  .tuple(status, fields, blank)
  .map(([attribute, fields, gap]) => `<r${attribute}${gap}>${fields.flat().join('')}</r>${gap}`);
const table = fc
  .tuple(
    fc.constantFrom('A', 'a', 'SalesHeader', '\u0436 &amp; "'),
    fc.constantFrom('tablename', 'name', 'TableName'),
    fc.array(row, { maxLength: 4 }),
    blank,
  )
  .map(
    ([name, attribute, rows, gap]) => `<table ${attribute}='${name}'>${gap}${rows.join('')}</table>${gap}`,
  );
const prolog = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom(
      '',
      '\ufeff',
      '<?xml version="1.0" encoding="UTF-8"?>\n',
      "<?xml version='1.1' standalone = 'yes' ?>",
      '<?xml version="1.0"\r\n?>',
      '\r\n<!-- a -->\r\n',
    ),
  },
  fc.constantFrom(
    ' <?xml version="1.0"?>',
    '<?xml version="2.0"?>',
    '<?xml encoding="UTF-8"?>',
    '<?xml version="1.0" encoding="latin1"?>',
    '<?xml version="1.0"encoding="UTF-8"?>',
    '<?xml version="1.0" x="y"?>',
    '\u00a0',
  ),
);
const document = fc
  .tuple(prolog, fc.array(table, { maxLength: 3 }), blank)
  .map(
    ([before, tables, gap]) =>
      `${before}<NavMobileSync salesmancode="anna&amp;">${gap}${tables.join('')}</NavMobileSync>${gap}`,
  );

interface Mutation {
  readonly at: number;
  readonly length: number;
  readonly text: string;
}
const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  length: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 8 })),
  text: fc.oneof({ weight: 3, arbitrary: snippet }, fc.constant('')),
});
const mutated = fc
  .tuple(document, fc.array(mutation, { minLength: 1, maxLength: 3 }))
  .map(([text, mutations]) =>
    mutations
      .reduce((now, { at, length, text: added }) => {
        const from = Math.floor(at * now.length);
        return now.slice(0, from) + added + now.slice(from + length);
      }, text)
      .toWellFormed(),
  );
const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 });

const same = async (bytes: Uint8Array, cuts: readonly number[]): Promise<void> => {
  const expected = referenceRead(bytes);
  fc.pre(expected !== 'unclear');
  expect(await oursRead(bytes, cuts)).toEqual(expected);
};

describe('the reader beside a parser of others', () => {
  test.prop([document, sizes], { numRuns: 2_000 })('reads the same rows', (text, cuts) =>
    same(Buffer.from(text), cuts),
  );

  test.prop([mutated, sizes], { numRuns: 6_000 })('refuses the same documents', (text, cuts) =>
    same(Buffer.from(text), cuts),
  );

  test.prop([document, fc.nat(), fc.integer({ min: 0x80, max: 0xff }), sizes], { numRuns: 1_000 })(
    'takes no bytes that are no UTF-8',
    (text, where, byte, cuts) => {
      const bytes = Buffer.from(text);
      bytes[where % bytes.length] = byte;
      return same(bytes, cuts);
    },
  );

  it('cut at every byte', async () => {
    const text =
      '\ufeff<?xml version="1.0"?>\r\n<NavMobileSync salesmancode="\u0436"><table name="A"><r status="insert">' +
      '<a>x&amp;\u{1F600}]]&gt;\r\n</a ><!-- -> --><b><![CDATA[]]]]><?p q?></b><c d=">"/></r>\r</table></NavMobileSync>\r';
    const bytes = Buffer.from(text);
    const expected = referenceRead(bytes);
    expect(expected).toHaveProperty('tables.0.rows.0.fields.0.value', 'x&\u{1F600}]]>\n');
    for (let cut = 1; cut < bytes.length; cut += 1)
      expect(await oursRead(bytes, [cut, bytes.length]), `cut at ${cut}`).toEqual(expected);
  });
});
