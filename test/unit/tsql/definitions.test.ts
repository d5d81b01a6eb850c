import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { connect, newEngine } from './replay.ts';
import { rows, sql } from './two-sessions.ts';

let a: SqlSession;

beforeEach(() => {
  a = connect(newEngine());
});

describe('definitions', () => {
  it('of views and procedures are the text they were made with', async () => {
    const view = 'CREATE VIEW v AS SELECT 1 AS x';
    const procedure = 'CREATE PROCEDURE p @n int AS SELECT @n AS n';
    await sql(a, view);
    await sql(a, procedure);
    expect(
      await rows(
        a,
        "SELECT o.name, m.definition FROM sys.sql_modules AS m JOIN sys.objects AS o ON o.object_id = m.object_id WHERE o.name IN (N'v', N'p') ORDER BY o.name",
      ),
    ).toEqual([
      ['p', procedure],
      ['v', view],
    ]);
    expect(await rows(a, "SELECT OBJECT_DEFINITION(OBJECT_ID(N'dbo.v')) AS d")).toEqual([[view]]);
  });

  it('are none of a table', async () => {
    await sql(a, 'CREATE TABLE t (id int)');
    expect(await rows(a, "SELECT OBJECT_DEFINITION(OBJECT_ID(N't')) AS d")).toEqual([[null]]);
  });

  it('follow ALTER and DROP', async () => {
    await sql(a, 'CREATE VIEW v AS SELECT 1 AS x');
    await sql(a, 'ALTER VIEW v AS SELECT 2 AS x');
    const [[text] = []] = await rows(a, "SELECT OBJECT_DEFINITION(OBJECT_ID(N'v')) AS d");
    expect(String(text)).toContain('SELECT 2 AS x');
    await sql(a, 'DROP VIEW v');
    expect(await rows(a, 'SELECT COUNT(*) AS n FROM sys.sql_modules')).toEqual([[0]]);
  });
});
