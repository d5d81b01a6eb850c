import { describe, expect, it } from 'vitest';
import { compileUnit, type CompiledUnit } from '../../../main/adapters/erp-mssql/compile-unit.ts';
import { LOAD_VALUES } from '../../../main/adapters/erp-mssql/compile-lines.ts';
import { MAX_PARAMETERS } from '../../../main/adapters/erp-mssql/unit-scope.ts';
import type { WriteCall, WriteUnit } from '../../../main/core/packets/erp.ts';
import { document, headerCall, lineCall, type, unit } from './units.ts';

const FENCE = { fence: 7, startId: 'start-1', beat: 3 };
const compile = (of: WriteUnit): CompiledUnit => {
  const result = compileUnit({ unit: of, schema: 'ferry', fence: FENCE });
  if (!result.ok) throw new Error(JSON.stringify(result.failure));
  return result.value;
};
const refusal = (of: WriteUnit): unknown => {
  const result = compileUnit({ unit: of, schema: 'ferry', fence: FENCE });
  return result.ok ? 'compiled' : result.failure;
};
const inOrder = (text: string, parts: readonly string[]): void => {
  let at = -1;
  for (const part of parts) {
    const next = text.indexOf(part, at + 1);
    expect(next, `${part} after position ${at}`).toBeGreaterThan(at);
    at = next;
  }
};

