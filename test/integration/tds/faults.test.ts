import { connect } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { WireFaults } from '../../../main/sandbox/tds/wire-faults.ts';
import type { SqlEvent } from '../../../main/sandbox/tsql/face.ts';
import { INT, ScriptedEngine, column, result, text } from '../../unit/tds/scripted-engine.ts';
import { bench, failure } from './client.ts';

const rows = Array.from({ length: 5000 }, (_, n) => [n]);
const engineOf = () =>
  new ScriptedEngine(({ request }): Iterable<SqlEvent> =>
    text(request) === 'big' ? result([column('n', INT)], rows) : result([column('n', INT)], [[1]]),
  );
const commits = (engine: ScriptedEngine) =>
  engine.calls.filter(({ request }) => /commit/i.test(text(request))).length;

test.each([
  ['not-applied', 0],
  ['answer-lost', 1],
  ['answer-cut', 1],
] as const)('a commit cut as %s reached the engine %i times', async (where, reached) => {
  const engine = engineOf();
  await using b = await bench({ engine });
  const pool = await b.pool();
  const armed = b.server.faults.cutCommit(where);
  await pool.request().query('SELECT 1');
  const struck = b.server.faults.next();
  const error = await failure(pool.request().batch('BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT'));
  expect(error.code).toMatch(/ESOCKET|ECONNCLOSED|ECONNRESET/);
  expect(await struck).toMatchObject({
    sequence: 1,
    kind: 'cut',
    text: 'BEGIN TRAN; INSERT INTO t VALUES (1); COMMIT',
  });
  expect(commits(engine)).toBe(reached);
  expect(armed.left()).toBe(0);
  await engine.sessionsClosed(2);
  // The fault is spent: the same again succeeds on a new connection.
  await (await b.pool()).request().batch('COMMIT');
  expect(commits(engine)).toBe(reached + 1);
});

test.each(['not-applied', 'answer-lost', 'answer-cut'] as const)(
  'the commit of a driver transaction can be cut as %s',
  async (where) => {
    const engine = new ScriptedEngine(function* ({ request }): Iterable<SqlEvent> {
      if (request.kind === 'transaction' && request.verb !== 'save')
        yield { kind: 'transaction', change: request.verb, id: 5n };
    });
    await using b = await bench({ engine });
    const pool = await b.pool();
    b.server.faults.cutCommit(where);
    const transaction = pool.transaction();
    await transaction.begin();
    await failure(transaction.commit());
    const verbs = engine.calls.map(({ request }) => request.kind === 'transaction' && request.verb);
    expect(verbs).toEqual(where === 'not-applied' ? ['begin'] : ['begin', 'commit']);
  },
);

test('cuts a result after so many bytes, only for the requests meant', async () => {
  const engine = engineOf();
  await using b = await bench({ engine });
  const pool = await b.pool();
  b.server.faults.cutResult(10_000, { match: 'big' });
  expect((await pool.request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
  const request = pool.request();
  request.stream = true;
  let seen = 0;
  request.on('row', () => (seen += 1));
  const error = once(request, 'error');
  void request.query('big').catch(() => {});
  await error;
  expect(seen).toBeGreaterThan(1000);
  expect(seen).toBeLessThan(2100);
  expect(b.server.faults.log()).toEqual([
    { sequence: 1, kind: 'cut', at: 'in-answer', connection: expect.any(Number), text: 'big' },
  ]);
});

test('an answer shorter than the cut passes and leaves the fault armed', async () => {
  await using b = await bench({ engine: engineOf() });
  const pool = await b.pool();
  const armed = b.server.faults.cutResult(10_000);
  await pool.request().query('SELECT 1');
  expect(armed.left()).toBe(1);
  await failure(pool.request().query('big'));
  expect(armed.left()).toBe(0);
});

test('delays answers by the clock it is given', async () => {
  const slept: number[] = [];
  await using b = await bench({
    engine: engineOf(),
    sleep: async (ms) => {
      slept.push(ms);
      await Promise.resolve();
    },
  });
  const pool = await b.pool();
  b.server.faults.delayAnswers(3000, { times: 2, match: (request) => request.startsWith('SELECT') });
  for (let n = 0; n < 3; n += 1) await pool.request().query('SELECT 1');
  expect(slept).toEqual([3000, 3000]);
});

test('refuses connections, then takes them again', async () => {
  await using b = await bench({ engine: engineOf() });
  b.server.faults.refuseConnections(1);
  expect((await failure(b.pool())).code).toBe('ESOCKET');
  await b.pool();
  expect(b.server.faults.log()).toEqual([{ sequence: 1, kind: 'refuse', at: 'connect', connection: 1 }]);
});

test('a frozen request is never answered and never executed', async () => {
  const engine = engineOf();
  await using b = await bench({ engine });
  const pool = await b.pool({ requestTimeout: 100, options: { cancelTimeout: 100 } });
  b.server.faults.freezeRequests({ match: 'INSERT' });
  expect((await failure(pool.request().query('INSERT INTO t VALUES (1)'))).code).toMatch(/ETIMEOUT|ESOCKET/);
  expect(engine.calls).toHaveLength(0);
  // The driver opens a first connection only to see whether it can.
  await engine.sessionsClosed(2);
});

test('a frozen connection accepts and says nothing', async () => {
  await using b = await bench({ engine: engineOf() });
  b.server.faults.freezeNewConnections();
  expect((await failure(b.pool({ connectionTimeout: 100 }))).code).toBe('ETIMEOUT');
  const established = await b.pool({ requestTimeout: 100, options: { cancelTimeout: 100 } });
  await established.request().query('SELECT 1');
  expect(b.server.faults.freezeConnections()).toBeGreaterThanOrEqual(1);
  await failure(established.request().query('SELECT 1'));
});

test('the server goes away and comes back on the same port', async () => {
  const engine = engineOf();
  await using b = await bench({ engine });
  const pool = await b.pool();
  const gone = failure(
    pool
      .request()
      .query('SELECT 1')
      .then(() => pool.request().query('big')),
  );
  await b.server.faults.stopListening();
  await gone.catch(() => {});
  expect(b.server.connections()).toBe(0);
  const refused = connect(b.server.port, '127.0.0.1');
  const [error] = (await once(refused, 'error')) as [Error & { code: string }];
  expect(error.code).toBe('ECONNREFUSED');
  await b.server.faults.startListening();
  expect((await (await b.pool()).request().query('SELECT 1')).recordset).toEqual([{ n: 1 }]);
});

test('faults can be armed before the server exists and disarmed before they strike', async () => {
  const wireFaults = new WireFaults();
  const armed = wireFaults.arm({ kind: 'cut', at: 'before-execution', match: 'commit', times: 'always' });
  await using b = await bench({ engine: engineOf(), wireFaults });
  expect(b.server.faults).toBe(wireFaults);
  await failure((await b.pool()).request().batch('COMMIT'));
  await failure((await b.pool()).request().batch('COMMIT'));
  expect(armed.left()).toBe('always');
  armed.disarm();
  await (await b.pool()).request().batch('COMMIT');
  expect(wireFaults.log()).toHaveLength(2);
});
