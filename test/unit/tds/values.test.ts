import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import { ByteReader, ProtocolError } from '../../../main/sandbox/tds/byte-reader.ts';
import { ByteWriter } from '../../../main/sandbox/tds/byte-writer.ts';
import { readTypeInfo, writeTypeInfo } from '../../../main/sandbox/tds/type-info.ts';
import { readValue } from '../../../main/sandbox/tds/values-in.ts';
import { valueWriter } from '../../../main/sandbox/tds/values-out.ts';
import type { SqlType, SqlValue } from '../../../main/sandbox/tsql/face.ts';

/** What the server writes, read back by its own reader: both were checked apart against drivers, so the pair must agree. */
function roundTrip(type: SqlType, value: SqlValue): { type: SqlType; value: SqlValue } {
  const out = new ByteWriter(16);
  writeTypeInfo(out, type);
  valueWriter(type)(out, value);
  const from = new ByteReader(Buffer.from(out.view()));
  const wire = readTypeInfo(from, 'row');
  const back = readValue(from, wire);
  expect(from.remaining).toBe(0);
  return { type: wire.type, value: back };
}

const digits = (max: number) =>
  fc.string({
    unit: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', '8', '9'),
    minLength: 1,
    maxLength: max,
  });

const decimals = fc
  .tuple(fc.integer({ min: 1, max: 38 }), fc.boolean())
  .chain(([precision, negative]) =>
    fc.tuple(
      fc.constant(precision),
      fc.integer({ min: 0, max: precision }),
      digits(precision),
      fc.constant(negative),
    ),
  )
  .map(([precision, scale, text, negative]) => {
    const padded = text.padStart(scale + 1, '0');
    const whole = padded.slice(0, padded.length - scale).replace(/^0+(?=\d)/, '');
    const unsigned = scale === 0 ? whole : `${whole}.${padded.slice(padded.length - scale)}`;
    return { precision, scale, value: negative && /[1-9]/.test(text) ? `-${unsigned}` : unsigned };
  });

const money = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map((scaled) => {
  const text = (scaled < 0n ? -scaled : scaled).toString().padStart(5, '0');
  return `${scaled < 0n ? '-' : ''}${text.slice(0, -4)}.${text.slice(-4)}`;
});

const day = fc.integer({ min: 0, max: 3_652_058 });
const ticks = (scale: number) =>
  fc.integer({ min: 0, max: 86_400 * 10 ** scale - 1 }).map((units) => units * 10 ** (7 - scale));
const scaled = fc
  .integer({ min: 0, max: 7 })
  .chain((scale) => fc.tuple(fc.constant(scale), day, ticks(scale)));

describe('values survive the wire', () => {
  test.prop([decimals])('decimal, every digit up to 38', ({ precision, scale, value }) => {
    const type: SqlType = { name: 'decimal', precision, scale };
    expect(roundTrip(type, value)).toEqual({ type, value });
  });

  test.prop([money])('money, the whole range', (value) => {
    expect(roundTrip({ name: 'money' }, value).value).toBe(value);
  });

  test.prop([fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })])('bigint', (value) => {
    expect(roundTrip({ name: 'bigint' }, value).value).toBe(value);
  });

  test.prop([fc.string({ unit: 'binary', maxLength: 4000 }).filter((text) => text.length <= 4000)])(
    'nvarchar',
    (value) => {
      expect(roundTrip({ name: 'nvarchar', length: 4000 }, value).value).toBe(value);
      expect(roundTrip({ name: 'nvarchar', length: 'max' }, value).value).toBe(value);
      expect(roundTrip({ name: 'ntext' }, value).value).toBe(value);
    },
  );

  test.prop([fc.uint8Array({ maxLength: 8000 })])('varbinary', (value) => {
    expect(roundTrip({ name: 'varbinary', length: 8000 }, value).value).toEqual(value);
    expect(roundTrip({ name: 'varbinary', length: 'max' }, value).value).toEqual(value);
  });

  test.prop([fc.uuid()])('uniqueidentifier', (value) => {
    expect(roundTrip({ name: 'uniqueidentifier' }, value.toUpperCase()).value).toBe(value.toUpperCase());
  });

  test.prop([scaled, fc.integer({ min: -840, max: 840 })])(
    'times of every scale and zone',
    ([scale, days, t], offset) => {
      expect(roundTrip({ name: 'time', scale }, { days: 0, ticks: t }).value).toEqual({ days: 0, ticks: t });
      expect(roundTrip({ name: 'datetime2', scale }, { days, ticks: t }).value).toEqual({ days, ticks: t });
      // The ends of the calendar have no UTC on the other side of them.
      const inner = Math.min(Math.max(days, 1), 3_652_057);
      const zoned = { days: inner, ticks: t, offset };
      expect(roundTrip({ name: 'datetimeoffset', scale }, zoned).value).toEqual(zoned);
    },
  );

  test('a GUID is mixed-endian on the wire', () => {
    const out = new ByteWriter(32);
    valueWriter({ name: 'uniqueidentifier' })(out, '00112233-4455-6677-8899-AABBCCDDEEFF');
    expect(out.view().toString('hex')).toBe('1033221100554477668899aabbccddeeff');
  });

  test('money has its high word first', () => {
    const out = new ByteWriter(32);
    valueWriter({ name: 'money' })(out, '429496.7297');
    expect(out.view().toString('hex')).toBe('080100000001000000');
  });
});

describe('hostile values', () => {
  const read = (hex: string) => {
    const from = new ByteReader(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
    return readValue(from, readTypeInfo(from, 'row'));
  };

  test.each([
    ['a chunk longer than the message', 'a5 ffff feffffffffffffff ffffffff 00'],
    ['a total that differs from the chunks', 'a5 ffff 0900000000000000 01000000 aa 00000000'],
    ['text of an odd number of bytes', 'e7 0a00 0904d00034 0300 616263'],
    ['an int of three bytes', '26 04 03 010203'],
    ['a decimal of six bytes', '6a 11 26 00 06 01 0102030405'],
    ['a time after midnight', '29 00 03 ffffff'],
    ['a date after 9999', '28 03 ffffff'],
    ['a variant whose properties overrun it', '62 00000000 03000000 a7 ff 00'],
    ['a variant in a variant', '62 00000000 03000000 62 00 00'],
    ['a text pointer without end', '23 ffffff7f 0904d00034 ff'],
  ])('%s is a protocol error', (_name, hex) => {
    expect(() => read(hex)).toThrow(ProtocolError);
  });

  test.prop([fc.uint8Array({ maxLength: 200 })])(
    'random bytes never do anything but throw what is expected',
    (bytes) => {
      const from = new ByteReader(Buffer.from(bytes));
      try {
        readValue(from, readTypeInfo(from, 'parameter'));
      } catch (error) {
        expect(['ProtocolError', 'Truncated', 'RefusedType']).toContain((error as Error).constructor.name);
      }
    },
  );
});
