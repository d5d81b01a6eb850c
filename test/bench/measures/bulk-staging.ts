import sql from 'mssql';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import { createLoadTable, insertLoaded } from '../../../main/adapters/erp-mssql/queries/unit-load.ts';
import type { SqlConnection } from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { castOf } from '../../../main/adapters/erp-mssql/sql-value.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { benchErp, driverSettings } from '../bench-erp.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { share, timedWith, type Timed } from '../processor-time.ts';

const ROWS = 20_000;
const REPEATS = 3;
const LOADED = '#staged';

const type = (text: string): FieldType => {
  const parsed = parseFieldType(text);
  if (parsed === undefined) throw new Error(text);
  return parsed;
};

const COLUMNS = [
  { name: 'RowNo', sql: 'int NOT NULL', type: type('int') },
  { name: 'ItemNo', sql: 'nvarchar(20) NULL', type: type('text(20)') },
  { name: 'Description', sql: 'nvarchar(100) NULL', type: type('text(100)') },
  { name: 'Quantity', sql: 'decimal(18,3) NULL', type: type('decimal(18,3)') },
  { name: 'Price', sql: 'decimal(28,10) NULL', type: type('decimal(28,10)') },
  { name: 'Valid', sql: 'date NULL', type: type('date') },
  { name: 'Changed', sql: 'datetime2(3) NULL', type: type('datetime') },
  { name: 'Blocked', sql: 'bit NULL', type: type('bool') },
] as const;

const pad = (value: number, length: number): string => String(value).padStart(length, '0');

/** Canonical texts; a price that no binary floating point holds. */
const rowOf = (index: number): readonly (string | null)[] => [
  String(index),
  `I${pad(index, 8)}`,
  index % 7 === 0 ? null : `Продукт ${index} & <part>`,
  `${index % 1_000}.125`,
  `123456789012345.${pad(index, 10)}`,
  `2026-${pad(1 + (index % 12), 2)}-${pad(1 + (index % 28), 2)}`,
  `2026-03-16T${pad(index % 24, 2)}:${pad(index % 60, 2)}:30.${pad(index % 1_000, 3)}`,
  index % 2 === 0 ? '1' : '0',
];

const signal = new AbortController().signal;
const names = COLUMNS.map(({ name }) => `[${name}]`).join(', ');

/** As a unit of many lines does it: a load of texts, then one INSERT with casts. */
async function staged(
  session: SqlConnection,
  target: string,
  rows: readonly (readonly (string | null)[])[],
): Promise<void> {
  const columns = COLUMNS.map((_, index) => ({
    name: `c${index}`,
    type: 'nvarchar' as const,
    length: 4_000,
  }));
  const loaded = await session.load(
    {
      create: createLoadTable(
        LOADED,
        columns.map(({ name }) => ({ name, type: 'nvarchar(4000)' })),
      ),
      table: LOADED,
      columns,
      rows,
    },
    600_000,
    signal,
  );
  if (loaded.kind !== 'loaded') throw new Error(`not loaded: ${JSON.stringify(loaded)}`);
  const insert = insertLoaded(
    { schema: 'dbo', name: target },
    COLUMNS.map(({ name, type: of }, index) => ({
      name,
      expression: castOf(`c${index}`, of),
    })),
    { table: LOADED, first: 1, last: rows.length },
  );
  const answer = await session.run(
    {
      text: `SET XACT_ABORT ON; DECLARE @row int; BEGIN TRANSACTION; ${insert} COMMIT TRANSACTION; DROP TABLE ${LOADED};`,
      parameters: [],
      timeoutMs: 600_000,
    },
    signal,
  );
  if (answer.kind !== 'answered') throw new Error(`not inserted: ${JSON.stringify(answer)}`);
}

/** One transaction of single inserts on one session: one prepared statement, its parameters set anew for each row. */
async function single(
  pool: sql.ConnectionPool,
  target: string,
  rows: readonly (readonly (string | null)[])[],
): Promise<void> {
  const transaction = new sql.Transaction(pool);
  await transaction.begin();
  const statement = new sql.PreparedStatement(transaction);
  COLUMNS.forEach((_, index) => statement.input(`p${index}`, sql.NVarChar(4000)));
  await statement.prepare(
    `INSERT INTO dbo.${target} (${names}) VALUES (${COLUMNS.map(({ type: of }, index) => castOf(`@p${index}`, of)).join(', ')})`,
  );
  for (const row of rows)
    await statement.execute(Object.fromEntries(row.map((value, index) => [`p${index}`, value])));
  await statement.unprepare();
  await transaction.commit();
}

