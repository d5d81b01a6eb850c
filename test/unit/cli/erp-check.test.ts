import { afterEach, beforeEach, expect, it } from 'vitest';
import { startTdsServer, type TdsServer } from '../../../main/sandbox/tds/server.ts';
import { createSqlEngine, type SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { CliBench, siteJson } from './cli-world.ts';

let bench: CliBench;
let engine: SandboxSqlEngine;
let tds: TdsServer;

const OBJECTS = `CREATE TABLE dbo.MobileUsers (UserName nvarchar(20) NOT NULL PRIMARY KEY);
CREATE TABLE dbo.Items (No nvarchar(20) NOT NULL PRIMARY KEY);
CREATE TABLE dbo.SalesHeader (No nvarchar(20) NOT NULL PRIMARY KEY);
CREATE LOGIN ferry WITH PASSWORD = N'Daily-1';`;

beforeEach(async () => {
  engine = createSqlEngine({
    serverName: 'SQL01',
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    logins: [{ user: 'sa', password: 'Admin-1' }],
    databases: ['ERP'],
  });
  tds = await startTdsServer({ engine });
  await engine.script('ERP', OBJECTS);
  bench = new CliBench();
  const site = siteJson() as { erps: Record<string, unknown>[] };
  Object.assign(site.erps[0] ?? {}, { server: '127.0.0.1', port: tds.port, encrypt: false });
  bench.configure(site);
  bench.stdin = 'Daily-1\n';
  await bench.run('secret', 'set', 'erp.main.password');
});
afterEach(async () => {
  bench.remove();
  await tds.close();
});

it('tells of a login what its script gives it, what is missing and what is too much', async () => {
  expect(await bench.run('erp', 'script', '--check')).toMatchObject({ code: 5 });
  const { out } = await bench.run('erp', 'script', 'field-sales');
  for (const batch of out.split(/^GO$/m))
    if (batch.replaceAll(/^--.*$/gm, '').trim() !== '') await engine.script('ERP', batch);
  expect(await bench.run('erp', 'script', '--check')).toMatchObject({
    code: 0,
    out: expect.stringContaining('has every right the program needs, and no more'),
  });
  await engine.script('ERP', 'GRANT DELETE ON dbo.Items TO ferry');
  const surplus = await bench.run('erp', 'script', '--check', 'main');
  expect(surplus).toMatchObject({ code: 3 });
  expect(surplus.out).toContain('too much: DELETE on dbo.Items');
  await engine.script('ERP', 'REVOKE INSERT ON dbo.SalesHeader FROM ferry_daily');
  const { code, value } = await bench.json('erp', 'script', '--check');
  expect(code).toBe(1);
  expect(value).toMatchObject({
    erps: [
      {
        erp: 'main',
        login: 'ferry',
        missing: [{ right: 'INSERT', on: { schema: 'dbo', name: 'SalesHeader' } }],
        tooMuch: [{ kind: 'object-right', name: 'DELETE' }],
      },
    ],
  });
});
