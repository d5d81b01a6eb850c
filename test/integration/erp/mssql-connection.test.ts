import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { MssqlServer } from '../../../main/adapters/erp-mssql/mssql-connection.ts';
import {
  SqlStreamError,
  type SqlCall,
  type SqlConnection,
  type SqlRecordset,
} from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { startTdsServer, type TdsServer } from '../../../main/sandbox/tds/server.ts';
import type { SqlColumn, SqlEvent, SqlMessage } from '../../../main/sandbox/tsql/face.ts';
import { cannedEngine, message, rowsOf, type Canned } from './canned-engine.ts';

const signal = new AbortController().signal;
const call = (text: string, more: Partial<SqlCall> = {}): SqlCall => ({
  text,
  parameters: [],
  timeoutMs: 10_000,
  ...more,
});

let tds: TdsServer | undefined;
const open: SqlConnection[] = [];

const serve = async (answer: Canned, login?: () => SqlMessage | undefined): Promise<void> => {
  tds = await startTdsServer({ engine: cannedEngine(answer, login) });
};
const server = (more: Partial<ConstructorParameters<typeof MssqlServer>[0]> = {}): MssqlServer =>
  new MssqlServer(
    {
      server: '127.0.0.1',
      port: tds?.port ?? 1,
      database: 'ERP',
      user: 'ferry',
      encrypt: false,
      trustServerCertificate: true,
      ...more,
    },
    () => Promise.resolve('canary-password'),
  );
const connect = async (): Promise<SqlConnection> => {
  const connected = await server().connect(signal);
  if (connected.kind !== 'connected') throw new Error(connected.cause);
  open.push(connected.connection);
  return connected.connection;
};

afterEach(async () => {
  await Promise.all(open.splice(0).map((connection) => connection.close()));
  await tds?.close();
  tds = undefined;
});

const column = (name: string, type: SqlColumn['type']): SqlColumn => ({ name, type, nullable: true });

describe('a session that cannot be opened', () => {
  it.each([
    [18456, 'login-refused'],
    [4060, 'database-unavailable'],
  ] as const)('%i is %s', async (number, why) => {
    await serve(
      () => undefined,
      () => message(number, 14),
    );
    expect(await server().connect(signal)).toMatchObject({ kind: 'not-applied', why });
  });

  it('nobody listening is network', async () => {
    const probe = createServer();
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
    const { port } = probe.address() as { port: number };
    await new Promise((resolve) => probe.close(resolve));
    expect(await server({ port }).connect(signal)).toMatchObject({ kind: 'not-applied', why: 'network' });
  });

  it('a certificate nobody vouches for is tls', async () => {
    await serve(() => undefined);
    const outcome = await server({ encrypt: true, trustServerCertificate: false }).connect(signal);
    expect(outcome).toMatchObject({ kind: 'not-applied', why: 'tls' });
  });

  it('never tells the password', async () => {
    await serve(
      () => undefined,
      () => message(18456, 14),
    );
    expect(JSON.stringify(await server().connect(signal))).not.toContain('canary-password');
  });

  it('a signal that is over opens nothing', async () => {
    await serve(() => undefined);
    const one = server();
    expect(await one.connect(AbortSignal.abort())).toMatchObject({ kind: 'not-applied', why: 'cancelled' });
    expect(one.sessionsOpened()).toBe(0);
  });
});

describe('a server that accepts and says nothing', () => {
  it('does not hold up a stop', async () => {
    await serve(() => undefined);
    tds?.faults.freezeNewConnections('always');
    const frozen = tds?.faults.next();
    const abort = new AbortController();
    const connecting = server().connect(abort.signal);
    await frozen;
    abort.abort();
    expect(await connecting).toMatchObject({ kind: 'not-applied', why: 'cancelled' });
  });
});

