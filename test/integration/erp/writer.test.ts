import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { ApplyOutcome, WriteUnit } from '../../../main/core/packets/erp.ts';
import type { Result } from '../../../shared/model/result.ts';
import { document, hash, headerCall, lineCall, SOURCE, type, unit } from '../../unit/erp-mssql/units.ts';
import { ERP_OBJECTS, onSandbox, openBench, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
let bench: Bench;
let raw: RawSession;
let erp: ClosablePacketErp;
let packets = 0;

beforeAll(async () => {
  bench = await openBench();
  raw = await bench.raw();
  for (const batch of ERP_OBJECTS) await raw.query(batch);
  erp = bench.erp();
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});
afterAll(() => bench?.close());

let fresh: WriteUnit;
beforeEach(async () => {
  packets += 1;
  fresh = unit({ packetId: `packet-${packets}`, documents: [document(`row-${packets}`)] });
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
});

const apply = (of = fresh): Promise<Result<ApplyOutcome>> => erp.writer.apply(of, signal);
const byText = (a: string, b: string): number => a.localeCompare(b);
const count = async (from: string): Promise<number> =>
  Number((await raw.query(`SELECT COUNT(*) AS n FROM ${from}`))[0]?.['n']);
const orders = (): Promise<number> => count(`dbo.[Sales Order]`);
const holdLedgerRow = async (session: RawSession, payload = fresh.payloadHash): Promise<unknown> =>
  session.query(
    `BEGIN TRANSACTION; INSERT INTO ferry.ledger (source, packet_id, state, revision, payload_hash, fence, applied_at, finished_at) VALUES (N'${SOURCE}', N'${fresh.packetId}', N'applied', 0, N'${payload}', 1, SYSUTCDATETIME(), SYSUTCDATETIME())`,
  );

describe('a packet', () => {
  it('is applied with its lines; key and number come back', async () => {
    const outcome = await apply();
    expect(outcome).toMatchObject({ ok: true, value: { kind: 'applied' } });
    if (!outcome.ok || outcome.value.kind !== 'applied') throw new Error('not applied');
    const [result] = outcome.value.documents;
    expect(result?.erpNumber).toBe(`SO-${result?.erpKey}`);
    expect(
      await raw.query(
        `SELECT CAST(Amount AS nvarchar(40)) AS amount, [Customer]]No] AS customer FROM dbo.[Sales Order] WHERE Id = ${result?.erpKey}`,
      ),
    ).toEqual([{ amount: '12345678901234.5678', customer: 'C-1' }]);
    expect(
      await raw.query(
        `SELECT Item, CAST(Quantity AS nvarchar(40)) AS quantity FROM dbo.[Sales Order Line] WHERE OrderId = ${result?.erpKey} ORDER BY LineId`,
      ),
    ).toEqual([
      { Item: 'I-1', quantity: '1.500' },
      { Item: 'I-2', quantity: '1.500' },
    ]);
    expect(
      await count(
        `ferry.ledger_document WHERE packet_id = N'${fresh.packetId}' AND readback_hash IS NOT NULL`,
      ),
    ).toBe(1);
    expect(await erp.writer.look(SOURCE, fresh.packetId, [], signal)).toMatchObject({
      ok: true,
      value: {
        packet: {
          state: 'applied',
          payloadHash: fresh.payloadHash,
          revision: 0,
          documents: [{ erpKey: result?.erpKey, erpNumber: result?.erpNumber }],
        },
      },
    });
  });

  it('delivered twice is applied once', async () => {
    const before = await orders();
    const first = await apply();
    const second = await apply();
    expect(first).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect(second).toMatchObject({ ok: true, value: { kind: 'already' } });
    if (first.ok && second.ok && first.value.kind === 'applied' && second.value.kind === 'already')
      expect(second.value.documents).toEqual(first.value.documents);
    expect(await orders()).toBe(before + 1);
  });

  it('sent by two writers at once is applied once', async () => {
    const before = await orders();
    const outcomes = await Promise.all([apply(), apply(), apply()]);
    expect(
      outcomes.map((outcome) => (outcome.ok ? outcome.value.kind : outcome.failure.kind)).toSorted(byText),
    ).toEqual(['already', 'already', 'applied']);
    expect(await orders()).toBe(before + 1);
  });

  it.each([
    ['COMMIT TRANSACTION', 'already'],
    ['ROLLBACK TRANSACTION', 'applied'],
  ])('waits for a commit in flight: after %s it is %s', async (end, kind) => {
    const other = await bench.raw();
    await holdLedgerRow(other);
    const waiting = apply();
    await other.query(end);
    expect(await waiting).toMatchObject({ ok: true, value: { kind } });
    await other.close();
  });

  it('with an id the ledger holds for other contents is a conflict', async () => {
    await apply();
    expect(await apply({ ...fresh, payloadHash: hash('9') })).toMatchObject({
      ok: false,
      failure: { kind: 'conflict' },
    });
  });

  it('with a document that came in by another packet is planned anew; nothing of it stays', async () => {
    await apply();
    const before = await orders();
    const resent = { ...fresh, packetId: `${fresh.packetId}-again` };
    expect(await apply(resent)).toEqual({ ok: true, value: { kind: 'replan' } });
    expect(await orders()).toBe(before);
    const rows = fresh.documents.map(({ entity, rowId }) => ({ entity, rowId }));
    expect(await erp.writer.look(SOURCE, resent.packetId, rows, signal)).toMatchObject({
      ok: true,
      value: { packet: undefined, documents: [{ packetId: fresh.packetId, contentHash: hash('c') }] },
    });
  });

  it('keys differ by case', async () => {
    await apply({ ...fresh, packetId: `Case-${packets}` });
    expect(
      await apply({ ...fresh, packetId: `case-${packets}`, documents: [document(`other-${packets}`)] }),
    ).toMatchObject({ ok: true, value: { kind: 'applied' } });
  });

  it('that the ERP refuses leaves nothing, and says where', async () => {
    const before = await orders();
    const lines = [lineCall('I-1'), { ...lineCall('I-2'), target: { schema: 'dbo', name: 'No Such Table' } }];
    expect(await apply({ ...fresh, documents: [document(`row-${packets}`, { lines })] })).toMatchObject({
      ok: false,
      failure: { kind: 'rejected' },
    });
    const missing = headerCall({ values: [{ name: 'Amount', type: type('decimal(18,4)'), value: '1' }] });
    expect(
      await apply({ ...fresh, documents: [document(`row-${packets}`, { header: missing })] }),
    ).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', code: '515', where: `packet ${fresh.packetId}, dbo.Sales Order` },
    });
    expect(await orders()).toBe(before);
    expect(await count(`ferry.ledger WHERE packet_id = N'${fresh.packetId}'`)).toBe(0);
    expect(await apply()).toMatchObject({ ok: true, value: { kind: 'applied' } });
  });

  it('without documents takes its ledger row all the same', async () => {
    expect(await apply({ ...fresh, documents: [] })).toEqual({
      ok: true,
      value: { kind: 'applied', documents: [] },
    });
    expect(await apply({ ...fresh, documents: [] })).toEqual({
      ok: true,
      value: { kind: 'already', documents: [] },
    });
  });
});

