import { fc, test } from '@fast-check/vitest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { toErp, toPacket, type Zones } from '../../../main/core/mapping/convert.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { dateTimeText, localTimeAt } from '../../../shared/model/time.ts';

const UTC: Zones = { area: 'UTC', erp: 'UTC' };
const SOFIA: Zones = { area: 'UTC', erp: 'Europe/Sofia' };

function type(text: string): FieldType {
  const parsed = parseFieldType(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
}
const erp = (value: string | null, typeText: string, zones = UTC): unknown => {
  const result = toErp(value, type(typeText), zones);
  return result.ok ? result.value : result.failure.code;
};
const packet = (value: string | null, typeText: string, zones = UTC): unknown => {
  const result = toPacket(value, type(typeText), zones);
  return result.ok ? result.value : result.failure.code;
};

describe('packet text to ERP value', () => {
  it.each([
    ['text(5)', 'abcde', 'abcde'],
    ['text(5)', 'abcdef', 'too-long'],
    ['text(5)', '', ''],
    ['text', '  kept  ', '  kept  '],
    ['decimal(18,4)', '2.500', '2.5'],
    ['decimal(18,4)', '+1e3', '1000'],
    ['decimal(18,4)', '-0.00', '0'],
    ['decimal(18,4)', '0.12345', 'does-not-fit'],
    ['decimal(18,4)', '0.12340', '0.1234'],
    ['decimal(5,2)', '1000', 'does-not-fit'],
    ['decimal(38,0)', '99999999999999999999999999999999999999', '99999999999999999999999999999999999999'],
    ['decimal(18,4)', '1,5', 'not-a-number'],
    ['decimal(18,4)', 'NaN', 'not-a-number'],
    ['decimal(18,4)', '0x10', 'not-a-number'],
    ['decimal(18,4)', '', null],
    ['int', '5.0', '5'],
    ['int', '5.5', 'does-not-fit'],
    ['int', '2147483648', 'does-not-fit'],
    ['int', '-2147483648', '-2147483648'],
    ['int', '9'.repeat(5000), 'does-not-fit'],
    ['bigint', '9223372036854775807', '9223372036854775807'],
    ['bigint', '9223372036854775808', 'does-not-fit'],
    ['bool', 'True', '1'],
    ['bool', '0', '0'],
    ['bool', 'yes', 'not-a-boolean'],
    ['guid', '{5A3C7E10-0000-4000-8000-0000000000C1}', '5a3c7e10-0000-4000-8000-0000000000c1'],
    ['guid', '5a3c7e10', 'not-a-guid'],
    ['binary', 'data:image/png;base64,AAEC', 'AAEC'],
    ['binary', 'AA EC\n', 'AAEC'],
    ['binary', 'AAE', 'not-base64'],
    ['date', '2025-03-10T23:59:59Z', '2025-03-10'],
    ['date', '2025-03-10', '2025-03-10'],
    ['date', '2025-02-29', 'not-a-date'],
    ['date', '0001-01-01T00:00:00Z', 'not-a-date'],
    ['date', '10.03.2025', 'not-a-date'],
    ['datetime', '2025-03-10T24:00:00Z', 'not-a-date'],
    ['datetime', 'today', 'not-a-date'],
    ['datetime', '2025-03-10T08:15:30+15:00', 'not-a-date'],
  ])('%s of %j', (typeText, value, expected) => {
    expect(erp(value, typeText)).toBe(expected);
  });

  it('null stays null for every type', () => {
    for (const one of ['text', 'decimal(9,2)', 'int', 'bool', 'date', 'datetime', 'guid', 'binary'])
      expect([erp(null, one), packet(null, one)]).toEqual([null, null]);
  });
});

describe('ERP value to packet text', () => {
  it.each([
    ['decimal(18,4)', '12.5000', '12.5'],
    ['decimal(18,4)', '2.0000', '2'],
    ['bool', '1', 'true'],
    ['bool', '0', 'false'],
    ['date', '2025-03-10', '2025-03-10T00:00:00Z'],
    ['datetime', '2025-03-10T08:15:30.120', '2025-03-10T08:15:30Z'],
    ['text(3)', 'abcd', 'too-long'],
    ['int', 'x', 'not-a-number'],
    ['datetime', 'x', 'not-a-date'],
  ])('%s of %j', (typeText, value, expected) => {
    expect(packet(value, typeText)).toBe(expected);
  });

  it('a moment is 20 characters long', () => {
    expect(String(packet('2025-03-10T08:15:30.999', 'datetime')).length).toBe(20);
  });
});

// The machine's own zone must not matter, so everything here runs in several.
describe.each(['UTC', 'America/Chicago', 'Asia/Kolkata'])('moments on a machine in %s', (zone) => {
  const before = process.env['TZ'];
  beforeAll(() => {
    process.env['TZ'] = zone;
    expect(new Date(Date.UTC(2025, 0, 1)).getTimezoneOffset()).toBe(
      { UTC: 0, 'America/Chicago': 360, 'Asia/Kolkata': -330 }[zone],
    );
  });
  afterAll(() => {
    if (before === undefined) delete process.env['TZ'];
    else process.env['TZ'] = before;
  });

  it('an order at 00:30 in Sofia keeps its date in the ERP and on the way back', () => {
    expect(erp('2025-03-09T22:30:00.000Z', 'datetime', SOFIA)).toBe('2025-03-10T00:30:00.000');
    expect(erp('2025-03-09T22:30:00.000Z', 'dateOfTime', SOFIA)).toBe('2025-03-10');
    expect(packet('2025-03-10T00:30:00.000', 'datetime', SOFIA)).toBe('2025-03-09T22:30:00Z');
    const wallClock = { area: 'Europe/Sofia', erp: 'Europe/Sofia' };
    expect(erp('2025-03-10T00:30:00.000Z', 'datetime', wallClock)).toBe('2025-03-10T00:30:00.000');
    expect(erp('2025-03-10T00:30:00.000Z', 'dateOfTime', wallClock)).toBe('2025-03-10');
    expect(packet('2025-03-10T00:30:00.000', 'datetime', wallClock)).toBe('2025-03-10T00:30:00Z');
  });

  it('a day is never shifted', () => {
    expect(erp('2025-03-10T00:00:00Z', 'date', { area: 'UTC', erp: 'Pacific/Auckland' })).toBe('2025-03-10');
    expect(erp('2025-03-10T23:59:59Z', 'date', { area: 'Pacific/Auckland', erp: 'UTC' })).toBe('2025-03-10');
    expect(packet('2025-03-10', 'date', { area: 'America/Chicago', erp: 'Asia/Kolkata' })).toBe(
      '2025-03-10T00:00:00Z',
    );
  });

  it('Z is the wall clock of the area where that is not UTC; a written offset is what it says', () => {
    const chicago = { area: 'America/Chicago', erp: 'UTC' };
    expect(erp('2025-01-10T08:00:00Z', 'datetime', chicago)).toBe('2025-01-10T14:00:00.000');
    expect(erp('2025-01-10T08:00:00', 'datetime', chicago)).toBe('2025-01-10T14:00:00.000');
    expect(erp('2025-01-10T08:00:00+02:00', 'datetime', chicago)).toBe('2025-01-10T06:00:00.000');
    expect(erp('2025-01-10T08:00:00-0330', 'datetime', chicago)).toBe('2025-01-10T11:30:00.000');
  });

  it('the hour that is missing in spring and the one that comes twice in autumn pass unchanged between equal clocks', () => {
    const same = { area: 'Europe/Sofia', erp: 'Europe/Sofia' };
    for (const text of ['2025-03-30T03:30:00.000', '2025-10-26T03:30:00.000'])
      expect(erp(`${text}Z`, 'datetime', same)).toBe(text);
  });

  test.prop([
    fc.integer({ min: Date.UTC(1971, 0, 1) / 1000, max: Date.UTC(2090, 0, 1) / 1000 }),
    fc.constantFrom('UTC', 'Europe/Sofia', 'America/Chicago', 'Asia/Kolkata', 'Pacific/Auckland'),
  ])(
    'a moment comes back from the ERP as it went in, but for the hour that comes twice',
    (seconds, erpZone) => {
      const zones = { area: 'UTC', erp: erpZone };
      const sent = `${dateTimeText(localTimeAt(seconds * 1000, 'UTC')).slice(0, 19)}Z`;
      const there = String(erp(sent, 'datetime', zones));
      const back = String(packet(there, 'datetime', zones));
      const away = Math.abs(Date.parse(back) - Date.parse(sent));
      expect(away === 0 || away === 3_600_000).toBe(true);
      expect(erp(back, 'datetime', zones)).toBe(there);
      expect(erp(sent, 'dateOfTime', zones)).toBe(there.slice(0, 10));
    },
  );
});

test.prop([fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n }), fc.integer({ min: 0, max: 4 })])(
  'a decimal keeps its value there and back, whatever zeros it came with',
  (whole, scale) => {
    const digits = whole
      .toString()
      .replace('-', '')
      .padStart(scale + 1, '0');
    const cut = digits.length - scale;
    const text = `${whole < 0n ? '-' : ''}${digits.slice(0, cut)}${scale > 0 ? `.${digits.slice(cut)}` : ''}`;
    const there = toErp(text, { kind: 'decimal', precision: 24, scale: 4 }, UTC);
    if (!there.ok || there.value === null) throw new Error(text);
    const [w = '', f = ''] = there.value.replace('-', '').split('.');
    expect(BigInt(w + f.padEnd(4, '0'))).toBe((whole < 0n ? -whole : whole) * 10n ** BigInt(4 - scale));
    expect(toPacket(there.value, { kind: 'decimal', precision: 24, scale: 4 }, UTC)).toEqual(there);
  },
);