describe('a request', () => {
  it('gives texts, and says which of them lost digits', async () => {
    await serve((text) =>
      text.includes('cells')
        ? rowsOf(
            [
              column('i', { name: 'int' }),
              column('b', { name: 'bigint' }),
              column('f', { name: 'bit' }),
              column('short', { name: 'decimal', precision: 15, scale: 4 }),
              column('long', { name: 'decimal', precision: 18, scale: 4 }),
              column('cash', { name: 'money' }),
              column('t', { name: 'nvarchar', length: 20 }),
              column('none', { name: 'nvarchar', length: 20 }),
            ],
            [[-7, 9007199254740993n, true, '12345678901.2345', '12345678901234.5678', '1.5000', ' ž ', null]],
          )
        : undefined,
    );
    const outcome = await (await connect()).run(call('cells'), signal);
    if (outcome.kind !== 'answered') throw new Error(outcome.kind);
    const [set] = outcome.recordsets;
    expect(set?.rows[0]).toEqual([
      '-7',
      '9007199254740993',
      '1',
      '12345678901.2345',
      expect.any(String),
      expect.any(String),
      ' ž ',
      null,
    ]);
    expect(set?.columns.filter((one) => !one.exact).map((one) => one.name)).toEqual(['long', 'cash']);
  });

  it('keeps the first error of several: the cause, not the consequence', async () => {
    await serve((text) =>
      text.includes('two errors')
        ? (async function* (): AsyncIterable<SqlEvent> {
            yield { kind: 'message', message: message(50001) };
            yield { kind: 'message', message: message(3609) };
            yield { kind: 'done', select: false, inProcedure: true };
          })()
        : undefined,
    );
    expect(await (await connect()).run(call('two errors'), signal)).toMatchObject({
      kind: 'refused',
      number: 50001,
      class: 16,
    });
  });

  it('is unknown when the connection is cut after it was sent', async () => {
    await serve(() => undefined);
    const connection = await connect();
    for (const at of ['before-execution', 'after-execution'] as const) {
      tds?.faults.arm({ kind: 'cut', at, match: 'work' });
      expect(await connection.run(call('work'), signal)).toMatchObject({ kind: 'unknown' });
    }
  });

  it('is unknown when its time is over or it is cancelled on the way', async () => {
    const started = new Set<() => void>();
    await serve((text, stop) =>
      text.includes('forever')
        ? (async function* (): AsyncIterable<SqlEvent> {
            for (const tell of started) tell();
            await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve()));
            yield { kind: 'done', select: false, inProcedure: false };
          })()
        : undefined,
    );
    const connection = await connect();
    expect(await connection.run(call('forever', { timeoutMs: 100 }), signal)).toMatchObject({
      kind: 'unknown',
    });
    const abort = new AbortController();
    started.add(() => abort.abort());
    expect(await connection.run(call('forever'), abort.signal)).toMatchObject({ kind: 'unknown' });
    expect(await connection.run(call('forever'), abort.signal)).toMatchObject({
      kind: 'not-applied',
      why: 'cancelled',
    });
  });

  it('an idle session that dies does not end the process, and its next request finds a new one', async () => {
    await serve(() => undefined);
    const connection = await connect();
    expect(await connection.run(call('first'), signal)).toMatchObject({ kind: 'answered' });
    tds?.faults.closeConnections();
    const outcome = await connection.run(call('second'), signal);
    expect(['answered', 'unknown']).toContain(outcome.kind);
    expect(await connection.run(call('third'), signal)).toMatchObject({ kind: 'answered' });
  });
});

describe('a stream of rows', () => {
  const columns = [column('n', { name: 'int' }), column('t', { name: 'nvarchar', length: 200 })];
  const text = 'x'.repeat(200);

  it('holds a few chunks in memory, whatever the table has', async () => {
    const total = 40_000;
    let produced = 0;
    let consumed = 0;
    let ahead = 0;
    await serve((asked) =>
      asked.includes('large')
        ? rowsOf(
            columns,
            (function* () {
              for (let n = 0; n < total; n += 1) {
                produced += 1;
                ahead = Math.max(ahead, produced - consumed);
                yield [n, text];
              }
            })(),
          )
        : undefined,
    );
    const connection = await connect();
    for await (const chunk of connection.stream(call('large'), signal)) {
      for (const row of chunk.rows) {
        expect(row[0]).toBe(String(consumed));
        consumed += 1;
      }
      // Others get their turn: a stream that does not wait would run on here.
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(consumed).toBe(total);
    expect(ahead).toBeLessThan(total / 2);
  });

  it('leaving early frees the session for the next request', async () => {
    await serve((asked) =>
      asked.includes('endless')
        ? rowsOf(
            columns,
            (function* () {
              for (let n = 0; ; n += 1) yield [n, text];
            })(),
          )
        : undefined,
    );
    const connection = await connect();
    let first: SqlRecordset | undefined;
    for await (const chunk of connection.stream(call('endless'), signal)) {
      first = chunk;
      break;
    }
    expect(first?.rows.length).toBeGreaterThan(0);
    expect(await connection.run(call('next'), signal)).toMatchObject({ kind: 'answered' });
  });

  it.each(['cut', 'refused', 'aborted'])('%s in the middle: throws what is known', async (how) => {
    const abort = new AbortController();
    await serve((asked) =>
      asked.includes('broken')
        ? (async function* (): AsyncIterable<SqlEvent> {
            yield { kind: 'columns', columns };
            for (let n = 0; n < 2_000; n += 1) yield { kind: 'row', values: [n, text] };
            if (how === 'refused') yield { kind: 'message', message: message(1205, 13) };
            else for (let n = 0; ; n += 1) yield { kind: 'row', values: [n, text] };
            yield { kind: 'done', select: true, inProcedure: true };
          })()
        : undefined,
    );
    const connection = await connect();
    let rows = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of connection.stream(call('broken'), abort.signal)) {
        rows += chunk.rows.length;
        if (how === 'cut') tds?.faults.closeConnections();
        if (how === 'aborted') abort.abort();
      }
    };
    const error = await read().then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(error).toBeInstanceOf(SqlStreamError);
    expect((error as SqlStreamError).outcome).toMatchObject(
      how === 'refused' ? { kind: 'refused', number: 1205 } : { kind: 'unknown' },
    );
    expect(rows).toBeGreaterThan(0);
  });

  it('without rows it just ends', async () => {
    await serve((asked) => (asked.includes('nothing') ? rowsOf(columns, []) : undefined));
    const chunks: SqlRecordset[] = [];
    for await (const chunk of (await connect()).stream(call('nothing'), signal)) chunks.push(chunk);
    expect(chunks).toEqual([]);
  });
});
