import { expect, onTestFinished, test } from 'vitest';
import { PRICE, segmentsBench, STOP, type SegmentsBench } from './segments-bench.ts';

async function bench(): Promise<SegmentsBench> {
  const b = await segmentsBench({
    snapshot: true,
    users: [
      ['anna', 'R1', 'north'],
      ['bob', 'R1', 'south'],
    ],
  });
  onTestFinished(() => b.close());
  b.entities([PRICE, STOP]);
  return b;
}

/** So many that their segment is a file. */
async function insertMany(b: SegmentsBench, into: 'Price' | 'Stop'): Promise<void> {
  const text = 'x'.repeat(90);
  for (let from = 0; from < 4_000; from += 500) {
    const rows = Array.from({ length: 500 }, (_, at) =>
      into === 'Price' ? `(N'L-${from + at}', N'${text}')` : `(N'L-${from + at}', N'R1', N'${text}')`,
    );
    await b.sql(
      `INSERT INTO dbo.${into} ${into === 'Price' ? '(c, n)' : '(c, route, n)'} VALUES ${rows.join(', ')}`,
    );
  }
}

const push = (b: SegmentsBench) => b.store.runs({ limit: 5 }).find(({ flow }) => flow === 'push');

/** Prices are kept in a file; stops are to be read, and will be a file too. */
async function pricesKept(): Promise<SegmentsBench> {
  const b = await bench();
  await insertMany(b, 'Price');
  await b.scheduled();
  expect(push(b)).toMatchObject({ outcome: 'ok', counts: { accepted: 2 } });
  await b.runtime.advance(1_000);
  await insertMany(b, 'Stop');
  b.asked.length = 0;
  return b;
}

test('what made room for another segment of its own packet is read again', async () => {
  const b = await pricesKept();
  b.disk.failNext('write', 'ENOSPC');
  await b.scheduled();
  expect(b.asked).toEqual(['Stop', 'Stop', 'Price']);
  expect(push(b)).toMatchObject({ outcome: 'ok', counts: { built: 2, accepted: 2 } });
  // It was known to be gone: nobody had to find out by its bytes.
  expect(b.said.filter(({ event }) => event.includes('lost'))).toEqual([]);
  for (const [user, wanted] of await b.naiveNow()) {
    const item = b.newest(user);
    expect(item === undefined ? undefined : await b.bytes(item)).toBe(wanted);
  }
});

test('a disk that refuses while room is made on it is a failure of the disk, and passes', async () => {
  const b = await pricesKept();
  b.disk.failNext('write', 'ENOSPC');
  // The unfinished file goes first, then the prices.
  b.disk.failNext('remove', 'EBUSY', 1);
  await b.scheduled();
  expect(push(b)).toMatchObject({
    outcome: 'failed',
    failure: { kind: 'disk', cause: expect.stringContaining('EBUSY') },
    counts: { built: 0 },
  });
  await b.runtime.advance(600_000);
  await b.scheduled();
  expect(push(b)).toMatchObject({ outcome: 'ok', counts: { built: 2, accepted: 2 } });
});

test('a disk that refuses while a cycle clears up after itself is told of, and costs no packet', async () => {
  const b = await pricesKept();
  b.parts.policy = { ...b.parts.policy, segmentCapBytes: 1 };
  await b.sql("UPDATE dbo.Price SET n = N'other' WHERE c = N'P-1'");
  b.disk.failNext('remove', 'EBUSY');
  await b.scheduled();
  expect(b.counts()).toMatchObject({ built: 2 });
  expect(b.parts.endpoints.restMs('site:disk')).toBeGreaterThan(0);
  await b.runtime.advance(600_000);
  await b.scheduled();
  expect(b.store.unsentSnapshots(b.parts.link)).toEqual([]);
  for (const [user, wanted] of await b.naiveNow()) {
    const item = b.newest(user);
    expect(item?.state).toBe('settled');
    expect(item === undefined ? undefined : await b.bytes(item)).toBe(wanted);
  }
});
