import { once } from 'node:events';
import sql from 'mssql';
import { expect, test } from 'vitest';
import type { SqlEvent } from '../../../main/sandbox/tsql/face.ts';
import { INT, ScriptedEngine, column, result, text } from '../../unit/tds/scripted-engine.ts';
import { bench, failure } from './client.ts';

const one = () => result([column('n', INT)], [[1]]);

/** Counts the rows the server has asked for. */
class Source {
  produced = 0;

  *rows(total: number, signal: AbortSignal, text = 'x'.repeat(1000)): Iterable<SqlEvent> {
    yield { kind: 'columns', columns: [column('n', INT), column('t', { name: 'varchar', length: 1000 })] };
    for (let n = 0; n < total; n += 1) {
      if (signal.aborted) return;
      this.produced += 1;
      yield { kind: 'row', values: [n, text] };
    }
    yield { kind: 'done', count: total, select: true, inProcedure: false };
  }
}

test('a paused reader stops the engine: the result is never gathered in memory', async () => {
  const total = 60_000;
  const source = new Source();
  await using b = await bench({
    engine: new ScriptedEngine(({ request, signal }) =>
      text(request) === 'big' ? source.rows(total, signal) : one(),
    ),
  });
  const pool = await b.pool();
  const other = await b.pool();
  const request = pool.request();
  request.stream = true;
  let seen = 0;
  const paused = new Promise<void>((resolve) => {
    request.on('row', () => {
      seen += 1;
      if (seen === 100) {
        request.pause();
        resolve();
      }
    });
  });
  const done = once(request, 'done');
  void request.query('big');
  await paused;
  // Round trips on another connection: time for the server to run ahead as far as it ever will.
  for (let n = 0; n < 50; n += 1) await other.request().query('SELECT 1');
  const ahead = source.produced;
  for (let n = 0; n < 50; n += 1) await other.request().query('SELECT 1');
  expect(source.produced).toBe(ahead);
  expect(ahead).toBeLessThan(total / 2);
  request.resume();
  await done;
  expect(seen).toBe(total);
});

test('a value of 40 MB goes out and comes in', async () => {
  const photo = new Uint8Array(40 * 1024 * 1024).fill(5);
  const engine = new ScriptedEngine(({ request }) =>
    request.kind === 'procedure'
      ? result([column('b', { name: 'varbinary', length: 'max' })], [[request.parameters.at(-1)!.value]])
      : one(),
  );
  await using b = await bench({ engine });
  const pool = await b.pool();
  const { recordset } = await pool
    .request()
    .input('p', sql.VarBinary(sql.MAX), Buffer.from(photo))
    .query<{ b: Buffer }>('SELECT @p AS b');
  expect(Buffer.compare(recordset[0]!.b, photo)).toBe(0);
});

test('cancel stops a waiting statement, and the connection goes on', async () => {
  let started = (): void => {};
  const waiting = new Promise<void>((resolve) => (started = resolve));
  const engine = new ScriptedEngine(async function* ({ request, signal }): AsyncIterable<SqlEvent> {
    if (text(request) !== 'wait') return yield* one();
    started();
    if (!signal.aborted) await once(signal, 'abort');
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const request = pool.request();
  const outcome = failure(request.query('wait'));
  await waiting;
  request.cancel();
  expect((await outcome).code).toBe('ECANCEL');
  expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
  expect(b.server.connections()).toBe(1);
});

test('cancel in the middle of a large result, again and again on one connection', async () => {
  const source = new Source();
  const engine = new ScriptedEngine(({ request, signal }) =>
    text(request) === 'big' ? source.rows(1_000_000, signal) : one(),
  );
  await using b = await bench({ engine });
  const pool = await b.pool();
  for (let n = 0; n < 5; n += 1) {
    const request = pool.request();
    request.stream = true;
    const cancelled = once(request, 'error');
    request.once('row', () => request.cancel());
    void request.query('big').catch(() => {});
    expect(((await cancelled)[0] as { code: string }).code).toBe('ECANCEL');
    expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
  }
  expect(source.produced).toBeLessThan(100_000);
  expect(b.server.connections()).toBe(1);
});

test('a request that runs into its time-out leaves a usable connection', async () => {
  const engine = new ScriptedEngine(async function* ({ request, signal }): AsyncIterable<SqlEvent> {
    if (text(request) !== 'wait') return yield* one();
    if (!signal.aborted) await once(signal, 'abort');
  });
  await using b = await bench({ engine });
  const pool = await b.pool({ requestTimeout: 50 });
  expect((await failure(pool.request().query('wait'))).code).toBe('ETIMEOUT');
  expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
});

test('a client that leaves stops its statement and closes its session', async () => {
  let started = (): void => {};
  const waiting = new Promise<void>((resolve) => (started = resolve));
  const engine = new ScriptedEngine(async function* ({ request, signal }): AsyncIterable<SqlEvent> {
    if (text(request) !== 'wait') return yield* one();
    started();
    if (!signal.aborted) await once(signal, 'abort');
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const outcome = failure(pool.request().query('wait'));
  await waiting;
  expect(b.server.faults.closeConnections()).toBe(1);
  await outcome;
  await engine.sessionsClosed(2);
});

test('an engine that throws is told to the client, logged, and costs one connection only', async () => {
  const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (text(request) !== 'bug') return yield* one();
    yield { kind: 'columns', columns: [column('n', INT), column('m', INT)] };
    yield { kind: 'row', values: [1, 'not an int'] };
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const error = await failure(pool.request().query('bug'));
  expect(error.message).toContain('The engine failed: the engine gave a string for int');
  expect(error.class).toBe(20);
  expect((await (await b.pool()).request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
  expect(b.log.some((line) => line.includes('engine-error'))).toBe(true);
});
