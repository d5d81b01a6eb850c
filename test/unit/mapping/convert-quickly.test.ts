import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { canonicalText } from '../../../main/adapters/erp-mssql/read-value.ts';
import { toPacket, type Zones } from '../../../main/core/mapping/convert.ts';
import { quickToPacket } from '../../../main/core/mapping/convert-quickly.ts';
import { quickly } from '../../../main/core/packets/codec/column-to-write.ts';
import { parseDecimal } from '../../../shared/model/decimal.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { isPlainDecimal, isPlainMoment } from '../../../shared/model/plain-text.ts';
import { dateTimeText, parseLocalTime } from '../../../shared/model/time.ts';

const ZONES: readonly Zones[] = [
  { area: 'UTC', erp: 'UTC' },
  { area: 'UTC', erp: 'Europe/Sofia' },
];
const TYPES = [
  'text',
  'text(5)',
  'decimal(5,2)',
  'decimal(18,4)',
  'decimal(38,0)',
  'int',
  'bigint',
  'bool',
  'guid',
  'date',
  'dateOfTime',
  'datetime',
  'binary',
];

function type(text: string): FieldType {
  const parsed = parseFieldType(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}

const pad = (length: number) => (value: number) => String(value).padStart(length, '0');
const number = fc
  .tuple(
    fc.constantFrom('', '', '-', '+'),
    fc.stringMatching(/^[0-9]{0,21}$/),
    fc.stringMatching(/^(\.[05]{0,6})?$/),
  )
  .map((parts) => parts.join(''));
const day = fc
  .tuple(
    fc.integer({ min: 0, max: 9999 }).map(pad(4)),
    fc.integer({ min: 0, max: 13 }).map(pad(2)),
    fc.integer({ min: 0, max: 32 }).map(pad(2)),
  )
  .map((parts) => parts.join('-'));
const moment = fc
  .tuple(
    day,
    fc.constantFrom('T', ' ', 't'),
    fc.integer({ min: 0, max: 25 }).map(pad(2)),
    fc.integer({ min: 0, max: 61 }).map(pad(2)),
    fc.integer({ min: 0, max: 61 }).map(pad(2)),
    fc.constantFrom('', '.1', '.120', '.1234', '.x20', '.12x', 'Z'),
  )
  .map(([date, mark, hour, minute, second, rest]) => `${date}${mark}${hour}:${minute}:${second}${rest}`);
const value = fc.oneof(
  number,
  day,
  moment,
  fc.uuid(),
  fc.uuid().map((id) => id.toUpperCase()),
  fc.string({ maxLength: 7 }),
  fc.constantFrom(
    '',
    '0',
    '1',
    'true',
    '-0',
    '-0.0',
    '00',
    '1.',
    '.5',
    '1e3',
    ' 1',
    '2024-02-29',
    '1753-01-01',
  ),
);

describe('the quick way to a packet', () => {
  test.prop([value, fc.constantFrom(...TYPES), fc.constantFrom(...ZONES)], { numRuns: 20_000 })(
    'gives what the thorough one gives, or nothing',
    (text, typeText, zones) => {
      const quick = quickly(quickToPacket(type(typeText), zones), text);
      if (quick === undefined) return;
      expect(toPacket(text, type(typeText), zones)).toEqual({ ok: true, value: quick });
    },
  );

  it.each([
    ['text(5)', 'Жabcd', 'Жabcd'],
    ['decimal(18,4)', '12.5000', '12.5'],
    ['decimal(18,4)', '-3.000', '-3'],
    ['decimal(18,4)', '0.0000', '0'],
    ['int', '-12', '-12'],
    ['bigint', '123456789012345678', '123456789012345678'],
    ['bool', '1', 'true'],
    ['date', '2025-03-31', '2025-03-31T00:00:00Z'],
    ['datetime', '2025-03-10T23:59:59.999', '2025-03-10T23:59:59Z'],
    ['date', '2024-02-29', '2024-02-29T00:00:00Z'],
  ])('takes the ordinary spelling of %s %s', (typeText, text, expected) => {
    expect(quickly(quickToPacket(type(typeText), { area: 'UTC', erp: 'UTC' }), text)).toBe(expected);
  });
});

describe('spellings known at a glance', () => {
  test.prop([fc.oneof(number, value)], { numRuns: 5_000 })('a decimal is its own canonical text', (text) => {
    if (isPlainDecimal(text)) expect(parseDecimal(text)).toBe(text);
  });

  test.prop([fc.oneof(moment, value)], { numRuns: 5_000 })('a moment is its own canonical text', (text) => {
    if (!isPlainMoment(text)) return;
    const parsed = parseLocalTime(text);
    expect(parsed === undefined ? undefined : dateTimeText(parsed)).toBe(text);
  });

  test.prop([fc.oneof(day, moment, number)], { numRuns: 5_000 })('a cell reads the same', (text) => {
    const read = parseLocalTime(text);
    const expected = read === undefined ? undefined : dateTimeText(read);
    expect(canonicalText(text, type('datetime'))).toBe(expected);
    expect(canonicalText(text, type('date'))).toBe(expected?.slice(0, 10));
  });
});
