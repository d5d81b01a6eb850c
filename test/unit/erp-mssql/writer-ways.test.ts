import { beforeEach, describe, expect, it } from 'vitest';
import { LOAD_VALUES } from '../../../main/adapters/erp-mssql/compile-lines.ts';
import type { Fence } from '../../../main/adapters/erp-mssql/fence.ts';
import { Ledger } from '../../../main/adapters/erp-mssql/ledger.ts';
import { SqlSessions } from '../../../main/adapters/erp-mssql/sql-sessions.ts';
import { Writer } from '../../../main/adapters/erp-mssql/writer.ts';
import { answered, failedBatch, ScriptedServer, set } from './scripted-server.ts';
import { document, headerCall, lineCall, type, unit } from './units.ts';

const signal = new AbortController().signal;
const endpoint = 'erp:main';
let server: ScriptedServer;
let writer: Writer;

beforeEach(() => {
  server = new ScriptedServer();
  const sessions = new SqlSessions(server, 2);
  const fence = {
    current: () => ({ fence: 7, startId: 'start-1', beat: 3 }),
    lost: () => undefined,
  } as unknown as Fence;
  writer = new Writer({
    sessions,
    endpoint,
    schema: 'ferry',
    fence,
    ledger: new Ledger(sessions, endpoint, 'ferry'),
  });
});

const applied = answered(
  set(['ferry_outcome', 'step'], ['applied', 'commit']),
  set(['ferry_document', 'erp_key', 'erp_number'], ['0', '17', 'SO-17']),
);

describe('a row by its key', () => {
  const header = headerCall({
    kind: 'upsert',
    values: [
      { name: 'No', type: type('text(20)'), value: 'C-1' },
      { name: 'Name', type: type('text(20)'), value: 'Ada' },
    ],
    upsert: { key: ['No'], onExisting: 'update' },
  });
  const one = unit({ documents: [document('row-1', { header, lines: [] })] });

  it('that somebody else inserted in between: the whole unit is sent again', async () => {
    server.script.push(failedBatch('upsert', 2627), failedBatch('upsert', 2601), applied);
    expect(await writer.apply(one, signal)).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect(new Set(server.calls.map(({ text }) => text)).size).toBe(1);
    expect(server.calls).toHaveLength(3);
  });

  it('whose insert is a duplicate again and again is refused: another key of the table is taken', async () => {
    for (let time = 0; time < 3; time += 1)
      server.script.push(failedBatch('upsert', 2627, { position: '1' }));
    expect(await writer.apply(one, signal)).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', code: '2627', where: 'packet packet-1, dbo.Sales Order' },
    });
    expect(server.script).toEqual([]);
  });

  it.each([
    ['not-unique', 'upsert-not-unique'],
    ['no-key', 'upsert-no-key'],
  ])('%s: refused by name, once', async (step, code) => {
    server.script.push(failedBatch(step, 51000));
    expect(await writer.apply(one, signal)).toMatchObject({ ok: false, failure: { kind: 'rejected', code } });
    expect(server.calls).toHaveLength(1);
  });
});

describe('lines that are loaded', () => {
  const lines = Array.from({ length: LOAD_VALUES }, (_, index) => lineCall(`I-${index}`));
  const one = unit({ documents: [document('row-1', { lines })] });

  it('go into a session of their own, which is ended and not lent again', async () => {
    server.script.push(applied, applied);
    await writer.apply(unit(), signal);
    expect([server.opened, server.closed]).toEqual([1, 0]);
    expect(await writer.apply(one, signal)).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect([server.opened, server.closed]).toEqual([2, 1]);
    expect(server.loads.map(({ table, rows }) => [table, rows.length])).toEqual([['#ferry_0', LOAD_VALUES]]);
  });

  it.each([
    ['the connection broke', { kind: 'unknown', cause: 'ECONNRESET' }, { kind: 'unreachable' }],
    ['it never left', { kind: 'not-applied', why: 'cancelled', cause: 'cancelled' }, { kind: 'cancelled' }],
    [
      'tempdb is full',
      { kind: 'refused', number: 1105, state: 1, class: 17, message: 'x', procedure: '', line: 1 },
      { kind: 'unreachable', trouble: 'database-full' },
    ],
    [
      'the login may not',
      { kind: 'refused', number: 262, state: 1, class: 14, message: 'x', procedure: '', line: 1 },
      { kind: 'rejected', code: '262' },
    ],
  ] as const)(
    'that do not arrive (%s): nothing is sent, nothing is in doubt',
    async (_name, failed, expected) => {
      server.loading.push(failed);
      expect(await writer.apply(one, signal)).toMatchObject({ ok: false, failure: expected });
      expect(server.calls).toEqual([]);
      expect(server.closed).toBe(1);
    },
  );
});