/** All rows of the two tables as text, in order, and nothing else. */
async function check(pool: sql.ConnectionPool, rows: readonly (readonly (string | null)[])[]): Promise<void> {
  for (const target of ['Staged', 'Single']) {
    const { recordset } = await pool
      .request()
      .query<Record<string, string | null>>(
        `SELECT CONVERT(nvarchar(40), RowNo) AS a, ItemNo AS b, Description AS c, CONVERT(nvarchar(40), Quantity) AS d, CONVERT(nvarchar(40), Price) AS e, CONVERT(nvarchar(10), Valid, 23) AS f, CONVERT(nvarchar(23), Changed, 126) AS g, CONVERT(nvarchar(1), Blocked) AS h FROM dbo.${target} ORDER BY RowNo`,
      );
    if (recordset.length !== rows.length) throw new Error(`${target} has ${recordset.length} rows`);
    recordset.forEach((found, index) => {
      const wanted = JSON.stringify(rows[index]);
      // Style 126 leaves a fraction of nothing out.
      const values = Object.values(found).map((value, at) =>
        at === 6 && value?.length === 19 ? `${value}.000` : value,
      );
      if (JSON.stringify(values) !== wanted)
        throw new Error(`row ${index} of ${target} reads ${JSON.stringify(values)}, not ${wanted}`);
    });
  }
}

export async function measure(): Promise<Measured> {
  const erp = await benchErp(0);
  const pool = new sql.ConnectionPool(driverSettings(erp.port));
  try {
    await pool.connect();
    const opened = await new MssqlServer(
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
    ).connect(signal);
    if (opened.kind !== 'connected') throw new Error(`no session: ${JSON.stringify(opened)}`);
    const rows = Array.from({ length: ROWS }, (_, index) => rowOf(index));
    const times = { staged: [] as Timed[], single: [] as Timed[] };
    // The first round warms both processes and is not counted.
    for (let repeat = 0; repeat <= REPEATS; repeat += 1) {
      for (const target of ['Staged', 'Single'])
        await pool
          .request()
          .batch(
            `IF OBJECT_ID(N'dbo.${target}') IS NOT NULL DROP TABLE dbo.${target}; CREATE TABLE dbo.${target} (${COLUMNS.map((column) => `[${column.name}] ${column.sql}`).join(', ')}, CONSTRAINT PK_${target} PRIMARY KEY (RowNo))`,
          );
      const bulk = await timedWith(erp.pid, () => staged(opened.connection, 'Staged', rows));
      const one = await timedWith(erp.pid, () => single(pool, 'Single', rows));
      await check(pool, rows);
      if (repeat === 0) continue;
      times.staged.push(bulk);
      times.single.push(one);
    }
    await opened.connection.close();
    const ms = (runs: readonly Timed[], of: (run: Timed) => number): number =>
      rounded(1_000 * median(runs.map(of)));
    return {
      values: times.staged.map(
        ({ seconds }, index) => (times.single[index]?.seconds ?? Number.NaN) / seconds,
      ),
      details: {
        rows: ROWS,
        equal: true,
        stagedRowsPerSecond: Math.round(ROWS / median(times.staged.map(({ seconds }) => seconds))),
        singleRowsPerSecond: Math.round(ROWS / median(times.single.map(({ seconds }) => seconds))),
        stagedMs: `agent ${ms(times.staged, ({ ours }) => ours)}, server ${ms(times.staged, ({ theirs }) => theirs)}`,
        singleMs: `agent ${ms(times.single, ({ ours }) => ours)}, server ${ms(times.single, ({ theirs }) => theirs)}`,
        serverCpuWhileStaging: share(median(times.staged.map(({ seconds, theirs }) => theirs / seconds))),
      },
    };
  } finally {
    await pool.close();
    await erp.end();
  }
}
