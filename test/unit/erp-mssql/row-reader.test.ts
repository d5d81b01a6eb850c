import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { momentText } from '../../../main/adapters/erp-mssql/moment-text.ts';
import { canonicalText, rowReader } from '../../../main/adapters/erp-mssql/read-value.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';

const TYPES = [
  'text',
  'decimal(18,3)',
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

/** Of a `Date` of the driver: any that SQL Server's types hold. */
const moment = fc
  .integer({ min: new Date('0001-01-01T00:00:00Z').getTime(), max: Date.UTC(9999, 11, 31, 23, 59, 59, 999) })
  .chain((at) => fc.constantFrom(at, Math.floor(at / 86_400_000) * 86_400_000))
  .map(momentText);
const column = fc.constantFrom(...TYPES).chain((text) =>
  fc.record({
    type: fc.constant(type(text)),
    cell: fc.oneof(
      moment,
      fc.constantFrom('', '0', '1', '-0', '007', '12.500', '1e3', '2025-03-10', '2025-02-30', 'Жак', null),
      fc.uint8Array({ maxLength: 5 }),
    ),
  }),
);

describe('rows of the server as canonical texts', () => {
  test.prop([fc.array(column, { minLength: 1, maxLength: 8 })], { numRuns: 5_000 })(
    'are what each cell is by itself',
    (columns) => {
      const row = Object.freeze(columns.map(({ cell }) => cell));
      const each = columns.map(({ cell, type }) => canonicalText(cell, type));
      const wrong = each.indexOf(undefined);
      expect(rowReader(columns, [])(row)).toEqual(wrong === -1 ? each : wrong);
    },
  );

  test.prop(
    [fc.array(moment, { minLength: 1, maxLength: 4 }), fc.constantFrom('date', 'dateOfTime', 'datetime')],
    {
      numRuns: 5_000,
    },
  )('of moments the driver made are the same without being looked at', (moments, typeText) => {
    const columns = moments.map(() => ({ type: type(typeText) }));
    const sent = moments.map(() => ({ moments: true }));
    expect(rowReader(columns, sent)(moments)).toEqual(
      moments.map((cell) => canonicalText(cell, type(typeText))),
    );
  });

  it('are the same row where nothing is to be done, and never changed in place', () => {
    const read = rowReader([{ type: type('text') }, { type: type('date') }], [{}, { moments: true }]);
    const row = Object.freeze(['a', null]);
    expect(read(row)).toBe(row);
    expect(read(Object.freeze(['a', '2025-03-10T00:00:00.000']))).toEqual(['a', '2025-03-10']);
  });

  it('have null for a cell that was not sent, and nothing for a column that was not asked for', () => {
    const columns = [{ type: type('text') }, { type: type('int') }];
    expect(rowReader(columns, [])(['a'])).toEqual(['a', null]);
    expect(rowReader(columns, [])(['a', '1', 'b'])).toEqual(['a', '1']);
  });

  it('are refused where the driver sends a moment for a number', () => {
    expect(rowReader([{ type: type('int') }], [{ moments: true }])(['2025-03-10T00:00:00.000'])).toBe(0);
  });
});
