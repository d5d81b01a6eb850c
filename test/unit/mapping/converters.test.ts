import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyConverters, firstChars, parseConverter } from '../../../main/core/mapping/converters.ts';

const made = (text: string, ...converters: string[]): string => {
  const result = applyConverters(converters, text);
  return result.ok ? result.value : `refused: ${result.failure}`;
};

describe('converters', () => {
  it.each([
    ['  a b ', 'trim', 'a b'],
    ['Straße', 'upper', 'STRASSE'],
    ['ÄB', 'lower', 'äb'],
    ['+359 (2) 12-34', 'digits', '3592 1234'.replace(' ', '')],
    ['a \t\n b', 'spaces', 'a b'],
    ['abcdef', 'left(3)', 'abc'],
    ['abcdef', 'right(2)', 'ef'],
    ['a\u{1F600}b', 'left(2)', 'a'],
    ['a\u{1F600}b', 'right(2)', 'b'],
    ['42', 'padLeft(5,"0")', '00042'],
    ['42', 'padLeft(5,0)', '00042'],
    ['a-b-c', 'replace("-","")', 'abc'],
    ['a.b', 'replace(".", ",")', 'a,b'],
    ['12345678901234567890.10', 'negate', '-12345678901234567890.10'],
    ['-1.5', 'negate', '1.5'],
    ['0.00', 'negate', '0.00'],
    ['-1.50', 'absolute', '1.50'],
    ['31.12.2025', 'date("dd.MM.yyyy")', '2025-12-31'],
    ['1/2/2025', 'date("d/M/yyyy")', '2025-02-01'],
    ['31.12.2025 23:05:09', 'datetime("dd.MM.yyyy HH:mm:ss")', '2025-12-31T23:05:09.000'],
    ['20251231T2305', 'datetime("yyyyMMddTHHmm")', '2025-12-31T23:05:00.000'],
    ['1.234,50', 'decimalComma', '1234.50'],
    ['1 234 567,5', 'decimalComma', '1234567.5'],
    ['-0,5', 'decimalComma', '-0.5'],
    ['1.234.567', 'decimalComma', '1234567'],
    ['', 'padLeft(5,"0")', ''],
    ['', 'negate', ''],
  ])('%j through %s is %j', (text, converter, expected) => {
    expect(made(text, converter)).toBe(expected);
  });

  it.each([
    ['1.234', 'decimalComma', 'may be thousands or three decimals'],
    ['1.5', 'decimalComma', 'is no number with a decimal comma'],
    ['1,234.5', 'decimalComma', 'is no number with a decimal comma'],
    ['12.34,5', 'decimalComma', 'is no number'],
    ['31.02.2025', 'date("dd.MM.yyyy")', 'is no date written as dd.MM.yyyy'],
    ['2025-12-31', 'date("dd.MM.yyyy")', 'is no date'],
    ['24:61', 'datetime("dd.MM.yyyy HH:mm")', 'is no date'],
    ['abc', 'negate', 'is not a number'],
  ])('%j is refused by %s', (text, converter, words) => {
    expect(made(text, converter)).toContain(words);
  });

  it('works in the order it is written', () => {
    expect(made(' 0012-34 ', 'trim', 'digits', 'right(4)', 'padLeft(6,"x")')).toBe('xx1234');
  });

  it.each([
    ['upperr', 'did you mean upper?'],
    ['padleft(3,"0")', 'did you mean padLeft?'],
    ['left', 'write left(10)'],
    ['left(0)', 'write left(10)'],
    ['left(3', 'use one of'],
    ['trim(1)', 'write trim'],
    ['replace("","b")', 'write replace("a","b")'],
    ['replace("a")', 'write replace("a","b")'],
    ['padLeft(3,"ab")', 'write padLeft(8,"0")'],
    ['date("dd.MM.yy")', 'write date("dd.MM.yyyy")'],
    ['date("dd.MM.yyyy HH")', 'write date("dd.MM.yyyy")'],
    ['datetime("dd.MM.yyyy")', 'write datetime('],
    ['date("yyyy.yyyy.MM.dd")', 'write date('],
    ['constructor', 'use one of'],
    ['__proto__', 'use one of'],
  ])('%s is no converter: %s', (text, hint) => {
    const parsed = parseConverter(text);
    expect(parsed.ok ? 'read' : parsed.failure.hint).toContain(hint);
  });

  it('never cuts a character in half', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 30 }),
        fc.integer({ min: 1, max: 30 }),
        (text, count) => {
          for (const part of [
            firstChars(text, count),
            made(text, `left(${count})`),
            made(text, `right(${count})`),
          ]) {
            expect(part.length).toBeLessThanOrEqual(count);
            expect(part.isWellFormed()).toBe(true);
            expect(text.includes(part)).toBe(true);
          }
        },
      ),
    );
  });

  it('reads every decimal with a comma that it writes itself', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }),
        fc.integer({ min: 0, max: 99 }),
        (whole, part) => {
          const fraction = String(part).padStart(2, '0');
          const digits = (whole < 0n ? -whole : whole).toString().replaceAll(/\B(?=(\d{3})+$)/g, '.');
          expect(made(`${whole < 0n ? '-' : ''}${digits},${fraction}`, 'decimalComma')).toBe(
            `${whole}.${fraction}`,
          );
        },
      ),
    );
  });
});