describe('a compiled unit', () => {
  it('locks, reads the fence, takes the ledger row, then writes, then fills in and commits', () => {
    inOrder(compile(unit()).text, [
      'SET XACT_ABORT ON',
      'SET TRANSACTION ISOLATION LEVEL READ COMMITTED',
      'SET LOCK_TIMEOUT',
      'BEGIN TRY',
      'BEGIN TRANSACTION',
      "sp_getapplock @Resource = @lock, @LockMode = N'Shared', @LockOwner = N'Transaction'",
      'SELECT @fence_now = fence FROM [ferry].[lease]',
      'INSERT INTO [ferry].[ledger] ',
      'INSERT INTO [ferry].[ledger_document]',
      'INSERT INTO [dbo].[Sales Order] ',
      'INSERT INTO [dbo].[Sales Order Line]',
      'UPDATE [ferry].[ledger_document]',
      'UPDATE [ferry].[ledger] SET finished_at',
      'COMMIT TRANSACTION',
      'END TRY',
      'BEGIN CATCH',
      'ROLLBACK TRANSACTION',
      'ferry_outcome',
    ]);
  });

  it('holds no value in its text, only parameters', () => {
    const { text, parameters } = compile(unit());
    for (const value of ['C-1', '12345678901234.5678', '2025-03-10', 'row-1', 'packet-1', 'ANNA', 'I-2'])
      expect(text).not.toContain(value);
    expect(parameters.map((parameter) => parameter.value)).toEqual(
      expect.arrayContaining(['C-1', '12345678901234.5678', '2025-03-10T08:15:30.120', 'packet-1']),
    );
    expect(new Set(parameters.map((parameter) => parameter.type))).toEqual(new Set(['nvarchar']));
    for (const { name } of parameters) expect(text).toMatch(new RegExp(`@${name}\\b`));
  });

  it('doubles brackets and casts to the declared types', () => {
    const { text } = compile(unit());
    expect(text).toContain('[Customer]]No]');
    expect(text).toMatch(/CAST\(@p\d+ AS decimal\(18, 4\)\)/);
    expect(text).toMatch(/CAST\(@p\d+ AS datetime2\(3\)\)/);
  });

  it('hands the returned key to the lines through a table variable', () => {
    const { text } = compile(unit());
    expect(text).toContain('OUTPUT INSERTED.[Id], INSERTED.[No] INTO @h0 (k, n) VALUES');
    expect(text).toContain('SELECT @key0 = k, @number0 = n FROM @h0;');
    expect(text).toMatch(
      /\[Sales Order Line\] \(\[OrderId\], \[Item\], \[Quantity\]\) VALUES \(@key0, @p\d+/,
    );
  });

  it('takes over the void row of the revision before, and only that', () => {
    const { text } = compile(unit({ revision: 2 }));
    expect(text).not.toContain('INSERT INTO [ferry].[ledger] ');
    expect(text).toContain("state = N'void' AND revision = CAST(@revision AS int) - 1");
    expect(text).toContain('IF @@ROWCOUNT <> 1 THROW 51000');
  });

  it('checks the transaction after every procedure', () => {
    const procedure = headerCall({
      kind: 'procedure',
      target: { schema: 'dbo', name: 'PostOrder' },
      returnsNumber: undefined,
    });
    const values = procedure.values.map((value) => ({ ...value, name: value.name.replace(']', '') }));
    const { text } = compile(unit({ documents: [document('row-1', { header: { ...procedure, values } })] }));
    expect(text).toMatch(
      /EXEC \[dbo\]\.\[PostOrder\] @CustomerNo = @p\d+, @Amount = @h0_v1, @Ordered = @h0_v2, @Id = @key0 OUTPUT;\nIF @@TRANCOUNT <> 1 OR XACT_STATE\(\) <> 1/,
    );
    expect(text).toContain('DECLARE @h0_v1 decimal(18, 4);');
  });

  it('raises a number series and never lowers it', () => {
    const { text } = compile(unit({ series: [{ user: 'ANNA', series: 'ORD', current: '42' }] }));
    expect(text).toMatch(
      /UPDATE \[ferry\]\.\[series\] SET current_value = (CAST\(@p\d+ AS decimal\(38,0\)\)) .* AND current_value < \1/,
    );
  });

  it('writes bytes as a binary parameter', () => {
    const header = headerCall({ values: [{ name: 'Photo', type: type('binary'), value: 'AAEC' }] });
    const { parameters } = compile(unit({ documents: [document('row-1', { header })] }));
    expect(parameters.find((parameter) => parameter.type === 'varbinary')?.value).toEqual(
      Uint8Array.of(0, 1, 2),
    );
  });

  it('names what each position of the answer stands for', () => {
    expect(compile(unit()).positions).toEqual([
      'order row-1',
      'dbo.Sales Order',
      'dbo.Sales Order Line',
      'dbo.Sales Order Line',
    ]);
  });
});

describe('a row by its key', () => {
  const upsert = (onExisting: 'update' | 'keep', more: Partial<WriteCall> = {}): CompiledUnit =>
    compile(
      unit({
        documents: [
          document('row-1', {
            header: headerCall({
              kind: 'upsert',
              upsert: { key: ['customer]no'], onExisting },
              ...more,
            }),
            lines: [],
          }),
        ],
      }),
    );

  it('is updated first, and inserted where nothing was updated; the key is never set', () => {
    const { text } = upsert('update');
    inOrder(text, [
      'INSERT INTO [ferry].[ledger] ',
      'UPDATE [dbo].[Sales Order] SET [Amount] = ',
      'WHERE [Customer]]No] = @p',
      'SET @rows = @@ROWCOUNT',
      'IF @rows > 1',
      'IF @rows = 0',
      "SET @step = N'upsert'",
      'INSERT INTO [dbo].[Sales Order] ',
      'ELSE',
      'SELECT @key0 = [Id], @number0 = [No] FROM [dbo].[Sales Order] WHERE [Customer]]No] = @p',
      'COMMIT TRANSACTION',
    ]);
    expect(text).not.toContain('SET [Customer]]No]');
    expect(text).not.toContain('MERGE');
  });

  it('that is kept is only looked for', () => {
    const { text } = upsert('keep');
    expect(text).not.toContain('UPDATE [dbo].[Sales Order]');
    inOrder(text, ['SELECT @rows = COUNT(*) FROM [dbo].[Sales Order] WHERE', 'IF @rows = 0']);
  });

  it('each value is one parameter, however often it is named', () => {
    const { parameters } = upsert('update');
    expect(parameters.filter(({ value }) => value === 'C-1')).toHaveLength(1);
  });

  it.each([
    ['a key that is not given', ['Other']],
    ['a key that is NULL', ['Nothing']],
  ])('%s: refused', (_name, key) => {
    const header = headerCall({ kind: 'upsert', upsert: { key, onExisting: 'update' } });
    const values = [...header.values, { name: 'Nothing', type: type('int'), value: null }];
    expect(
      refusal(unit({ documents: [document('row-1', { header: { ...header, values } })] })),
    ).toMatchObject({
      code: 'upsert-no-key',
      field: key[0],
    });
  });
});

describe('many lines', () => {
  const many = (count: number): ReturnType<typeof lineCall>[] =>
    Array.from({ length: count }, (_, index) => lineCall(`I-${index}`));

  it('below the threshold are parameters of the batch', () => {
    const { loads, text } = compile(
      unit({ documents: [document('row-1', { lines: many(LOAD_VALUES / 2 - 1) })] }),
    );
    expect(loads).toEqual([]);
    expect(text).not.toContain('#');
  });

  it('are loaded as text in their order; the key of the header is not', () => {
    const lines = many(LOAD_VALUES / 2);
    const { loads, text, parameters } = compile(unit({ documents: [document('row-1', { lines })] }));
    expect(loads).toMatchObject([
      { table: '#ferry_0', columns: [{ name: 'c0', type: 'nvarchar', length: 4000 }, { name: 'c1' }] },
    ]);
    expect(loads[0]?.rows).toEqual(lines.map((_, index) => [`I-${index}`, '1.5']));
    expect(text).toContain(
      `([OrderId], [Item], [Quantity]) SELECT @key0, c0, CAST(c1 AS decimal(18, 3)) FROM [#ferry_0] WHERE n BETWEEN 1 AND ${lines.length} ORDER BY n;`,
    );
    expect(parameters.map(({ value }) => value)).not.toContain('I-5');
  });

  it('of several documents share a table, each with its own part of it', () => {
    const documents = ['a', 'b', 'c'].map((row) => document(row, { lines: many(100) }));
    const { loads, text } = compile(unit({ documents }));
    expect(loads.map(({ rows }) => rows.length)).toEqual([300]);
    inOrder(text, [
      'SELECT @key0, c0',
      'BETWEEN 1 AND 100',
      'SELECT @key1, c0',
      'BETWEEN 101 AND 200',
      'BETWEEN 201 AND 300',
    ]);
  });

  it('of many small kinds are loaded when they would not fit into one batch', () => {
    const lines = Array.from({ length: 8 }, (_, table) =>
      many(LOAD_VALUES / 2 - 50).map((line) => ({ ...line, target: { schema: 'dbo', name: `T${table}` } })),
    ).flat();
    const { loads, parameters } = compile(unit({ documents: [document('row-1', { lines })] }));
    expect(loads.length).toBeGreaterThan(0);
    expect(parameters.length).toBeLessThanOrEqual(MAX_PARAMETERS);
  });

  it('of two kinds in turn keep their order', () => {
    const [a, b] = ['A', 'B'].map((name) =>
      many(LOAD_VALUES).map((line) => ({ ...line, target: { schema: 'dbo', name } })),
    );
    const lines = [...(a ?? []), ...(b ?? []), ...(a ?? [])];
    const { text } = compile(unit({ documents: [document('row-1', { lines })] }));
    const written = [...text.matchAll(/INTO \[dbo\]\.\[([AB])\][^;]*BETWEEN (\d+)/g)].map(
      ([, name, from]) => `${name}${from}`,
    );
    expect(written).toEqual(['A1', 'B1', `A${LOAD_VALUES + 1}`]);
  });

  it('with a value that does not fit are refused by name', () => {
    const lines = [...many(LOAD_VALUES), lineCall('I-bad', '1.2345')];
    expect(refusal(unit({ documents: [document('row-1', { lines })] }))).toMatchObject({
      code: 'decimal-does-not-fit',
      field: 'Quantity',
    });
  });
});

describe('a unit that cannot be right is refused before anything is sent', () => {
  const withValue = (typeText: string, value: string): WriteUnit =>
    unit({
      documents: [
        document('row-1', { header: headerCall({ values: [{ name: 'V', type: type(typeText), value }] }) }),
      ],
    });

  it.each([
    ['decimal(5,2)', '1000.00', 'decimal-does-not-fit'],
    ['decimal(5,2)', '1.005', 'decimal-does-not-fit'],
    ['decimal(5,2)', '', 'not-a-decimal'],
    ['text(3)', 'abcd', 'text-too-long'],
    ['int', '', 'not-an-int'],
    ['int', '2147483648', 'not-an-int'],
    ['bigint', '9223372036854775808', 'not-a-bigint'],
    ['bool', 'true', 'not-a-bool'],
    ['date', '2025-02-30', 'not-a-date'],
    ['datetime', '10.03.2025', 'not-a-moment'],
    ['guid', 'x', 'not-a-guid'],
    ['binary', 'a', 'not-base64'],
  ])('%s %j: %s', (typeText, value, code) => {
    expect(refusal(withValue(typeText, value))).toMatchObject({
      kind: 'rejected',
      code,
      where: 'dbo.Sales Order',
      field: 'V',
    });
  });

  it.each([
    ['int', '-2147483648'],
    ['bigint', '9223372036854775807'],
    ['decimal(5,2)', '999.990'],
    ['text(3)', 'abc'],
  ])('%s %j is taken', (typeText, value) => {
    expect(refusal(withValue(typeText, value))).toBe('compiled');
  });

  it('more values than one request may carry', () => {
    // A procedure takes its values one by one.
    const call = { ...lineCall('I-1'), kind: 'procedure' as const };
    const lines = Array.from({ length: MAX_PARAMETERS / 2 }, () => call);
    expect(refusal(unit({ documents: [document('row-1', { lines })] }))).toMatchObject({
      code: 'unit-too-large',
    });
  });

  it('the same row twice', () => {
    expect(refusal(unit({ documents: [document('row-1'), document('row-1')] }))).toMatchObject({
      code: 'row-twice',
    });
  });

  it('a key the ledger would cut', () => {
    expect(refusal(unit({ packetId: 'x'.repeat(201) }))).toMatchObject({ code: 'key-too-long' });
    expect(refusal(unit({ documents: [document('x'.repeat(101))] }))).toMatchObject({ code: 'key-too-long' });
  });

  it('a line that wants a key its header does not return', () => {
    const header = headerCall({ returnsKey: undefined, returnsNumber: undefined });
    expect(refusal(unit({ documents: [document('row-1', { header })] }))).toMatchObject({
      code: 'no-header-key',
    });
  });

  it('a name that is no parameter of a procedure', () => {
    const header = headerCall({ kind: 'procedure' });
    expect(refusal(unit({ documents: [document('row-1', { header })] }))).toMatchObject({
      code: 'not-a-parameter-name',
      field: 'Customer]No',
    });
  });
});
