import { inspect } from 'node:util';
import mssql from 'mssql';
import { expect, test } from 'vitest';
import { judge } from '../../../main/sandbox/judge/judge.ts';
import { plant } from '../../../main/sandbox/judge/plant.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { loadSampleErp } from '../../../main/sandbox/sample-erp/load.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { startTdsServer } from '../../../main/sandbox/tds/server.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';

const clock = { now: () => Date.parse('2026-03-16T08:00:00Z'), sleep: () => Promise.resolve() };
const OPTIONS = { seed: 4, scale: 'tiny' } as const;

const TABLES = [
  'Customers',
  'Addresses',
  'Items',
  'Item Unit',
  'Prices',
  'VanStock',
  'OpenInvoices',
  'DeviceSeries',
];

const ROW_ID = '0f6d2a34-0000-4000-8000-00000000a001';

const order = (number: string) => `
DECLARE @id int;
INSERT INTO dbo.SalesOrders (MobileNo, Origin, DocumentType, CustomerNo, OrderDate, EnteredAt, Amount, VatAmount, TotalAmount)
VALUES (N'${number}', N'mobile', N'order', N'C-10001', '2026-03-16', '2026-03-16T09:00:00', 0.3, 0, 0.3);
SET @id = SCOPE_IDENTITY();
INSERT INTO dbo.[Sales Order Line] (OrderId, [Line No], [Item No], Quantity, [Unit Code], [Unit Price], Amount)
VALUES (@id, 1, N'I00003', 1, N'PCS', 0.1, 0.1), (@id, 2, N'I''0002 &]', 1, N'PCS', 0.2, 0.2);
SELECT OrderNo, CAST(LinesTotal AS nvarchar(20)) AS total, LineCount FROM dbo.SalesOrders WHERE OrderId = @id`;

test('loaded over the wire by a driver it is the same company as loaded in process', async () => {
  const inProcess = await createSampleErp({ clock, ...OPTIONS });
  const engine = createSqlEngine({
    serverName: 'WIRE',
    clock,
    logins: [{ user: SAMPLE.login, password: SAMPLE.password }],
    databases: [SAMPLE.database],
  });
  const server = await startTdsServer({ engine });
  const pool = new mssql.ConnectionPool({
    server: '127.0.0.1',
    port: server.port,
    user: SAMPLE.login,
    password: SAMPLE.password,
    database: SAMPLE.database,
    options: { encrypt: false },
  });
  pool.on('error', () => undefined);
  await pool.connect();
  await loadSampleErp((batch) => pool.request().batch(batch), OPTIONS);
  for (const table of TABLES)
    expect(withoutVersions(engine.snapshotRows(SAMPLE.database, table)), table).toEqual(
      withoutVersions(inProcess.engine.snapshotRows(SAMPLE.database, table)),
    );

  const erp = {
    query: async (sql: string) => (await pool.request().query<Record<string, unknown>>(sql)).recordset ?? [],
  };
  expect(await judge({ journals: [], erp })).toMatchObject({ clean: true, orders: 0 });
  await expect(plant(erp, 'lost')).rejects.toThrow('holds no order');
  await erp.query(order('X-1'));
  const { details } = await judge({ journals: [], erp });
  expect(details).toMatchObject([{ kind: 'invented', what: 'order', label: 'X-1' }]);
  await pool.close();
  await server.close();
});

test('the ERP gives document numbers, keeps totals, and refuses no double', async () => {
  const erp = (await createSampleErp({ clock, ...OPTIONS })).open();
  expect(await erp.query(order('X-1'))).toEqual([{ OrderNo: 100001, total: '0.3000', LineCount: 2 }]);
  expect(await erp.query(order('X-1'))).toEqual([{ OrderNo: 100002, total: '0.3000', LineCount: 2 }]);
  expect(await erp.query('SELECT What, OrderId FROM dbo.AuditTrail ORDER BY AuditId')).toEqual([
    { What: 'order', OrderId: 1 },
    { What: 'order', OrderId: 2 },
  ]);
});

test('the procedures raise errors of their own and leave nothing behind', async () => {
  const erp = (await createSampleErp({ clock, ...OPTIONS })).open();
  const payment = (amount: string, customer: string) =>
    `DECLARE @k int; DECLARE @n nvarchar(20); EXEC dbo.PostPayment @DmsRowId = '${ROW_ID}', @MobileNo = N'P-1', @MobileUser = N'anna', @CustomerNo = N'${customer}', @PaymentDate = '2026-03-16', @EnteredAt = '2026-03-16T09:00:00', @PaidAmount = ${amount}, @PaymentId = @k OUTPUT, @PaymentNo = @n OUTPUT; SELECT @k AS k, @n AS n`;
  const line = (entry: string) =>
    `EXEC dbo.PostPaymentLine @PaymentId = 1, @DmsRowId = '${ROW_ID}', @EntryNo = N'${entry}', @Amount = 0.01`;
  const visit = `EXEC dbo.EndVisit @VisitNo = N'V-1', @DmsRowId = '${ROW_ID}', @MobileUser = N'anna', @EndedAt = '2026-03-16T09:00:00'`;
  await expect(erp.query(payment('0', 'C-10001'))).rejects.toMatchObject({ number: 51001 });
  await expect(erp.query(payment('5', 'C-99999'))).rejects.toMatchObject({ number: 51002 });
  await expect(erp.query(visit)).rejects.toMatchObject({ number: 51004 });
  expect(await erp.query(payment('5', 'C-10001'))).toEqual([{ k: 1, n: 'PAY-200001' }]);
  await expect(erp.query(line('OI-999999'))).rejects.toMatchObject({ number: 51003 });
  await erp.query(line('OI-000001'));
  expect(
    await erp.query(
      `SELECT CAST(Amount - Remaining AS nvarchar(20)) AS paid FROM dbo.OpenInvoices WHERE EntryNo = N'OI-000001'`,
    ),
  ).toEqual([{ paid: '0.0100' }]);
  expect(await erp.query('SELECT COUNT(*) AS n FROM dbo.VisitEnds')).toEqual([{ n: 0 }]);
});

/** Row versions count every write of a database, so they differ with the way of loading. */
const withoutVersions = (rows: unknown[][]): string[] =>
  rows.map((row) => inspect(row.map((value) => (value instanceof Uint8Array ? 'version' : value)))).sort();
