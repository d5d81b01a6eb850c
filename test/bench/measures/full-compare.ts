import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'mssql';
import { knownFiles } from '../../../main/adapters/erp-mssql/feeds/known-files.ts';
import { SqlFeed } from '../../../main/adapters/erp-mssql/feeds/sql-feed.ts';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import { SqlSessions } from '../../../main/adapters/erp-mssql/sql-sessions.ts';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { benchErp, driverSettings } from '../bench-erp.ts';
import { rounded, type Measured } from '../figure.ts';
import { share, timedWith } from '../processor-time.ts';
import { addedMemory } from '../resident-memory.ts';

const ROWS = 1_000_000;
/** Filled by doubling, then by the rest. */
const FIRST = 1_000;

const signal = new AbortController().signal;

async function fill(pool: sql.ConnectionPool): Promise<void> {
  const run = (text: string): Promise<unknown> => pool.request().batch(text);
  await run(
    `CREATE TABLE dbo.CompareMillion (Id int NOT NULL CONSTRAINT PK_CompareMillion PRIMARY KEY, Item nvarchar(20) NOT NULL, Price decimal(19,4) NOT NULL)`,
  );
  await run(
    `DECLARE @i int; SET @i = 1; WHILE @i <= ${FIRST} BEGIN INSERT INTO dbo.CompareMillion VALUES (@i, N'I' + CAST(@i AS nvarchar(10)), @i); SET @i = @i + 1; END`,
  );
  for (let rows = FIRST; rows < ROWS; rows *= 2)
    await run(
      `INSERT INTO dbo.CompareMillion (Id, Item, Price) SELECT Id + ${rows}, Item, Price FROM dbo.CompareMillion WHERE Id <= ${Math.min(rows, ROWS - rows)}`,
    );
}

export async function measure(): Promise<Measured> {
  const erp = await benchErp(0);
  const pool = new sql.ConnectionPool(driverSettings(erp.port));
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  const server = new MssqlServer(
    {
      server: '127.0.0.1',
      port: erp.port,
      database: SAMPLE.database,
      auth: 'sql',
      user: SAMPLE.login,
      encrypt: false,
      trustServerCertificate: false,
    },
    () => Promise.resolve(SAMPLE.password),
  );
  const sessions = new SqlSessions(server, 2);
  try {
    await pool.connect();
    await fill(pool);
    const feed = new SqlFeed({
      server,
      sessions,
      endpoint: `erp:${SAMPLE.erpId}`,
      table: { table: { schema: 'dbo', name: 'CompareMillion' } },
      wall: () => Date.now(),
      newId: randomUUID,
      known: knownFiles(nodeDisk, folder),
    });
    const started = await feed.start('full-compare', signal);
    if (!started.ok) throw new Error(`no feed: ${JSON.stringify(started.failure)}`);
    let cursor = started.value;
    const compare = async (): Promise<{ readonly count: number; readonly last: readonly string[] }> => {
      let count = 0;
      const last: string[] = [];
      for await (const part of feed.since(cursor, signal)) {
        if (part.kind === 'reset') throw new Error(`reset: ${part.words}`);
        if (part.kind === 'end') cursor = part.cursor;
        else
          for (const { key, deleted } of part.keys) {
            count += 1;
            if (last.length < 10) last.push(`${key.join()}${deleted ? ' deleted' : ''}`);
          }
      }
      return { count, last };
    };
    let changes: Awaited<ReturnType<typeof compare>> | undefined;
    let timed: Awaited<ReturnType<typeof timedWith>> | undefined;
    // The first compare knows nothing and names every row; it counts, because its memory would hide that of the second.
    const memory = await addedMemory(async () => {
      const first = await compare();
      if (first.count !== ROWS) throw new Error(`the first compare named ${first.count} rows`);
      await pool
        .request()
        .batch(
          `UPDATE dbo.CompareMillion SET Price = Price + 0.0001 WHERE Id IN (1, 500000, ${ROWS}); DELETE FROM dbo.CompareMillion WHERE Id IN (77, 700000); INSERT INTO dbo.CompareMillion VALUES (${ROWS + 1}, N'new', 1)`,
        );
      timed = await timedWith(erp.pid, async () => {
        changes = await compare();
      });
    });
    const wanted = ['1', '77 deleted', '500000', '700000 deleted', String(ROWS), String(ROWS + 1)];
    if (changes?.count !== wanted.length || wanted.some((one) => !changes?.last.includes(one)))
      throw new Error(`the compare named ${JSON.stringify(changes)}`);
    const again = await compare();
    if (again.count !== 0) throw new Error(`a compare without changes named ${again.count} rows`);
    const { seconds = Number.NaN, ours = Number.NaN, theirs = Number.NaN } = timed ?? {};
    return {
      values: [memory.added],
      details: {
        rows: ROWS,
        changesFound: wanted.length,
        before: rounded(memory.before),
        peak: rounded(memory.peak),
        peakBySystem: memory.peakBySystem,
        rowsPerSecond: Math.round(ROWS / seconds),
        agentCpu: share(ours / seconds),
        serverCpu: share(theirs / seconds),
      },
    };
  } finally {
    await sessions.close();
    await pool.close();
    await erp.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
