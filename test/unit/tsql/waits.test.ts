import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import type { SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { errorOf, rows, settled, sql } from './two-sessions.ts';

let now: number;
let engine: SandboxSqlEngine;
let a: SqlSession;
let b: SqlSession;

beforeEach(async () => {
  now = Date.UTC(2030, 0, 1);
  engine = createSqlEngine({
    serverName: 'S',
    clock: { now: () => now, sleep: () => new Promise(() => {}) },
    logins: [],
    databases: ['d'],
  });
  a = engine.open('d');
  b = engine.open('d');
  await sql(a, 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2), (3, 3)');
});

const blocked =
  'SELECT session_id, blocking_session_id, wait_time, wait_type FROM sys.dm_exec_requests WHERE blocking_session_id = @@SPID';

describe('who waits for whom', () => {
  it('is seen by the one who is waited for', async () => {
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 1');
    expect(await rows(a, blocked)).toEqual([]);
    const writer = sql(b, 'UPDATE t SET v = 6 WHERE id = 1');
    expect(await settled(writer)).toBe(false);
    now += 1500;
    expect(await rows(a, blocked)).toEqual([[b.id, a.id, 1500, 'LCK_M_X']]);
    await sql(a, 'COMMIT');
    await writer;
    expect(await rows(a, blocked)).toEqual([]);
  });

  it('counts the time from the first wait of the statement', async () => {
    const c = engine.open('d');
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 1');
    await sql(c, 'BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 2');
    const reader = sql(b, 'SELECT SUM(v) AS s FROM t');
    expect(await settled(reader)).toBe(false);
    now += 1000;
    await sql(a, 'COMMIT');
    expect(await settled(reader)).toBe(false);
    now += 200;
    expect(await rows(c, blocked)).toEqual([[b.id, c.id, 1200, 'LCK_M_S']]);
    await sql(c, 'COMMIT');
    await reader;
  });

  it('covers application locks, and the sessions with what they have open', async () => {
    const take = "EXEC sp_getapplock @Resource = N'r', @LockMode = N'Exclusive', @LockOwner = N'Session'";
    await sql(a, take);
    const second = sql(b, take);
    expect(await settled(second)).toBe(false);
    expect(await rows(a, blocked)).toEqual([[b.id, a.id, 0, 'LCK_M_X']]);
    await sql(a, 'BEGIN TRAN');
    expect(
      await rows(
        a,
        'SELECT session_id, status, open_transaction_count FROM sys.dm_exec_sessions ORDER BY session_id',
      ),
    ).toEqual([
      [a.id, 'running', 1],
      [b.id, 'running', 0],
    ]);
    a.close();
    await second;
  });

  it('is hidden from a login that may not look into the server', async () => {
    await engine.script('d', "CREATE LOGIN l WITH PASSWORD = N'Secret-12'; CREATE USER l FOR LOGIN l");
    const login = engine.login({ user: 'l', password: 'Secret-12', database: 'd' });
    if (!login.ok) throw new Error(login.message.message);
    expect(await rows(login.session, 'SELECT session_id FROM sys.dm_exec_sessions')).toEqual([
      [login.session.id],
    ]);
    await engine.script('master', 'GRANT VIEW SERVER STATE TO l');
    expect((await rows(login.session, 'SELECT session_id FROM sys.dm_exec_sessions')).length).toBe(3);
  });
});

describe('deadlocks and time-outs', () => {
  it('end the transaction that has less to undo', async () => {
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 1');
    await sql(b, 'BEGIN TRAN; UPDATE t SET v = 6 WHERE id = 2; UPDATE t SET v = 6 WHERE id = 3');
    const cheap = sql(a, 'UPDATE t SET v = 7 WHERE id = 2');
    expect(await settled(cheap)).toBe(false);
    expect(await errorOf(b, 'UPDATE t SET v = 8 WHERE id = 1')).toBeUndefined();
    expect((await cheap).errors.map((e) => e.number)).toEqual([1205]);
    expect(await rows(a, 'SELECT @@TRANCOUNT AS n')).toEqual([[0]]);
  });

  it('spare the higher priority, however little it has done', async () => {
    await sql(a, 'SET DEADLOCK_PRIORITY HIGH; BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 1');
    await sql(b, 'BEGIN TRAN; UPDATE t SET v = 6 WHERE id = 2; UPDATE t SET v = 6 WHERE id = 3');
    const first = sql(a, 'UPDATE t SET v = 7 WHERE id = 2');
    expect(await settled(first)).toBe(false);
    expect(await errorOf(b, 'UPDATE t SET v = 8 WHERE id = 1')).toBe(1205);
    expect((await first).errors).toEqual([]);
  });

  it('come as 1222 when there is no patience, and leave the transaction open', async () => {
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 1');
    await sql(b, 'SET LOCK_TIMEOUT 0; BEGIN TRAN');
    expect(await errorOf(b, 'SELECT v FROM t WHERE id = 1')).toBe(1222);
    expect(await rows(b, 'SELECT @@TRANCOUNT AS n')).toEqual([[1]]);
  });

  it('can be wanted for the next statement of one session', async () => {
    engine.faults.bySession.set(b.id, [1222, 1205]);
    expect(await errorOf(a, 'UPDATE t SET v = 1')).toBeUndefined();
    expect(await errorOf(b, 'UPDATE t SET v = 1')).toBe(1222);
    await sql(b, 'BEGIN TRAN');
    expect(await errorOf(b, 'UPDATE t SET v = 1')).toBe(1205);
    expect(await rows(b, 'SELECT @@TRANCOUNT AS n')).toEqual([[0]]);
  });
});

describe('row versions', () => {
  it('are off until asked for: a reader waits, and holds nothing once it has read', async () => {
    expect(
      await rows(
        a,
        'SELECT snapshot_isolation_state, is_read_committed_snapshot_on FROM sys.databases WHERE database_id = DB_ID()',
      ),
    ).toEqual([[0, false]]);
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 5 WHERE id = 1');
    const reader = rows(b, 'BEGIN TRAN; SELECT v FROM t WHERE id = 1');
    expect(await settled(reader)).toBe(false);
    await sql(a, 'COMMIT');
    expect(await reader).toEqual([[5]]);
    expect(await errorOf(a, 'UPDATE t SET v = 6 WHERE id = 1')).toBeUndefined();
    expect(await errorOf(b, 'SET TRANSACTION ISOLATION LEVEL SNAPSHOT; SELECT v FROM t')).toBe(3952);
  });

  it('show one moment to a snapshot, which may not write over what came later', async () => {
    await sql(a, 'ALTER DATABASE d SET ALLOW_SNAPSHOT_ISOLATION ON');
    await sql(b, 'SET TRANSACTION ISOLATION LEVEL SNAPSHOT; BEGIN TRAN');
    expect(await rows(b, 'SELECT SUM(v) AS s FROM t')).toEqual([[6]]);
    await sql(a, 'UPDATE t SET v = 10 WHERE id = 1; DELETE FROM t WHERE id = 2; INSERT INTO t VALUES (4, 4)');
    expect(await rows(b, 'SELECT SUM(v) AS s FROM t')).toEqual([[6]]);
    expect(await errorOf(b, 'UPDATE t SET v = 11 WHERE id = 1')).toBe(3960);
    expect(await rows(b, 'SELECT @@TRANCOUNT AS n, SUM(v) AS s FROM t')).toEqual([[0, 17]]);
  });
});
