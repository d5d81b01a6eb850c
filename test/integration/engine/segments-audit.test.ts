import { expect, onTestFinished, test } from 'vitest';
import { PRICE, REGION, segmentsBench, STOP, type SegmentsBench } from './segments-bench.ts';

const HOUR_MS = 3_600_000;
/** From the first push over the site's night hour, and before what is kept is read again anyway. */
const NEXT_NIGHT_MS = 18 * HOUR_MS;
const USERS = Array.from(
  { length: 25 },
  (_, at) => [`user${at}`, `R${at % 5}`, at % 2 === 0 ? 'north' : 'south'] as const,
);

async function bench(options: { readonly snapshot: boolean }): Promise<SegmentsBench> {
  const b = await segmentsBench({ ...options, users: USERS });
  onTestFinished(() => b.close());
  return b;
}

/** The run of the last push. */
const run = (b: SegmentsBench) => b.store.runs({ limit: 10 }).find(({ flow }) => flow === 'push');

async function expectNaive(b: SegmentsBench): Promise<void> {
  for (const [user, wanted] of await b.naiveNow()) {
    const item = b.newest(user);
    expect(item?.state).toBe('settled');
    if (item !== undefined) expect(await b.bytes(item)).toBe(wanted);
  }
}

/** Tables stand still whatever is written: what is kept is taken for what would be read. */
function positionsStop(b: SegmentsBench): () => void {
  const { reader } = b.parts.erp;
  const positions = reader.positions.bind(reader);
  let noted: ReturnType<typeof positions> | undefined;
  reader.positions = (tables, signal) => (noted ??= positions(tables, signal));
  return () => {
    reader.positions = positions;
  };
}

for (const snapshot of [true, false])
  test(`twenty packets a day are compared with a rendering of their own${snapshot ? '' : ' (copied)'}`, async () => {
    const b = await bench({ snapshot });
    await b.scheduled();
    expect(run(b)).toMatchObject({ outcome: 'ok', counts: { built: 25, audited: 0 } });
    await b.runtime.advance(NEXT_NIGHT_MS);
    b.asked.length = 0;
    // What a person starts answers at once.
    await b.run('push');
    expect(run(b)).toMatchObject({ outcome: 'ok', counts: { audited: 0 } });
    b.asked.length = 0;
    await b.scheduled();
    expect(run(b)).toMatchObject({ outcome: 'ok', counts: { audited: 20, unchanged: 25, built: 0 } });
    expect(b.asked).toHaveLength(3 * 20);
    b.asked.length = 0;
    await b.runtime.advance(HOUR_MS);
    await b.scheduled();
    expect(run(b)).toMatchObject({ outcome: 'ok', counts: { audited: 0 } });
    expect(b.asked).toEqual([]);
  });

for (const snapshot of [true, false])
  test(`a wrong segment is found, told of, and what is right is sent at once${snapshot ? '' : ' (copied)'}`, async () => {
    const b = await bench({ snapshot });
    await b.scheduled();
    positionsStop(b);
    await b.scheduled();
    await b.sql("UPDATE dbo.Price SET n = N'77' WHERE c = N'P-2'");
    await b.scheduled();
    expect(run(b)).toMatchObject({ outcome: 'ok', counts: { built: 0, unchanged: 25 } });
    await b.runtime.advance(NEXT_NIGHT_MS);
    await b.scheduled();
    expect(run(b)).toMatchObject({
      outcome: 'failed',
      failure: { kind: 'rejected', code: 'audit', where: 'Price' },
      counts: { audited: 20, built: 25, accepted: 25 },
    });
    expect(b.said.filter(({ event }) => event.includes('read anew'))).toHaveLength(1);
    await expectNaive(b);
    await b.scheduled();
    expect(run(b)).toMatchObject({ outcome: 'ok', counts: { audited: 0, unchanged: 25 } });
  });

test('where reading anew does not help, phones keep what they have, and it is tried again', async () => {
  const b = await bench({ snapshot: true });
  await b.scheduled();
  const { reader } = b.parts.erp;
  const openView = reader.openView.bind(reader);
  let lies = true;
  reader.openView = async (signal) => {
    const opened = await openView(signal);
    if (!opened.ok) return opened;
    const view = opened.value;
    let prices = 0;
    return {
      ok: true,
      value: {
        consistency: view.consistency,
        close: () => view.close(),
        read: (request, stop) => {
          const isPrice = 'table' in request.from && request.from.table.name === 'Price';
          prices += isPrice ? 1 : 0;
          // The same question has another answer each time.
          return lies && isPrice
            ? view.read({ ...request, where: [{ column: 'c', value: `P-${(prices % 3) + 1}` }] }, stop)
            : view.read(request, stop);
        },
      },
    };
  };
  await b.runtime.advance(NEXT_NIGHT_MS);
  await b.scheduled();
  expect(run(b)).toMatchObject({
    outcome: 'failed',
    failure: { code: 'audit-again', where: 'Price' },
    counts: { built: 0, unchanged: 0 },
  });
  lies = false;
  await expectNaive(b);
  await b.scheduled();
  expect(run(b)).toMatchObject({ outcome: 'ok', counts: { audited: 20, unchanged: 25 } });
});

test('a row with the time in it, and somebody who writes, are no alarm', async () => {
  const b = await bench({ snapshot: false });
  const now = {
    ...PRICE,
    entity: 'DeviceSetup',
    from: { select: 'SELECT c, CONVERT(nvarchar(40), SYSDATETIME(), 121) AS n FROM dbo.Setup' },
  };
  b.entities([now, PRICE, STOP, REGION]);
  await b.scheduled();
  await b.runtime.advance(NEXT_NIGHT_MS);
  let n = 0;
  b.meanwhile(async () => {
    n += 1;
    // The clock of the server goes on, and every hundredth request finds another price.
    await b.runtime.advance(1);
    if (n % 100 === 0) await b.sql(`UPDATE dbo.Price SET n = N'${n}'`);
  });
  await b.scheduled();
  b.meanwhile(undefined);
  expect(run(b)).toMatchObject({ outcome: 'ok' });
  expect(run(b)?.counts['audited']).toBeGreaterThan(0);
});
