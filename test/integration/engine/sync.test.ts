import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { Endpoints } from '../../../main/core/queue/endpoints.ts';
import { linkBench, packet, AREA, type LinkBench } from '../../support/link-bench.ts';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;

function bench(): LinkBench {
  const made = linkBench(temporaryFolder());
  onTestFinished(() => made.close());
  return made;
}

/** A link at work; ended with the test. */
async function atWork(b: LinkBench): Promise<{ stop(): Promise<void> }> {
  const stop = new AbortController();
  const running = b.link.run(stop.signal);
  await b.runtime.advance(60_000);
  return {
    stop: async () => {
      stop.abort();
      await b.finish(running);
    },
  };
}

const throttle = (b: LinkBench, seconds: number): void =>
  b.cloud.control.faults([{ on: 'list', kind: 'status', status: 429, retryAfterSeconds: seconds, times: 1 }]);
const calls = (b: LinkBench): number => b.cloud.control.log().length;

describe('a sync by hand', () => {
  test('waits while the cloud wants to be left alone, is joined by others, and runs by itself then', async () => {
    const b = bench();
    const work = await atWork(b);
    throttle(b, 600);
    expect(b.link.sync('pull', 'manual', never).answer).toMatchObject({ outcome: 'started' });
    await b.runtime.advance(1_000);
    const before = calls(b);
    const asked = b.link.sync('pull', 'manual', never).answer;
    const left = (asked.when ?? 0) - b.runtime.wall();
    expect(asked).toMatchObject({ outcome: 'waits', reason: { what: { key: 'failure.throttled.what' } } });
    expect(left).toBeGreaterThan(590_000);
    expect(b.link.sync('pull', 'manual', never).answer).toMatchObject({ outcome: 'waits' });
    expect(b.link.askedFor('pull')).toBe(asked.when);
    await b.runtime.advance(left - 1_000);
    expect(calls(b)).toBe(before);
    await b.runtime.advance(3_000);
    expect(calls(b)).toBeGreaterThan(before);
    expect(b.link.askedFor('pull')).toBeUndefined();
    const newest = b.store.runs({ limit: 3 }).filter(({ flow }) => flow === 'pull');
    expect(newest[0]).toMatchObject({ outcome: 'ok' });
    await work.stop();
  });

  test('that waits is dropped by a pause, and one asked for in a pause is refused with its end', async () => {
    const b = bench();
    const work = await atWork(b);
    throttle(b, 60);
    b.link.sync('pull', 'manual', never);
    await b.runtime.advance(1_000);
    b.link.sync('pull', 'manual', never);
    const until = b.runtime.wall() + 3_600_000;
    b.store.setPause({ link: b.link.parts.link, by: 'person', since: b.runtime.wall(), until, reason: 'x' });
    b.link.dropAsked();
    expect(b.link.askedFor('pull')).toBeUndefined();
    expect(b.link.sync('pull', 'manual', never).answer).toMatchObject({
      outcome: 'refused',
      when: until,
      reason: { what: { key: 'sync.paused.what' } },
    });
    const before = calls(b);
    await b.runtime.advance(300_000);
    expect(calls(b)).toBe(before);
    await work.stop();
  });

  test('brings what a phone sent after the running one had read its last list', async () => {
    const b = bench();
    b.erp.usersOf = [{ name: 'anna', values: new Map([['UserName', 'anna']]) }];
    b.erp.tables = { Setup: [['anna']], Company: [['A', 'Acme']], Customer: [['C-1', 'Corner']] };
    b.cloud.control.faults([{ on: 'upload', kind: 'delay', ms: 20_000, times: 1 }]);
    const stop = new AbortController();
    const working = b.link.run(stop.signal);
    const running = b.link.sync('push', 'manual', stop.signal);
    // Its own pull is over, its snapshot is on the way.
    await b.runtime.advance(10_000);
    expect([b.link.running('pull'), b.link.running('push')]).toEqual([undefined, expect.anything()]);
    b.deliver(packet('SalesHeader', 'row-late', { no: 'SO-late' }));
    expect(b.link.sync('push', 'manual', stop.signal).answer).toMatchObject({ outcome: 'joined' });
    await b.runtime.advance(5_000);
    expect(b.link.running('push')).toBeDefined();
    expect(b.erp.written).toEqual(['order SO-late']);
    await b.finish(running.done);
    stop.abort();
    await b.finish(working);
  });

  test('ends a rest that was our own idea', async () => {
    const b = bench();
    const { endpoints, cloudEndpoint } = b.link.parts;
    endpoints.backOff(cloudEndpoint, { kind: 'unauthorized', endpoint: cloudEndpoint, cause: '403' });
    expect(endpoints.restMs(cloudEndpoint)).toBe(900_000);
    await b.run('pull');
    expect(b.store.runs({ limit: 1 })[0]).toMatchObject({ outcome: 'ok' });
    expect(endpoints.restMs(cloudEndpoint)).toBe(0);
  });

  test('is kept from a cloud that named a time by a restart as well', async () => {
    const b = bench();
    throttle(b, 600);
    await b.run('pull');
    const anew = new Endpoints(b.runtime, b.store);
    expect(anew.heldMs('cloud:field')).toBeGreaterThan(500_000);
    anew.wakeAll();
    expect(anew.heldMs('cloud:field')).toBeGreaterThan(500_000);
  });
});

