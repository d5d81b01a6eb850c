import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ClosablePacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { WriteUnit } from '../../../main/core/packets/erp.ts';
import { sourceId } from '../../../shared/model/ids.ts';
import { document, headerCall, lineCall, type, unit } from '../../unit/erp-mssql/units.ts';
import { ERP_OBJECTS, openBench, type Bench, type RawSession } from './bench.ts';
import { openCutWire, type CutWire } from './cuts-wire.ts';

/** So many that they are loaded before the batch. */
const LINES = 300;
const CUTS = 60;
const SOURCE = sourceId('dynamics-mobile', 'cloud.example', 'bulk');

const signal = new AbortController().signal;
let bench: Bench;
let beside: RawSession;
let wire: CutWire;
let erp: ClosablePacketErp;

beforeAll(async () => {
  bench = await openBench();
  beside = await bench.raw();
  for (const batch of ERP_OBJECTS) await beside.query(batch);
  wire = await openCutWire(bench.settings.server, bench.settings.port ?? 1433);
  erp = bench.erp({
    source: SOURCE,
    settings: { ...bench.settings, server: '127.0.0.1', port: wire.port },
  });
});
afterAll(async () => {
  await erp?.close();
  await wire?.close();
  await bench?.close();
});

const order = (name: string): WriteUnit => {
  const header = headerCall({ values: [{ name: 'Customer]No', type: type('text(20)'), value: name }] });
  const lines = Array.from({ length: LINES }, (_, index) => lineCall(`I-${index}`, `${index}.5`));
  return unit({ source: SOURCE, packetId: name, documents: [document(name, { header, lines })] });
};
const hold = async (): Promise<void> => expect(await erp.ready(signal)).toMatchObject({ ok: true });
const count = async (from: string): Promise<number> =>
  Number((await beside.query(`SELECT COUNT(*) AS n FROM ${from}`))[0]?.['n']);
const orders = (name: string): Promise<number> =>
  count(`dbo.[Sales Order] WHERE [Customer]]No] = N'${name}'`);
const lines = (name: string): Promise<number> =>
  count(
    `dbo.[Sales Order Line] WHERE OrderId IN (SELECT Id FROM dbo.[Sales Order] WHERE [Customer]]No] = N'${name}')`,
  );

describe('lines that are loaded before the batch', () => {
  it('a connection cut anywhere: never doubled, and only what was sent whole is in doubt', async () => {
    await hold();
    wire.watch();
    expect(await erp.writer.apply(order('whole'), signal)).toMatchObject({
      ok: true,
      value: { kind: 'applied' },
    });
    const { request, answerBytes } = wire.seen();
    const told = new Set<string>();
    for (let index = 0; index < CUTS; index += 1) {
      const name = `cut-${index}`;
      const side = index % 3 === 2 ? ('answer' as const) : ('request' as const);
      // Not to the last byte: how many there are differs a little from one sign-in to the next under TLS.
      const bytes =
        1 + Math.floor((side === 'answer' ? answerBytes : request.length) * 0.97 * (index / CUTS));
      await hold();
      wire.arm({ side, bytes });
      const first = await erp.writer.apply(order(name), signal);
      expect(wire.struck(), `${side} ${bytes}`).toBe(true);
      const outcome = first.ok ? first.value.kind : first.failure.kind;
      told.add(outcome);
      const seen = await orders(name);
      // Nothing was applied where the failure says so.
      if (outcome === 'unreachable') expect(seen, `${side} ${bytes}`).toBe(0);
      await hold();
      expect(await erp.writer.apply(order(name), signal), `${side} ${bytes}`).toMatchObject({
        ok: true,
        value: { kind: seen === 0 ? 'applied' : 'already' },
      });
      expect([await orders(name), await lines(name)], `${side} ${bytes}`).toEqual([1, LINES]);
    }
    expect(told).toEqual(new Set(['unreachable', 'unknown-outcome']));
  }, 120_000);

  it('a stop at any moment: what is said to be cancelled is not applied', async () => {
    await hold();
    const told = new Set<string>();
    for (let ticks = 0; ticks < 200; ticks += 8) {
      const name = `stop-${ticks}`;
      const stop = new AbortController();
      const applying = erp.writer.apply(order(name), stop.signal);
      for (let tick = 0; tick < ticks; tick += 1) await new Promise((resolve) => setImmediate(resolve));
      stop.abort();
      const done = await applying;
      told.add(done.ok ? done.value.kind : done.failure.kind);
      if (!done.ok && done.failure.kind !== 'unknown-outcome') expect(await orders(name)).toBe(0);
      await hold();
      expect(await erp.writer.apply(order(name), signal)).toMatchObject({ ok: true });
      expect([await orders(name), await lines(name)]).toEqual([1, LINES]);
    }
    expect(told).toContain('cancelled');
  }, 60_000);

  it('a risen fence: nothing is written', async () => {
    await hold();
    await beside.query(`UPDATE ferry.lease SET fence = fence + 1 WHERE source = N'${SOURCE}'`);
    expect(await erp.writer.apply(order('fenced'), signal)).toMatchObject({
      ok: false,
      failure: { kind: 'fenced' },
    });
    expect([await orders('fenced'), await count(`ferry.ledger WHERE packet_id = N'fenced'`)]).toEqual([0, 0]);
  });
});