describe('number series', () => {
  it('keep the highest ever', async () => {
    const series = `ORD-${packets}`;
    const current = async (): Promise<unknown> =>
      (
        await raw.query(
          `SELECT CAST(current_value AS nvarchar(40)) AS v FROM ferry.series WHERE series = N'${series}' AND mobile_user = N'ANNA'`,
        )
      )[0]?.['v'];
    for (const [index, value] of ['9', '100', '20'].entries())
      await apply({
        ...fresh,
        packetId: `${fresh.packetId}-${index}`,
        documents: [],
        series: [{ user: 'ANNA', series, current: value }],
      });
    expect(await current()).toBe('100');
  });

  it('first used by several units at once', async () => {
    const series = `NEW-${packets}`;
    const outcomes = await Promise.all(
      ['1', '2', '3'].map((value) =>
        apply({
          ...fresh,
          packetId: `${fresh.packetId}-${value}`,
          documents: [],
          series: [{ user: 'ANNA', series, current: value }],
        }),
      ),
    );
    expect(outcomes.map((outcome) => outcome.ok && outcome.value.kind)).toEqual([
      'applied',
      'applied',
      'applied',
    ]);
    expect(await count(`ferry.series WHERE series = N'${series}' AND current_value = 3`)).toBe(1);
  });
});

describe('documents known', () => {
  it('are found by their number, of this source only', async () => {
    await apply();
    const number = fresh.documents[0]?.number ?? '';
    const known = (source: typeof SOURCE, of: string): Promise<unknown> =>
      erp.writer.documentKnown(source, 'order', of, signal);
    expect(await known(SOURCE, number)).toEqual({ ok: true, value: true });
    expect(await known(SOURCE, `${number}x`)).toEqual({ ok: true, value: false });
    expect(await known(`${SOURCE}x` as typeof SOURCE, number)).toEqual({ ok: true, value: false });
  });
});

