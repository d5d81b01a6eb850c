import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lockResource } from '../../../main/adapters/erp-mssql/ledger-names.ts';
import { startId } from '../../../shared/model/ids.ts';
import { document, hash, SOURCE, unit } from '../../unit/erp-mssql/units.ts';
import { ERP_OBJECTS, onSandbox, openBench, testRuntime, type Bench, type RawSession } from './bench.ts';

const signal = new AbortController().signal;
let bench: Bench;
let raw: RawSession;

beforeEach(async () => {
  bench = await openBench();
  raw = await bench.raw();
});
afterEach(() => bench?.close());

const expire = (): Promise<unknown> =>
  raw.query(`UPDATE ferry.lease SET expires_at = DATEADD(second, -1, SYSUTCDATETIME())`);

describe('the lease', () => {
  it('is held by one site; the other is told how long', async () => {
    expect(await bench.erp().ready(signal)).toMatchObject({ ok: true, value: { fence: 1 } });
    const second = await bench.erp().ready(signal);
    expect(second).toMatchObject({ ok: false, failure: { kind: 'fenced', reason: 'lease-held' } });
    expect(JSON.stringify(second)).toMatch(/for (2\d|30) more seconds/);
  });

  it('passes at once when given back', async () => {
    const first = bench.erp();
    await first.ready(signal);
    await first.release(signal);
    expect(await bench.erp().ready(signal)).toMatchObject({ ok: true, value: { fence: 2 } });
  });

  it('taken over: the old holder writes nothing any more and notices at renewal', async () => {
    for (const batch of ERP_OBJECTS) await raw.query(batch);
    const runtime = testRuntime();
    const old = bench.erp({ runtime });
    await old.ready(signal);
    await expire();
    const fresh = bench.erp();
    expect(await fresh.ready(signal)).toMatchObject({ ok: true, value: { fence: 2 } });

    const one = unit({ documents: [document('row-1')] });
    const refused = { ok: false, failure: { kind: 'fenced', reason: 'fence-raised' } };
    expect(await old.writer.apply(one, signal)).toMatchObject(refused);
    expect(await raw.query(`SELECT COUNT(*) AS n FROM dbo.[Sales Order]`)).toEqual([{ n: 0 }]);
    expect(await old.writer.voidPacket(SOURCE, 'packet-1', 0, hash('a'), signal)).toMatchObject(refused);
    expect(await fresh.writer.apply(one, signal)).toMatchObject({ ok: true, value: { kind: 'applied' } });
    expect(await old.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'lease-held' } });
  });

  it('noticed as lost by the renewal alone', async () => {
    const runtime = testRuntime();
    const old = bench.erp({ runtime });
    await old.ready(signal);
    runtime.ahead += 10_000;
    expect(await old.ready(signal)).toMatchObject({ ok: true, value: { fence: 1 } });
    await expire();
    await bench.erp().ready(signal);
    runtime.ahead += 10_000;
    expect(await old.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'fence-raised' } });
  });

  it('a copy of this process with the same start is found by the beat', async () => {
    const [siteId, start, runtime] = [randomUUID(), startId(randomUUID()), testRuntime()];
    const original = bench.erp({ siteId, startId: start, runtime });
    await original.ready(signal);
    // What the copy does: beats with the same start and fence.
    await raw.query(`UPDATE ferry.lease SET beat = beat + 1`);
    runtime.ahead += 10_000;
    expect(await original.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'fence-raised' } });
  });

  it('a take-over waits for the unit under way', async () => {
    const old = bench.erp();
    await old.ready(signal);
    const underWay = await bench.raw();
    await underWay.query(
      `BEGIN TRANSACTION; DECLARE @r int; EXEC @r = sp_getapplock @Resource = N'${lockResource('ferry', SOURCE)}', @LockMode = N'Shared', @LockOwner = N'Transaction', @LockTimeout = 0; SELECT @r AS r`,
    );
    await expire();
    const order: string[] = [];
    const taking = bench
      .erp()
      .ready(signal)
      .then((result) => {
        order.push('taken');
        return result;
      });
    order.push('ended');
    await underWay.query('COMMIT TRANSACTION');
    expect(await taking).toMatchObject({ ok: true, value: { fence: 2 } });
    expect(order).toEqual(['ended', 'taken']);
  });
});

