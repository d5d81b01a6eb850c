import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sql from 'mssql';
import { startChild } from '../../../main/sandbox/program/child.ts';
import { benchErp, driverSettings } from '../bench-erp.ts';
import { rounded, type Measured } from '../figure.ts';
import type { Compared, CompareWork } from '../processes/compare-once.ts';
import { processorSecondsOf, share } from '../processor-time.ts';

const ROWS = 1_000_000;
/** A quarter of the rows takes as much memory, or it is not flat. */
const FEWER = 250_000;
/** Filled by doubling, then by the rest. */
const FIRST = 1_000;
const CHILD = new URL('../processes/compare-once.ts', import.meta.url);

const tableOf = (rows: number): string => `Compare${rows}`;

async function fill(pool: sql.ConnectionPool, rows: number): Promise<void> {
  const run = (text: string): Promise<unknown> => pool.request().batch(text);
  const table = `dbo.${tableOf(rows)}`;
  await run(
    `CREATE TABLE ${table} (Id int NOT NULL PRIMARY KEY, Item nvarchar(20) NOT NULL, Price decimal(19,4) NOT NULL)`,
  );
  await run(
    `DECLARE @i int; SET @i = 1; WHILE @i <= ${FIRST} BEGIN INSERT INTO ${table} VALUES (@i, N'I' + CAST(@i AS nvarchar(10)), @i); SET @i = @i + 1; END`,
  );
  for (let filled = FIRST; filled < rows; filled *= 2)
    await run(
      `INSERT INTO ${table} (Id, Item, Price) SELECT Id + ${filled}, Item, Price FROM ${table} WHERE Id <= ${Math.min(filled, rows - filled)}`,
    );
}

interface Rounds {
  /** With nothing known: names every row. */
  readonly first: Compared;
  /** With six rows changed. */
  readonly second: Compared;
  /** Processor time of the server during the second. */
  readonly theirs: number;
}

/** Two compares of one table, each in a process of its own; a third without changes proves that nothing is left. */
async function rounds(
  erp: { readonly port: number; readonly pid: number | undefined },
  { pool, folder }: { readonly pool: sql.ConnectionPool; readonly folder: string },
  rows: number,
): Promise<Rounds> {
  const compare = async (cursor?: string): Promise<Compared> => {
    const work: CompareWork = {
      port: erp.port,
      known: join(folder, tableOf(rows)),
      table: tableOf(rows),
      warm: { table: tableOf(FIRST), known: join(folder, tableOf(FIRST)) },
      cursor,
    };
    const child = await startChild<Compared>(CHILD, work);
    await child.end();
    return child.said;
  };
  const first = await compare();
  if (first.count !== rows || first.named[0] !== '1' || first.named.at(-1) !== String(rows))
    throw new Error(`the first compare named ${first.count} rows`);
  const [middle, late] = [rows / 2, (rows * 3) / 4];
  await pool
    .request()
    .batch(
      `UPDATE dbo.${tableOf(rows)} SET Price = Price + 0.0001 WHERE Id IN (1, ${middle}, ${rows}); DELETE FROM dbo.${tableOf(rows)} WHERE Id IN (77, ${late}); INSERT INTO dbo.${tableOf(rows)} VALUES (${rows + 1}, N'new', 1)`,
    );
  const before = processorSecondsOf(erp.pid);
  const second = await compare(first.cursor);
  const theirs = (processorSecondsOf(erp.pid) ?? Number.NaN) - (before ?? Number.NaN);
  const wanted = ['1', '77 deleted', String(middle), `${late} deleted`, String(rows), String(rows + 1)];
  if (second.count !== wanted.length || wanted.some((one) => !second.named.includes(one)))
    throw new Error(`the compare named ${JSON.stringify(second)}`);
  const third = await compare(second.cursor);
  if (third.count !== 0) throw new Error(`a compare without changes named ${third.count} rows`);
  return { first, second, theirs };
}

export async function measure(): Promise<Measured> {
  const erp = await benchErp(0);
  const pool = new sql.ConnectionPool(driverSettings(erp.port));
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  try {
    await pool.connect();
    await fill(pool, FIRST);
    await fill(pool, FEWER);
    const fewer = await rounds(erp, { pool, folder }, FEWER);
    await pool.request().batch(`DROP TABLE dbo.${tableOf(FEWER)}`);
    await fill(pool, ROWS);
    const { first, second, theirs } = await rounds(erp, { pool, folder }, ROWS);
    const added = ({ memory }: Compared): number => rounded(memory.added);
    return {
      values: [Math.max(first.memory.added, second.memory.added)],
      details: {
        rows: ROWS,
        changesFound: second.count,
        before: rounded(second.memory.before),
        addedByFirst: added(first),
        addedBySecond: added(second),
        [`addedByFirstOf${FEWER}`]: added(fewer.first),
        [`addedBySecondOf${FEWER}`]: added(fewer.second),
        peakBySystem: second.memory.peakBySystem,
        rowsPerSecond: Math.round(ROWS / second.seconds),
        agentCpu: share(second.processorSeconds / second.seconds),
        serverCpu: share(theirs / second.seconds),
      },
    };
  } finally {
    await pool.close();
    await erp.end();
    rmSync(folder, { recursive: true, force: true });
  }
}
