import { afterAll, beforeAll, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { tableKey } from '../../../main/core/reading/base-tables.ts';
import { seededRandom } from '../../support/seeded-random.ts';
import { openBench, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
const table = (name: string) => ({ schema: 'dbo', name });
const TABLES = ['Versioned', 'Tracked', 'Both', 'Plain'];
let bench: Bench;
let raw: RawSession;
let erp: ClosablePacketErp;
let tracking = true;

beforeAll(async () => {
  bench = await openBench();
  raw = await bench.raw();
  const { database } = bench.settings;
  // Rows others have not committed yet are looked past, not waited for: the harder case.
  await raw.query(`ALTER DATABASE [${database}] SET READ_COMMITTED_SNAPSHOT ON`).catch(() => undefined);
  await raw.query(`CREATE TABLE dbo.Versioned (K int NOT NULL PRIMARY KEY, N int NOT NULL, V rowversion)`);
  await raw.query(`CREATE TABLE dbo.Both (K int NOT NULL PRIMARY KEY, N int NOT NULL, V rowversion)`);
  await raw.query(`CREATE TABLE dbo.Tracked (K int NOT NULL PRIMARY KEY, N int NOT NULL)`);
  await raw.query(`CREATE TABLE dbo.Plain (K int NOT NULL PRIMARY KEY, N int NOT NULL)`);
  for (const name of TABLES) await raw.query(`INSERT INTO dbo.${name} (K, N) VALUES (1, 0), (2, 0), (3, 0)`);
  try {
    await raw.query(`ALTER DATABASE [${database}] SET CHANGE_TRACKING = ON`);
    await raw.query('ALTER TABLE dbo.Tracked ENABLE CHANGE_TRACKING');
    await raw.query('ALTER TABLE dbo.Both ENABLE CHANGE_TRACKING');
  } catch {
    tracking = false;
  }
  erp = bench.erp();
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});
afterAll(() => bench?.close());

async function positions(): Promise<Record<string, string | undefined>> {
  const told = await erp.reader.positions(TABLES.map(table), signal);
  if (!told.ok) throw new Error(JSON.stringify(told.failure));
  return Object.fromEntries(TABLES.map((name) => [name, told.value.get(tableKey(table(name)))]));
}
const contents = async (): Promise<Record<string, string>> =>
  Object.fromEntries(
    await Promise.all(
      TABLES.map(async (name) => {
        const rows = await raw.query(`SELECT K, N FROM dbo.${name} ORDER BY K`);
        return [name, JSON.stringify(rows)] as const;
      }),
    ),
  );

it('is never the same for a table with a committed change in between', { timeout: 60_000 }, async () => {
  const random = seededRandom(20_260_302);
  const pick = (count: number): number => Math.floor(random() * count);
  const writers = [await bench.raw(), await bench.raw()];
  const open = [false, false];
  const seen: Record<string, Map<string, string>> = Object.fromEntries(
    TABLES.map((name) => [name, new Map()]),
  );
  let same = 0;
  let moved = 0;
  let last: Record<string, string | undefined> = {};
  for (let step = 0; step < 260; step += 1) {
    const who = pick(2);
    const name = TABLES[pick(TABLES.length)] ?? '';
    const act = [
      `UPDATE dbo.${name} SET N = N + 1 WHERE K = ${1 + pick(4)}`,
      `INSERT INTO dbo.${name} (K, N) VALUES (${1 + pick(6)}, ${step})`,
      `DELETE FROM dbo.${name} WHERE K = ${1 + pick(6)}`,
      `DELETE FROM dbo.${name} WHERE K = 1; INSERT INTO dbo.${name} (K, N) VALUES (1, ${step})`,
      `TRUNCATE TABLE dbo.${name}`,
      'SELECT 1 AS nothing',
    ][pick(open[who] ? 4 : 6)];
    const writer = writers[who];
    if (writer === undefined) continue;
    const verb = pick(4);
    // Whoever meets another's rows gives up: duplicates and locks are part of it.
    const run = (text: string): Promise<boolean> =>
      writer.query(`SET LOCK_TIMEOUT 0; ${text}`).then(
        () => true,
        () => false,
      );
    if (!open[who] && verb === 0) open[who] = await run('BEGIN TRANSACTION');
    await run(act ?? '');
    if (open[who] && verb > 0) {
      await run(
        verb === 1 ? 'IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION' : 'IF @@TRANCOUNT > 0 COMMIT TRANSACTION',
      );
      open[who] = false;
    }
    const now = await positions();
    const content = await contents();
    for (const one of TABLES) {
      const position = now[one];
      if (position === undefined) continue;
      const before = seen[one]?.get(position);
      if (before !== undefined) expect([step, one, content[one]]).toEqual([step, one, before]);
      seen[one]?.set(position, content[one] ?? '');
      if (last[one] === position) same += 1;
      else moved += 1;
    }
    last = now;
    expect(now['Plain']).toBeUndefined();
  }
  expect(moved).toBeGreaterThan(50);
  expect(same).toBeGreaterThan(100);
  for (const writer of writers) await writer.query('IF @@TRANCOUNT > 0 ROLLBACK TRANSACTION');
});

it('says nothing while a row version below the newest is open, and nothing of a table that is not there', async () => {
  const early = await bench.raw();
  await early.query(
    'BEGIN TRANSACTION; UPDATE dbo.Versioned SET N = 100 WHERE K = 1; INSERT INTO dbo.Versioned (K, N) VALUES (77, 0)',
  );
  await raw.query('INSERT INTO dbo.Versioned (K, N) VALUES (78, 1)');
  expect((await positions())['Versioned']).toBeUndefined();
  await early.query('COMMIT TRANSACTION');
  expect((await positions())['Versioned']).toBeDefined();
  const told = await erp.reader.positions([table('Nowhere')], signal);
  expect(told.ok && told.value.get(tableKey(table('Nowhere')))).toBeUndefined();
});

it('tells tables, views and what is not known apart, with the spelling of the catalogue', async () => {
  await raw.query('CREATE VIEW dbo.[Seen through] AS SELECT K FROM dbo.Plain');
  const found = await erp.reader.definitions(
    ['plain', 'SEEN THROUGH', 'Nowhere'].map(table).concat({ schema: '', name: 'Both' }),
    signal,
  );
  expect(found).toMatchObject({
    ok: true,
    value: [
      { ...table('Plain'), kind: 'table' },
      { ...table('Seen through'), kind: 'view', text: expect.stringContaining('dbo.Plain') as string },
      { kind: 'unknown' },
      { ...table('Both'), kind: 'table' },
    ],
  });
  expect(tracking).toBe(true);
});
