import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compileExpression, type ExpressionInput } from '../../../main/core/mapping/expressions.ts';
import { linearPattern } from '../../../main/core/mapping/linear-pattern.ts';

const CODES = { units: { '1': 'PCS', '2': 'BOX' } };

const input = (
  row: Readonly<Record<string, string>>,
  header: Readonly<Record<string, string>> = {},
): ExpressionInput => ({
  row: new Map(Object.entries(row)),
  header: new Map(Object.entries(header)),
  packet: { user: 'ANNA', id: 'P-1', company: 'ACME' },
});

function result(
  source: string,
  row: Readonly<Record<string, string>> = {},
  header?: Readonly<Record<string, string>>,
): string | null {
  const compiled = compileExpression(source, CODES, header === undefined ? 'header' : 'line');
  if (!compiled.ok) throw new Error(`${compiled.failure.message}; ${compiled.failure.hint}`);
  const run = compiled.value.run(input(row, header));
  return run.ok ? run.value : `${run.failure.code}: ${run.failure.message}`;
}

function problem(source: string): string {
  const compiled = compileExpression(source, CODES, 'header');
  return compiled.ok ? 'read' : `${compiled.failure.message}; ${compiled.failure.hint}`;
}

describe('expressions', () => {
  it.each([
    ['mul(row.q, row.p)', { q: '3', p: '19.99' }, '59.97'],
    ['add("0.1", "0.2")', {}, '0.3'],
    ['mul("99999999999999999999.9999", "9")', {}, '899999999999999999999.9991'],
    ['sub("1", 3)', {}, '-2'],
    ['div("2", "3", 4)', {}, '0.6667'],
    ['div("1", "8", 2)', {}, '0.13'],
    ['div("-1", "8", 2)', {}, '-0.13'],
    ['round("2.5", 0)', {}, '3'],
    ['round("-2.5", 0)', {}, '-3'],
    ['round("2.345", 2)', {}, '2.35'],
    ['neg("0")', {}, '0'],
    ['max("10", "9.5")', {}, '10'],
    ['min("10", "9.5")', {}, '9.5'],
    ['cmp(row.a, row.b) > 0 ? "more" : "less"', { a: '10', b: '9' }, 'more'],
    ['row.first + " " + row.last', { first: 'Ann', last: 'Lee' }, 'Ann Lee'],
    ['has(row.note) ? row.note : "none"', {}, 'none'],
    ['row.note == null ? "none" : row.note', {}, 'none'],
    ['has(row.note) ? dyn(row.note) : dyn(null)', {}, null],
    ['row["unit price"]', { 'unit price': '7' }, '7'],
    ['codes("units", row.u)', { u: ' 2 ' }, 'BOX'],
    ['packet.user + "/" + packet.id + "/" + packet.company', {}, 'ANNA/P-1/ACME'],
    ['row.no.matches("^[A-Z]{2}-[0-9]+$")', { no: 'SO-104' }, 'true'],
    ['row.kind in ["1", "5"] ? "x" : "y"', { kind: '5' }, 'x'],
    ['int(row.n) * 100', { n: '12' }, '1200'],
    ['padLeft(trim(row.n), 6, "0")', { n: ' 42' }, '000042'],
    ['upper(row.n).startsWith("AB")', { n: 'abc' }, 'true'],
  ])('%s', (source, row, expected) => {
    expect(result(source, row)).toBe(expected);
  });

  it('sees the header in lines', () => {
    expect(result('header.no + "-" + row.line', { line: '3' }, { no: 'SO-1' })).toBe('SO-1-3');
  });

  it.each([
    ['row.a +', 'Unexpected token: EOF, at character 8'],
    ['1.5', 'a number with a point is not exact'],
    ['add(row.a, 1.5)', 'a number with a point is not exact'],
    ['double(row.a) * 2', 'there is no function "double"'],
    ['rwo.a', 'there is no variable "rwo"'],
    ['row', '"row" is used as a whole'],
    ['row[row.a]', 'a field is named by a calculation'],
    ['header.no', 'a header has no header'],
    ['packet.usr', 'packet has no "usr"'],
    ['trm(row.a)', 'did you mean trim?'],
    ['digits(row.a)', 'as a converter it stands in "convert"'],
    ['codes("unit", row.a)', 'did you mean units?'],
    ['codes(row.a, row.b)', 'the code map is not named'],
    ['row.a.matches(row.b)', 'it is not written out'],
    ['row.a.matches("(?=x)")', 'groups with (? are not known'],
    ['[1,2].map(x, x)', 'there is no function "map"'],
    ['cel.bind(a, row.x, a + a)', 'there is no'],
    ['timestamp("2025-01-01T00:00:00Z")', 'there is no function "timestamp"'],
    ['b"abc"', 'the result is bytes'],
    ['["a"]', 'the result is list'],
    ['rowPresent.a', 'there is no variable "rowPresent"'],
    ['row.a ? "x" : 1', 'same type'],
    ['add(row.a)', 'no matching overload'],
    [`"${'('.repeat(50)}" + ${'('.repeat(60)}row.a${')'.repeat(60)}`, 'maxDepth'],
    [Array.from({ length: 200 }, () => 'row.a').join('+'), 'Exceeded'],
    [Array.from({ length: 5 }, () => 'row.a.matches("a")').join('&&'), 'too many patterns'],
  ])('%s is refused when the mapping is read', (source, words) => {
    expect(problem(source)).toContain(words);
  });

  it.each([
    ['row.a * row.b', { a: '1', b: '2' }, 'no such overload'],
    ['row.a + "x"', {}, 'no such overload'],
    ['add(row.a, "1")', {}, 'a number is missing'],
    ['add(row.a, "1")', { a: 'ten' }, '"ten" is not a number'],
    ['div("1", row.a, 2)', { a: '0.0' }, 'it divides by zero'],
    ['codes("units", row.a)', { a: '7' }, 'unmapped-code: "7" is not in the code map "units"'],
    ['int(row.a)', { a: '1.5' }, 'cannot convert to int'],
    ['add(row.a, "1")', { a: '1e9999' }, 'more than 100 digits'],
    ['row.a + "x"', { a: 'y'.repeat(4001) }, 'more than 4000 characters'],
    ['row.a.matches("y")', { a: 'y'.repeat(1001) }, 'at most 1000 characters'],
  ])('%s is refused for its row', (source, row, words) => {
    expect(result(source, row as Record<string, string>)).toContain(words);
  });

  it('adds and multiplies like whole numbers do', () => {
    const money = fc.bigInt({ min: -(10n ** 20n), max: 10n ** 20n });
    const text = (cents: bigint): string =>
      `${cents < 0n ? '-' : ''}${String(cents < 0n ? -cents : cents)
        .padStart(5, '0')
        .replace(/(\d{4})$/, '.$1')}`;
    const of = (value: string | null): bigint => {
      const [whole = '', part = ''] = (value ?? '').split('.');
      return BigInt(`${whole}${part.padEnd(4, '0')}`.replace(/^-0+(?=\d)/, '-'));
    };
    fc.assert(
      fc.property(money, money, (a, b) => {
        expect(of(result('add(row.a, row.b)', { a: text(a), b: text(b) }))).toBe(a + b);
        expect(of(result('sub(row.a, row.b)', { a: text(a), b: text(b) }))).toBe(a - b);
        expect(of(result('mul(row.a, row.b)', { a: text(a), b: `${b}` }))).toBe(a * b);
      }),
    );
  });

  it('ends within 100 ms on a hostile row, however it is written', () => {
    const hostile = 'a'.repeat(1000);
    const full = 'a'.repeat(4000);
    const digits = '9'.repeat(100);
    const sources = [
      Array.from({ length: 4 }, () => 'row.a.matches("(a|a)*(a|aa)*((a*)*)*b")').join(' || '),
      Array.from({ length: 4 }, () => `row.a.matches("${'a?'.repeat(30)}${'a'.repeat(30)}b")`).join(' || '),
      Array.from({ length: 4 }, () => 'row.a.matches("[ab]{0,40}[bc]{40}")').join(' || '),
      Array.from({ length: 35 }, () => 'row.f').join(' + '),
      `${'mul('.repeat(30)}row.d${', row.d)'.repeat(30)}`,
      `div(row.d, "${'7'.repeat(90)}", 38)`,
      `row.f.contains("${'a'.repeat(900)}b")`,
    ];
    for (const source of sources) {
      const compiled = compileExpression(source, CODES, 'header');
      if (!compiled.ok) throw new Error(`${source}: ${compiled.failure.message}`);
      compiled.value.run(input({ a: 'a', f: 'a', d: '1' }));
      const started = performance.now();
      compiled.value.run(input({ a: hostile, f: full, d: digits }));
      expect(performance.now() - started, source).toBeLessThan(100);
    }
  });
});

