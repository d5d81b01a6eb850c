import { randomUUID } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createPacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { settingsSchema } from '../../../shared/model/settings.ts';
import { SimSqlServer } from '../../simulation/sim-sql-server.ts';
import { linkBench, packet } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const TABLES = [
  'DROP TABLE dbo.Visits',
  'DROP TABLE dbo.PaymentLines',
  'DROP TABLE dbo.Payments',
  'CREATE TABLE dbo.Setup (c nvarchar(20) NOT NULL)',
  'CREATE TABLE dbo.Company (c nvarchar(20) NOT NULL, n nvarchar(100) NULL)',
  'CREATE TABLE dbo.Customer (c nvarchar(20) NOT NULL, n nvarchar(100) NULL)',
  "INSERT INTO dbo.Customer (c, n) VALUES (N'C-1', N'Corner')",
  'CREATE TABLE dbo.Orders (No nvarchar(20) NOT NULL)',
  'CREATE TABLE dbo.Payments (No nvarchar(20) NULL)',
  'CREATE TABLE dbo.Visits (No nvarchar(20) NOT NULL)',
];
const FIT = ['DROP TABLE dbo.Visits', 'CREATE TABLE dbo.Visits (No nvarchar(20) NOT NULL)'];

test('whatever is done to a table, packets wait, and go in with the first run after it is undone', async () => {
  const b = linkBench(temporaryFolder());
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
  const site = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9', pullEvery: '1m', pushEvery: '1h' }),
  );
  const [settings] = site.erps;
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
  parts.policy = { ...parts.policy, usersQuery: "SELECT N'bob' AS UserName" };
  const session = sample.open();
  onTestFinished(async () => {
    await erp.close();
    session.close();
    b.close();
  });
  const change = async (batches: readonly string[]): Promise<void> => {
    for (const batch of batches) await session.query(batch);
  };
  const last = (flow: string) => b.store.runs({ limit: 20 }).find((one) => one.flow === flow);
  await change(TABLES);

  let visits = 0;
  for (const [what, ...batches] of [
    ['gone', 'DROP TABLE dbo.Visits'],
    ['renamed', 'DROP TABLE dbo.Visits', 'CREATE TABLE dbo.Visits (Number nvarchar(20) NULL)'],
    ['shortened', 'ALTER TABLE dbo.Visits ALTER COLUMN No nvarchar(5) NOT NULL'],
    ['of another type', 'ALTER TABLE dbo.Visits ALTER COLUMN No int NULL'],
    ['with a new column that must have a value', 'ALTER TABLE dbo.Visits ADD Kind int NOT NULL'],
  ]) {
    // A table that was emptied takes a column without a default.
    await change(['DELETE FROM dbo.Visits', ...batches]);
    visits += 1;
    const number = `V-1${visits}`;
    b.deliver(packet('Visit', `row-${visits}`, { no: number }));
    // What was found an hour ago does not count any more.
    await b.runtime.advance(3_600_000);
    await b.run('pull');
    expect(last('pull'), what).toMatchObject({
      outcome: 'failed',
      counts: { stored: 1, applied: 0, parked: 0 },
      failure: { kind: 'rejected' },
    });
    await b.run('push');
    expect(last('push'), what).toMatchObject({ outcome: 'ok' });
    await change(what === 'gone' ? FIT.slice(1) : FIT);
    await b.run('pull');
    expect(last('pull'), what).toMatchObject({ outcome: 'ok', counts: { applied: 1, parked: 0 } });
    expect(await session.query('SELECT No FROM dbo.Visits')).toEqual([{ No: number }]);
  }
});
