import sql from 'mssql';
import { expect, test } from 'vitest';
import type { SqlEvent, SqlValue } from '../../../main/sandbox/tsql/face.ts';
import {
  INT,
  NVARCHAR,
  ScriptedEngine,
  column,
  message,
  result,
  text,
} from '../../unit/tds/scripted-engine.ts';
import { bench, failure } from './client.ts';

const one = () => result([column('n', INT)], [[1]]);

test.each([false, true])('logs in with encrypt %s and queries', async (encrypt) => {
  const engine = new ScriptedEngine(one);
  await using b = await bench({ engine });
  const pool = await b.pool({ options: { encrypt } });
  const { recordset, rowsAffected } = await pool.request().query<{ n: number }>('SELECT 1 AS n');
  expect(recordset).toEqual([{ n: 1 }]);
  expect(rowsAffected).toEqual([1]);
  expect(engine.calls.map(({ request }) => text(request))).toEqual(['SELECT 1 AS n']);
  expect(b.log).toContain(`1 login sa from node-mssql${encrypt ? ', encrypted' : ''}`);
});

test('a client that checks the certificate is satisfied, inside TDS 7.4 and around TDS 8.0', async () => {
  await using b = await bench({ engine: new ScriptedEngine(one) });
  const ca = b.server.certificate;
  for (const encrypt of [true, 'strict'] as const) {
    const options = { encrypt, trustServerCertificate: false, cryptoCredentialsDetails: { ca } };
    const pool = await b.pool({ server: 'localhost', options: options as sql.IOptions });
    expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
  }
  const unknown = { encrypt: true, trustServerCertificate: false };
  expect((await failure(b.pool({ server: 'localhost', options: unknown }))).code).toBe('ESOCKET');
});

test('a wrong password is error 18456, an unknown database 4060 as well', async () => {
  await using b = await bench({ engine: new ScriptedEngine(one) });
  const wrong = await failure(b.pool({ password: 'nope' }));
  expect(wrong.code).toBe('ELOGIN');
  expect(wrong.message).toContain("Login failed for user 'sa'.");
  const missing = await failure(b.pool({ database: 'missing' }));
  expect(missing.code).toBe('ELOGIN');
  expect(b.log.filter((line) => line.includes('refused'))).toEqual([
    '1 login-refused 18456 for sa',
    '2 login-refused 4060 for sa',
  ]);
  expect(JSON.stringify(b.log)).not.toContain('nope');
});

test('batches with several result sets, counts, no count, messages and PRINT', async () => {
  const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (text(request) !== 'several') return;
    yield* result([column('a', INT)], [[1], [2]]);
    yield { kind: 'message', message: message(0, 0, 'printed') };
    yield { kind: 'done', count: 3, select: false, inProcedure: false };
    yield { kind: 'done', select: false, inProcedure: false };
    yield* result([column('b', NVARCHAR)], [['x'], [null]]);
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const request = pool.request();
  const infos: unknown[] = [];
  request.on('info', (info: { message: string; number: number }) => infos.push([info.number, info.message]));
  const answer = await request.batch('several');
  expect(answer.recordsets).toEqual([
    [{ a: 1 }, { a: 2 }],
    [{ b: 'x' }, { b: null }],
  ]);
  expect(answer.rowsAffected).toEqual([2, 3, 2]);
  expect(infos).toEqual([[0, 'printed']]);
  expect((await pool.request().batch('nothing')).recordsets).toEqual([]);
});

test('errors carry number, class, state, procedure and line, and the connection goes on', async () => {
  const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (text(request) !== 'fail') return yield* one();
    yield* result([column('a', INT)], [[1]]);
    yield { kind: 'message', message: message(547, 16, 'first', 'dbo.p', 12) };
    yield { kind: 'message', message: message(3621, 0, 'The statement has been terminated.') };
    yield { kind: 'message', message: message(50001, 16, 'second') };
    yield { kind: 'done', select: false, inProcedure: false };
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  for (const run of [() => pool.request().batch('fail'), () => pool.request().query('fail')]) {
    const error = await failure(run());
    expect(error).toMatchObject({
      number: 50001,
      class: 16,
      state: 7,
      message: 'second',
      serverName: 'SCRIPTED',
    });
    expect(error.precedingErrors).toMatchObject([{ number: 547, procName: 'dbo.p', lineNumber: 12 }]);
  }
  expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
  expect(b.server.connections()).toBe(1);
});

