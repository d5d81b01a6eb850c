import { describe, expect, it } from 'vitest';
import { quoteIdent } from '../../../main/adapters/erp-mssql/quote-ident.ts';
import { readStatement } from '../../../main/adapters/erp-mssql/queries/read.ts';
import { canonicalText } from '../../../main/adapters/erp-mssql/read-value.ts';
import { SOURCE, type } from './units.ts';

describe('canonical text of a cell', () => {
  it.each([
    ['decimal(18,4)', '12345678901234.5678', '12345678901234.5678'],
    ['decimal(18,4)', '.5', '0.5'],
    ['decimal(18,4)', '1.2345000000000000e+002', '123.45000000000000'],
    ['bigint', '9007199254740993', '9007199254740993'],
    ['int', '42.000', '42'],
    ['bool', '1', '1'],
    ['datetime', '2025-03-10T00:30:00.000', '2025-03-10T00:30:00.000'],
    ['date', '2025-03-10T00:00:00.000', '2025-03-10'],
    ['text', ' a \r\n', ' a \r\n'],
  ])('%s of %j is %j', (typeText, cell, expected) => {
    expect(canonicalText(cell, type(typeText))).toBe(expected);
  });

  it('bytes are Base64, NULL is null', () => {
    expect(canonicalText(Uint8Array.of(0, 1, 2), type('binary'))).toBe('AAEC');
    expect(canonicalText(null, type('date'))).toBeNull();
  });

  it.each([
    ['int', '1.5'],
    ['decimal(18,4)', 'abc'],
    ['bool', '2'],
    ['date', 'yesterday'],
    ['binary', 'text'],
  ])('%s refuses %j', (typeText, cell) => {
    expect(canonicalText(cell, type(typeText))).toBeUndefined();
  });
});

describe('a read', () => {
  const user = {
    name: 'ANNA',
    values: new Map([
      ['Route', 'R1'],
      ['no name', 'x'],
      ['ROUTE', 'R2'],
    ]),
  };

  it('quotes names, sends values as parameters, orders', () => {
    const { text, values } = readStatement(
      {
        from: { table: { schema: 'dbo', name: 'It]em' } },
        columns: [{ column: 'Price', type: type('decimal(18,4)') }],
        where: [
          { column: 'Route', value: "R'1" },
          { column: 'Closed', value: null },
        ],
        orderBy: ['No'],
        user,
        source: SOURCE,
      },
      SOURCE,
      false,
    );
    expect(text).toBe(
      'SET LOCK_TIMEOUT 5000;\nSELECT CONVERT(nvarchar(60), t.[Price], 2) AS c0 FROM [dbo].[It]]em] AS t WHERE t.[Route] = @w0 AND t.[Closed] IS NULL ORDER BY t.[No]',
    );
    expect(values).toEqual([{ name: 'w0', value: "R'1" }]);
  });

  it('wraps a SELECT so that neither its end nor a comment breaks out', () => {
    const { text, values } = readStatement(
      {
        from: { select: 'SELECT No FROM dbo.T -- all;\n ; ' },
        columns: [{ column: 'No', type: type('text') }],
        where: [],
        orderBy: ['No'],
        user,
        source: SOURCE,
      },
      SOURCE,
      false,
    );
    expect(text).toBe(
      'SET LOCK_TIMEOUT 5000;\nSELECT t.[No] AS c0 FROM (SELECT No FROM dbo.T -- all;\n \n) AS t ORDER BY t.[No]',
    );
    expect(values).toEqual([
      { name: 'source', value: SOURCE },
      { name: 'user_Route', value: 'R1' },
    ]);
  });

  it('refuses what is no identifier', () => {
    expect(quoteIdent('a]b')).toBe('[a]]b]');
    for (const name of ['', 'x'.repeat(129), 'a\0b'])
      expect(() => quoteIdent(name)).toThrow('not an identifier');
  });
});
