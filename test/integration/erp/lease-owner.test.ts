import { randomUUID } from 'node:crypto';
import { cpSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { leaseTraceIn, systemRun } from '../../../main/adapters/erp-mssql/lease-trace.ts';
import type { ClosablePacketErp, PacketErpOptions } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { createPacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import { startId } from '../../../shared/model/ids.ts';
import { openErpWorld, PASSWORD, type ErpWorld } from '../../takeovers/erp-world.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { document, headerCall, SOURCE, unit } from '../../unit/erp-mssql/units.ts';
import { testRuntime } from './bench.ts';

const signal = new AbortController().signal;
const HOUR_MS = 3_600_000;
let world: ErpWorld;
let sides: ClosablePacketErp[];

beforeEach(async () => {
  world = await openErpWorld();
  sides = [];
});
afterEach(async () => {
  await Promise.all(sides.map((side) => side.close()));
  await world.close();
});

/** A start of the program; of one site unless another is named. */
function side(more: Partial<PacketErpOptions> = {}): ClosablePacketErp {
  const made = createPacketErp({
    settings: world.settings,
    source: SOURCE,
    siteId: 'site',
    startId: startId(randomUUID()),
    password: () => Promise.resolve(PASSWORD),
    runtime: testRuntime(),
    recentLedger: () => [],
    createObjects: false,
    ...more,
  });
  sides.push(made);
  return made;
}

const taken = (fence: number): object => ({ ok: true, value: { fence } });
const held = (detail: RegExp): object => ({
  ok: false,
  failure: { kind: 'fenced', reason: 'lease-held', detail: expect.stringMatching(detail) },
});
const COPY = /^this computer or a copy of it holds the source for (2\d|30) more seconds$/;
const raised = { ok: false, failure: { kind: 'fenced', reason: 'fence-raised' } };

const write = (one: ClosablePacketErp, ref: string): Promise<unknown> =>
  one.writer.apply(unit({ packetId: ref, documents: [document(ref, { header: headerCall() })] }), signal);

describe('whose the lease is', () => {
  it('of a start, not of a site: a copy waits the whole lease, and says that it looks like one', async () => {
    const original = side();
    expect(await original.ready(signal)).toMatchObject(taken(1));
    const copy = side();
    expect(await copy.ready(signal)).toMatchObject(held(COPY));
    expect(await side({ siteId: 'other' }).ready(signal)).toMatchObject(held(/^another site holds/));
    world.setClock(29_000);
    expect(await copy.ready(signal)).toMatchObject(held(/for [012] more seconds$/));
    world.setClock(2_000);
    expect(await copy.ready(signal)).toMatchObject(taken(2));
    // No taking turns: the original waits now, however often it asks.
    expect(await write(original, 'late')).toMatchObject(raised);
    for (let time = 0; time < 3; time += 1) expect(await original.ready(signal)).toMatchObject(held(COPY));
    expect(await write(copy, 'in')).toMatchObject({ ok: true });
  });

  it('a copy resumed with its memory: the beat lets one of the two renew, the other waits', async () => {
    const start = startId(randomUUID());
    const runtimes = [testRuntime(), testRuntime()] as const;
    const original = side({ startId: start, runtime: runtimes[0] });
    await original.ready(signal);
    // What a resumed copy has in its memory, made by taking the same lease with the same words.
    const copy = side({ startId: start, runtime: runtimes[1] });
    await world.query(`UPDATE ferry.lease SET expires_at = SYSUTCDATETIME(), fence = 0`);
    expect(await copy.ready(signal)).toMatchObject(taken(1));
    runtimes[0].ahead += 10_000;
    runtimes[1].ahead += 10_000;
    expect(await copy.ready(signal)).toMatchObject(taken(1));
    const lost = {
      ok: false,
      failure: { reason: 'fence-raised', detail: expect.stringMatching(/copy of it/) },
    };
    expect(await original.ready(signal)).toMatchObject(lost);
    for (let time = 0; time < 3; time += 1) {
      runtimes[0].ahead += 10_000;
      expect(await original.ready(signal)).toMatchObject(held(COPY));
    }
    expect(await copy.ready(signal)).toMatchObject(taken(1));
    expect(await write(copy, 'in')).toMatchObject({ ok: true });
  });
});

describe('a start that followed', () => {
  let folder: string;
  beforeEach(() => {
    folder = temporaryFolder();
  });

  it('takes over at once after a crash, from the folder and the run of the system it happened in', async () => {
    const runtime = testRuntime();
    const crashed = side({ leaseTrace: leaseTraceIn(folder), runtime });
    await crashed.ready(signal);
    runtime.ahead += 10_000;
    await crashed.ready(signal);
    expect(await side({ leaseTrace: leaseTraceIn(folder) }).ready(signal)).toMatchObject(taken(2));
  });

  it('not from a copied folder, after a restart of the computer, or with a mark nobody can read', async () => {
    await side({ leaseTrace: leaseTraceIn(folder) }).ready(signal);
    const copied = temporaryFolder();
    cpSync(folder, copied, { recursive: true });
    expect(await side({ leaseTrace: leaseTraceIn(copied) }).ready(signal)).toMatchObject(held(COPY));
    const since = systemRun().since + 60_000;
    for (const name of [undefined, randomUUID()]) {
      const restarted = leaseTraceIn(folder, { name, since });
      expect(await side({ leaseTrace: restarted }).ready(signal)).toMatchObject(held(COPY));
    }
    const [mark = ''] = readdirSync(join(folder, 'leases'));
    writeFileSync(join(folder, 'leases', mark), '{"startId":');
    expect(await side({ leaseTrace: leaseTraceIn(folder) }).ready(signal)).toMatchObject(held(COPY));
  });

  it('not once the start before has renewed elsewhere, or another one came in between', async () => {
    const runtime = testRuntime();
    const living = side({ leaseTrace: leaseTraceIn(folder), runtime });
    await living.ready(signal);
    // The disk of a copy that was made now, resumed in the same place.
    const asItWas = leaseTraceIn(folder).last(SOURCE);
    runtime.ahead += 10_000;
    await living.ready(signal);
    const stale = { last: () => asItWas, leave: () => undefined };
    expect(await side({ leaseTrace: stale }).ready(signal)).toMatchObject(held(COPY));
    world.setClock(31_000);
    expect(await side({ siteId: 'other' }).ready(signal)).toMatchObject(taken(2));
    expect(await side({ leaseTrace: leaseTraceIn(folder) }).ready(signal)).toMatchObject(
      held(/^another site/),
    );
  });

  it('a mark that cannot be written costs the wait and nothing else', async () => {
    writeFileSync(join(folder, 'leases'), 'in the way');
    const first = side({ leaseTrace: leaseTraceIn(folder) });
    expect(await first.ready(signal)).toMatchObject(taken(1));
    expect(await side({ leaseTrace: leaseTraceIn(folder) }).ready(signal)).toMatchObject(held(COPY));
    await first.release(signal);
    expect(await side({ leaseTrace: leaseTraceIn(folder) }).ready(signal)).toMatchObject(taken(2));
  });
});

describe('clocks', () => {
  it("the server's goes an hour forward: taken over at once, and the one before writes nothing any more", async () => {
    const runtime = testRuntime();
    const old = side({ runtime });
    await old.ready(signal);
    world.setClock(HOUR_MS);
    // Its own renewal comes first: nothing happened.
    runtime.ahead += 10_000;
    expect(await old.ready(signal)).toMatchObject(taken(1));
    world.setClock(HOUR_MS);
    const fresh = side({ siteId: 'other' });
    expect(await fresh.ready(signal)).toMatchObject(taken(2));
    expect(await write(old, 'order')).toMatchObject(raised);
    expect(await write(fresh, 'order')).toMatchObject({ ok: true });
    expect(await world.query(`SELECT Fence AS fence FROM dbo.Witness`)).toEqual([{ fence: '2' }]);
  });

  it("the server's goes an hour back: the owner goes on, and a silent one is followed after one lease", async () => {
    const runtime = testRuntime();
    const old = side({ runtime });
    await old.ready(signal);
    world.setClock(-HOUR_MS);
    const standBy = side({ siteId: 'other' });
    expect(await standBy.ready(signal)).toMatchObject(held(/for (29|30) more seconds$/));
    expect(await write(old, 'order-1')).toMatchObject({ ok: true });
    runtime.ahead += 10_000;
    expect(await old.ready(signal)).toMatchObject(taken(1));
    world.setClock(-HOUR_MS);
    expect(await standBy.ready(signal)).toMatchObject(held(/for (29|30) more seconds$/));
    world.setClock(31_000);
    expect(await standBy.ready(signal)).toMatchObject(taken(2));
    expect(await write(old, 'order-2')).toMatchObject(raised);
  });

  it('ours disagree after a sleep: the lease is looked at before anything else is believed', async () => {
    let slept = 0;
    const runtime = { ...testRuntime(), wall: () => Date.now() + slept, monotonic: () => 0 };
    const old = side({ runtime });
    await old.ready(signal);
    slept = HOUR_MS;
    expect(await old.ready(signal)).toMatchObject({ ok: true, value: { fence: 1, asked: true } });
    world.setClock(HOUR_MS);
    await side({ siteId: 'other' }).ready(signal);
    slept = 2 * HOUR_MS;
    expect(await old.ready(signal)).toMatchObject(raised);
    // A clock that was set back says no more than one that was set forward.
    const other = { ...testRuntime(), wall: () => Date.now() - slept, monotonic: () => 0 };
    slept = 0;
    world.setClock(31_000);
    const set = side({ runtime: other });
    await set.ready(signal);
    slept = HOUR_MS;
    expect(await set.ready(signal)).toMatchObject({ ok: true, value: { fence: 3, asked: true } });
  });
});
