import { describe, expect, it } from 'vitest';
import { namedInExpression, namedInSelect, namedInView } from '../../../main/core/reading/named-objects.ts';

const names = (text: string): unknown => {
  const found = namedInSelect(text);
  if (found.kind === 'unknown') return 'unknown';
  const list = found.objects.map(({ schema, name }) => `${schema ?? '?'}.${name}`);
  return found.clock ? [...list, '@clock'] : list;
};

describe('what a SELECT names', () => {
  it.each<[string, readonly string[]]>([
    ['SELECT 1', []],
    ['SELECT No FROM dbo.Customer', ['dbo.Customer']],
    ['select c.No from Customer c;', ['?.Customer']],
    ['SELECT * FROM dbo.A, dbo.B AS x, [dbo].["C"] y', ['dbo.A', 'dbo.B', 'dbo."C"']],
    ['SELECT * FROM "dbo"."A ""1""" WHERE x = \'FROM dbo.No\' -- FROM dbo.Not', ['dbo.A "1"']],
    ['SELECT /* /* FROM dbo.X */ */ a FROM dbo.[A]]B]', ['dbo.A]B']],
    ['SELECT * FROM dbo.A LEFT OUTER HASH JOIN dbo.B ON A.x = B.x AND LEFT(B.n, 1) = 1', ['dbo.A', 'dbo.B']],
    ['SELECT * FROM dbo.A JOIN dbo.B JOIN dbo.C ON B.x = C.x ON A.x = B.x', ['dbo.A', 'dbo.B', 'dbo.C']],
    ['SELECT * FROM (dbo.A CROSS JOIN dbo.B)', ['dbo.A', 'dbo.B']],
    ['SELECT * FROM ((SELECT 1 a FROM dbo.A) UNION ALL (SELECT 2 FROM dbo.B)) x(n)', ['dbo.A', 'dbo.B']],
    ['SELECT * FROM ((SELECT a FROM dbo.A) x JOIN dbo.B ON x.a = B.a)', ['dbo.A', 'dbo.B']],
    ['SELECT (SELECT MAX(v) FROM dbo.B WHERE B.i = A.i) m FROM dbo.A', ['dbo.B', 'dbo.A']],
    [
      'SELECT a FROM dbo.A WHERE EXISTS (SELECT 1 FROM dbo.B) OR a IN (SELECT a FROM dbo.C)',
      ['dbo.A', 'dbo.B', 'dbo.C'],
    ],
    [
      'SELECT a FROM dbo.A OUTER APPLY (SELECT TOP (1) * FROM dbo.B ORDER BY (SELECT MIN(z) FROM dbo.D)) t',
      ['dbo.A', 'dbo.B', 'dbo.D'],
    ],
    ['SELECT a FROM dbo.A UNION SELECT b FROM dbo.B EXCEPT SELECT c FROM dbo.C', ['dbo.A', 'dbo.B', 'dbo.C']],
    ['SELECT * FROM (VALUES (1, (SELECT MAX(n) FROM dbo.A))) v(a, b)', ['dbo.A']],
    [
      'SELECT a FROM dbo.A JOIN dbo.B ON A.x = (SELECT MAX(x) FROM dbo.C) JOIN dbo.D ON 1 = 1',
      ['dbo.A', 'dbo.B', 'dbo.C', 'dbo.D'],
    ],
    [
      'SELECT COUNT(*) OVER (PARTITION BY a ORDER BY (SELECT MAX(x) FROM dbo.B)) FROM dbo.A',
      ['dbo.B', 'dbo.A'],
    ],
    ["SELECT TRIM(N'x' FROM Name) FROM dbo.A", ['dbo.A']],
    [
      'SELECT a FROM dbo.A WHERE a IS NOT DISTINCT FROM b GROUP BY a HAVING MAX(b) > (SELECT 1 FROM dbo.B)',
      ['dbo.A', 'dbo.B'],
    ],
    [
      "SELECT STUFF((SELECT ',' + n FROM dbo.B FOR XML PATH(''), TYPE).value('.', 'nvarchar(max)'), 1, 1, '') FROM dbo.A",
      ['dbo.B', 'dbo.A'],
    ],
    [
      'SELECT CAST(a AS decimal(18,4)), CONVERT([nvarchar](20), b) FROM dbo.A WITH (INDEX(ix), FORCESEEK) OPTION (RECOMPILE)',
      ['dbo.A'],
    ],
    ['WITH x AS (SELECT * FROM dbo.A), y(n) AS (SELECT n FROM x) SELECT * FROM y JOIN x ON 1 = 1', ['dbo.A']],
    ['WITH x AS (SELECT * FROM y), y AS (SELECT * FROM dbo.A) SELECT * FROM x, y', ['?.y', 'dbo.A']],
    ['WITH A AS (SELECT * FROM A) SELECT * FROM A', ['?.A']],
    [
      'WITH t AS (SELECT i FROM dbo.A UNION ALL SELECT A.i FROM dbo.A JOIN t ON A.p = t.i) SELECT * FROM t',
      ['dbo.A', 'dbo.A'],
    ],
    ['WITH x AS (SELECT 1 a) SELECT * FROM dbo.x', ['dbo.x']],
    ['SELECT a FROM dbo.A WHERE d < GETDATE()', ['dbo.A', '@clock']],
    ['SELECT CURRENT_TIMESTAMP t FROM dbo.A', ['dbo.A', '@clock']],
    ['SELECT @@ROWCOUNT t FROM dbo.A', ['dbo.A', '@clock']],
    ['SELECT a FROM dbo.A WHERE u = SUSER_SNAME() ORDER BY NEWID()', ['dbo.A', '@clock']],
    ['SELECT a FROM dbo.A WHERE Route = @user_Route AND s = @source', ['dbo.A']],
    ['SELECT 1.5, .5, 1e3, 0x0F, $4.2, A.x FROM dbo.A', ['dbo.A']],
  ])('%s', (text, expected) => {
    expect(names(text)).toEqual(expected);
  });

  it.each([
    'SELECT * FROM dbo.fn(1)',
    'SELECT * FROM fn() x',
    'SELECT dbo.fn(a) FROM dbo.A',
    'SELECT [dbo].[fn](a) FROM dbo.A',
    "SELECT * FROM OPENQUERY(srv, 'SELECT 1')",
    "SELECT * FROM OPENROWSET(BULK 'x', SINGLE_CLOB) x",
    'SELECT * FROM other.dbo.A',
    'SELECT * FROM other..A',
    'SELECT * FROM srv.other.dbo.A',
    'SELECT * FROM @t',
    'SELECT * FROM #t',
    "SELECT * FROM dbo.A FOR SYSTEM_TIME AS OF '2020-01-01'",
    'SELECT * FROM dbo.A TABLESAMPLE (10 PERCENT)',
    'SELECT * FROM dbo.A PIVOT (SUM(x) FOR y IN ([1], [2])) p',
    'SELECT * FROM dbo.A WITH (NOLOCK)',
    'SELECT * FROM dbo.A (NOLOCK)',
    'SELECT * FROM dbo.A AS x (NOLOCK)',
    'SELECT * FROM dbo.A WITH (INDEX(ix), READPAST)',
    "SELECT * FROM dbo.A CROSS APPLY x.nodes('/a') t(c)",
    'SELECT NEXT VALUE FOR dbo.S FROM dbo.A',
    'SELECT a INTO dbo.B FROM dbo.A',
    'SELECT a FROM dbo.A SELECT b FROM dbo.B',
    'SELECT a FROM dbo.A; SELECT b FROM dbo.B',
    "SELECT a FROM dbo.A FOR XML PATH('') SELECT b FROM dbo.B",
    'EXEC dbo.P',
    "SELECT a FROM dbo.A WHERE CONTAINS(a, 'x')",
    'SELECT a FROM dbo.A WHERE $partition.f(a) = 1',
    'SELECT {fn NOW()} FROM dbo.A',
    "SELECT 'open FROM dbo.A",
    'SELECT (a FROM dbo.A',
    'SELECT a) FROM dbo.A',
    'SELECT a -- x\rFROM dbo.B\nFROM dbo.A',
    "WITH XMLNAMESPACES ('u' AS n) SELECT 1 FROM dbo.A",
    'SELECT a FROM',
    'SELECT a FROM dbo.A UNION',
    '',
  ])('does not pretend to understand %s', (text) => {
    expect(names(text)).toBe('unknown');
  });

  it('reads the text of a view', () => {
    const text = `-- made by hand
      CREATE   VIEW [dbo].[v as x] (a, b) WITH SCHEMABINDING AS
      SELECT a, b FROM dbo.A WHERE a > 1 WITH CHECK OPTION;`;
    expect(namedInView(text)).toEqual({
      kind: 'known',
      objects: [{ schema: 'dbo', name: 'A' }],
      clock: false,
    });
    expect(namedInView('CREATE PROCEDURE p AS SELECT 1').kind).toBe('unknown');
  });

  it('reads the expression of a computed column', () => {
    expect(namedInExpression('([Qty]*CONVERT([decimal](18,2),isnull([Price],(0))))')).toMatchObject({
      kind: 'known',
      clock: false,
    });
    expect(namedInExpression('(getdate())')).toMatchObject({ clock: true });
    expect(namedInExpression('([dbo].[price]([No]))').kind).toBe('unknown');
  });
});
