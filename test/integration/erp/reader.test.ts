import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { ErpRow, ErpUser, ErpView, ReadRequest } from '../../../main/core/packets/erp.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { SOURCE, type } from '../../unit/erp-mssql/units.ts';
import { openBench, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
const user: ErpUser = { name: 'ANNA', values: new Map([['Route', 'R1']]) };
let bench: Bench;
let raw: RawSession;
let erp: ClosablePacketErp;

beforeAll(async () => {
  bench = await openBench();
  raw = await bench.raw();
  await raw.query(`CREATE TABLE dbo.[Price]]List ü] (
    [Item No] nvarchar(20) NOT NULL CONSTRAINT price_list_pk PRIMARY KEY, Route nvarchar(10) NULL,
    Price decimal(18,4) NULL, Cash money NULL, Big bigint NULL, Key18 decimal(18,0) NULL, Active bit NULL,
    Changed datetime2(3) NULL, Day date NULL, Guid uniqueidentifier NULL, Photo varbinary(10) NULL)`);
  await raw.query(`INSERT INTO dbo.[Price]]List ü] VALUES
    (N'A 1 ', N'R1', 12345678901234.5678, 922337203685477.5807, 9007199254740993, 123456789012345678, 1, '2025-03-30T03:30:00.120', '2025-03-30', '0E984725-C51C-4BF4-9960-E1C80E27ABA0', 0x000102),
    (N'B''2', N'R2', -0.5000, 1.5, -1, 0, 0, '2025-10-26T03:30:00', '0001-01-01', NULL, NULL),
    (N'C3', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`);
  await raw.query(
    `CREATE TABLE dbo.Many (N int NOT NULL CONSTRAINT many_pk PRIMARY KEY, T nvarchar(40) NOT NULL)`,
  );
  for (let from = 0; from < 3_000; from += 500)
    await raw.query(
      `INSERT INTO dbo.Many (N, T) VALUES ${Array.from({ length: 500 }, (_, index) => `(${from + index}, N'row ${from + index}')`).join(', ')}`,
    );
  erp = bench.erp();
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});
afterAll(() => bench?.close());

const withView = async <T>(act: (view: ErpView) => Promise<T>): Promise<T> => {
  const view = await erp.reader.openView(signal);
  if (!view.ok) throw new Error(JSON.stringify(view.failure));
  try {
    return await act(view.value);
  } finally {
    await view.value.close();
  }
};
const read = (request: Partial<ReadRequest>, from?: ErpView): Promise<ErpRow[]> => {
  const whole: ReadRequest = {
    from: { table: { schema: 'dbo', name: 'Price]List ü' } },
    columns: [{ column: 'Item No', type: type('text(20)') }],
    where: [],
    orderBy: ['Item No'],
    user,
    source: SOURCE,
    ...request,
  };
  const all = async (view: ErpView): Promise<ErpRow[]> => {
    const rows: ErpRow[] = [];
    for await (const chunk of view.read(whole, signal)) rows.push(...chunk);
    return rows;
  };
  return from === undefined ? withView(all) : all(from);
};

describe('a view', () => {
  it('gives every type as canonical text, exact to the last digit', async () => {
    const columns = [
      ['Item No', 'text(20)'],
      ['Price', 'decimal(18,4)'],
      ['Cash', 'decimal(19,4)'],
      ['Big', 'bigint'],
      ['Key18', 'bigint'],
      ['Active', 'bool'],
      ['Changed', 'datetime'],
      ['Day', 'date'],
      ['Guid', 'guid'],
      ['Photo', 'binary'],
    ].map(([column = '', kind = '']) => ({ column, type: type(kind) }));
    expect(await read({ columns })).toEqual([
      [
        'A 1 ',
        '12345678901234.5678',
        '922337203685477.5807',
        '9007199254740993',
        '123456789012345678',
        '1',
        '2025-03-30T03:30:00.120',
        '2025-03-30',
        '0E984725-C51C-4BF4-9960-E1C80E27ABA0',
        'AAEC',
      ],
      ["B'2", '-0.5000', '1.5000', '-1', '0', '0', '2025-10-26T03:30:00.000', '0001-01-01', null, null],
      ['C3', null, null, null, null, null, null, null, null, null],
    ]);
  });

  it('filters by parameters, NULL included', async () => {
    expect(await read({ where: [{ column: 'Route', value: 'R2' }] })).toEqual([["B'2"]]);
    expect(await read({ where: [{ column: 'Route', value: null }] })).toEqual([['C3']]);
    expect(await read({ where: [{ column: 'Item No', value: "B'2" }] })).toEqual([["B'2"]]);
  });

  it("takes a mapping's SELECT with the user's columns and the source", async () => {
    const select = `SELECT [Item No], @source AS Source FROM dbo.[Price]]List ü] WHERE Route = @user_Route; -- mine`;
    const columns = [
      { column: 'Item No', type: type('text(20)') },
      { column: 'Source', type: type('text') },
    ];
    await expect(read({ from: { select }, columns })).rejects.toThrow();
    expect(await read({ from: { select: select.replace(';', '') }, columns })).toEqual([['A 1 ', SOURCE]]);
  });

  it('streams in order, in more than one chunk', async () => {
    const rows = await read({
      from: { table: { schema: 'dbo', name: 'Many' } },
      columns: [
        { column: 'N', type: type('int') },
        { column: 'T', type: type('text') },
      ],
      orderBy: ['N'],
    });
    expect(rows).toHaveLength(3_000);
    expect(rows.every((row, index) => row[0] === String(index) && row[1] === `row ${index}`)).toBe(true);
  });

  it('can be read again after a read was left early', async () => {
    await withView(async (view) => {
      const many = {
        from: { table: { schema: 'dbo', name: 'Many' } },
        columns: [{ column: 'N', type: type('int') }],
        orderBy: ['N'],
      };
      for await (const _ of view.read({ ...many, where: [], user, source: SOURCE }, signal)) break;
      expect(await read(many, view)).toHaveLength(3_000);
    });
  });

  it('names a column that is not of its declared type, and a table that is not there', async () => {
    const failure = async (request: Partial<ReadRequest>): Promise<unknown> => {
      const error = await read(request).then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      return error instanceof BodyStreamError ? error.failure : error;
    };
    expect(await failure({ columns: [{ column: 'Item No', type: type('int') }] })).toMatchObject({
      kind: 'rejected',
      field: 'Item No',
      where: 'dbo.Price]List ü',
    });
    expect(await failure({ columns: [{ column: 'Price', type: type('text') }] })).toMatchObject({
      kind: 'rejected',
      field: 'Price',
    });
    expect(await failure({ from: { table: { schema: 'dbo', name: 'Nowhere' } } })).toMatchObject({
      kind: 'rejected',
      where: 'dbo.Nowhere',
    });
  });

  it('is one moment where the database allows it, and says so where not', async () => {
    await withView((view) => {
      expect(view.consistency).toBe('moving');
      return Promise.resolve();
    });
    await raw.query(`ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON`);
    const count = { columns: [{ column: 'Item No', type: type('text') }] };
    await withView(async (view) => {
      expect(view.consistency).toBe('snapshot');
      await raw.query(`INSERT INTO dbo.[Price]]List ü] ([Item No]) VALUES (N'D4')`);
      expect(await read(count, view)).toHaveLength(3);
    });
    expect(await read(count)).toHaveLength(4);
    await raw.query(`DELETE FROM dbo.[Price]]List ü] WHERE [Item No] = N'D4'`);
  });
});

describe('users and references', () => {
  it('are read as text by column name', async () => {
    const users = await erp.reader.users(
      `SELECT N'ANNA' AS UserName, 7 AS Route, CAST(1 AS bit) AS Active, CAST(NULL AS nvarchar(5)) AS Van`,
      signal,
    );
    expect(users).toEqual({
      ok: true,
      value: [
        {
          name: 'ANNA',
          values: new Map([
            ['UserName', 'ANNA'],
            ['Route', '7'],
            ['Active', '1'],
            ['Van', null],
          ]),
        },
      ],
    });
  });

  it('a column that would lose digits is refused, not rounded', async () => {
    expect(
      await erp.reader.users(`SELECT N'ANNA' AS UserName, CAST(1.5 AS decimal(18,4)) AS Budget`, signal),
    ).toMatchObject({ ok: false, failure: { kind: 'rejected', code: 'inexact-column', field: 'Budget' } });
  });

  it('a user without a name is refused', async () => {
    expect(await erp.reader.users(`SELECT CAST(NULL AS nvarchar(5)) AS UserName`, signal)).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', code: 'no-name' },
    });
  });

  it('a row exists or not', async () => {
    const table = { schema: 'dbo', name: 'Price]List ü' };
    expect(await erp.reader.exists(table, 'Item No', "B'2", signal)).toEqual({ ok: true, value: true });
    expect(await erp.reader.exists(table, 'Item No', 'none', signal)).toEqual({ ok: true, value: false });
    expect(await erp.reader.exists(table, 'Nothing', 'none', signal)).toMatchObject({
      ok: false,
      failure: { kind: 'rejected' },
    });
  });
});
