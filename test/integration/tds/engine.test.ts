import { once } from 'node:events';
import sql from 'mssql';
import { expect, test } from 'vitest';
import { failure } from './client.ts';
import { sandbox } from './sandbox.ts';

test('parameters go in, exact decimals come out as text', async () => {
  await using b = await sandbox();
  const pool = await b.pool();
  await pool.request().batch(`CREATE TABLE item (
    id int IDENTITY(1,1) NOT NULL PRIMARY KEY, code nvarchar(20) NOT NULL UNIQUE,
    price decimal(38,10) NULL, amount money NULL, at datetime2(7) NULL, raw varbinary(max) NULL, rv rowversion NOT NULL)`);
  const raw = Buffer.alloc(100_000, 3);
  const inserted = await pool
    .request()
    .input('code', sql.NVarChar(20), 'Žluťoučký 😀')
    .input('price', sql.NVarChar(60), '1234567890123456789012345678.0123456789')
    .input('amount', sql.NVarChar(40), '-922337203685477.5808')
    .input('at', sql.DateTime2(7), new Date('2024-02-29T10:11:12.123Z'))
    .input('raw', sql.VarBinary(sql.MAX), raw).query(`INSERT INTO item (code, price, amount, at, raw)
            VALUES (@code, CAST(@price AS decimal(38,10)), CAST(@amount AS money), @at, @raw)`);
  expect(inserted.rowsAffected).toEqual([1]);
  const { recordset } = await pool.request().query(`
    SELECT id, code, CAST(price AS nvarchar(60)) AS price, CAST(amount AS decimal(19,4)) AS amount, at, raw, rv FROM item`);
  expect(recordset[0]).toMatchObject({
    id: 1,
    code: 'Žluťoučký 😀',
    price: '1234567890123456789012345678.0123456789',
    at: new Date('2024-02-29T10:11:12.123Z'),
  });
  expect(recordset[0].raw.equals(raw)).toBe(true);
  expect(recordset[0].rv).toHaveLength(8);
});

test('50,000 rows are loaded in bulk and streamed back', async () => {
  await using b = await sandbox();
  const pool = await b.pool();
  await pool
    .request()
    .batch('CREATE TABLE stage (id int NOT NULL PRIMARY KEY, code nvarchar(20) NULL, qty nvarchar(40) NULL)');
  const table = new sql.Table('stage');
  table.columns.add('id', sql.Int, { nullable: false });
  table.columns.add('code', sql.NVarChar(20), { nullable: true });
  table.columns.add('qty', sql.NVarChar(40), { nullable: true });
  for (let n = 0; n < 50_000; n += 1) table.rows.add(n, `C${n}`, n % 7 === 0 ? null : `${n}.5000`);
  expect((await pool.request().bulk(table)).rowsAffected).toBe(50_000);
  const request = pool.request();
  request.stream = true;
  const rows: { id: number; qty: string | null }[] = [];
  request.on('row', (row: { id: number; qty: string | null }) => rows.push(row));
  const done = once(request, 'done');
  void request.query('SELECT id, code, qty FROM stage ORDER BY id');
  await done;
  expect(rows).toHaveLength(50_000);
  expect(rows[49_999]).toEqual({ id: 49_999, code: 'C49999', qty: '49999.5000' });
});

test('a procedure with an output and a return value', async () => {
  await using b = await sandbox();
  const pool = await b.pool();
  await pool.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  await pool.request().batch(`CREATE PROCEDURE add_one @id int, @total int OUTPUT AS
    BEGIN INSERT INTO t VALUES (@id); SELECT @total = COUNT(*) FROM t; SELECT id FROM t; RETURN 7; END`);
  const answer = await pool.request().input('id', sql.Int, 4).output('total', sql.Int).execute('add_one');
  expect(answer.output).toEqual({ total: 1 });
  expect(answer.returnValue).toBe(7);
  expect(answer.recordset).toEqual([{ id: 4 }]);
  expect(answer.rowsAffected[0]).toBe(1);
});

test('transactions of the driver: rolled back work is gone, committed work stays', async () => {
  await using b = await sandbox();
  const pool = await b.pool();
  await pool.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  for (const [id, verb] of [
    [1, 'rollback'],
    [2, 'commit'],
  ] as const) {
    const transaction = pool.transaction();
    await transaction.begin(sql.ISOLATION_LEVEL.READ_COMMITTED);
    await transaction.request().input('id', sql.Int, id).query('INSERT INTO t VALUES (@id)');
    expect((await transaction.request().query('SELECT @@TRANCOUNT AS n')).recordset).toEqual([{ n: 1 }]);
    await transaction[verb]();
  }
  expect((await pool.request().query('SELECT id, @@TRANCOUNT AS open_now FROM t')).recordset).toEqual([
    { id: 2, open_now: 0 },
  ]);
});

