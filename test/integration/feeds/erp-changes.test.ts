import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { CliBench, siteJson } from '../../unit/cli/cli-world.ts';
import { openBench, type Bench, type RawSession } from '../erp/bench.ts';

let bench: Bench;
let raw: RawSession;
let cli: CliBench;
beforeEach(async () => {
  bench = await openBench();
  raw = await bench.raw();
  cli = new CliBench();
  const { server, port, database, user } = bench.settings;
  cli.configure({
    ...siteJson(),
    erps: [
      {
        id: 'main',
        server,
        port,
        database,
        user,
        timeZone: 'Europe/Sofia',
        encrypt: false,
        trustServerCertificate: true,
      },
    ],
  });
  cli.stdin = 'Sandbox-1';
  await cli.run('secret', 'set', 'erp.main.password');
  await raw.query(
    'CREATE TABLE dbo.Items (Company nvarchar(10) NOT NULL, No int NOT NULL, Price decimal(18,4) NULL, Changed datetime2(3) NULL, Version rowversion, CONSTRAINT items_pk PRIMARY KEY (Company, No))',
  );
  await raw.query('CREATE TABLE dbo.Loose (No int NULL)');
  await raw.query(
    "INSERT INTO dbo.Items (Company, No, Price, Changed) VALUES (N'A', 1, 1, SYSDATETIME()), (N'A', 2, 2, SYSDATETIME())",
  );
});
afterEach(async () => {
  cli.remove();
  await bench.close();
});

async function lines(...argv: string[]): Promise<{ code: number; lines: Record<string, unknown>[] }> {
  const { code, out, err } = await cli.run('--json', 'erp', ...argv);
  expect(err).toBe('');
  return {
    code,
    lines: out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}
const change = (): Promise<unknown> =>
  raw.query(
    "UPDATE dbo.Items SET Price = Price + 0.0001, Changed = SYSDATETIME() WHERE No = 2; INSERT INTO dbo.Items (Company, No) VALUES (N'Ж', 3)",
  );

it('erp tables says how changes of each table can be found', async () => {
  const {
    lines: [document],
  } = await lines('tables');
  const tables = document?.['tables'] as { name: string; feeds: { kind: string; offered: boolean }[] }[];
  const best = (name: string): unknown =>
    tables.find((one) => one.name === name)?.feeds.find((feed) => feed.offered)?.kind;
  expect([best('Items'), best('Loose')]).toEqual(['rowversion', undefined]);
  const { out } = await cli.run('erp', 'tables');
  expect(out).toMatch(/dbo\.Items .*feed: rowversion/);
  expect(out).toMatch(/dbo\.Loose .*no feed: .*no primary key/);
});

it.each([
  { feed: 'rowversion', more: [] },
  { feed: 'changed-at', more: ['--changed-at', 'Changed', '--overlap', '1s', '--clock', 'utc'] },
  { feed: 'full-compare', more: ['--state', 'STATE'] },
])('$feed: from the first cursor to the next, over a real connection', async ({ feed, more }) => {
  const options = more.map((word) => (word === 'STATE' ? join(cli.dataDir, 'items-state') : word));
  const first = await lines('changes', 'dbo.Items', '--feed', feed, ...options);
  expect(first).toMatchObject({ code: 0, lines: [{ feed }] });
  let since = String(first.lines[0]?.['cursor']);
  if (feed === 'full-compare') {
    const all = await lines('changes', 'dbo.Items', '--since', since, ...options);
    expect(all.lines).toHaveLength(3);
    since = String(all.lines.at(-1)?.['cursor']);
  }
  await change();
  const second = await lines('changes', 'dbo.Items', '--since', since, ...options);
  expect(second.code).toBe(0);
  expect(second.lines.slice(0, -1)).toEqual(
    expect.arrayContaining([
      { key: ['A', '2'], deleted: false },
      { key: ['Ж', '3'], deleted: false },
    ]),
  );
  const end = String(second.lines.at(-1)?.['cursor']);
  const third = await cli.run('erp', 'changes', 'dbo.Items', '--since', end, ...options);
  expect(third).toMatchObject({ code: 0, err: '' });
  if (feed === 'changed-at') return;
  expect(third.out).toMatch(/^Next cursor: [\w-]+\n$/);
});

it('a mass deletion and a lost cursor want a person, a wrong word a hint', async () => {
  const state = join(cli.dataDir, 'state');
  await raw.query(
    `INSERT INTO dbo.Items (Company, No) VALUES ${Array.from({ length: 40 }, (_, n) => `(N'B', ${n})`).join(', ')}`,
  );
  const start = await lines('changes', 'Items', '--feed', 'full-compare', '--state', state);
  const all = await lines(
    'changes',
    'Items',
    '--since',
    String(start.lines[0]?.['cursor']),
    '--state',
    state,
  );
  await raw.query("DELETE FROM dbo.Items WHERE Company = N'B'");
  const guarded = await lines(
    'changes',
    'Items',
    '--since',
    String(all.lines.at(-1)?.['cursor']),
    '--state',
    state,
  );
  expect(guarded).toMatchObject({ code: 3, lines: [{ guard: { gone: 40, known: 42 } }] });
  const since = String(guarded.lines[0]?.['cursor']);
  const confirmed = await lines('changes', 'Items', '--since', since, '--state', state, '--confirm-gone');
  expect(confirmed.code).toBe(0);
  expect(confirmed.lines.filter((line) => line['deleted'] === true)).toHaveLength(40);
  await raw.query('ALTER TABLE dbo.Items ADD More int NULL');
  const changed = await lines('changes', 'Items', '--since', since, '--state', state);
  expect(changed).toMatchObject({ code: 3, lines: [{ reset: 'schema-changed' }] });
  expect(await lines('changes', 'Items', '--since', since)).toMatchObject({ code: 2 });
  expect(await lines('changes', 'Items', '--since', since, '--feed', 'rowversion')).toMatchObject({
    code: 2,
  });
  expect(await lines('changes', 'Items', '--feed', 'changed-at')).toMatchObject({ code: 2 });
  expect(await lines('changes', 'Items', '--feed', 'magic')).toMatchObject({ code: 2 });
  expect(await lines('changes', 'Items', '--since', 'nonsense')).toMatchObject({
    code: 3,
    lines: [{ reset: 'not-a-cursor' }],
  });
  expect(await lines('changes', 'dbo.Nothing')).toMatchObject({
    code: 1,
    lines: [{ error: { code: 'rejected' } }],
  });
  expect(await lines('changes', 'dbo.Loose')).toMatchObject({
    code: 1,
    lines: [{ error: { code: 'no-such-feed' } }],
  });
});

it('an ERP that does not answer is exit code 5', async () => {
  await bench.tds?.close();
  expect(await lines('changes', 'Items')).toMatchObject({ code: 5 });
});
