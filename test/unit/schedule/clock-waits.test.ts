import { describe, expect, onTestFinished, test } from 'vitest';
import { ClockWatch } from '../../../main/core/schedule/clock-watch.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const MINUTE = 60_000;
const JUMPS = [-50, -61, -180, 50, 180].map((minutes) => minutes * MINUTE);

/** A link that works by itself, on clocks that are moved from here. */
function running(options: Parameters<typeof linkBench>[1] = {}): LinkBench {
  const made = linkBench(temporaryFolder(), options);
  made.erp.usersOf = [{ name: 'anna', values: new Map([['UserName', 'anna']]) }];
  made.erp.tables = { Setup: [['anna']], Company: [['A', 'Acme']], Customer: [['C-1', 'Corner']] };
  const stop = new AbortController();
  const ended = made.link.run(stop.signal);
  onTestFinished(async () => {
    stop.abort();
    await made.finish(ended);
    made.close();
  });
  return made;
}
const order = (no: string, more: Record<string, string> = {}): string =>
  packet('SalesHeader', `row-${no}`, { no, ...more });
/** Simulated milliseconds until it is so, looked at every five seconds. */
async function until(b: LinkBench, limitMs: number, holds: () => boolean): Promise<number> {
  const from = b.runtime.monotonic();
  while (!holds() && b.runtime.monotonic() - from < limitMs) await b.runtime.advance(5_000);
  return holds() ? b.runtime.monotonic() - from : Number.POSITIVE_INFINITY;
}

describe('a clock that jumps delays nothing by more than its own wait', () => {
  test.each(JUMPS)('the next pull, by %s ms', async (jump) => {
    const b = running();
    await b.runtime.advance(20_000);
    b.runtime.clock.jumpWall(jump);
    b.deliver(order('SO-1'));
    expect(await until(b, 240 * MINUTE, () => b.erp.written.length === 1)).toBeLessThanOrEqual(5.5 * MINUTE);
  });

  test.each(JUMPS)('an order that waits for its visit, by %s ms', async (jump) => {
    const b = running();
    b.deliver(order('SO-1', { visitNo: 'V-gone' }));
    await b.runtime.advance(20_000);
    const waiting = (): boolean => b.store.list({ states: ['waiting'], limit: 9, offset: 0 }).length > 0;
    expect(waiting()).toBe(true);
    await b.runtime.advance(4 * MINUTE);
    b.runtime.clock.jumpWall(jump);
    expect(await until(b, 240 * MINUTE, () => !waiting())).toBeLessThanOrEqual(10.5 * MINUTE);
  });

  test.each(JUMPS)('an order tried again after a failure, by %s ms', async (jump) => {
    const b = running();
    b.erp.next = Array.from({ length: 3 }, () => 'request-lost' as const);
    b.deliver(order('SO-1'));
    // The pause after the third failure in a row is the longest of these.
    await until(b, 10 * MINUTE, () => b.erp.next.length === 0);
    const [item] = b.store.list({ direction: 'in', limit: 1, offset: 0 });
    const waitMs = Math.max(0, (item?.dueAt ?? 0) - b.runtime.wall());
    b.runtime.clock.jumpWall(jump);
    expect(await until(b, 240 * MINUTE, () => b.erp.written.length === 1)).toBeLessThanOrEqual(
      waitMs + MINUTE,
    );
  });

  test.each(JUMPS)('a report that waits for the ERP, by %s ms', async (jump) => {
    const b = running({ acknowledge: 'after-apply' });
    b.deliver(order('SO-1', { visitNo: 'V-gone' }));
    await b.runtime.advance(20_000);
    b.runtime.clock.jumpWall(jump);
    const done = (): boolean => b.cloud.control.queueState({ area: AREA }).done.length > 0;
    expect(await until(b, 240 * MINUTE, done)).toBeLessThanOrEqual(16 * MINUTE);
  });

  test.each(JUMPS)('a snapshot whose upload failed, by %s ms', async (jump) => {
    const b = running();
    b.cloud.control.faults([{ on: 'upload', kind: 'status', status: 503, times: 1_000 }]);
    await b.runtime.advance(2 * MINUTE);
    b.cloud.control.clearFaults();
    const { endpoints, store, link } = b.link.parts;
    const sent = (): boolean => store.lastAccepted(link, 'anna') !== undefined;
    expect(sent()).toBe(false);
    const [item] = store.unsentSnapshots(link);
    const waitMs = Math.max((item?.dueAt ?? 0) - b.runtime.wall(), endpoints.restMs('cloud:field'));
    b.runtime.clock.jumpWall(jump);
    expect(await until(b, 240 * MINUTE, sent)).toBeLessThanOrEqual(waitMs + MINUTE);
  });

  test('a start after the clock was set back while nothing ran', async () => {
    const runtime = createTestRuntime({ seed: 1 });
    const folder = temporaryFolder();
    const first = linkBench(folder, { runtime });
    first.deliver(order('SO-1', { visitNo: 'V-gone' }));
    await first.run('pull');
    first.close();
    runtime.clock.jumpWall(-55 * MINUTE);
    const stop = new AbortController();
    const second = linkBench(folder, { runtime });
    const ended = second.link.run(stop.signal);
    const parked = (): boolean => second.store.counts(second.link.parts.link, runtime.wall()).parked === 1;
    expect(await until(second, 240 * MINUTE, parked)).toBeLessThanOrEqual(10.5 * MINUTE);
    stop.abort();
    await second.finish(ended);
    second.close();
  });
});

test('the watch tells each jump back once, and nothing of time that passes or a jump ahead', async () => {
  const runtime = createTestRuntime({ seed: 1 });
  const watch = new ClockWatch(runtime);
  await runtime.advance(60 * MINUTE);
  expect(watch.setBackMs()).toBe(0);
  runtime.clock.jumpWall(-2_500);
  await runtime.advance(500);
  expect(watch.setBackMs()).toBe(2_500);
  expect(watch.setBackMs()).toBe(0);
  runtime.clock.jumpWall(90 * MINUTE);
  expect(watch.setBackMs()).toBe(0);
  runtime.clock.jumpWall(-90 * MINUTE);
  expect(watch.setBackMs()).toBe(90 * MINUTE);
});