test('a transaction the engine ends by itself is known to the driver', async () => {
  await using b = await sandbox();
  const pool = await b.pool();
  await pool.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  const transaction = pool.transaction();
  await transaction.begin();
  const error = await failure(
    transaction.request().batch('SET XACT_ABORT ON; INSERT INTO t VALUES (1); INSERT INTO t VALUES (1)'),
  );
  expect(error.number).toBe(2627);
  expect((await failure(transaction.commit())).code).toBe('EABORT');
  expect((await pool.request().query('SELECT COUNT(*) AS n FROM t')).recordset).toEqual([{ n: 0 }]);
});

test('a second insert of an uncommitted key waits for the first connection', async () => {
  await using b = await sandbox();
  const [first, second, probe] = [await b.pool(), await b.pool(), await b.pool()];
  await first.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  for (const end of ['commit', 'rollback'] as const) {
    const transaction = first.transaction();
    await transaction.begin();
    await transaction.request().query('INSERT INTO t VALUES (1)');
    let answered = false;
    const other = second
      .request()
      .query('INSERT INTO t VALUES (1)')
      .then(
        () => 'inserted',
        (error: { number: number }) => error.number,
      );
    void other.then(() => (answered = true));
    for (let n = 0; n < 10; n += 1) await probe.request().query('SELECT 1 AS x');
    expect(answered).toBe(false);
    await transaction[end]();
    expect(await other).toBe(end === 'commit' ? 2627 : 'inserted');
    await first.request().query('DELETE FROM t');
  }
});

test('a statement that waits for a lock can be cancelled, and waits for nobody afterwards', async () => {
  await using b = await sandbox();
  const [first, second, probe] = [await b.pool(), await b.pool(), await b.pool()];
  await first.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  const transaction = first.transaction();
  await transaction.begin();
  await transaction.request().query('INSERT INTO t VALUES (1)');
  const request = second.request();
  const outcome = failure(request.query('INSERT INTO t VALUES (1)'));
  for (let n = 0; n < 10; n += 1) await probe.request().query('SELECT 1 AS x');
  request.cancel();
  expect((await outcome).code).toBe('ECANCEL');
  await transaction.commit();
  expect((await second.request().query('SELECT COUNT(*) AS n FROM t')).recordset).toEqual([{ n: 1 }]);
});

test.each([
  ['not-applied', 0],
  ['answer-lost', 1],
  ['answer-cut', 1],
] as const)('a commit cut as %s leaves %i rows', async (where, rows) => {
  await using b = await sandbox();
  const pool = await b.pool();
  await pool.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  b.server.faults.cutCommit(where);
  await failure(pool.request().batch('BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT; SELECT 1 AS done'));
  const { recordset } = await (await b.pool()).request().query('SELECT COUNT(*) AS n FROM t');
  expect(recordset).toEqual([{ n: rows }]);
});

test('a connection that dies in a transaction leaves nothing behind, no lock either', async () => {
  await using b = await sandbox();
  const [first, second] = [await b.pool(), await b.pool()];
  await first.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  await first.request().batch('BEGIN TRAN; INSERT INTO t VALUES (1)');
  const inserted = second.request().query('INSERT INTO t VALUES (1)');
  b.server.faults.cutCommit('not-applied', { match: 'SELECT gone' });
  await failure(first.request().batch('SELECT gone'));
  expect((await inserted).rowsAffected).toEqual([1]);
});

test('a cancel that rolls back under XACT_ABORT tells the driver so', async () => {
  await using b = await sandbox();
  const [first, second, probe] = [await b.pool(), await b.pool(), await b.pool()];
  await first.request().batch('CREATE TABLE t (id int NOT NULL PRIMARY KEY)');
  const holder = first.transaction();
  await holder.begin();
  await holder.request().query('INSERT INTO t VALUES (1)');
  const waiter = second.transaction();
  await waiter.begin();
  await waiter.request().batch('SET XACT_ABORT ON; INSERT INTO t VALUES (2)');
  const request = waiter.request();
  const outcome = failure(request.query('INSERT INTO t VALUES (1)'));
  for (let n = 0; n < 10; n += 1) await probe.request().query('SELECT 1 AS x');
  request.cancel();
  expect((await outcome).code).toBe('ECANCEL');
  expect((await failure(waiter.commit())).code).toBe('EABORT');
  await holder.commit();
  expect((await second.request().query('SELECT id FROM t')).recordset).toEqual([{ id: 1 }]);
});
