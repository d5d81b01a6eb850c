import { beforeEach, describe, expect, it } from 'vitest';
import { createPacketErp, type ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { LEDGER_ADDITIONS, LEDGER_VERSION } from '../../../main/adapters/erp-mssql/queries/ledger-schema.ts';
import type { SqlCall, SqlOutcome } from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { startId } from '../../../shared/model/ids.ts';
import {
  answered,
  failedBatch,
  manualRuntime,
  ScriptedServer,
  set,
  type ManualRuntime,
} from './scripted-server.ts';
import { hash, SOURCE, unit } from './units.ts';

const signal = new AbortController().signal;
let server: ScriptedServer;
let runtime: ManualRuntime;
let erp: ClosablePacketErp;

const facts = answered(
  set(
    ['product_version', 'server_name', 'database_name', 'database_created', 'utc_now'],
    ['15.0.1', 'SQL01', 'ERP', '2024-01-01T00:00:00.000', '1970-01-01T00:00:03.500'],
  ),
);
const fork = (id: string): SqlOutcome => answered(set(['recovery_fork'], [id]));
const objects = (found: number, added = LEDGER_ADDITIONS): SqlOutcome =>
  answered(set(['found', 'added'], [String(found), String(added)]));
const site = (
  more: { server?: string; created?: string; fork?: string | null; version?: string } = {},
): SqlOutcome =>
  answered(
    set(
      ['ferry_site', 'server_name', 'database_name', 'database_created', 'recovery_fork', 'schema_version'],
      [
        'ledger-1',
        more.server ?? 'SQL01',
        'ERP',
        more.created ?? '2024-01-01T00:00:00.000',
        more.fork === undefined ? 'fork-1' : more.fork,
        more.version ?? String(LEDGER_VERSION),
      ],
    ),
  );
const lease = (outcome: string, fence: string, remaining = '0'): SqlOutcome =>
  answered(set(['ferry_outcome', 'fence', 'holder', 'remaining_s'], [outcome, fence, 'other', remaining]));
const ledgerRow = (state: string, revision: number, payload: string, finished = '1'): SqlOutcome =>
  answered(
    set(
      ['ferry_packet', 'revision', 'payload_hash', 'finished'],
      [state, String(revision), payload, finished],
    ),
    set(
      [
        'ferry_row',
        'row_id',
        'document',
        'number',
        'content_hash',
        'packet_id',
        'erp_key',
        'erp_number',
        'standing',
        'reason',
      ],
      ['SalesHeader', 'row-1', 'order', 'P-1', hash('c'), 'packet-1', '17', 'SO-17', 'applied', null],
    ),
  );
const noLedgerRow = answered(
  set(['ferry_packet', 'revision', 'payload_hash', 'finished']),
  set([
    'ferry_row',
    'row_id',
    'document',
    'number',
    'content_hash',
    'packet_id',
    'erp_key',
    'erp_number',
    'standing',
    'reason',
  ]),
);
const refused = (number: number, severity = 16): SqlOutcome => ({
  kind: 'refused',
  number,
  state: 1,
  class: severity,
  message: 'a message',
  procedure: '',
  line: 1,
});

const make = (recent: readonly { packetId: string; payloadHash: string }[] = []): void => {
  server = new ScriptedServer();
  runtime = manualRuntime();
  erp = createPacketErp({
    settings: {
      id: 'main',
      server: 'sql01',
      port: 1433,
      database: 'ERP',
      auth: 'sql',
      user: 'ferry',
      timeZone: 'UTC',
      encrypt: true,
      trustServerCertificate: false,
      ledger: { schema: 'ferry' },
    },
    source: SOURCE,
    siteId: 'site-1',
    startId: startId('start-1'),
    password: () => Promise.resolve('secret'),
    runtime,
    recentLedger: () => recent,
    createObjects: false,
    server,
  });
};
const readyScript = (): void => {
  server.script.push(facts, fork('fork-1'), objects(5), site(), lease('taken', '7'));
};
const holding = async (): Promise<void> => {
  readyScript();
  expect(await erp.ready(signal)).toMatchObject({ ok: true, value: { fence: 7 } });
  server.calls.length = 0;
};

beforeEach(() => make());

describe('apply', () => {
  beforeEach(holding);
  const apply = (): Promise<unknown> => erp.writer.apply(unit(), signal);
  const failure = (expected: object): object => ({ ok: false, failure: expected });

  it('gives back what the ERP assigned', async () => {
    server.script.push(
      answered(
        // A result set of a procedure comes before ours.
        set(['anything'], ['x']),
        set(['ferry_outcome', 'step'], ['applied', 'commit']),
        set(['ferry_document', 'erp_key', 'erp_number'], ['0', '17', 'SO-17']),
      ),
    );
    expect(await apply()).toEqual({
      ok: true,
      value: {
        kind: 'applied',
        documents: [
          {
            document: 'order',
            rowId: 'row-1',
            number: 'P-row-1',
            erpKey: '17',
            erpNumber: 'SO-17',
            standing: 'applied',
            reason: null,
          },
        ],
      },
    });
    expect(server.calls[0]?.parameters.find((parameter) => parameter.name === 'fence')?.value).toBe('7');
  });

  it.each([2601, 2627])('%i at the ledger with the same payload: already', async (number) => {
    server.script.push(failedBatch('ledger', number), ledgerRow('applied', 0, hash('a')));
    expect(await apply()).toMatchObject({
      ok: true,
      value: {
        kind: 'already',
        documents: [{ erpKey: '17', erpNumber: 'SO-17', standing: 'applied', reason: null }],
      },
    });
  });

  it.each([
    ['other contents', ledgerRow('applied', 0, hash('f'))],
    ['a void row', ledgerRow('void', 0, hash('a'))],
    ['an applied row that was never finished', ledgerRow('applied', 0, hash('a'), '0')],
    ['no row to take over', noLedgerRow],
  ])('a taken key with %s: conflict, never "already"', async (_what, row) => {
    server.script.push(failedBatch('ledger', 2627), row);
    expect(await apply()).toMatchObject(failure({ kind: 'conflict' }));
  });

  it('a duplicate at the document step: look again and plan anew', async () => {
    server.script.push(failedBatch('document', 2601));
    expect(await apply()).toEqual({ ok: true, value: { kind: 'replan' } });
  });

  it('a duplicate in a table of the ERP is the ERP refusing, not "already"', async () => {
    server.script.push(failedBatch('write', 2627, { position: '1' }));
    expect(await apply()).toMatchObject(
      failure({ kind: 'rejected', code: '2627', where: 'packet packet-1, dbo.Sales Order' }),
    );
  });

  it('a risen fence: fenced, and nothing more is sent without a new lease', async () => {
    server.script.push(failedBatch('fence', 51000));
    expect(await apply()).toMatchObject(failure({ kind: 'fenced', reason: 'fence-raised' }));
    const sent = server.calls.length;
    expect(await apply()).toMatchObject(failure({ kind: 'fenced', reason: 'fence-raised' }));
    expect(server.calls.length).toBe(sent);
  });

  it.each([
    ['write', 1205, 'deadlock victim (1205)'],
    ['ledger', 1222, 'lock time-out (1222)'],
    ['lock', 51000, 'the source is being taken over'],
  ])('at step %s, %i: nothing was done, ask again', async (step, number, cause) => {
    server.script.push(failedBatch(step, number));
    expect(await apply()).toMatchObject(failure({ kind: 'unreachable', endpoint: 'erp:main', cause }));
  });

  it.each([
    ['the check after a procedure', failedBatch('ended', 51000)],
    ['an error with no transaction left', failedBatch('write', 266, { open_transactions: '0' })],
  ])('a procedure that ends the transaction is told apart: %s', async (_how, batch) => {
    server.script.push(batch, noLedgerRow);
    expect(await apply()).toMatchObject(failure({ kind: 'rejected', code: 'transaction-ended' }));
    server.script.push(batch, ledgerRow('applied', 0, hash('a'), '0'));
    expect(await apply()).toMatchObject(
      failure({ kind: 'rejected', message: expect.stringContaining('a part of the packet stayed') }),
    );
  });

  it('a number series inserted at the same moment is tried again', async () => {
    server.script.push(
      failedBatch('series', 2627),
      answered(
        set(['ferry_outcome', 'step'], ['applied', 'commit']),
        set(['ferry_document', 'erp_key', 'erp_number']),
      ),
    );
    expect(await apply()).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect(server.calls).toHaveLength(2);
  });

  it.each([
    ['a connection lost after sending', { kind: 'unknown', cause: 'socket' } as SqlOutcome],
    ['an error of the commit itself', failedBatch('commit', 3314)],
    ['an answer without its row', answered()],
  ])('%s: unknown, never retried here', async (_what, outcome) => {
    server.script.push(outcome);
    expect(await apply()).toMatchObject(failure({ kind: 'unknown-outcome', operation: 'packet packet-1' }));
    expect(server.calls).toHaveLength(1);
  });

  it('an error outside the batch ends the session; the ledger has the last word', async () => {
    server.script.push(refused(208), noLedgerRow);
    expect(await apply()).toMatchObject(failure({ kind: 'rejected', code: '208' }));
    expect(server.closed).toBe(1);
    server.script.push(refused(1105), ledgerRow('applied', 0, hash('a')));
    expect(await apply()).toMatchObject({ ok: true, value: { kind: 'already' } });
    server.script.push(refused(208), { kind: 'unknown', cause: 'gone' });
    expect(await apply()).toMatchObject(failure({ kind: 'unknown-outcome' }));
  });

  it('a kept session found dead before sending is replaced, once', async () => {
    server.script.push(
      { kind: 'not-applied', why: 'network', cause: 'reset' },
      answered(
        set(['ferry_outcome', 'step'], ['applied', 'commit']),
        set(['ferry_document', 'erp_key', 'erp_number']),
      ),
    );
    expect(await apply()).toMatchObject({ ok: true, value: { kind: 'applied' } });
    server.script.push({ kind: 'not-applied', why: 'network', cause: 'reset' });
    server.connects.push({ kind: 'not-applied', why: 'login-refused', cause: 'refused (18456)' });
    expect(await apply()).toMatchObject(failure({ kind: 'unauthorized', cause: 'refused (18456)' }));
  });
});

describe('voidPacket', () => {
  beforeEach(holding);
  const voiding = (): Promise<unknown> => erp.writer.voidPacket(SOURCE, 'packet-1', 0, hash('a'), signal);

  it.each([
    [
      'its row got in',
      [failedBatch('commit', 0, { ferry_outcome: 'applied' })],
      { ok: true, value: 'voided' },
    ],
    [
      'a void row is there',
      [failedBatch('ledger', 2627), ledgerRow('void', 3, hash('a'))],
      { ok: true, value: 'voided' },
    ],
    [
      'the packet is applied',
      [failedBatch('ledger', 2627), ledgerRow('applied', 0, hash('a'))],
      { ok: true, value: 'already' },
    ],
    [
      'other contents are applied',
      [failedBatch('ledger', 2627), ledgerRow('applied', 0, hash('e'))],
      { ok: false, failure: { kind: 'conflict' } },
    ],
    ['a lock time-out', [failedBatch('ledger', 1222)], { ok: false, failure: { kind: 'unknown-outcome' } }],
    [
      'the lock is not granted',
      [failedBatch('lock', 51000)],
      { ok: false, failure: { kind: 'unknown-outcome' } },
    ],
    ['a risen fence', [failedBatch('fence', 51000)], { ok: false, failure: { kind: 'fenced' } }],
  ])('%s', async (_what, script, expected) => {
    server.script.push(...script);
    expect(await voiding()).toMatchObject(expected);
  });
});

describe('ready', () => {
  it('tells version, skew and fence, and asks the server nothing more for 8 s', async () => {
    readyScript();
    expect(await erp.ready(signal)).toEqual({
      ok: true,
      value: { asked: true, fence: 7, serverVersion: '15.0.1', database: 'ERP', clockSkewMs: 2500 },
    });
    const asked = server.calls.length;
    runtime.now += 7_999;
    expect(await erp.ready(signal)).toMatchObject({ ok: true, value: { asked: false } });
    expect(server.calls.length).toBe(asked);
    runtime.now += 1;
    server.script.push(answered(set(['ferry_outcome', 'beat'], ['renewed', '2'])));
    expect(await erp.ready(signal)).toMatchObject({ ok: true });
    expect(runtime.steps).toEqual([
      'lease.acquire before',
      'lease.acquire after',
      'lease.renew before',
      'lease.renew after',
    ]);
  });

  it('accepts its own beat after a renewal whose answer was lost, and no other', async () => {
    await holding();
    runtime.now += 10_000;
    server.script.push({ kind: 'unknown', cause: 'socket' });
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    server.script.push(facts, fork('fork-1'), objects(5), site());
    server.script.push((call) => {
      const value = (name: string): unknown => call.parameters.find((one) => one.name === name)?.value;
      expect([value('beat'), value('beat_or')]).toEqual(['1', '2']);
      return answered(set(['ferry_outcome', 'beat'], ['renewed', '3']));
    });
    // The session was lost with the answer, so the ledger is checked anew as well.
    server.opened += 1;
    expect(await erp.ready(signal)).toMatchObject({ ok: true, value: { fence: 7 } });
  });

  it('takes over from its own attempt whose answer was lost, and from nobody else', async () => {
    const followed = (...expected: string[]): ((call: SqlCall) => SqlOutcome) => {
      return (call) => {
        const value = (name: string): unknown => call.parameters.find((one) => one.name === name)?.value;
        expect([value('was_start'), value('was_fence'), value('was_beat')]).toEqual(expected);
        return { kind: 'unknown', cause: 'socket' };
      };
    };
    server.script.push(facts, fork('fork-1'), objects(5), site(), followed('', '0', '0'));
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    server.script.push(facts, fork('fork-1'), objects(5), site(), followed('start-1', '0', '1'));
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    server.script.push(facts, fork('fork-1'), objects(5), site(), lease('held', '7', '21'));
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'lease-held' } });
    server.script.push(facts, fork('fork-1'), objects(5), site(), followed('', '0', '0'));
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
  });

  it('a lease of another site: fenced, with the seconds left', async () => {
    server.script.push(facts, fork('fork-1'), objects(5), site(), lease('held', '7', '21'));
    expect(await erp.ready(signal)).toMatchObject({
      ok: false,
      failure: { kind: 'fenced', reason: 'lease-held', detail: expect.stringContaining('21') },
    });
  });

  it('a lost lease is noticed at renewal and taken again when free', async () => {
    await holding();
    runtime.now += 10_000;
    server.script.push(answered(set(['ferry_outcome', 'beat'], ['lost', '9'])));
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'fence-raised' } });
    // Whoever took it may have done so in another database: that is checked first.
    server.script.push(facts, fork('fork-1'), objects(5), site(), lease('taken', '9'));
    expect(await erp.ready(signal)).toMatchObject({ ok: true, value: { fence: 9 } });
  });

  const recent = [
    { packetId: 'p1', payloadHash: 'h1' },
    { packetId: 'p2', payloadHash: 'h2' },
  ];
  it.each([
    ['another server', [facts, fork('fork-1'), objects(5), site({ server: 'SQL02' })], 'erp-copied'],
    [
      'another creation date',
      [facts, fork('fork-1'), objects(5), site({ created: '2023-01-01T00:00:00.000' })],
      'erp-restored',
    ],
    ['another recovery fork', [facts, fork('fork-2'), objects(5), site()], 'erp-restored'],
    ['a ledger that is gone', [facts, fork('fork-1'), objects(0)], 'ledger-missing'],
    [
      'a ledger newer than this program',
      [facts, fork('fork-1'), objects(5), site({ version: String(LEDGER_VERSION + 1) })],
      'ledger-missing',
    ],
    [
      'a known packet missing',
      [
        facts,
        fork('fork-1'),
        objects(5),
        site(),
        answered(set(['ferry_packet', 'payload_hash'], ['p1', 'h1'])),
      ],
      'erp-restored',
    ],
  ])('%s', async (_what, script, reason) => {
    make(recent);
    server.script.push(...script);
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { kind: 'fenced', reason } });
  });

  it('passes when all known packets are there, also without the right to see the recovery fork', async () => {
    make(recent);
    server.script.push(facts, refused(300), objects(5), site());
    server.script.push(
      answered(set(['ferry_packet', 'payload_hash'], ['p1', 'h1'], ['p2', 'h2'])),
      lease('taken', '1'),
    );
    expect(await erp.ready(signal)).toMatchObject({ ok: true });
  });

  it.each([
    ['login-refused', 'unauthorized', ''],
    ['database-unavailable', 'unreachable', 'reason'],
    ['tls', 'unreachable', 'reason'],
    ['network', 'unreachable', 'no connection'],
  ] as const)('no session: %s', async (why, kind, cause) => {
    server.connects.push({ kind: 'not-applied', why, cause: 'reason' });
    expect(await erp.ready(signal)).toMatchObject({
      ok: false,
      failure: { kind, cause: expect.stringContaining(cause) },
    });
  });
});
