import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { Catalogue, CatalogueQuestion } from '../../../main/core/drift/catalogue.ts';
import { parseTarget } from '../../erp/target-url.ts';
import { CliBench, siteJson } from '../../unit/cli/cli-world.ts';
import { openBench, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
let bench: Bench;
let raw: RawSession;
let erp: ClosablePacketErp;

beforeAll(async () => {
  bench = await openBench();
  raw = await bench.raw();
  for (const batch of [
    `CREATE TABLE dbo.Customers (Code nvarchar(20) NOT NULL CONSTRAINT customers_pk PRIMARY KEY, Name varchar(50) NULL)`,
    `CREATE TABLE dbo.[Sales ]]Order] (
      Id int IDENTITY(1,1) NOT NULL CONSTRAINT orders_pk PRIMARY KEY,
      No AS (Id + 1000),
      Customer nvarchar(20) NOT NULL CONSTRAINT orders_customer REFERENCES dbo.Customers (Code),
      Amount decimal(19,4) NOT NULL CONSTRAINT orders_amount DEFAULT 0,
      Cash money NULL, Text nvarchar(max) NULL, Photo varbinary(10) NULL, At datetime2(3) NULL, Active bit NULL,
      CONSTRAINT orders_unique UNIQUE (Customer, At)
    )`,
    `CREATE TRIGGER dbo.[Order Numbers] ON dbo.[Sales ]]Order] AFTER INSERT AS BEGIN SET NOCOUNT ON; END`,
    `CREATE VIEW dbo.OrderView AS SELECT Id, Customer AS Buyer, Amount * 2 AS Twice FROM dbo.[Sales ]]Order]`,
    `CREATE PROCEDURE dbo.Post @Amount decimal(19,4), @Note nvarchar(50) = NULL, @Id int OUTPUT AS BEGIN SET NOCOUNT ON; SET @Id = 1; END`,
  ])
    await raw.query(batch);
  erp = bench.erp();
});
afterAll(() => bench?.close());

const ask = async (question: Partial<CatalogueQuestion>): Promise<Catalogue> => {
  const answer = await erp.catalogue({ names: [], selects: [], ...question }, signal);
  if (!answer.ok) throw new Error(JSON.stringify(answer.failure));
  return answer.value;
};
const dbo = (name: string): { schema: string; name: string } => ({ schema: 'dbo', name });

describe('the catalogue', () => {
  it('tells of columns, keys and triggers all that writing depends on, whatever the capitals', async () => {
    const { objects } = await ask({ names: [dbo('sales ]order')] });
    const [order] = objects;
    expect(objects).toHaveLength(1);
    expect(order).toMatchObject({ kind: 'table', schema: 'dbo', name: 'Sales ]Order' });
    const column = (name: string): unknown => order?.columns.find((one) => one.name === name);
    expect(order?.columns.map((one) => one.name)).toEqual(
      'Id No Customer Amount Cash Text Photo At Active'.split(' '),
    );
    expect(column('Id')).toMatchObject({ identity: true, nullable: false, type: { name: 'int' } });
    expect(column('No')).toMatchObject({ computed: true });
    expect(column('Customer')).toMatchObject({ type: { name: 'nvarchar', length: 20 }, hasDefault: false });
    expect(column('Amount')).toMatchObject({
      type: { name: 'decimal', precision: 19, scale: 4 },
      hasDefault: true,
      nullable: false,
    });
    expect(column('Text')).toMatchObject({ type: { name: 'nvarchar', length: 'max' }, nullable: true });
    expect(column('Photo')).toMatchObject({ type: { name: 'varbinary', length: 10 } });
    expect(column('At')).toMatchObject({ type: { name: 'datetime2', scale: 3 }, generated: false });
    expect(order?.keys).toEqual([
      { name: 'orders_pk', primary: true, columns: ['Id'] },
      { name: 'orders_unique', primary: false, columns: ['Customer', 'At'] },
    ]);
    expect(order?.foreignKeys).toEqual([
      { name: 'orders_customer', columns: ['Customer'], to: dbo('Customers'), toColumns: ['Code'] },
    ]);
    expect(order?.triggers).toEqual([{ name: 'Order Numbers', enabled: true, insteadOf: false }]);
  });

  it('knows the columns of a view, and the parameters of a procedure with their defaults', async () => {
    const { objects, procedures } = await ask({ names: [dbo('OrderView'), dbo('Post'), dbo('Nothing')] });
    expect(objects.map(({ kind, columns }) => [kind, columns.map((one) => one.name)])).toEqual([
      ['view', ['Id', 'Buyer', 'Twice']],
    ]);
    expect(procedures).toMatchObject([
      {
        name: 'Post',
        parameters: [
          {
            name: expect.stringMatching(/^amount$/i),
            type: { name: 'decimal', precision: 19, scale: 4 },
            output: false,
            hasDefault: false,
          },
          {
            name: expect.stringMatching(/^note$/i),
            type: { name: 'nvarchar', length: 50 },
            output: false,
            hasDefault: true,
          },
          { name: expect.stringMatching(/^id$/i), type: { name: 'int' }, output: true, hasDefault: false },
        ],
      },
    ]);
  });

  it('lists every table and view', async () => {
    const { objects, procedures } = await ask({ names: 'tables' });
    expect(objects.map(({ kind, name }) => `${kind} ${name}`)).toEqual(
      expect.arrayContaining(['table Customers', 'view OrderView', 'table Sales ]Order']),
    );
    expect(procedures).toEqual([]);
  });

  it('asks whether the server takes a SELECT, without reading a row and without waiting for a writer', async () => {
    const writer = await bench.raw();
    await writer.query(`BEGIN TRANSACTION; INSERT INTO dbo.Customers (Code) VALUES (N'C-1')`);
    const { selects } = await ask({
      selects: [
        { select: 'SELECT Code, Name FROM dbo.Customers WHERE Code = @user_Code -- all', columns: ['code'] },
        { select: 'SELECT Code FROM dbo.Customers WHERE Name = @source', columns: ['Name'] },
        { select: 'SELECT Code FROM dbo.Clients', columns: ['Code'] },
      ],
    });
    expect(selects).toMatchObject([{ kind: 'fits' }, { code: '207' }, { code: '208' }]);
    await writer.query('ROLLBACK TRANSACTION');
  });

  it('fails as any other request does when nobody answers', async () => {
    const away = bench.erp({ settings: { ...bench.settings, port: 1 } });
    expect(await away.catalogue({ names: 'tables', selects: [] }, signal)).toMatchObject({
      failure: { kind: 'unreachable' },
    });
  });
});

it('is listed on the command line, with types and what is special about a column', async () => {
  const cli = new CliBench();
  try {
    const url = process.env['ERP_TEST_URL'];
    const password = url === undefined ? 'Sandbox-1' : parseTarget(url).password;
    cli.env = { ERP_FERRY_SECRET_ERP_MAIN_PASSWORD: password };
    cli.configure({ ...siteJson(), erps: [bench.settings] });
    const { code, value } = await cli.json('erp', 'tables');
    expect(code).toBe(0);
    expect(value).toMatchObject({ erp: 'main' });
    const { tables } = value as { tables: Catalogue['objects'] };
    expect(tables.find((one) => one.name === 'OrderView')?.columns).toHaveLength(3);
    const { out } = await cli.run('erp', 'tables', 'main');
    expect(out).toMatch(/dbo\.Customers +feed: full-compare\n +Code +nvarchar\(20\) +key, not null/);
    expect(out).toMatch(/Amount +decimal\(19,4\) +not null, default/);
    expect(await cli.json('erp', 'tables', 'other')).toMatchObject({ code: 2 });
    cli.configure({ ...siteJson(), erps: [{ ...bench.settings, port: 1 }] });
    expect(await cli.json('erp', 'tables')).toMatchObject({
      code: 5,
      value: { error: { code: 'unreachable' } },
    });
  } finally {
    cli.remove();
  }
});
