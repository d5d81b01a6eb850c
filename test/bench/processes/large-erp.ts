import { setTimeout as delay } from 'node:timers/promises';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { startTdsServer } from '../../../main/sandbox/tds/server.ts';
import type {
  SqlColumn,
  SqlEngine,
  SqlEvent,
  SqlRequest,
  SqlSession,
  SqlValue,
} from '../../../main/sandbox/tsql/face.ts';
import { LARGE_FIELDS, largeRow } from '../large-rows.ts';
import { PRICE_FIELDS, priceRow } from '../price-rows.ts';

/**
 * The sample ERP with two tables more, `dbo.LargeTable` and `dbo.PriceList`, whose rows are made while they are read.
 * One argument, JSON: `{ "rows" }`. Prints `{ "port" }` and runs until its standard input ends.
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

// What the catalogue shows of it; its rows are made below. Nobody asks the catalogue for the price list.
const session = sample.open();
await session.query(
  `CREATE TABLE [dbo].[LargeTable] (${LARGE_FIELDS.map((field) => `[${field}] nvarchar(200) NULL`).join(', ')});`,
);
session.close();

function textOf(request: SqlRequest): string {
  if (request.kind === 'batch') return request.text;
  const statement = request.kind === 'procedure' ? request.parameters[0]?.value : undefined;
  return typeof statement === 'string' ? statement : '';
}

interface Made {
  readonly columns: readonly SqlColumn[];
  readonly row: (index: number) => readonly SqlValue[];
}

const columns = (types: readonly SqlColumn['type'][]): readonly SqlColumn[] =>
  types.map((type, index) => ({ name: `c${index}`, type, nullable: true }));

const MADE: readonly (readonly [name: string, made: Made])[] = [
  [
    '[LargeTable]',
    { columns: columns(LARGE_FIELDS.map(() => ({ name: 'nvarchar', length: 200 }))), row: largeRow },
  ],
  ['[PriceList]', { columns: columns(PRICE_FIELDS.map(({ sql }) => sql)), row: priceRow }],
];

async function* answer(made: Made, signal: AbortSignal): AsyncGenerator<SqlEvent> {
  yield { kind: 'columns', columns: made.columns };
  for (let index = 0; index < rows && !signal.aborted; index += 1) {
    yield { kind: 'row', values: made.row(index) };
    // The server answers other sessions meanwhile.
    if (index % 1_000 === 0) await delay(0);
  }
  yield { kind: 'done', count: rows, select: true, inProcedure: false };
}

const withMadeTables = (session: SqlSession): SqlSession => ({
  id: session.id,
  execute: (request, signal) => {
    const text = textOf(request);
    const made = MADE.find(([name]) => text.includes(name))?.[1];
    return made === undefined ? session.execute(request, signal) : answer(made, signal);
  },
  reset: () => session.reset(),
  close: () => session.close(),
});

const engine: SqlEngine = {
  serverName: sample.engine.serverName,
  login: (request) => {
    const outcome = sample.engine.login(request);
    return outcome.ok ? { ...outcome, session: withMadeTables(outcome.session) } : outcome;
  },
};
const server = await startTdsServer({ engine });
process.stdout.write(`${JSON.stringify({ port: server.port })}\n`);
process.stdin.resume();
process.stdin.on('end', () => void server.close().then(() => process.exit(0)));
