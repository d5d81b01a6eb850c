import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession, SqlEvent } from '../../../main/sandbox/tsql/face.ts';
import type { SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { connect, newEngine, perform } from './replay.ts';
import type { Answer } from './replay.ts';

let engine: SandboxSqlEngine;
let a: SqlSession;
let b: SqlSession;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

async function sql(session: SqlSession, text: string): Promise<Answer> {
  return perform(session, { sql: text, via: 'batch' });
}
async function rows(session: SqlSession, text: string): Promise<unknown[][]> {
  const r = await sql(session, text);
  expect(r.errors).toEqual([]);
  return r.recordsets[0]?.rows ?? [];
}
async function errorOf(session: SqlSession, text: string): Promise<number | undefined> {
  return (await sql(session, text)).errors.at(-1)?.number;
}
async function settled(p: Promise<unknown>): Promise<boolean> {
  let done = false;
  void p.then(() => (done = true));
  for (let i = 0; i < 5; i++) await turn();
  return done;
}

beforeEach(() => {
  engine = newEngine();
  a = connect(engine);
  b = connect(engine);
});

describe('uncommitted keys', () => {
  beforeEach(async () => {
    await sql(
      a,
      'CREATE TABLE ledger (source nvarchar(20) NOT NULL, packet nvarchar(40) NOT NULL, CONSTRAINT once UNIQUE (source, packet))',
    );
  });

  it('holds up a second insert until the first commits, then refuses it', async () => {
    await sql(a, "BEGIN TRAN; INSERT INTO ledger VALUES (N'dm', N'p1')");
    const second = sql(b, "INSERT INTO ledger VALUES (N'DM', N'P1 ')");
    expect(await settled(second)).toBe(false);
    await sql(a, 'COMMIT');
    expect((await second).errors.map((e) => e.number)).toEqual([2627]);
  });

  it('lets the second insert through when the first rolls back', async () => {
    await sql(a, "BEGIN TRAN; INSERT INTO ledger VALUES (N'dm', N'p1')");
    const second = sql(b, "INSERT INTO ledger VALUES (N'dm', N'p1')");
    expect(await settled(second)).toBe(false);
    a.close();
    expect(await second).toMatchObject({ errors: [], rowsAffected: [1] });
  });

  it('ends the wait when the request is cancelled, and keeps the session usable', async () => {
    await sql(a, "BEGIN TRAN; INSERT INTO ledger VALUES (N'dm', N'p1')");
    const cancel = new AbortController();
    const second = perform(
      b,
      { sql: "INSERT INTO ledger VALUES (N'dm', N'p1')", via: 'batch' },
      cancel.signal,
    );
    expect(await settled(second)).toBe(false);
    cancel.abort();
    expect(await second).toMatchObject({ errors: [], rowsAffected: [] });
    expect(await rows(b, 'SELECT 1 AS x')).toEqual([[1]]);
  });

  it('does not use up an identity value while waiting', async () => {
    await sql(a, 'CREATE TABLE doc (id int IDENTITY(1,1) PRIMARY KEY, no nvarchar(10) NOT NULL UNIQUE)');
    await sql(a, "BEGIN TRAN; INSERT INTO doc (no) VALUES (N'x')");
    const second = sql(b, "INSERT INTO doc (no) VALUES (N'x')");
    expect(await settled(second)).toBe(false);
    await sql(a, 'ROLLBACK');
    await second;
    expect(await rows(a, 'SELECT id FROM doc')).toEqual([[2]]);
  });
});

describe('application locks', () => {
  const take = (mode: string, timeout: number): string =>
    `DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'src', @LockMode = N'${mode}', @LockOwner = N'Transaction', @LockTimeout = ${timeout}; SELECT @r AS r`;

  it('serves a waiting Exclusive before a later Shared', async () => {
    const c = connect(engine);
    await sql(a, 'BEGIN TRAN');
    expect(await rows(a, take('Shared', 0))).toEqual([[0]]);
    await sql(b, 'BEGIN TRAN');
    const exclusive = rows(b, take('Exclusive', -1));
    expect(await settled(exclusive)).toBe(false);
    await sql(c, 'BEGIN TRAN');
    expect(await rows(c, take('Shared', 0))).toEqual([[-1]]);
    await sql(a, 'COMMIT');
    expect(await exclusive).toEqual([[1]]);
  });

  it('is let go when the holder is cut off', async () => {
    await sql(a, 'BEGIN TRAN');
    await rows(a, take('Exclusive', 0));
    await sql(b, 'BEGIN TRAN');
    const waiting = rows(b, take('Exclusive', -1));
    expect(await settled(waiting)).toBe(false);
    expect(engine.dropSession(a.id)).toBe(true);
    expect(await waiting).toEqual([[1]]);
  });

  it('needs a transaction for a transaction-owned lock', async () => {
    expect(await rows(a, take('Shared', 0))).toEqual([[-999]]);
  });
});

describe('transactions', () => {
  it('announces begin, commit and a rollback of its own to the driver', async () => {
    await sql(a, 'CREATE TABLE t (id int PRIMARY KEY)');
    const events: SqlEvent[] = [];
    for await (const e of a.execute(
      {
        kind: 'batch',
        text: 'SET XACT_ABORT ON; BEGIN TRAN; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1); SELECT 1 AS never',
      },
      new AbortController().signal,
    ))
      events.push(e);
    expect(events.flatMap((e) => (e.kind === 'transaction' ? [e.change] : []))).toEqual([
      'begin',
      'rollback',
    ]);
    expect(events.some((e) => e.kind === 'columns')).toBe(false);
    expect(await rows(b, 'SELECT COUNT(*) AS n FROM t')).toEqual([[0]]);
  });

  it('rolls back what a dropped session left open', async () => {
    await sql(a, 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1)');
    await sql(a, 'BEGIN TRAN; DELETE FROM t; INSERT INTO t VALUES (2)');
    engine.dropSession(a.id);
    expect(await rows(b, 'SELECT id FROM t')).toEqual([[1]]);
  });

  it('gives the error of a fault script to exactly one statement', async () => {
    await sql(a, 'CREATE TABLE t (id int PRIMARY KEY)');
    engine.faults.nextStatements.push(1205);
    expect(await errorOf(a, 'INSERT INTO t VALUES (1)')).toBe(1205);
    expect(await errorOf(a, 'INSERT INTO t VALUES (1)')).toBeUndefined();
  });

  it('lets readers pass and makes writers wait under row versions', async () => {
    await sql(
      a,
      'ALTER DATABASE corpus SET READ_COMMITTED_SNAPSHOT ON; CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1)',
    );
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 2 WHERE id = 1');
    expect(await rows(b, 'SELECT v FROM t WHERE id = 1')).toEqual([[1]]);
    const writer = sql(b, 'UPDATE t SET v = v + 10 WHERE id = 1');
    expect(await settled(writer)).toBe(false);
    await sql(a, 'COMMIT');
    await writer;
    expect(await rows(b, 'SELECT v FROM t')).toEqual([[12]]);
  });
});

describe('kept read locks', () => {
  beforeEach(async () => {
    await sql(a, 'CREATE TABLE t (id int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 1), (2, 2)');
  });

  it('lets one of two upserts with UPDLOCK and HOLDLOCK go first', async () => {
    const upsert =
      'BEGIN TRAN; IF NOT EXISTS (SELECT 1 FROM t WITH (UPDLOCK, HOLDLOCK) WHERE id = 3) INSERT INTO t VALUES (3, 0)';
    await sql(a, upsert);
    const second = sql(b, `${upsert}; COMMIT`);
    expect(await settled(second)).toBe(false);
    await sql(a, 'COMMIT');
    expect((await second).errors).toEqual([]);
    expect(await rows(a, 'SELECT COUNT(*) AS n FROM t')).toEqual([[3]]);
  });

  it('sacrifices the one that closes the circle of two repeatable readers', async () => {
    for (const s of [a, b])
      await sql(
        s,
        'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; BEGIN TRAN; SELECT v FROM t WHERE id = 1',
      );
    const first = sql(a, 'UPDATE t SET v = 5 WHERE id = 1');
    expect(await settled(first)).toBe(false);
    expect(await errorOf(b, 'UPDATE t SET v = 6 WHERE id = 1')).toBe(1205);
    expect((await first).errors).toEqual([]);
    expect(await rows(b, 'SELECT @@TRANCOUNT AS open_')).toEqual([[0]]);
  });
});

describe('nothing hangs on the text of a statement', () => {
  const program = (
    n: { table: string; id: string; qty: string; log: string; at: string },
    nl: string,
  ): string[] => [
    `CREATE TABLE ${n.table} (${n.id} int NOT NULL PRIMARY KEY,${nl}${n.qty} decimal(9,2) NOT NULL)`,
    `CREATE TABLE ${n.log} (${n.at} int IDENTITY(5,5),${nl}${n.id} int NOT NULL, was decimal(9,2))`,
    `DECLARE @out TABLE (i int, w decimal(9,2));${nl}INSERT INTO ${n.table} (${n.id}, ${n.qty}) VALUES (1, 1.5),${nl}(2, 2.5);` +
      `UPDATE ${n.table} SET ${n.qty} += 1 OUTPUT INSERTED.${n.id}, DELETED.${n.qty} INTO @out WHERE ${n.qty} > 2;${nl}` +
      `INSERT INTO ${n.log} (${n.id}, was) SELECT i, w FROM @out;` +
      `SELECT t.${n.id}, CAST(t.${n.qty} AS nvarchar(20)), l.${n.at}, CAST(l.was AS nvarchar(20)) FROM ${n.table} AS t${nl}LEFT JOIN ${n.log} l ON l.${n.id} = t.${n.id} ORDER BY t.${n.id}`,
  ];
  const play = async (batches: string[]): Promise<unknown[][]> => {
    let last: Answer | undefined;
    for (const text of batches) last = await sql(a, text);
    expect(last?.errors).toEqual([]);
    return last?.recordsets[0]?.rows ?? [];
  };

  it('answers the same under other names, other line breaks and other case', async () => {
    const plain = await play(program({ table: 'item', id: 'id', qty: 'qty', log: 'trail', at: 'n' }, ' '));
    const odd = await play(
      program(
        { table: '[Order]]s 注文]', id: '[select]', qty: '[Größe %]', log: '"my log"', at: '[from]' },
        '\r\n\t/* x */ -- y\r\n',
      ),
    );
    expect(plain).toEqual([
      [1, '1.50', null, null],
      [2, '3.50', 5, '2.50'],
    ]);
    expect(odd).toEqual(plain);
    const lower = await play(
      program({ table: 'item2', id: 'ID', qty: 'Qty', log: 'Trail2', at: 'N' }, ' ').map((t) =>
        t.replace(
          /\b(CREATE|TABLE|SELECT|FROM|UPDATE|SET|INSERT|INTO|VALUES|WHERE|LEFT|JOIN|ON|ORDER|BY|OUTPUT|DECLARE|CAST|AS)\b/g,
          (w) => w.toLowerCase(),
        ),
      ),
    );
    expect(lower).toEqual(plain);
  });

  it('refuses what is outside the subset by its name', async () => {
    for (const [text, name] of [
      ['MERGE t USING s ON 1 = 1 WHEN MATCHED THEN DELETE;', 'MERGE'],
      ["WAITFOR DELAY '0:0:1'", 'WAITFOR'],
      ['SELECT 1 AS x FOR XML PATH', 'FOR XML'],
      ['DECLARE c CURSOR FOR SELECT 1', 'CURSOR'],
      ['EXEC sp_prepare 1', 'sp_prepare'],
    ] as const) {
      const { errors } = await sql(a, text);
      expect(errors.map((e) => [e.number, e.text.includes(name)])).toEqual([[50999, true]]);
    }
  });
});

describe('admin', () => {
  it('gives back the rows of the backup under a new recovery fork', async () => {
    await sql(
      a,
      "CREATE TABLE t (id int IDENTITY(1,1) PRIMARY KEY, v nvarchar(5)); INSERT INTO t (v) VALUES (N'a')",
    );
    const fork = async (s: SqlSession): Promise<unknown> =>
      (
        await rows(
          s,
          "SELECT recovery_fork_guid FROM sys.database_recovery_status WHERE database_id = DB_ID(N'corpus')",
        )
      )[0]?.[0];
    const before = await fork(a);
    const backup = engine.backup('corpus');
    await sql(a, "INSERT INTO t (v) VALUES (N'b'); UPDATE t SET v = N'x'");
    engine.restore('corpus', backup);
    const c = connect(engine);
    expect(await rows(c, 'SELECT id, v FROM t')).toEqual([[1, 'a']]);
    expect(engine.snapshotRows('corpus', 'dbo.t')).toEqual([[1, 'a']]);
    expect(await fork(c)).not.toBe(before);
    await sql(c, "INSERT INTO t (v) VALUES (N'c')");
    expect(await rows(c, 'SELECT id FROM t ORDER BY id')).toEqual([[1], [2]]);
  });

  it('runs a script in the same process and says where it failed', async () => {
    await engine.script('corpus', 'CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t VALUES (1), (2)');
    expect(await engine.script('corpus', 'SELECT id FROM t ORDER BY id; SELECT 7 AS x')).toEqual([
      [[1], [2]],
      [[7]],
    ]);
    await expect(engine.script('corpus', 'SELECT 1 AS a\nINSERT INTO t VALUES (1)')).rejects.toThrow(
      '2627 in line 2',
    );
  });

  it('refuses a wrong password and an unknown database', () => {
    expect(engine.login({ user: 'sa', password: 'no', database: 'corpus' })).toMatchObject({
      ok: false,
      message: { number: 18456 },
    });
    expect(engine.login({ user: 'sa', password: 'secret', database: 'nope' })).toMatchObject({
      ok: false,
      message: { number: 4060 },
    });
  });

  it('takes its time from the clock it was given', async () => {
    const frozen = createSqlEngine({
      serverName: 'S',
      clock: { now: () => Date.UTC(2031, 4, 6, 7, 8, 9, 123), sleep: () => Promise.resolve() },
      logins: [],
      databases: ['d'],
    });
    const s = frozen.open('d');
    expect(await rows(s, 'SELECT SYSUTCDATETIME() AS now, GETDATE() AS old')).toEqual([
      ['2031-05-06T07:08:09.123', '2031-05-06T07:08:09.123'],
    ]);
  });
});