describe('procedures of the ERP', () => {
  const withProcedure = (name: string, returnsKey = false): WriteUnit => ({
    ...fresh,
    documents: [
      document(`row-${packets}`, {
        header: {
          kind: 'procedure',
          target: { schema: 'dbo', name },
          values: [
            { name: 'Amount', type: type('decimal(19,4)'), value: '19.9900' },
            ...(returnsKey ? [{ name: 'Note', type: type('text(50)'), value: null }] : []),
          ],
          returnsKey: returnsKey ? { name: 'Id', type: type('int') } : undefined,
        },
        lines: [],
      }),
    ],
  });

  it('with a transaction of their own inside ours, result sets and OUTPUT', async () => {
    const outcome = await apply(withProcedure('PostPayment', true));
    expect(outcome).toMatchObject({ ok: true, value: { kind: 'applied' } });
    if (!outcome.ok || outcome.value.kind !== 'applied') throw new Error('not applied');
    expect(await count(`dbo.Payments WHERE PaymentId = ${outcome.value.documents[0]?.erpKey}`)).toBe(1);
  });

  it('that refuse: the number and the name come through, nothing stays', async () => {
    expect(await apply(withProcedure('Refuse'))).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', code: '50123', message: 'credit limit exceeded' },
    });
    expect(await count(`ferry.ledger WHERE packet_id = N'${fresh.packetId}'`)).toBe(0);
  });

  it.each(['PostAndRollBack', 'RollBackAndBegin'])('%s is caught; nothing stays', async (name) => {
    const payments = await count('dbo.Payments');
    expect(await apply(withProcedure(name))).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', code: 'transaction-ended', message: expect.stringContaining('nothing') },
    });
    expect(await count('dbo.Payments')).toBe(payments);
    expect(await count(`ferry.ledger WHERE packet_id = N'${fresh.packetId}'`)).toBe(0);
  });

  it('that commit in the middle: told, and never taken for an applied packet', async () => {
    const of = withProcedure('PostAndCommit');
    expect(await apply(of)).toMatchObject({
      ok: false,
      failure: { kind: 'rejected', code: 'transaction-ended', message: expect.stringContaining('a part') },
    });
    expect(await apply(of)).toMatchObject({ ok: false, failure: { kind: 'conflict' } });
    expect(await erp.writer.look(SOURCE, of.packetId, [], signal)).toMatchObject({
      ok: false,
      failure: { kind: 'conflict' },
    });
  });
});

describe('a void row', () => {
  const voiding = (revision = 0, payload = fresh.payloadHash): Promise<unknown> =>
    erp.writer.voidPacket(SOURCE, fresh.packetId, revision, payload, signal);

  it('keeps a late insert out; only the next revision gets in, once', async () => {
    const before = await orders();
    expect(await voiding()).toEqual({ ok: true, value: 'voided' });
    expect(await voiding()).toEqual({ ok: true, value: 'voided' });
    expect(await apply()).toMatchObject({ ok: false, failure: { kind: 'conflict' } });
    expect(await apply({ ...fresh, revision: 2 })).toMatchObject({
      ok: false,
      failure: { kind: 'conflict' },
    });
    expect(await orders()).toBe(before);
    const edited = { ...fresh, revision: 1, payloadHash: hash('e') };
    expect(await apply(edited)).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect(await apply(edited)).toMatchObject({ ok: true, value: { kind: 'already' } });
    expect(await voiding(1, hash('e'))).toEqual({ ok: true, value: 'already' });
    expect(await orders()).toBe(before + 1);
  });

  it('raises its revision, and an older edit no longer gets in', async () => {
    await voiding(0);
    expect(await voiding(1)).toEqual({ ok: true, value: 'voided' });
    expect(await apply({ ...fresh, revision: 1 })).toMatchObject({
      ok: false,
      failure: { kind: 'conflict' },
    });
    expect(await apply({ ...fresh, revision: 2 })).toMatchObject({ ok: true, value: { kind: 'applied' } });
  });

  it.each([
    ['COMMIT TRANSACTION', 'already'],
    ['ROLLBACK TRANSACTION', 'voided'],
  ])('waits for a unit under way: after %s it says %s', async (end, value) => {
    const other = await bench.raw();
    await holdLedgerRow(other);
    const waiting = voiding();
    await other.query(end);
    expect(await waiting).toEqual({ ok: true, value });
    await other.close();
  });
});

describe.runIf(onSandbox)('a connection cut around the commit', () => {
  it('after it: unknown, found by looking, and the retry says already', async () => {
    const before = await orders();
    bench.tds?.faults.cutCommit('answer-lost', { match: 'ferry_document' });
    expect(await apply()).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
    expect(await erp.writer.look(SOURCE, fresh.packetId, [], signal)).toMatchObject({
      ok: true,
      value: { packet: { state: 'applied' } },
    });
    expect(await apply()).toMatchObject({ ok: true, value: { kind: 'already' } });
    expect(await orders()).toBe(before + 1);
  });

  it('before it: unknown, not found by looking, and the retry applies it', async () => {
    const before = await orders();
    bench.tds?.faults.cutCommit('not-applied', { match: 'ferry_document' });
    expect(await apply()).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
    expect(await erp.writer.look(SOURCE, fresh.packetId, [], signal)).toMatchObject({
      ok: true,
      value: { packet: undefined },
    });
    expect(await apply()).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect(await orders()).toBe(before + 1);
  });

  it('within the answer: unknown, and voiding finds it applied', async () => {
    bench.tds?.faults.cutCommit('answer-cut', { match: 'ferry_document' });
    expect(await apply()).toMatchObject({ ok: false, failure: { kind: 'unknown-outcome' } });
    expect(await erp.writer.voidPacket(SOURCE, fresh.packetId, 0, fresh.payloadHash, signal)).toEqual({
      ok: true,
      value: 'already',
    });
  });
});
