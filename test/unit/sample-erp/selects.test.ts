import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';

const clock = { now: () => Date.parse('2026-03-16T08:00:00Z'), sleep: () => Promise.resolve() };

test("the mapping's SELECTs run, and a series goes on from the higher of default and last used", async () => {
  const erp = (await createSampleErp({ clock, seed: 4, scale: 'tiny' })).open();
  await erp.query('CREATE SCHEMA ferry');
  // Keys of the ledger compare byte by byte, unlike the ERP's own columns.
  await erp.query(`CREATE TABLE ferry.series (
    source nvarchar(200) COLLATE Latin1_General_BIN2 NOT NULL,
    mobile_user nvarchar(100) COLLATE Latin1_General_BIN2 NOT NULL,
    series nvarchar(150) COLLATE Latin1_General_BIN2 NOT NULL,
    current_value decimal(38,0) NOT NULL,
    CONSTRAINT ferry_series_pk PRIMARY KEY (source, mobile_user, series)
  )`);
  await erp.query(`INSERT INTO ferry.series VALUES (N's', N'boris.k', N'SalesHeader/0', 250),
    (N's', N'boris.k', N'PaymentHeader/0', 7), (N'other', N'boris.k', N'CustomerActivity/101', 900), (N's', N'anna', N'SalesHeader/2', 900)`);
  const file = new URL('../../../main/sandbox/sample-erp/field-sales.json', import.meta.url);
  const { push } = mappingSchema.parse(JSON.parse(await readFile(file, 'utf8')));
  const rowsOf: Record<string, Record<string, unknown>[]> = {};
  for (const { entity, from, fields, orderBy } of push.entities) {
    const columns = Object.entries(fields).map(
      ([field, { column }]) => `CAST(s.[${column}] AS nvarchar(400)) AS [${field}]`,
    );
    const source = 'select' in from ? `(${from.select})` : `[${from.table.schema}].[${from.table.name}]`;
    rowsOf[entity] = await erp.query(
      `DECLARE @source nvarchar(200) = N's'; DECLARE @user_UserName nvarchar(100) = N'boris.k';
SELECT ${columns.join(', ')} FROM ${source} AS s ORDER BY ${orderBy.map((name) => `s.[${name}]`).join(', ')}`,
    );
    expect(rowsOf[entity].length, entity).toBeGreaterThan(0);
  }
  expect(
    rowsOf['NumberSeries']!.map((row) => [row['TableName'], row['DocumentType'], row['CurrentNo']]),
  ).toEqual([
    ['Customer', '0', '100'],
    ['CustomerActivity', '101', '100'],
    ['PaymentHeader', '0', '100'],
    ['SalesHeader', '0', '250'],
    ['SalesHeader', '1', '100'],
    ['SalesHeader', '2', '100'],
    ['SalesHeader', '8', '100'],
    ['TransferHeader', '0', '100'],
  ]);
});
