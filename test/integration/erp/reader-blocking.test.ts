import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { ErpView, ReadRequest } from '../../../main/core/packets/erp.ts';
import { BodyStreamError } from '../../../main/core/runtime/body-stream-error.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import { SOURCE, type } from '../../unit/erp-mssql/units.ts';
import { onSandbox, openBench, testRuntime, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
const ROWS = 1_000;
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

let bench: Bench;
let user: RawSession;
let erp: ClosablePacketErp;
/** What happens while a read stands at its last row; the next read only. */
let meanwhile: ((until: AbortSignal) => Promise<void>) | undefined;

beforeAll(async () => {
  bench = await openBench({
    whileReading: async (_, until) => {
      const now = meanwhile;
      meanwhile = undefined;
      await now?.(until);
    },
  });
  user = await bench.raw();
  await user.query('CREATE TABLE dbo.Big (N int NOT NULL PRIMARY KEY, T nvarchar(40) NOT NULL)');
  await user.query(
    `INSERT INTO dbo.Big (N, T) VALUES ${Array.from({ length: ROWS }, (_, index) => `(${index}, N'x')`).join(', ')}`,
  );
  erp = bench.erp({
    runtime: {
      ...testRuntime(),
      sleep: (ms, until) => delay(ms, undefined, { signal: until }).catch(() => undefined),
    },
  });
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});
afterAll(() => bench?.close());

async function openView(): Promise<ErpView> {
  const view = await erp.reader.openView(signal);
  if (!view.ok) throw new Error(JSON.stringify(view.failure));
  return view.value;
}

/** How many rows were read, or why not. */
async function outcomeOf(view: ErpView): Promise<number | SyncFailure> {
  try {
    let rows = 0;
    for await (const chunk of view.read(REQUEST, signal)) rows += chunk.length;
    return rows;
  } catch (error) {
    if (error instanceof BodyStreamError) return error.failure;
    throw error;
  }
}

const ended = (until: AbortSignal): Promise<void> =>
  new Promise((resolve) => until.addEventListener('abort', () => resolve(), { once: true }));

describe.runIf(onSandbox)('a read that keeps its locks', () => {
  it('ends when somebody in the ERP waits for it, and the other goes on', async () => {
    const view = await openView();
    let update: Promise<unknown> | undefined;
    meanwhile = (until) => {
      update = user.query(`UPDATE dbo.Big SET T = N'theirs' WHERE N = ${ROWS - 1}`);
      return ended(until);
    };
    expect(await outcomeOf(view)).toMatchObject({ kind: 'unreachable', trouble: 'blocking' });
    await update;
    expect(await user.query(`SELECT T FROM dbo.Big WHERE N = ${ROWS - 1}`)).toEqual([{ T: 'theirs' }]);
    // The same view reads on afterwards.
    expect(await outcomeOf(view)).toBe(ROWS);
    await view.close();
  });

  it('goes on while nobody waits, however long it takes', async () => {
    const view = await openView();
    meanwhile = async () => {
      await user.query("UPDATE dbo.Big SET T = N'other' WHERE N = 0");
      for (let looks = 0; looks < 5; looks += 1)
        await user.query('SELECT COUNT(*) AS n FROM sys.dm_exec_requests WHERE blocking_session_id <> 0');
    };
    expect(await outcomeOf(view)).toBe(ROWS);
    await view.close();
  });
});
