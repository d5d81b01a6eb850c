import { describe, expect, onTestFinished, test } from 'vitest';
import { linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import type { PacketCloud } from '../../../main/core/packets/packet-cloud.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;

interface Bench extends LinkBench {
  /** When each list was asked for, in milliseconds since the beginning. */
  readonly lists: number[];
  readonly calls: number[];
}

/** A link that runs by its schedule from now on, with every call of the cloud noted. */
function running(options: Parameters<typeof linkBench>[1]): Bench {
  const lists: number[] = [];
  const calls: number[] = [];
  const noted = (right: PacketCloud): PacketCloud => ({
    ...right,
    capabilities: right.capabilities,
    list: (queue, signal) => {
      lists.push(bench.runtime.monotonic());
      calls.push(bench.runtime.monotonic());
      return right.list(queue, signal);
    },
    download: (entry, signal) => {
      calls.push(bench.runtime.monotonic());
      return right.download(entry, signal);
    },
    reportDone: (report, signal) => {
      calls.push(bench.runtime.monotonic());
      return right.reportDone(report, signal);
    },
    requestUpload: (request, signal) => right.requestUpload(request, signal),
    upload: (ticket, body, signal) => right.upload(ticket, body, signal),
  });
  const bench = linkBench(temporaryFolder(), { ...options, client: noted });
  const stop = new AbortController();
  const ended = bench.link.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await bench.finish(ended);
    bench.close();
  });
  return { ...bench, lists, calls };
}

/** Beginnings of runs: lists that follow at once belong to the run. */
const runsOf = (lists: readonly number[]): readonly number[] =>
  lists.filter((at, index) => index === 0 || at - (lists[index - 1] ?? 0) > MINUTE / 2);
/** In minutes. */
const gaps = (times: readonly number[]): readonly number[] =>
  times.slice(1).map((at, index) => (at - (times[index] ?? 0)) / MINUTE);

describe('a paced pull', () => {
  test('is not asked for more often than once a minute by a schedule, and not to the second', async () => {
    const b = running({ pacedPull: '5s' });
    await b.runtime.advance(20 * MINUTE);
    const between = gaps(runsOf(b.lists));
    expect(between.length).toBeGreaterThan(12);
    for (const gap of between) {
      expect(gap).toBeGreaterThanOrEqual(1);
      expect(gap).toBeLessThan(1.2);
    }
    expect(new Set(between.map((gap) => gap.toFixed(4))).size).toBeGreaterThan(3);
    // The pace is what is planned: nothing is late, and the light does not say so.
    expect(b.link.isOverdue(10_000)).toBe(false);
  });

  test('is asked for less while the cloud refuses, up to half an hour, and as before once it does not', async () => {
    const b = running({ pacedPull: '5m' });
    await b.runtime.advance(MINUTE);
    b.cloud.control.faults([
      { on: 'list', kind: 'status', status: 429, retryAfterSeconds: 7 * 60, times: 4 },
    ]);
    const refusedFrom = b.lists.length;
    await b.runtime.advance(150 * MINUTE);
    const refused = gaps(b.lists.slice(refusedFrom, refusedFrom + 5));
    // 10, 20, 30 and 30 minutes, with a little jitter.
    for (const [index, least] of [10, 20, 30, 30].entries()) {
      expect(refused[index]).toBeGreaterThanOrEqual(least);
      expect(refused[index]).toBeLessThan(least + 0.8);
    }
    await b.runtime.advance(200 * MINUTE);
    const last = gaps(runsOf(b.lists)).at(-1) ?? 0;
    expect(last).toBeGreaterThanOrEqual(5);
    expect(last).toBeLessThan(5.5);
  });

  test('waits as long as Retry-After says, where that is longer', async () => {
    const b = running({ pacedPull: '1m' });
    await b.runtime.advance(30_000);
    b.cloud.control.faults([
      { on: 'list', kind: 'status', status: 429, retryAfterSeconds: 40 * 60, times: 1 },
    ]);
    const before = b.lists.length;
    await b.runtime.advance(120 * MINUTE);
    const after = b.lists.slice(before);
    expect(gaps(after)[0]).toBeGreaterThanOrEqual(40);
    expect(gaps(after)[0]).toBeLessThan(41);
  });

  test('lists again at once while full lists come', async () => {
    const b = running({ pacedPull: '5m' });
    await b.runtime.advance(MINUTE);
    for (let n = 0; n < 55; n += 1) b.deliver(packet('Visit', `v-${n}`, { no: `V${n}` }));
    const before = b.lists.length;
    await b.runtime.advance(5 * MINUTE);
    const lists = b.lists.slice(before);
    expect(b.store.counts(b.link.parts.link, b.runtime.wall()).settledToday).toBe(55);
    expect(lists.length).toBeGreaterThan(6);
    expect(runsOf(lists)).toHaveLength(1);
  });
});

test('a rate that was set is kept, and everything is carried over all the same', async () => {
  const b = running({ pacedPull: '5m', callsPerMinute: 20 });
  await b.runtime.advance(MINUTE);
  for (let n = 0; n < 55; n += 1) b.deliver(packet('Visit', `v-${n}`, { no: `V${n}` }));
  await b.runtime.advance(12 * MINUTE);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall()).settledToday).toBe(55);
  for (const from of b.calls) {
    const within = b.calls.filter((at) => at >= from && at < from + MINUTE).length;
    expect(within).toBeLessThanOrEqual(20);
  }
});

test.each(['sticky', 'sqs'] as const)(
  'a rate that was set is never passed: the cloud that counts calls refuses none (%s)',
  async (mode) => {
    const b = running({ pacedPull: '5m', callsPerMinute: 60, switches: { queue: mode, rate: 60 } });
    await b.runtime.advance(MINUTE);
    for (let n = 0; n < 100; n += 1) b.deliver(packet('Visit', `v-${n}`, { no: `V${n}` }));
    await b.runtime.advance(12 * MINUTE);
    expect(b.store.counts(b.link.parts.link, b.runtime.wall()).settledToday).toBe(100);
    expect(b.cloud.control.log().filter(({ status }) => status === 429)).toEqual([]);
  },
);

test('after one refusal calls go out one after the other', async () => {
  const b = running({ pacedPull: '5m', switches: { rate: 20 } });
  await b.runtime.advance(MINUTE);
  for (let n = 0; n < 60; n += 1) b.deliver(packet('Visit', `v-${n}`, { no: `V${n}` }));
  await b.runtime.advance(40 * MINUTE);
  expect(b.store.counts(b.link.parts.link, b.runtime.wall()).settledToday).toBe(60);
});
