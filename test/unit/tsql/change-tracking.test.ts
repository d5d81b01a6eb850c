import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import type { SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { connect, newEngine } from './replay.ts';
import { errorOf, rows, settled, sql } from './two-sessions.ts';

let engine: SandboxSqlEngine;
let a: SqlSession;
let b: SqlSession;

const changes = (s: SqlSession, since: string): Promise<unknown[][]> =>
  rows(
    s,
    `DECLARE @v bigint = ${since}; SELECT c.id, c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_VERSION, c.SYS_CHANGE_CREATION_VERSION FROM CHANGETABLE(CHANGES dbo.t, @v) AS c ORDER BY c.id`,
  );
const current = async (s: SqlSession): Promise<unknown> =>
  (await rows(s, 'SELECT CHANGE_TRACKING_CURRENT_VERSION() AS v'))[0]?.[0];
const minValid = async (s: SqlSession): Promise<unknown> =>
  (await rows(s, "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'dbo.t')) AS v"))[0]?.[0];

beforeEach(async () => {
  engine = newEngine();
  a = connect(engine);
  b = connect(engine);
  await sql(
    a,
    'ALTER DATABASE corpus SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 HOURS, AUTO_CLEANUP = ON)',
  );
  await sql(a, 'CREATE TABLE t (id int NOT NULL PRIMARY KEY, v nvarchar(10), w int)');
  await sql(a, 'ALTER TABLE t ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)');
});

describe('versions', () => {
  it('gives one to every transaction that wrote a tracked table, when it commits', async () => {
    expect(await current(a)).toBe('0');
    await sql(a, 'BEGIN TRAN; INSERT INTO t VALUES (1, NULL, 0); INSERT INTO t VALUES (2, NULL, 0)');
    expect(await current(b)).toBe('0');
    await sql(b, 'INSERT INTO t VALUES (3, NULL, 0)');
    await sql(a, 'COMMIT');
    await sql(a, 'CREATE TABLE other (id int PRIMARY KEY); INSERT INTO other VALUES (1)');
    expect(await current(a)).toBe('2');
    expect(await changes(a, '0')).toEqual([
      [1, 'I', '2', '2'],
      [2, 'I', '2', '2'],
      [3, 'I', '1', '1'],
    ]);
    expect(await changes(a, '1')).toEqual([
      [1, 'I', '2', '2'],
      [2, 'I', '2', '2'],
    ]);
  });

  it('leaves nothing of a rollback, not even of one to a savepoint', async () => {
    await sql(a, 'BEGIN TRAN; INSERT INTO t VALUES (1, NULL, 0); ROLLBACK');
    expect(await current(a)).toBe('0');
    await sql(
      a,
      'BEGIN TRAN; INSERT INTO t VALUES (1, NULL, 0); SAVE TRAN s; INSERT INTO t VALUES (2, NULL, 0); ROLLBACK TRAN s; COMMIT',
    );
    expect(await changes(a, 'NULL')).toEqual([[1, 'I', '1', '1']]);
    await sql(a, 'INSERT INTO t VALUES (5, NULL, 0), (1, NULL, 0)');
    expect(await current(a)).toBe('1');
  });

  it('shows a snapshot the version and the changes of its moment', async () => {
    await sql(a, 'ALTER DATABASE corpus SET ALLOW_SNAPSHOT_ISOLATION ON; INSERT INTO t VALUES (1, NULL, 0)');
    await sql(b, 'SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN');
    expect(await current(b)).toBe('1');
    await sql(a, 'INSERT INTO t VALUES (2, NULL, 0)');
    expect(await current(b)).toBe('1');
    expect(await changes(b, '0')).toEqual([[1, 'I', '1', '1']]);
    await sql(b, 'COMMIT');
    expect(await current(b)).toBe('2');
  });

  it('makes a reader wait for the changes of an open transaction', async () => {
    await sql(a, 'BEGIN TRAN; INSERT INTO t VALUES (1, NULL, 0)');
    const reading = changes(b, '0');
    expect(await settled(reading)).toBe(false);
    await sql(a, 'COMMIT');
    expect(await reading).toEqual([[1, 'I', '1', '1']]);
  });
});

describe('net changes', () => {
  it('are relative to the version asked for', async () => {
    await sql(a, "INSERT INTO t VALUES (1, N'a', 0)");
    await sql(a, "UPDATE t SET v = N'b' WHERE id = 1");
    expect(await changes(a, '0')).toEqual([[1, 'I', '2', '1']]);
    expect(await changes(a, '1')).toEqual([[1, 'U', '2', null]]);
    await sql(a, 'DELETE FROM t');
    expect(await changes(a, '0')).toEqual([[1, 'D', '3', '1']]);
    await sql(a, "INSERT INTO t VALUES (1, N'c', 0)");
    expect(await changes(a, '1')).toEqual([[1, 'U', '4', '4']]);
  });

  it('take a changed key for a delete and an insert, and traded keys for updates', async () => {
    await sql(a, 'INSERT INTO t VALUES (1, NULL, 0), (2, NULL, 0), (3, NULL, 0)');
    await sql(a, 'UPDATE t SET id = 9 WHERE id = 3');
    await sql(a, 'UPDATE t SET id = 3 - id WHERE id < 3');
    expect((await changes(a, '1')).map(([id, op]) => [id, op])).toEqual([
      [1, 'U'],
      [2, 'U'],
      [3, 'D'],
      [9, 'I'],
    ]);
  });

  it('name the columns an update set, and none when it set all or the row was away', async () => {
    await sql(a, "INSERT INTO t VALUES (1, N'a', 0), (2, N'a', 0), (3, N'a', 0)");
    await sql(a, "UPDATE t SET w = w WHERE id = 1; UPDATE t SET w = 1, v = N'x' WHERE id = 2");
    await sql(a, "DELETE FROM t WHERE id = 3; INSERT INTO t VALUES (3, N'a', 0)");
    const mask = (column: string): string =>
      `CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID(N't'), N'${column}', N'ColumnId'), c.SYS_CHANGE_COLUMNS)`;
    expect(
      await rows(
        a,
        `SELECT c.id, CASE WHEN c.SYS_CHANGE_COLUMNS IS NULL THEN 1 ELSE 0 END AS every_, ${mask('v')} AS v, ${mask('w')} AS w FROM CHANGETABLE(CHANGES t, 1) AS c ORDER BY c.id`,
      ),
    ).toEqual([
      [1, 0, 0, 1],
      [2, 1, 1, 1],
      [3, 1, 1, 1],
    ]);
  });

  it('carry the context of the statement that wrote last', async () => {
    await sql(
      a,
      'DECLARE @c varbinary(128) = 0xCAFE; WITH CHANGE_TRACKING_CONTEXT (@c) INSERT INTO t VALUES (1, NULL, 0)',
    );
    await sql(a, 'INSERT INTO t VALUES (2, NULL, 0)');
    expect(
      await rows(a, 'SELECT c.id FROM CHANGETABLE(CHANGES t, 0) AS c WHERE c.SYS_CHANGE_CONTEXT = 0xCAFE'),
    ).toEqual([[1]]);
    expect(await errorOf(a, "WITH CHANGE_TRACKING_CONTEXT (N'x') DELETE FROM t")).toBe(22109);
  });

  it('join with the table, as a reader of changes does', async () => {
    await sql(a, "INSERT INTO t VALUES (1, N'a', 0), (2, N'b', 0); DELETE FROM t WHERE id = 2");
    expect(
      await rows(
        a,
        'SELECT c.id, c.SYS_CHANGE_OPERATION, t.v FROM CHANGETABLE(CHANGES t, 0) AS c LEFT JOIN t ON t.id = c.id ORDER BY c.id',
      ),
    ).toEqual([
      [1, 'I', 'a'],
      [2, 'D', null],
    ]);
  });

  it('tell of rows a foreign key deletes along', async () => {
    await sql(
      a,
      'CREATE TABLE head (id int PRIMARY KEY); INSERT INTO head VALUES (7); INSERT INTO t VALUES (1, NULL, 7); ALTER TABLE t ADD CONSTRAINT f FOREIGN KEY (w) REFERENCES head (id) ON DELETE CASCADE',
    );
    await sql(a, 'DELETE FROM head');
    expect(await changes(a, '1')).toEqual([[1, 'D', '2', null]]);
  });
});

describe('clients that have to begin anew', () => {
  it('are those from before a TRUNCATE', async () => {
    await sql(a, 'INSERT INTO t VALUES (1, NULL, 0)');
    await sql(a, 'TRUNCATE TABLE t');
    expect(await changes(a, '0')).toEqual([]);
    expect([await minValid(a), await current(a)]).toEqual(['2', '2']);
    await sql(a, 'BEGIN TRAN; TRUNCATE TABLE t; ROLLBACK');
    expect(await minValid(a)).toBe('2');
  });

  it('are those from before the tracking was off', async () => {
    await sql(a, 'INSERT INTO t VALUES (1, NULL, 0)');
    await sql(a, 'ALTER TABLE t DISABLE CHANGE_TRACKING');
    expect(await minValid(a)).toBeNull();
    await sql(a, 'ALTER TABLE t ENABLE CHANGE_TRACKING');
    expect(BigInt(String(await minValid(a)))).toBeGreaterThan(1n);
  });

  it('are those whose changes ran out, by the clock or by hand', async () => {
    let now = Date.UTC(2030, 0, 1);
    const timed = createSqlEngine({
      serverName: 'S',
      clock: { now: () => now, sleep: () => Promise.resolve() },
      logins: [],
      databases: ['corpus'],
    });
    const s = timed.open('corpus');
    await sql(s, 'ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 3 HOURS)');
    await sql(s, 'CREATE TABLE t (id int PRIMARY KEY); ALTER TABLE t ENABLE CHANGE_TRACKING');
    await sql(s, 'INSERT INTO t VALUES (1)');
    now += 4 * 3600000;
    await sql(s, 'INSERT INTO t VALUES (2)');
    expect(await minValid(s)).toBe('1');
    expect(await changes(s, 'NULL')).toEqual([[2, 'I', '2', '2']]);
    expect(timed.expireChanges('corpus')).toBe(2n);
    expect(await minValid(s)).toBe('2');
    expect(await changes(s, 'NULL')).toEqual([]);
    expect(await current(s)).toBe('2');
  });

  it('stand at a higher version than a restored database has', async () => {
    await sql(a, 'INSERT INTO t VALUES (1, NULL, 0)');
    const backup = engine.backup('corpus');
    await sql(a, 'INSERT INTO t VALUES (2, NULL, 0)');
    expect(await current(a)).toBe('2');
    engine.restore('corpus', backup);
    const c = connect(engine);
    expect(await current(c)).toBe('1');
    expect(await changes(c, '0')).toEqual([[1, 'I', '1', '1']]);
  });
});

describe('switching it on and off', () => {
  it('is shown by the catalogue', async () => {
    expect(
      await rows(
        a,
        'SELECT retention_period, retention_period_units_desc, is_auto_cleanup_on FROM sys.change_tracking_databases WHERE database_id = DB_ID()',
      ),
    ).toEqual([[3, 'HOURS', true]]);
    expect(
      await rows(
        a,
        "SELECT min_valid_version, is_track_columns_updated_on FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(N't')",
      ),
    ).toEqual([['0', true]]);
    await sql(a, 'ALTER DATABASE corpus SET CHANGE_TRACKING (AUTO_CLEANUP = OFF)');
    expect(await rows(a, 'SELECT is_auto_cleanup_on FROM sys.change_tracking_databases')).toEqual([[false]]);
  });

  it('follows the rules of a server', async () => {
    await sql(a, 'CREATE TABLE bare (id int)');
    expect(await errorOf(a, 'ALTER TABLE bare ENABLE CHANGE_TRACKING')).toBe(4997);
    expect(await errorOf(a, 'ALTER TABLE t ENABLE CHANGE_TRACKING')).toBe(4996);
    expect(await errorOf(a, 'ALTER TABLE bare DISABLE CHANGE_TRACKING')).toBe(4998);
    expect(await errorOf(a, 'SELECT c.id FROM CHANGETABLE(CHANGES bare, 0) AS c')).toBe(22105);
    expect(await errorOf(a, 'SELECT 1 AS x FROM CHANGETABLE(CHANGES t, 0)')).toBe(22104);
    expect(await errorOf(a, 'ALTER DATABASE corpus SET CHANGE_TRACKING = ON')).toBe(5088);
    expect(await errorOf(a, 'ALTER DATABASE corpus SET CHANGE_TRACKING = OFF')).toBe(22115);
    expect(await errorOf(a, 'BEGIN TRAN; ALTER DATABASE corpus SET CHANGE_TRACKING = OFF')).toBe(226);
    await sql(a, 'ROLLBACK; DROP TABLE t');
    expect(await errorOf(a, 'ALTER DATABASE corpus SET CHANGE_TRACKING = OFF')).toBeUndefined();
    expect(await current(a)).toBeNull();
    await sql(a, 'CREATE TABLE t2 (id int CONSTRAINT pk PRIMARY KEY)');
    expect(await errorOf(a, 'ALTER TABLE t2 ENABLE CHANGE_TRACKING')).toBe(1718);
    await sql(a, 'ALTER DATABASE corpus SET CHANGE_TRACKING = ON; ALTER TABLE t2 ENABLE CHANGE_TRACKING');
    expect(await errorOf(a, 'ALTER TABLE t2 DROP CONSTRAINT pk')).toBe(3735);
  });
});