test('a procedure has outputs, a return value and counts of its statements', async () => {
  const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (request.kind !== 'procedure') return;
    yield { kind: 'columns', columns: [column('a', INT)] };
    yield { kind: 'row', values: [5] };
    yield { kind: 'done', count: 1, select: true, inProcedure: true };
    yield { kind: 'done', count: 4, select: false, inProcedure: true };
    yield { kind: 'returnStatus', value: -7 };
    const [total, note] = request.parameters;
    yield { kind: 'output', name: total!.name, type: total!.type, value: 42 };
    yield { kind: 'output', name: note!.name, type: note!.type, value: 'ж'.repeat(9000) };
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const answer = await pool
    .request()
    .output('total', sql.Int)
    .output('note', sql.NVarChar(sql.MAX), 'in')
    .input('skip', sql.Bit, true)
    .execute('dbo.do_it');
  expect(answer.recordsets).toEqual([[{ a: 5 }]]);
  expect(answer.rowsAffected).toEqual([1, 4]);
  expect(answer.returnValue).toBe(-7);
  expect(answer.output).toEqual({ total: 42, note: 'ж'.repeat(9000) });
  const { request } = engine.calls[0]!;
  expect(request).toMatchObject({
    kind: 'procedure',
    name: 'dbo.do_it',
    parameters: [
      { name: '@total', type: { name: 'int' }, value: null, output: true },
      { name: '@note', type: { name: 'nvarchar', length: 'max' }, value: 'in', output: true },
      { name: '@skip', type: { name: 'bit' }, value: true, output: false },
    ],
  });
});

test('transactions: begin with isolation, savepoint-free commit and rollback, told by ENVCHANGE', async () => {
  let open = 0n;
  const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (request.kind === 'transaction') {
      if (request.verb === 'save') return;
      if (request.verb === 'begin') open += 1n;
      yield { kind: 'transaction', change: request.verb, id: open };
      return;
    }
    if (text(request) === 'doom') yield { kind: 'transaction', change: 'rollback', id: open };
    yield* one();
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const first = pool.transaction();
  await first.begin(sql.ISOLATION_LEVEL.SERIALIZABLE);
  await first.request().query('SELECT 1');
  await first.commit();
  const second = pool.transaction();
  await second.begin();
  await second.rollback();
  // The engine ends a transaction by itself: the driver must know, and refuse to commit.
  const third = pool.transaction();
  await third.begin();
  await third.request().query('doom');
  expect((await failure(third.commit())).code).toBe('EABORT');
  const verbs = engine.calls.flatMap(({ request }) =>
    request.kind === 'transaction' ? [[request.verb, request.isolation]] : [],
  );
  expect(verbs).toEqual([
    ['begin', 'serializable'],
    ['commit', undefined],
    ['begin', 'read committed'],
    ['rollback', undefined],
    ['begin', 'read committed'],
  ]);
});

test('a prepared statement becomes sp_executesql with the prepared text', async () => {
  const engine = new ScriptedEngine(one);
  await using b = await bench({ engine });
  const pool = await b.pool();
  const statement = new sql.PreparedStatement(pool);
  statement.input('x', sql.Int);
  await statement.prepare('SELECT @x AS n');
  expect((await statement.execute({ x: 9 })).recordset).toEqual([{ n: 1 }]);
  await statement.unprepare();
  expect(engine.calls.map(({ request }) => request)).toMatchObject([
    {
      kind: 'procedure',
      name: 'sp_executesql',
      parameters: [
        { name: '@stmt', value: 'SELECT @x AS n' },
        { name: '@params', value: '@x int' },
        { name: '@x', value: 9 },
      ],
    },
  ]);
});

test('bulk load hands rows over as they come and reports the count', async () => {
  const rows: (readonly SqlValue[])[] = [];
  const engine = new ScriptedEngine(async function* ({ request }): AsyncIterable<SqlEvent> {
    if (request.kind !== 'bulk') return;
    for await (const row of request.rows) rows.push(row);
    yield { kind: 'done', count: rows.length, select: false, inProcedure: false };
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const table = new sql.Table('dbo.t');
  table.columns.add('id', sql.Int, { nullable: false });
  table.columns.add('name', sql.NVarChar(40), { nullable: true });
  table.columns.add('blob', sql.VarBinary(sql.MAX), { nullable: true });
  const blob = Buffer.alloc(300_000, 7);
  for (let i = 0; i < 2000; i += 1) table.rows.add(i, i % 3 === 0 ? null : `n${i}`, i === 1000 ? blob : null);
  const answer = await pool.request().bulk(table);
  expect(answer.rowsAffected).toBe(2000);
  expect(rows[1]).toEqual([1, 'n1', null]);
  expect(rows[1000]![2]).toEqual(new Uint8Array(blob));
  const announced = engine.calls[0]!.request;
  expect(announced.kind === 'batch' && announced.text).toContain('insert bulk');
  expect(engine.calls[1]!.request).toMatchObject({
    kind: 'bulk',
    columns: [
      { name: 'id', type: { name: 'int' }, nullable: false },
      { name: 'name', type: { name: 'nvarchar', length: 40 }, nullable: true },
      { name: 'blob', type: { name: 'varbinary', length: 'max' } },
    ],
  });
});

test('an engine that refuses a bulk load early still gets the client back in step', async () => {
  const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
    if (request.kind === 'bulk') yield { kind: 'message', message: message(2627, 14, 'duplicate') };
    else if (text(request) === 'SELECT 1') yield* one();
  });
  await using b = await bench({ engine });
  const pool = await b.pool();
  const table = new sql.Table('dbo.t');
  table.columns.add('name', sql.NVarChar(sql.MAX), { nullable: true });
  for (let i = 0; i < 200; i += 1) table.rows.add('x'.repeat(20_000));
  expect((await failure(pool.request().bulk(table))).number ?? 2627).toBe(2627);
  expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
});