describe('the database behind the name', () => {
  it('without a ledger, and without the right to make one', async () => {
    expect(await bench.erp({ createObjects: false }).ready(signal)).toMatchObject({
      ok: false,
      failure: { kind: 'fenced', reason: 'ledger-missing', detail: expect.stringContaining('erp script') },
    });
    expect(await bench.erp().ready(signal)).toMatchObject({ ok: true });
    expect(
      await bench.erp({ createObjects: false, source: `${SOURCE}2` as typeof SOURCE }).ready(signal),
    ).toMatchObject({
      ok: true,
    });
  });

  it('tells server, version and clock', async () => {
    const ready = await bench.erp().ready(signal);
    if (!ready.ok) throw new Error(JSON.stringify(ready.failure));
    expect(ready.value).toMatchObject({ database: bench.settings.database });
    expect(ready.value.serverVersion).toMatch(/^\d+\.\d+/);
    expect(Math.abs(ready.value.clockSkewMs)).toBeLessThan(60_000);
  });

  it.each([
    ['renamed', `server_name = N'ELSEWHERE'`, 'erp-copied'],
    ['restored', `database_created = N'2001-01-01T00:00:00.000'`, 'erp-restored'],
  ])('%s: fenced until a person binds it anew', async (_what, change, reason) => {
    await bench.erp().ready(signal);
    await raw.query(`UPDATE ferry.site SET ${change}`);
    const erp = bench.erp({ source: `${SOURCE}2` as typeof SOURCE });
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { kind: 'fenced', reason } });
    expect(await erp.rebind(signal)).toEqual({ ok: true, value: undefined });
    expect(await erp.ready(signal)).toMatchObject({ ok: true });
  });

  it('restored to before the last packets', async () => {
    for (const batch of ERP_OBJECTS) await raw.query(batch);
    const erp = bench.erp();
    await erp.ready(signal);
    await erp.writer.apply(unit(), signal);
    await erp.release(signal);
    const known = { packetId: 'packet-1', payloadHash: hash('a') };
    const next = bench.erp({ recentLedger: () => [known] });
    expect(await next.ready(signal)).toMatchObject({ ok: true });
    await next.release(signal);
    const lost = [known, { packetId: 'packet-2', payloadHash: hash('a') }];
    expect(await bench.erp({ recentLedger: () => lost }).ready(signal)).toMatchObject({
      ok: false,
      failure: { kind: 'fenced', reason: 'erp-restored', detail: expect.stringContaining('1 of the last 2') },
    });
  });

  it.runIf(onSandbox)('restored under our feet: not one packet gets in before it is noticed', async () => {
    for (const batch of ERP_OBJECTS) await raw.query(batch);
    const { engine, settings, tds } = bench;
    const runtime = testRuntime();
    const applied: { packetId: string; payloadHash: string }[] = [];
    const erp = bench.erp({ runtime, recentLedger: () => applied });
    const apply = async (packetId: string): Promise<unknown> => {
      const one = unit({ packetId, documents: [document(packetId)] });
      const result = await erp.writer.apply(one, signal);
      if (result.ok) applied.push(one);
      return result.ok ? result.value.kind : result.failure;
    };
    await erp.ready(signal);
    expect(await apply('before')).toBe('applied');
    const backup = engine?.backup(settings.database);
    runtime.ahead += 10_000;
    await erp.ready(signal);
    expect(await apply('lost')).toBe('applied');
    if (backup !== undefined) engine?.restore(settings.database, backup);
    tds?.faults.closeConnections();

    let outcome = await apply('after');
    // A session that died in silence is found by using it.
    if ((outcome as { kind?: string }).kind === 'unknown-outcome') outcome = await apply('after');
    expect(outcome).toMatchObject({ kind: 'fenced', reason: 'fence-raised' });
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'erp-restored' } });
    await erp.rebind(signal);
    expect(await erp.ready(signal)).toMatchObject({
      ok: false,
      failure: { reason: 'erp-restored', detail: expect.stringContaining('1 of the last 2') },
    });
    applied.pop();
    // The row that came back names a start that lives, as far as anybody can see.
    expect(await erp.ready(signal)).toMatchObject({ ok: false, failure: { reason: 'lease-held' } });
    await (await bench.raw()).query(`UPDATE ferry.lease SET expires_at = SYSUTCDATETIME()`);
    expect(await erp.ready(signal)).toMatchObject({ ok: true });
    expect(await apply('lost')).toBe('applied');
  });

  it('wrong password and unknown database are different things', async () => {
    expect(await bench.erp({ password: () => Promise.resolve('wrong') }).ready(signal)).toMatchObject({
      ok: false,
      failure: { kind: 'unauthorized', endpoint: 'erp:main' },
    });
    const settings = { ...bench.settings, database: 'no_such_database' };
    expect(await bench.erp({ settings }).ready(signal)).toMatchObject({
      ok: false,
      failure: { kind: 'unreachable', trouble: 'database-unavailable' },
    });
  });
});
