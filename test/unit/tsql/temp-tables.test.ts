import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlEvent, SqlSession, SqlValue } from '../../../main/sandbox/tsql/face.ts';
import { connect, newEngine, perform } from './replay.ts';
import { errorOf, rows, sql } from './two-sessions.ts';

let a: SqlSession;
let b: SqlSession;

beforeEach(() => {
  const engine = newEngine();
  a = connect(engine);
  b = connect(engine);
});

const text = (length: number) => ({ name: 'nvarchar', length }) as const;

async function bulk(s: SqlSession, count: number): Promise<SqlEvent[]> {
  expect((await sql(s, 'insert bulk #s (n int, c0 nvarchar(40), c1 nvarchar(40))')).errors).toEqual([]);
  async function* values(): AsyncGenerator<readonly SqlValue[]> {
    for (let i = 0; i < count; i++) yield [i, `${i}.5`, `no ${i}`];
  }
  const columns = [
    { name: 'n', type: { name: 'int' } as const, nullable: false, identity: false },
    { name: 'c0', type: text(40), nullable: true, identity: false },
    { name: 'c1', type: text(40), nullable: true, identity: false },
  ];
  const events: SqlEvent[] = [];
  for await (const e of s.execute({ kind: 'bulk', columns, rows: values() }, new AbortController().signal))
    events.push(e);
  return events;
}

describe('a table of one session', () => {
  it('is there for its session only, and gone at a reset', async () => {
    await sql(
      a,
      'CREATE TABLE #s (n int NOT NULL PRIMARY KEY, c nvarchar(20)); INSERT INTO #s VALUES (1, NULL)',
    );
    expect(await rows(a, 'SELECT n FROM #s')).toEqual([[1]]);
    expect(await errorOf(b, 'SELECT n FROM #s')).toBe(208);
    expect((await sql(b, 'CREATE TABLE #s (other int)')).errors).toEqual([]);
    expect(await errorOf(a, 'CREATE TABLE #s (n int)')).toBe(2714);
    a.reset();
    expect(await errorOf(a, 'SELECT n FROM #s')).toBe(208);
    expect(await rows(a, "SELECT OBJECT_ID(N'tempdb..#s') AS id")).toEqual([[null]]);
  });

  it('is seen by statements called from its session and ends with the statement that made it', async () => {
    await sql(a, 'CREATE TABLE #s (n int)');
    const inner = await perform(a, {
      sql: 'INSERT INTO #s VALUES (@n); CREATE TABLE #inner (n int); SELECT n FROM #s',
      via: 'query',
      params: [{ name: 'n', type: 'int', value: 4 }],
    });
    expect(inner.errors).toEqual([]);
    expect(inner.recordsets[0]?.rows).toEqual([[4]]);
    expect(await errorOf(a, 'SELECT n FROM #inner')).toBe(208);
    expect(await rows(a, 'SELECT n FROM #s')).toEqual([[4]]);
  });

  it('can be dropped if it is there, and made from a query', async () => {
    const fresh = "IF OBJECT_ID(N'tempdb..#s') IS NOT NULL DROP TABLE #s; SELECT 1 AS n, N'x' AS c INTO #s";
    await sql(a, fresh);
    await sql(a, "INSERT INTO #s VALUES (2, N'y')");
    expect(await rows(a, 'SELECT n FROM #s ORDER BY n')).toEqual([[1], [2]]);
    await sql(a, fresh);
    expect(await rows(a, 'SELECT n, c FROM #s')).toEqual([[1, 'x']]);
  });

  it('follows its transaction', async () => {
    await sql(a, 'BEGIN TRAN; CREATE TABLE #s (n int); ROLLBACK');
    expect(await errorOf(a, 'SELECT n FROM #s')).toBe(208);
    await sql(a, 'CREATE TABLE #s (n int); BEGIN TRAN; INSERT INTO #s VALUES (1); ROLLBACK');
    expect(await rows(a, 'SELECT COUNT(*) AS n FROM #s')).toEqual([[0]]);
  });
});

describe('a bulk load into it', () => {
  it('feeds a set-based insert, in order, with what came of it', async () => {
    await sql(a, 'CREATE TABLE #s (n int NOT NULL, c0 nvarchar(40), c1 nvarchar(40))');
    await bulk(a, 3);
    await sql(a, 'CREATE TABLE t (id int IDENTITY(1,1) PRIMARY KEY, q decimal(18,4), k nvarchar(9))');
    expect(
      await rows(
        a,
        "DECLARE @key nvarchar(9) = N'k'; DECLARE @o TABLE (id int, q decimal(18,4)); INSERT INTO t (q, k) OUTPUT INSERTED.id, INSERTED.q INTO @o SELECT CAST(s.c0 AS decimal(18,4)), @key FROM #s AS s ORDER BY s.n; SELECT id, CAST(q AS nvarchar(20)) AS q FROM @o ORDER BY id",
      ),
    ).toEqual([
      [1, '0.5000'],
      [2, '1.5000'],
      [3, '2.5000'],
    ]);
  });

  it('takes time by its rows, also in joins with a table that is written', { timeout: 30000 }, async () => {
    await sql(a, 'CREATE TABLE #s (n int NOT NULL, c0 nvarchar(40), c1 nvarchar(40))');
    await sql(a, 'CREATE TABLE t (no nvarchar(50) PRIMARY KEY, q decimal(18,4), other nvarchar(50))');
    await bulk(a, 20000);
    // Each of these compares some 400 million pairs when it is done pair by pair.
    for (const [statement, count] of [
      [
        'INSERT INTO t (no, q, other) SELECT s.c1, CAST(s.c0 AS decimal(18,4)), s.c1 FROM #s AS s ORDER BY s.n',
        20000,
      ],
      ['UPDATE t SET q = 1 FROM #s AS s JOIN t ON t.other = s.c1 WHERE s.n < 5000', 5000],
      ['INSERT INTO t (no) SELECT s.c1 FROM #s AS s WHERE NOT EXISTS (SELECT 1 FROM t WHERE t.no = s.c1)', 0],
      ["DELETE t FROM t JOIN #s AS s ON s.c1 + N'' = t.no", 20000],
    ] as const)
      expect((await sql(a, statement)).rowsAffected).toEqual([count]);
  });
});
