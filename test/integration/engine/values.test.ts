import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createPacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { settingsSchema } from '../../../shared/model/settings.ts';
import { SimSqlServer } from '../../simulation/sim-sql-server.ts';
import { linkBench, MAPPING, packet } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const TABLES = [
  'DROP TABLE dbo.Visits',
  'CREATE TABLE dbo.Setup (c nvarchar(20) NOT NULL)',
  'CREATE TABLE dbo.Company (c nvarchar(20) NOT NULL, n nvarchar(100) NULL)',
  'CREATE TABLE dbo.Customer (c nvarchar(20) NOT NULL, n nvarchar(100) NULL)',
  "INSERT INTO dbo.Customer (c, n) VALUES (N'C-1', N'Corner'), (N'C-2', N'One'), (N'C-2', N'Two')",
  'CREATE TABLE dbo.Visits (No nvarchar(20) NOT NULL, Remark varchar(10) NULL, Customer nvarchar(100) NULL, Total decimal(18,2) NULL)',
];

const mapping = mappingSchema.parse({
  ...MAPPING,
  pull: {
    documents: [
      {
        document: 'visit',
        entity: 'Visit',
        number: 'no',
        write: {
          to: { table: { name: 'Visits' }, rawInsert: true },
          values: {
            No: { field: 'no', type: 'text(20)', required: true, convert: ['trim', 'upper'] },
            Remark: { field: 'remark', type: 'text(10)', tooLong: 'cut' },
            Customer: {
              lookup: {
                table: { name: 'Customer' },
                match: { c: { field: 'customer', type: 'text(20)' } },
                take: 'n',
              },
              type: 'text(100)',
            },
            Total: { cel: 'round(mul(row.quantity, row.price), 2)', type: 'decimal(18,2)' },
          },
        },
      },
    ],
    keepOnly: [],
  },
});

test('values are converted, calculated, looked up and judged before the ERP sees the packet', async () => {
  const b = linkBench(temporaryFolder(), { mapping });
  const sample = await createSampleErp({
    seed: 1,
    scale: 'tiny',
    clock: { now: () => b.runtime.wall(), sleep: (ms, signal) => b.runtime.sleep(ms, signal) },
  });
  const server = new SimSqlServer(sample.engine, {
    travel: () => Promise.resolve(),
    atConnect: () => 'up',
    atRequest: () => 'none',
  });
  const [settings] = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9', pullEvery: '1m', pushEvery: '1h' }),
  ).erps;
  if (settings === undefined) throw new Error('the sample has no ERP');
  const parts = b.link.parts as { -readonly [Part in keyof LinkParts]: LinkParts[Part] };
  const erp = createPacketErp({
    settings,
    source: parts.source,
    siteId: randomUUID(),
    startId: parts.startId,
    password: () => Promise.resolve(''),
    runtime: b.runtime,
    recentLedger: () => b.store.recentLedger(parts.source, 50),
    createObjects: true,
    server,
  });
  parts.erp = erp;
  const session = sample.open();
  onTestFinished(async () => {
    await erp.close();
    session.close();
    b.close();
  });
  for (const batch of TABLES) await session.query(batch);
  const item = (id: string) => b.store.list({ limit: 50, offset: 0 }).find((one) => one.externalId === id);
  const visit = { customer: 'C-1', quantity: '3', price: '1.335' };

  const good = b.deliver(packet('Visit', 'row-1', { ...visit, no: ' v-1 ', remark: 'ä long remark' }));
  const foreign = b.deliver(packet('Visit', 'row-2', { ...visit, no: 'v-2', remark: 'Łódź' }));
  const twice = b.deliver(packet('Visit', 'row-3', { ...visit, no: 'v-3', customer: 'C-2' }));
  const nobody = b.deliver(packet('Visit', 'row-4', { ...visit, no: 'v-4', customer: 'C-9' }));
  const wrong = b.deliver(packet('Visit', 'row-5', { ...visit, no: 'v-5', price: 'much' }));
  await b.run('pull');

  expect(await session.query('SELECT No, Remark, Customer, Total FROM dbo.Visits')).toEqual([
    { No: 'V-1', Remark: 'ä long rem', Customer: 'Corner', Total: '4.01' },
  ]);
  expect(JSON.parse(item(good)?.outcome ?? '{}')).toMatchObject({
    outcome: 'applied',
    notes: [{ where: 'Visit row 1', field: 'remark', was: 'ä long remark', kept: 'ä long rem' }],
  });
  const parked = (id: string): unknown => {
    const reason = item(id)?.reason;
    return reason?.kind === 'failure' && reason.failure.kind === 'rejected'
      ? [reason.failure.code, reason.failure.where, reason.failure.field, reason.failure.message]
      : reason;
  };
  expect(parked(foreign)).toEqual([
    'not-in-code-page',
    'Visit row 1',
    'remark',
    'the character "Ł" (U+0141) cannot be stored in dbo.Visits.Remark: it is varchar(10) in code page 1252',
  ]);
  expect(parked(twice)).toEqual([
    'lookup-ambiguous',
    'Visit row 1',
    'Customer',
    'more than one row of dbo.Customer has c "C-2"',
  ]);
  expect(parked(nobody)).toEqual([
    'lookup-none',
    'Visit row 1',
    'Customer',
    'no row of dbo.Customer has c "C-9"',
  ]);
  expect(parked(wrong)).toEqual([
    'expression-failed',
    'Visit row 1',
    'Total',
    '"much" is not a number; the expression is "round(mul(row.quantity, row.price), 2)"',
  ]);

  // Mended in the ERP, the packets go in as they are.
  await session.query('ALTER TABLE dbo.Visits ALTER COLUMN Remark nvarchar(10) NULL');
  await session.query("INSERT INTO dbo.Customer (c, n) VALUES (N'C-9', N'Nine')");
  await b.runtime.advance(10_000);
  for (const id of [foreign, nobody]) {
    const one = item(id);
    if (one === undefined) throw new Error('gone');
    b.store.retry(one.id, b.runtime.wall());
  }
  await b.run('pull');
  expect(
    await session.query("SELECT No, Remark, Customer FROM dbo.Visits WHERE No <> N'V-1' ORDER BY No"),
  ).toEqual([
    { No: 'V-2', Remark: 'Łódź', Customer: 'Corner' },
    { No: 'V-4', Remark: null, Customer: 'Nine' },
  ]);
});