type Step =
  | { readonly do: 'sync'; readonly flow: 'pull' | 'push' }
  | { readonly do: 'throttle'; readonly seconds: number }
  | { readonly do: 'pause' | 'resume' | 'wake' | 'order' }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'jump'; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('sync'), flow: fc.constantFrom('pull', 'push') }) },
  {
    weight: 2,
    arbitrary: fc.record({ do: fc.constant('throttle'), seconds: fc.integer({ min: 1, max: 900 }) }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom('pause', 'resume', 'wake', 'order') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('pass'), ms: fc.integer({ min: 0, max: 400_000 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('jump'), ms: fc.integer({ min: -7_200_000, max: 7_200_000 }) }),
  },
) as fc.Arbitrary<Step>;

test('no two runs of a flow overlap, and the cloud is left alone until the time it named, whatever is asked', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
      const folder = mkdtempSync(join(tmpdir(), 'ferry-sync-'));
      const b = linkBench(folder);
      // What the cloud says and hears, seen from outside: no call may come before the time it last named.
      const early: string[] = [];
      let notBefore = 0;
      const handle = b.cloud.handle.bind(b.cloud);
      b.cloud.handle = async (request) => {
        const at = b.runtime.monotonic();
        if (at < notBefore) early.push(`${new URL(request.url).pathname} at ${at}, not before ${notBefore}`);
        const answer = await handle(request);
        const after = answer.status === 429 ? Number(answer.headers.get('retry-after')) : 0;
        notBefore = Math.max(notBefore, at + after * 1_000);
        return answer;
      };
      // Runs as the store was told of them.
      const open = new Map<string, number>();
      const overlaps: string[] = [];
      const startRun = b.store.startRun.bind(b.store);
      const finishRun = b.store.finishRun.bind(b.store);
      b.store.startRun = (run, now) => {
        const id = startRun(run, now);
        if (open.has(run.flow)) overlaps.push(run.flow);
        open.set(run.flow, id);
        return id;
      };
      b.store.finishRun = (run, end, now) => {
        for (const [flow, id] of open) if (id === run) open.delete(flow);
        finishRun(run, end, now);
      };
      const stop = new AbortController();
      const running = b.link.run(stop.signal);
      const { link } = b.link.parts;
      let orders = 0;
      try {
        for (const one of steps) {
          switch (one.do) {
            case 'sync': {
              const { answer } = b.link.sync(one.flow, 'manual', stop.signal);
              if (answer.outcome === 'waits') expect(b.link.askedFor(one.flow)).toBe(answer.when);
              break;
            }
            case 'throttle':
              b.cloud.control.faults([
                { on: 'any', kind: 'status', status: 429, retryAfterSeconds: one.seconds, times: 1 },
              ]);
              break;
            case 'pause':
              b.store.setPause({ link, by: 'person', since: b.runtime.wall(), reason: '' });
              b.link.dropAsked();
              break;
            case 'resume':
              b.store.clearPause(link);
              b.link.wake();
              break;
            case 'wake':
              b.link.wake();
              break;
            case 'order':
              orders += 1;
              b.deliver(packet('SalesHeader', `row-${orders}`, { no: `SO-${orders}` }));
              break;
            case 'pass':
              await b.runtime.advance(one.ms);
              break;
            case 'jump':
              b.runtime.clock.jumpWall(one.ms);
          }
        }
        b.store.clearPause(link);
        b.cloud.control.clearFaults();
        await b.runtime.advance(25 * 60_000);
        expect(early).toEqual([]);
        expect(overlaps).toEqual([]);
        // Nothing asked for is left hanging, and nothing got lost on the way.
        expect([b.link.askedFor('pull'), b.link.askedFor('push')]).toEqual([undefined, undefined]);
        expect(b.erp.written).toHaveLength(orders);
        expect(b.cloud.control.queueState({ area: AREA }).waiting).toEqual([]);
      } finally {
        stop.abort();
        await b.finish(running);
        b.close();
        rmSync(folder, { recursive: true, force: true });
      }
    }),
    { numRuns: 10 },
  );
}, 120_000);
