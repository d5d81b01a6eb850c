import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createPacketErp, type ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { startId } from '../../../shared/model/ids.ts';
import { SOURCE } from '../../unit/erp-mssql/units.ts';
import { testRuntime } from './bench.ts';
import { endAll, later, PASSWORD, serve, type Served } from './connect-bench.ts';

afterEach(endAll);

/** What the product promises, and the tries it makes in that time at the least. */
const PROMISE_MS = 30_000;
const signal = new AbortController().signal;

async function joined(password: () => string = () => PASSWORD): Promise<Served & { erp: ClosablePacketErp }> {
  const served = await serve();
  const erp = createPacketErp({
    settings: {
      id: 'main',
      server: '127.0.0.1',
      port: served.tds.port,
      database: 'ERP',
      auth: 'sql',
      user: 'ferry',
      timeZone: 'UTC',
      encrypt: false,
      trustServerCertificate: false,
      ledger: { schema: 'ferry' },
    },
    source: SOURCE,
    siteId: randomUUID(),
    startId: startId(randomUUID()),
    password: () => Promise.resolve(password()),
    runtime: testRuntime(),
    recentLedger: () => [],
    createObjects: true,
  });
  later(() => erp.close());
  expect(await erp.ready(signal)).toMatchObject({ ok: true });
  expect(await erp.beat(signal)).toMatchObject({ ok: true });
  return { ...served, erp };
}

/** Asks again, as the engine does, until both ways work; how long that took. */
async function untilWell(erp: ClosablePacketErp): Promise<number> {
  const began = performance.now();
  const took = (): number => performance.now() - began;
  for (;;) {
    // Lease and heart beat use sessions of their own: each has to find out for itself.
    const [ready, beat] = await Promise.all([erp.ready(signal), erp.beat(signal)]);
    if (ready.ok && beat.ok) return took();
    if (took() > PROMISE_MS) throw new Error(`still ${JSON.stringify([ready, beat])}`);
  }
}

describe('without a restart of the program', () => {
  it('a server that was stopped and started is used again', async () => {
    const { tds, erp } = await joined();
    await tds.faults.stopListening();
    expect(await erp.beat(signal)).toMatchObject({ ok: false, failure: { kind: 'unreachable' } });
    await tds.faults.startListening();
    expect(await untilWell(erp)).toBeLessThan(PROMISE_MS);
  });

  it('connections that were cut are replaced', async () => {
    const { tds, erp } = await joined();
    expect(tds.faults.closeConnections()).toBeGreaterThan(0);
    expect(await untilWell(erp)).toBeLessThan(PROMISE_MS);
  });

  it('a session killed in the middle of a request is replaced', async () => {
    const { tds, erp } = await joined();
    tds.faults.arm({ kind: 'cut', at: 'before-execution', times: 2 });
    const struck = tds.faults.next();
    expect(await untilWell(erp)).toBeLessThan(PROMISE_MS);
    expect(await struck).toMatchObject({ kind: 'cut' });
  });

  it(
    'a server whose every session hangs is used again when it takes new ones',
    { timeout: 40_000 },
    async () => {
      const { tds, erp } = await joined();
      expect(tds.faults.freezeConnections()).toBeGreaterThan(0);
      expect(await untilWell(erp)).toBeLessThan(PROMISE_MS);
    },
  );

  it('a password that was changed is taken over when it is stored', async () => {
    let stored = PASSWORD;
    const { tds, erp, changePassword, log } = await joined(() => stored);
    await changePassword('Canary-pass-9');
    tds.faults.closeConnections();
    expect(await erp.beat(signal)).toMatchObject({ ok: false, failure: { kind: 'unauthorized' } });
    expect(log.at(-1)?.detail ?? '').not.toContain('Canary');
    stored = 'Canary-pass-9';
    await erp.renewSessions();
    expect(await untilWell(erp)).toBeLessThan(PROMISE_MS);
  });

  it('no session of the old password is left after a new one was stored', async () => {
    const { tds, erp, until } = await joined();
    expect(tds.connections()).toBeGreaterThan(1);
    await erp.renewSessions();
    await until(() => tds.connections() === 0);
    expect(tds.connections()).toBe(0);
  });
});