describe('patterns', () => {
  it('agrees with what the language itself says, for patterns that both know', () => {
    const atom = fc.constantFrom(
      'a',
      'b',
      '.',
      '[ab]',
      '[^a]',
      '\\d',
      '\\w',
      '\\.',
      '(?:ab)',
      '(a|b)',
      '(|a)',
    );
    const times = fc.constantFrom('', '*', '+', '?', '{2}', '{1,3}', '{2,}');
    const part = fc.tuple(atom, times).map(([one, count]) => one + count);
    const pattern = fc
      .tuple(
        fc.constantFrom('', '^'),
        fc.array(part, { minLength: 1, maxLength: 4 }),
        fc.constantFrom('', '$', '|b'),
      )
      .map(([start, parts, end]) => start + parts.join('') + end);
    fc.assert(
      fc.property(
        pattern,
        fc.string({ unit: fc.constantFrom('a', 'b', '.', '1', '-'), maxLength: 8 }),
        (source, text) => {
          const linear = linearPattern(source);
          if (typeof linear === 'string') throw new Error(`${source}: ${linear}`);
          expect(linear(text), `${source} on ${text}`).toBe(new RegExp(source).test(text));
        },
      ),
      { numRuns: 1000 },
    );
  });

  it.each([
    '(',
    ')',
    '[a',
    'a**',
    '*a',
    '\\',
    '\\1',
    '\\b',
    '(?<x>a)',
    'a{200}',
    'a{3,1}',
    '(a{99}){99}',
    '[z-a]',
  ])('%s is none', (source) => {
    expect(typeof linearPattern(source)).toBe('string');
  });
});
