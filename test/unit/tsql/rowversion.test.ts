import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { connect, newEngine, perform } from './replay.ts';
import { rows, sql } from './two-sessions.ts';

let a: SqlSession;
let b: SqlSession;

beforeEach(async () => {
  const engine = newEngine();
  a = connect(engine);
  b = connect(engine);
  await sql(
    a,
    'CREATE TABLE t (id int NOT NULL PRIMARY KEY, v int, rv rowversion NOT NULL); CREATE INDEX ix ON t (rv)',
  );
});

const bytes = async (s: SqlSession, text: string): Promise<bigint> => {
  const [[value] = []] = await rows(s, `SELECT CAST(${text} AS bigint) AS n`);
  return BigInt(String(value));
};

describe('rowversion columns', () => {
  it('rise with every write of a row and are read between two bounds in their order', async () => {
    await sql(a, 'INSERT INTO t (id, v) VALUES (1, 0), (2, 0), (3, 0)');
    await sql(a, 'UPDATE t SET v = 1 WHERE id = 1');
    const [[base] = []] = await rows(a, 'SELECT CAST(rv AS bigint) AS n FROM t WHERE id = 2');
    expect(
      await rows(
        a,
        `DECLARE @b varbinary(8) = CAST(CAST(${String(base)} AS bigint) AS varbinary(8)), @c varbinary(8) = MIN_ACTIVE_ROWVERSION(); SELECT id FROM t WHERE rv > @b AND rv < @c ORDER BY rv`,
      ),
    ).toEqual([[3], [1]]);
    expect(await bytes(a, '(SELECT MAX(CAST(rv AS bigint)) FROM t)')).toBe(await bytes(a, '@@DBTS'));
    expect(
      await rows(
        a,
        'SELECT COUNT(*) AS n FROM t WHERE CAST(rv AS varbinary(8)) <= @@DBTS AND rv = CAST(rv AS binary(8))',
      ),
    ).toEqual([[3]]);
  });

  it('compare with a varbinary parameter from the wire', async () => {
    await sql(a, 'INSERT INTO t (id, v) VALUES (1, 0), (2, 0)');
    const answer = await perform(a, {
      sql: 'SELECT id FROM t WHERE rv > @b AND rv < MIN_ACTIVE_ROWVERSION() ORDER BY rv',
      via: 'query',
      params: [{ name: 'b', type: 'varbinary(8)', value: '0x0000000000000000' }],
    });
    expect(answer.errors).toEqual([]);
    expect(answer.recordsets[0]?.rows).toEqual([[1], [2]]);
  });

  it('stay below MIN_ACTIVE_ROWVERSION only once all earlier ones are committed', async () => {
    await sql(a, 'INSERT INTO t (id, v) VALUES (1, 0)');
    expect(await bytes(a, 'MIN_ACTIVE_ROWVERSION()')).toBe((await bytes(a, '@@DBTS')) + 1n);
    await sql(a, 'BEGIN TRAN; UPDATE t SET v = 1 WHERE id = 1; INSERT INTO t (id, v) VALUES (2, 0)');
    await sql(b, 'INSERT INTO t (id, v) VALUES (3, 0)');
    const dbts = await bytes(b, '@@DBTS');
    expect(await bytes(b, 'MIN_ACTIVE_ROWVERSION()')).toBe(dbts - 2n);
    await sql(a, 'ROLLBACK');
    expect(await bytes(b, 'MIN_ACTIVE_ROWVERSION()')).toBe(dbts + 1n);
    expect(await rows(b, 'SELECT id FROM t WHERE rv > CAST(0 AS varbinary(8)) ORDER BY rv')).toEqual([
      [1],
      [3],
    ]);
  });
});
