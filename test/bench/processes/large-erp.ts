import { setTimeout as delay } from 'node:timers/promises';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { startTdsServer } from '../../../main/sandbox/tds/server.ts';
import type { SqlEngine, SqlEvent, SqlRequest, SqlSession } from '../../../main/sandbox/tsql/face.ts';
import { LARGE_FIELDS, largeRow } from '../large-rows.ts';

/**
 * The sample ERP with one table more, `dbo.LargeTable`, whose rows are made while they are read. One argument, JSON:
 * `{ "rows" }`. Prints `{ "port" }` and runs until its standard input ends.
 */
const { rows } = JSON.parse(process.argv[2] ?? '{}') as { rows: number };

const sample = await createSampleErp({
  seed: 1,
  scale: 'tiny',
  clock: {
    now: () => Date.now(),
    sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
  },
});

function textOf(request: SqlRequest): string {
  if (request.kind === 'batch') return request.text;
  const statement = request.kind === 'procedure' ? request.parameters[0]?.value : undefined;
  return typeof statement === 'string' ? statement : '';
}

async function* largeTable(signal: AbortSignal): AsyncGenerator<SqlEvent> {
  yield {
    kind: 'columns',
    columns: LARGE_FIELDS.map((_, index) => ({
      name: `c${index}`,
      type: { name: 'nvarchar', length: 200 },
      nullable: true,
    })),
  };
  for (let index = 0; index < rows && !signal.aborted; index += 1) {
    yield { kind: 'row', values: largeRow(index) };
    // The server answers other sessions meanwhile.
    if (index % 1_000 === 0) await delay(0);
  }
  yield { kind: 'done', count: rows, select: true, inProcedure: false };
}

const withLargeTable = (session: SqlSession): SqlSession => ({
  id: session.id,
  execute: (request, signal) =>
    textOf(request).includes('[LargeTable]') ? largeTable(signal) : session.execute(request, signal),
  reset: () => session.reset(),
  close: () => session.close(),
});

const engine: SqlEngine = {
  serverName: sample.engine.serverName,
  login: (request) => {
    const outcome = sample.engine.login(request);
    return outcome.ok ? { ...outcome, session: withLargeTable(outcome.session) } : outcome;
  },
};
const server = await startTdsServer({ engine });
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
process.stdin.resume();
process.stdin.on('end', () => void server.close().then(() => process.exit(0)));
