import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { connect, newEngine } from './replay.ts';
import { errorOf, rows, sql } from './two-sessions.ts';

let a: SqlSession;

beforeEach(() => {
  a = connect(newEngine());
});

describe('the catalogue’s own views', () => {
  it('have ids of views below zero, each its own', async () => {
    const [[id, ofDatabase, asTable, asView, without] = []] = await rows(
      a,
      "SELECT OBJECT_ID(N'sys.change_tracking_tables'), OBJECT_ID(N'master.sys.change_tracking_tables'), OBJECT_ID(N'sys.change_tracking_tables', N'U'), OBJECT_ID(N'[sys].[Change_Tracking_Tables]', N'V'), OBJECT_ID(N'change_tracking_tables')",
    );
    expect(Number(id)).toBeLessThan(0);
    expect([ofDatabase, asTable, asView, without]).toEqual([id, null, id, null]);
    const listed = await rows(a, 'SELECT object_id, type FROM sys.all_objects WHERE is_ms_shipped = 1');
    expect(new Set(listed.map(([one]) => one)).size).toBe(listed.length);
    expect(listed.length).toBeGreaterThan(30);
    expect(new Set(listed.map(([, type]) => type))).toEqual(new Set(['V ']));
    expect(
      await rows(a, 'SELECT COUNT(*) AS n FROM sys.objects WHERE is_ms_shipped = 1 OR object_id < 0'),
    ).toEqual([[0]]);
    expect(
      await rows(
        a,
        "SELECT OBJECT_SCHEMA_NAME(OBJECT_ID(N'information_schema.tables')), OBJECT_NAME(OBJECT_ID(N'information_schema.tables'))",
      ),
    ).toEqual([['INFORMATION_SCHEMA', 'TABLES']]);
  });
});

describe('definitions of computed columns', () => {
  it.each([
    ['Qty * Price', '([Qty]*[Price])'],
    ['(Qty + 1) * 2 - -Price', '(([Qty]+(1))*(2)- -[Price])'],
    ['Qty - (1 - Price)', '([Qty]-((1)-[Price]))'],
    [
      "CASE WHEN Qty > 1 AND No IS NOT NULL THEN N'it''s' ELSE 'b' END",
      "(case when [Qty]>(1) AND [No] IS NOT NULL then N'it''s' else 'b' end)",
    ],
    ["CASE Qty WHEN 1 THEN 'x' END", "(case [Qty] when (1) then 'x' end)"],
    ['CAST(Qty AS NVARCHAR(20)) + No', '(CONVERT([nvarchar](20),[Qty])+[No])'],
    ['CONVERT(varchar(10), Made, 126)', '(CONVERT([varchar](10),[Made],(126)))'],
    ['DATEADD(DAY, 1, Made)', '(dateadd(day,(1),[Made]))'],
    ["ISNULL(No, '')", "(isnull([No],''))"],
    [
      'CASE WHEN Qty IN (1, 2) OR Qty BETWEEN 5 AND 7 THEN 1 ELSE 0 END',
      '(case when [Qty]=(2) OR [Qty]=(1) OR [Qty]>=(5) AND [Qty]<=(7) then (1) else (0) end)',
    ],
    [
      "CASE WHEN NOT (Qty = 1 OR No LIKE 'a%') THEN 1 ELSE 0 END",
      "(case when NOT ([Qty]=(1) OR [No] like 'a%') then (1) else (0) end)",
    ],
  ])('%s', async (written, stored) => {
    const table = (definition: string): string =>
      `CREATE TABLE t (Qty int NOT NULL, Price decimal(9,2) NOT NULL, No nvarchar(20) NULL, Made datetime NOT NULL, X AS ${definition})`;
    const definition = "SELECT definition FROM sys.computed_columns WHERE object_id = OBJECT_ID(N't')";
    await sql(a, table(written));
    expect(await rows(a, definition)).toEqual([[stored]]);
    // What is stored means the same when it is made again.
    await sql(a, 'DROP TABLE t');
    await sql(a, table(stored));
    expect(await rows(a, definition)).toEqual([[stored]]);
  });
});

describe('dependencies', () => {
  it('are what views, procedures and triggers name', async () => {
    await sql(a, 'CREATE TABLE t (id int NOT NULL PRIMARY KEY, n int NULL); CREATE TABLE u (id int)');
    await sql(
      a,
      'CREATE VIEW v AS WITH c AS (SELECT id FROM dbo.t) SELECT c.id FROM c JOIN u AS x ON x.id = c.id',
    );
    await sql(
      a,
      'CREATE PROCEDURE p AS BEGIN SELECT id INTO #copy FROM v; UPDATE y SET n = 1 FROM t AS y; EXEC q; SELECT name FROM sys.objects END',
    );
    await sql(a, 'CREATE TRIGGER g ON t AFTER INSERT AS INSERT INTO u SELECT id FROM inserted');
    expect(
      await rows(
        a,
        'SELECT OBJECT_NAME(referencing_id), referenced_schema_name, referenced_entity_name, OBJECT_NAME(referenced_id) FROM sys.sql_expression_dependencies ORDER BY 1, 3',
      ),
    ).toEqual([
      ['g', null, 'u', 'u'],
      ['p', null, 'q', null],
      ['p', null, 't', 't'],
      ['p', null, 'v', 'v'],
      ['v', 'dbo', 't', 't'],
      ['v', null, 'u', 'u'],
    ]);
  });
});

describe('queries', () => {
  it('know common table expressions within CASE', async () => {
    expect(
      await rows(
        a,
        'WITH c AS (SELECT 1 AS x) SELECT CASE WHEN EXISTS (SELECT 1 FROM c WHERE x = 1) THEN 1 ELSE 0 END AS n FROM c',
      ),
    ).toEqual([[1]]);
  });
});

describe('NULL as an argument', () => {
  it.each(['uniqueidentifier', 'varbinary(8)', 'datetime2', 'nvarchar(10)', 'bit'])(
    'fits a parameter of type %s',
    async (type) => {
      await sql(a, `CREATE PROCEDURE p @x ${type} AS SELECT CASE WHEN @x IS NULL THEN 1 ELSE 0 END AS n`);
      expect(await rows(a, 'EXEC p @x = NULL')).toEqual([[1]]);
      expect(await rows(a, 'EXEC p NULL')).toEqual([[1]]);
    },
  );

  it('with a type of its own still has to fit', async () => {
    await sql(a, 'CREATE PROCEDURE p @x uniqueidentifier AS SELECT 1 AS n');
    expect(await errorOf(a, 'DECLARE @n int; EXEC p @x = @n')).toBe(206);
  });
});
