import { describe, expect, test } from 'vitest';
import { appModelSchema, type UsedModel } from '../../../main/core/packets/push/app-model/app-model.ts';
import {
  checkTable,
  checkTables,
  unknownTables,
} from '../../../main/core/packets/push/app-model/check-packet.ts';
import { FIELD_SALES } from '../../../main/core/packets/push/app-model/field-sales.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';

const used: UsedModel = {
  model: appModelSchema.parse(FIELD_SALES),
  file: 'models/field-sales.json',
  mappingFile: 'mappings/field-sales.json',
};

function refusal(act: () => void): SyncFailure | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    if (error instanceof BodyStreamError) return error.failure;
    throw error;
  }
}
const oneRow = (
  table: string,
  row: Readonly<Record<string, string | null>>,
  number = 1,
): SyncFailure | undefined =>
  refusal(() => checkTable(used, table, Object.keys(row))?.row(Object.values(row), number));

test('the documented model is a model, and a round through a file changes nothing', () => {
  expect(appModelSchema.parse(JSON.parse(JSON.stringify(FIELD_SALES)))).toEqual(used.model);
});

test('a packet without DeviceSetup is refused, and the words say which file to add it to', () => {
  expect(refusal(() => checkTables(used, ['CompanyInfo', 'Customer']))).toMatchObject({
    kind: 'rejected',
    code: 'app-model',
    where: 'table DeviceSetup',
    message: expect.stringMatching(
      /add an entity "DeviceSetup" .*mappings|mappings.*add an entity "DeviceSetup"/,
    ),
  });
  expect(refusal(() => checkTables(used, ['DeviceSetup', 'CompanyInfo', 'Customer']))).toBeUndefined();
});

test('names count letter by letter: the app may not know another spelling', () => {
  expect(refusal(() => checkTables(used, ['devicesetup', 'CompanyInfo', 'Customer']))).toBeDefined();
});

describe('rows', () => {
  const company = { Code: 'A', Name: 'Acme' };

  test('what fits passes, also with fields nobody documented', () => {
    expect(oneRow('CompanyInfo', { ...company, Mystery: 'x'.repeat(5_000) })).toBeUndefined();
    expect(oneRow('Currency', { CurrencyCode: 'EUR', Txt: null })).toBeUndefined();
    expect(oneRow('DeviceSetup', { Anything: '1' })).toBeUndefined();
  });

  test.each([
    ['missing from the mapping', { Name: 'Acme' }, 'is missing'],
    ['NULL', { ...company, Code: null }, 'is missing'],
    ['empty', { ...company, Code: '' }, 'is empty'],
    ['blank', { ...company, Code: '  ' }, 'is blank'],
  ])('a required field that is %s', (_, row, words) => {
    expect(oneRow('CompanyInfo', row, 1)).toMatchObject({
      where: 'CompanyInfo row 1',
      field: 'Code',
      message: expect.stringContaining(words),
    });
  });

  test('exactly the size fits, one more does not, and a long value is shown cut', () => {
    expect(oneRow('CompanyInfo', { ...company, Name: 'n'.repeat(100) })).toBeUndefined();
    const failure = oneRow('CompanyInfo', { ...company, Name: 'n'.repeat(100_000) });
    expect(failure).toMatchObject({ field: 'Name', message: expect.stringContaining('100000 characters') });
    expect(JSON.stringify(failure).length).toBeLessThan(300);
  });

  test('a second row where one is allowed', () => {
    expect(oneRow('CompanyInfo', company, 1)).toBeUndefined();
    expect(oneRow('CompanyInfo', company, 2)).toMatchObject({
      where: 'CompanyInfo row 2',
      message: expect.stringContaining('at most 1 row'),
    });
    expect(oneRow('Customer', { No: '1', Name: 'n' }, 1_000_000)).toBeUndefined();
  });

  test.each([
    ['PaymentMethod', 'PaymentType', '1', '1.5'],
    ['PaymentMethod', 'PaymentType', '-2', 'one'],
    ['Item', 'UnitPrice', '12.5000', '12,50'],
    ['Item', 'UnitPrice', '-0.01', '1e3'],
    ['Item', 'PriceIncludesVAT', 'true', 'yes'],
  ])('the simple type of %s.%s: %s and not %s', (table, field, good, bad) => {
    expect(oneRow(table, { [field]: good })).toBeUndefined();
    expect(oneRow(table, { [field]: bad })).toMatchObject({ field, message: expect.stringContaining(bad) });
  });

  test('dates, moments, guids and bytes of a model somebody wrote', () => {
    const own: UsedModel = {
      ...used,
      model: appModelSchema.parse({
        modelVersion: 1,
        app: 'Own',
        tables: {
          T: {
            fields: {
              D: { type: 'date' },
              M: { type: 'datetime' },
              G: { type: 'guid' },
              B: { type: 'binary' },
            },
          },
        },
      }),
    };
    const check = checkTable(own, 'T', ['D', 'M', 'G', 'B']);
    const good = [
      '2025-03-10T00:00:00Z',
      '2025-03-10T08:15:00Z',
      '5a3c7e10-0000-4000-8000-0000000000c1',
      'AAEC',
    ];
    expect(refusal(() => check?.row(good, 1))).toBeUndefined();
    for (const index of good.keys())
      expect(refusal(() => check?.row(good.with(index, '10.03.2025 ?'), 1))).toMatchObject({
        field: ['D', 'M', 'G', 'B'][index],
      });
  });
});

test('a required table without a row is refused at its end; another one is not', () => {
  expect(refusal(() => checkTable(used, 'Customer', ['No', 'Name'])?.end(0))).toMatchObject({
    where: 'table Customer',
  });
  expect(refusal(() => checkTable(used, 'Item', ['No'])?.end(0))).toBeUndefined();
});

test('a table nobody documented is no refusal', () => {
  expect(unknownTables(used, ['Customer', 'Price', '__proto__', 'constructor'])).toEqual([
    'Price',
    '__proto__',
    'constructor',
  ]);
  expect(checkTable(used, 'constructor', ['a'])).toBeUndefined();
});
