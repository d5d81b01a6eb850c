import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type {
  SqlConnection,
  SqlOutcome,
  SqlServer,
} from '../../../main/adapters/erp-mssql/sql-connection.ts';
import type { ReadRequest } from '../../../main/core/packets/erp.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import { explainFailure, type SyncFailure } from '../../../shared/model/failure.ts';
import { SOURCE, type } from '../../unit/erp-mssql/units.ts';
import { onSandbox, openBench, testRuntime, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
const ROWS = 20_000;
let bench: Bench;
let raw: RawSession;
let erp: ClosablePacketErp;

beforeAll(async () => {
  bench = await openBench();
  raw = await bench.raw();
  await raw.query('CREATE TABLE dbo.Big (N int NOT NULL PRIMARY KEY, T nvarchar(200) NOT NULL)');
  for (let from = 0; from < ROWS; from += 1_000)
    await raw.query(
      `INSERT INTO dbo.Big (N, T) VALUES ${Array.from({ length: 1_000 }, (_, index) => `(${from + index}, N'${'x'.repeat(100)}')`).join(', ')}`,
    );
  erp = bench.erp({ server: holding(realServer()) });
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});
afterAll(() => bench?.close());

const realServer = (): SqlServer => new MssqlServer(bench.settings, () => Promise.resolve('Sandbox-1'));
const turn = (aborted: AbortSignal): Promise<void> =>
  aborted.aborted ? Promise.resolve() : new Promise((resolve) => void setImmediate(resolve));

/** The same server with connections that do something else in places. */
function changed(
  server: SqlServer,
  change: (connection: SqlConnection) => Pick<SqlConnection, 'run' | 'stream'>,
): SqlServer {
  return {
    sessionsOpened: () => server.sessionsOpened(),
    connect: async (aborted) => {
      const opened = await server.connect(aborted);
      if (opened.kind !== 'connected') return opened;
      const { connection } = opened;
      const other: SqlConnection = {
        load: (...given) => connection.load(...given),
        beginReading: (level, ending) => connection.beginReading(level, ending),
        close: () => connection.close(),
        ...change(connection),
      };
      return { kind: 'connected', connection: other };
    },
  };
}

/**
 * SQL Server keeps the locks of a SELECT until its last row is taken, which the sandbox does not: here whoever streams rows
 * of a table of the ERP without row versions holds them all meanwhile.
 */
const holding = (server: SqlServer): SqlServer =>
  changed(server, (connection) => ({
    run: (call, aborted) => connection.run(call, aborted),
    async *stream(call, aborted) {
      const holder = await bench.raw();
      const last =
        call.text
          .trim()
          .split(/;\s*\n/)
          .at(-1) ?? '';
      const direct = last.includes('FROM [dbo].') && !(await versioned());
      if (direct)
        await holder.query(
          'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; BEGIN TRANSACTION; SELECT COUNT(*) AS n FROM dbo.Big',
        );
      try {
        yield* connection.stream(call, aborted);
      } finally {
        if (direct) await holder.query('ROLLBACK TRANSACTION');
        await holder.close();
      }
    },
  }));

const versioned = async (): Promise<boolean> => {
  const [row] = await raw.query(
    'SELECT CAST(snapshot_isolation_state AS int) + CAST(is_read_committed_snapshot_on AS int) AS n FROM sys.databases WHERE name = DB_NAME()',
  );
  return Number(row?.['n']) > 0;
};

const REQUEST: ReadRequest = {
  from: { table: { schema: 'dbo', name: 'Big' } },
  columns: [
    { column: 'N', type: type('int') },
    { column: 'T', type: type('text') },
  ],
  where: [],
  orderBy: ['N'],
  user: { name: 'ANNA', values: new Map() },
  source: SOURCE,
};

/** What ended a read, if anything did; `meanwhile` happens after its first rows. */
async function readAll(from: ClosablePacketErp, meanwhile: () => void): Promise<SyncFailure | undefined> {
  const view = await from.reader.openView(signal);
  if (!view.ok) throw new Error(JSON.stringify(view.failure));
  try {
    let rows = 0;
    for await (const chunk of view.value.read(REQUEST, signal)) {
      if (rows === 0) meanwhile();
      rows += chunk.length;
      for (let turns = 0; turns < 20; turns += 1) await turn(signal);
    }
    return rows === ROWS ? undefined : { kind: 'defect', message: `${rows} rows` };
  } catch (error) {
    if (error instanceof BodyStreamError) return error.failure;
    throw error;
  } finally {
    await view.value.close();
  }
}

/** An ERP user's work: the server itself ends it when it has to wait for longer than a tenth of a second. */
async function work(user: RawSession): Promise<void> {
  await user.query("SET LOCK_TIMEOUT 100; UPDATE dbo.Big SET T = T + N'y' WHERE N = 1");
  await user.query(`SET LOCK_TIMEOUT 100; UPDATE dbo.Big SET T = N'z' WHERE N = ${ROWS - 1}`);
  await user.query('SET LOCK_TIMEOUT 100; UPDATE dbo.Big SET T = LEFT(T, 100)');
}

describe.runIf(onSandbox)('locks', () => {
  for (const [mode, snapshot, versions] of [
    ['snapshot isolation', 'ON', 'OFF'],
    ['versions of rows', 'OFF', 'ON'],
    ['locks', 'OFF', 'OFF'],
  ])
    it(`nobody in the ERP waits while we are slow to read: ${mode}`, { timeout: 30_000 }, async () => {
      const { database } = bench.settings;
      await raw.query(`ALTER DATABASE [${database}] SET ALLOW_SNAPSHOT_ISOLATION ${snapshot}`);
      await raw.query(`ALTER DATABASE [${database}] SET READ_COMMITTED_SNAPSHOT ${versions}`);
      const user = await bench.raw();
      const view = await erp.reader.openView(signal);
      if (!view.ok) throw new Error(JSON.stringify(view.failure));
      expect(view.value.consistency).toBe(snapshot === 'ON' ? 'snapshot' : 'moving');
      let rows = 0;
      let worked = 0;
      for await (const chunk of view.value.read(REQUEST, signal)) {
        rows += chunk.length;
        if (worked < 3) {
          await work(user);
          worked += 1;
        }
      }
      expect([rows, worked]).toEqual([ROWS, 3]);
      await view.value.close();
      await user.close();
    });

  it('the test sees a read that keeps its locks', async () => {
    const opened = await holding(realServer()).connect(signal);
    if (opened.kind !== 'connected') throw new Error(opened.cause);
    const user = await bench.raw();
    const direct = { text: 'SELECT N, T FROM [dbo].[Big] ORDER BY N', parameters: [], timeoutMs: 10_000 };
    const waited: unknown[] = [];
    for await (const _ of opened.connection.stream(direct, signal)) {
      if (waited.length === 0) await work(user).catch((error: unknown) => waited.push(error));
      if (waited.length > 0) break;
    }
    expect(waited).toMatchObject([{ number: 1222 }]);
    await opened.connection.close();
  });

  it('a read that somebody waits on ends with words for the database administrator', async () => {
    let waitedMs: string | null = null;
    const told = (column: string, cell: string | null): SqlOutcome => ({
      kind: 'answered',
      recordsets: [{ columns: [{ name: column, exact: true }], rows: [[cell]] }],
    });
    const looking = bench.erp({
      server: changed(realServer(), (connection) => ({
        run: (call, aborted) =>
          call.text.includes('dm_exec_requests')
            ? Promise.resolve(told('waited_ms', waitedMs))
            : connection.run(call, aborted),
        stream: (call, aborted) => connection.stream(call, aborted),
      })),
      runtime: { ...testRuntime(), sleep: (_, aborted) => turn(aborted) },
    });
    const failure = await readAll(looking, () => {
      waitedMs = '60';
    });
    expect(failure).toMatchObject({ kind: 'unreachable', trouble: 'blocking' });
    expect(explainFailure(failure as SyncFailure)).toMatchObject({
      owner: 'erp-administrator',
      next: 'failure.erp.blocking.next',
    });
    waitedMs = null;
    expect(await readAll(looking, () => undefined)).toBeUndefined();
  });
});
