import { beforeEach, describe, expect, it } from 'vitest';
import type { SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { connect, newEngine, perform } from './replay.ts';

let session: SqlSession;
async function rows(text: string): Promise<unknown[][]> {
  const answer = await perform(session, { sql: text, via: 'batch' });
  expect(answer.errors).toEqual([]);
  return answer.recordsets.at(-1)?.rows ?? [];
}

/** One table with indexes and one without, of the same rows. */
beforeEach(async () => {
  session = connect(newEngine());
  for (const [name, key, index] of [
    ['dbo.Indexed', 'PRIMARY KEY', 'CREATE INDEX IX ON dbo.Indexed (Word)'],
    ['dbo.Heap', '', ''],
  ])
    await rows(`CREATE TABLE ${name} (Id int NOT NULL ${key}, Word nvarchar(10) NULL, Amount decimal(9,2) NULL);
INSERT INTO ${name} VALUES (1, N'a', 1), (2, N'B', 2), (3, N'b ', 3), (4, NULL, 4), (5, N'c', 5);
${index}`);
  await rows(`CREATE TABLE dbo.Wanted (I bigint NULL, W nvarchar(20) NULL);
INSERT INTO dbo.Wanted VALUES (2, N'b'), (2, N'B'), (NULL, NULL), (5, N'A'), (77, N'zz')`);
});

describe('a column IN a query', () => {
  it.each([
    'SELECT Id FROM {t} WHERE Id IN (SELECT I FROM dbo.Wanted) ORDER BY Id',
    'SELECT Id FROM {t} WHERE Word IN (SELECT W FROM dbo.Wanted) ORDER BY Id',
    'SELECT Id FROM {t} WHERE Id NOT IN (SELECT I FROM dbo.Wanted WHERE I IS NOT NULL) ORDER BY Id',
    'SELECT Id FROM {t} WHERE Id IN (SELECT I FROM dbo.Wanted) AND Amount > 2 ORDER BY Id',
    'SELECT Id FROM {t} WHERE Id IN (SELECT I FROM dbo.Wanted) OR Amount = 1 ORDER BY Id',
    'SELECT Id FROM {t} t WHERE Id IN (SELECT I FROM dbo.Wanted WHERE W = t.Word) ORDER BY Id',
    'SELECT t.Id, w.W FROM {t} t LEFT JOIN dbo.Wanted w ON t.Id IN (SELECT I FROM dbo.Wanted) AND w.I = t.Id ORDER BY t.Id, w.W',
    'SELECT t.Id, w.I FROM dbo.Wanted w LEFT JOIN {t} t ON t.Id IN (SELECT I FROM dbo.Wanted) AND t.Id = w.I ORDER BY w.I',
    'SELECT t.Id, w.I FROM dbo.Wanted w LEFT JOIN {t} t ON t.Id = w.I WHERE t.Id IN (SELECT I FROM dbo.Wanted) ORDER BY w.I',
    'UPDATE {t} SET Amount = Amount + 10 WHERE Id IN (SELECT I FROM dbo.Wanted); SELECT Id, Amount FROM {t} ORDER BY Id',
    'UPDATE {t} SET Id = Id + 10 WHERE Id IN (SELECT Id FROM {t} WHERE Id < 4); SELECT Id FROM {t} ORDER BY Id',
    'DELETE FROM {t} WHERE Word IN (SELECT W FROM dbo.Wanted); SELECT Id FROM {t} ORDER BY Id',
  ])('finds by an index what a scan finds: %s', async (text) => {
    const [indexed, heap] = [text.replaceAll('{t}', 'dbo.Indexed'), text.replaceAll('{t}', 'dbo.Heap')];
    const found = await rows(indexed);
    expect(found).toEqual(await rows(heap));
    expect(found.length).toBeGreaterThan(0);
  });

  it('does not wait for rows it does not name', async () => {
    const engine = newEngine();
    const [one, other] = [connect(engine), connect(engine)];
    const run = (at: SqlSession, sql: string): ReturnType<typeof perform> =>
      perform(at, { sql, via: 'batch' });
    await run(
      one,
      'CREATE TABLE dbo.T (Id int NOT NULL PRIMARY KEY, N int); INSERT INTO dbo.T VALUES (1, 0), (2, 0)',
    );
    await run(one, 'BEGIN TRANSACTION; UPDATE dbo.T SET N = 1 WHERE Id = 1');
    const answer = await run(
      other,
      'SET LOCK_TIMEOUT 0; DECLARE @w TABLE (I int); INSERT INTO @w VALUES (2); UPDATE dbo.T SET N = 2 WHERE Id IN (SELECT I FROM @w); SELECT N FROM dbo.T WHERE Id = 2',
    );
    expect(answer.errors).toEqual([]);
    expect(answer.recordsets.at(-1)?.rows).toEqual([[2]]);
  });
});
