import { describe, expect, it } from 'vitest';
import { checkColumn, columnsOf } from '../../../main/core/mapping/column-rules.ts';
import type { Catalogue, CatalogueObject, ColumnType } from '../../../main/core/drift/catalogue.ts';
import { parseFieldType } from '../../../shared/model/field-type.ts';

const type = (name: string, more: Partial<ColumnType> = {}): ColumnType => ({
  name,
  precision: 0,
  scale: 0,
  ...more,
});

function verdict(value: string | null, mapped: string, column: ColumnType, mayBeNull = true): string {
  const parsed = parseFieldType(mapped);
  if (parsed === undefined) throw new Error(mapped);
  const result = checkColumn(value, parsed, { label: 'dbo.T.c', type: column, mayBeNull });
  return result.ok ? (result.value.kept ?? 'as it is') : `${result.failure.code}: ${result.failure.message}`;
}

const NARROW = type('varchar', { length: 5, codePage: 1252 });

describe('what a column makes of a value', () => {
  it.each([
    ['abcde', 'text(5)', NARROW, 'as it is'],
    ['ž', 'text(5)', NARROW, 'as it is'],
    [
      'ł',
      'text(5)',
      NARROW,
      'not-in-code-page: the character "ł" (U+0142) cannot be stored in dbo.T.c: it is varchar(5) in code page 1252',
    ],
    ['\u0085', 'text(5)', NARROW, 'not-in-code-page: the character U+0085 cannot'],
    ['abcdef', 'text', NARROW, 'too-long: 6 characters, and dbo.T.c is varchar(5)'],
    [
      '日本語',
      'text(5)',
      type('varchar', { length: 5, codePage: 932 }),
      'too-long: 3 characters are 6 bytes in code page 932, and dbo.T.c is varchar(5)',
    ],
    ['日本', 'text(5)', type('varchar', { length: 5, codePage: 932 }), 'as it is'],
    ['Жж商', 'text(5)', type('char', { length: 5, codePage: 65001 }), 'too-long: 3 characters are 7 bytes'],
    ['Ж', 'text', type('varchar', { length: 'max', codePage: 1251 }), 'as it is'],
    ['Ж', 'text', type('text', { codePage: 1252 }), 'not-in-code-page'],
    ['Ж\ud83d', 'text', type('nvarchar', { length: 2 }), 'as it is'],
    ['abc', 'text', type('nvarchar', { length: 2 }), 'too-long: 3 characters, and dbo.T.c is nvarchar(2)'],
    ['x'.repeat(9000), 'text', type('nvarchar', { length: 'max' }), 'as it is'],
    ['AAECAw==', 'binary', type('varbinary', { length: 4 }), 'as it is'],
    [
      'AAECAwQ=',
      'binary',
      type('varbinary', { length: 4 }),
      'too-long: 5 bytes, and dbo.T.c is varbinary(4)',
    ],
    ['2025-03-10T08:15:30.001', 'datetime', type('datetime'), '2025-03-10T08:15:30.000'],
    ['2025-03-10T08:15:30.005', 'datetime', type('datetime'), '2025-03-10T08:15:30.007'],
    ['2025-03-10T08:15:59.999', 'datetime', type('datetime'), '2025-03-10T08:16:00.000'],
    ['2025-03-10T08:15:30.120', 'datetime', type('datetime'), 'as it is'],
    ['9999-12-31T23:59:59.998', 'datetime', type('datetime'), '9999-12-31T23:59:59.997'],
    [
      '9999-12-31T23:59:59.999',
      'datetime',
      type('datetime'),
      'not-a-date: 9999-12-31T23:59:59.999 is outside of what dbo.T.c holds',
    ],
    ['2025-03-10T08:15:30.500', 'datetime', type('datetime2', { scale: 0 }), '2025-03-10T08:15:31.000'],
    ['9999-12-31T23:59:59.500', 'datetime', type('datetime2', { scale: 0 }), 'not-a-date'],
    ['9999-12-31T23:59:59.999', 'datetime', type('datetime2', { scale: 3 }), 'as it is'],
    ['1899-12-31', 'date', type('smalldatetime'), 'not-a-date'],
    ['1900-01-01', 'date', type('smalldatetime'), 'as it is'],
    ['2079-06-06', 'dateOfTime', type('smalldatetime'), 'as it is'],
    ['2079-06-07', 'dateOfTime', type('smalldatetime'), 'not-a-date'],
    ['12', 'decimal(4,0)', type('smallint'), 'as it is'],
  ] as const)('%j as %s in %o: %s', (value, mapped, column, expected) => {
    expect(verdict(value, mapped, column)).toContain(expected);
  });

  it('wants a value where the column must have one', () => {
    expect(verdict(null, 'int', type('int'), false)).toBe(
      'must-not-be-empty: there is no value, and dbo.T.c must have one',
    );
    expect(verdict(null, 'int', type('int'))).toBe('as it is');
  });
});

describe('columns of a target', () => {
  const column = { nullable: false, identity: false, computed: false, generated: false, hasDefault: false };
  const table = (more: Partial<CatalogueObject>): Catalogue => ({
    objects: [
      {
        schema: 'dbo',
        name: 'T',
        kind: 'table',
        columns: [{ ...column, name: 'Name', type: type('int') }],
        keys: [],
        foreignKeys: [],
        triggers: [],
        ...more,
      },
    ],
    procedures: [
      {
        schema: 'dbo',
        name: 'P',
        parameters: [{ name: 'Name', type: NARROW, output: false, hasDefault: false }],
      },
    ],
    synonyms: [{ schema: 'dbo', name: 'S' }],
    selects: [],
  });
  const to = (name: string): Parameters<typeof columnsOf>[1] => ({
    table: { schema: 'dbo', name },
    rawInsert: true,
  });

  it('finds them whatever their capitals', () => {
    expect(columnsOf(table({}), to('t'))('NAME')).toMatchObject({ label: 'dbo.T.Name', mayBeNull: false });
    expect(columnsOf(table({}), { procedure: { schema: 'dbo', name: 'P' } })('name')).toMatchObject({
      label: 'dbo.P.@Name',
      type: NARROW,
      mayBeNull: true,
    });
    expect(columnsOf(table({}), { staging: { schema: 'dbo', name: 'T' } })('Name')).toBeDefined();
  });

  it('judges nothing it cannot see', () => {
    expect(columnsOf(undefined, to('T'))('Name')).toBeUndefined();
    expect(columnsOf(table({}), to('S'))('Name')).toBeUndefined();
    expect(columnsOf(table({}), to('U'))('Name')).toBeUndefined();
    expect(columnsOf(table({ kind: 'view' }), to('T'))('Name')?.mayBeNull).toBe(true);
    const triggers = [{ name: 'x', enabled: true, insteadOf: true }];
    expect(columnsOf(table({ triggers }), to('T'))('Name')?.mayBeNull).toBe(true);
  });
});
