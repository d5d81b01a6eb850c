import { describe, expect, test } from 'vitest';
import { systemRuntime } from '../../main/adapters/runtime/system-runtime.ts';
import { durably, durablySync } from '../../main/core/runtime/runtime.ts';
import { SimulatedCrash, TEST_START, createTestRuntime } from './test-runtime.ts';

const alive = new AbortController().signal;

describe('the system runtime', () => {
  const runtime = systemRuntime();

  test('wakes a sleeper at once when aborted, and never rejects', async () => {
    const stop = new AbortController();
    const sleeping = runtime.sleep(2 ** 40, stop.signal);
    stop.abort();
    await expect(sleeping).resolves.toBeUndefined();
    await expect(runtime.sleep(2 ** 40, stop.signal)).resolves.toBeUndefined();
  });

  test('sleeps at least as long as asked, by the clock that only rises', async () => {
    const before = runtime.monotonic();
    await runtime.sleep(15, alive);
    expect(runtime.monotonic() - before).toBeGreaterThanOrEqual(15);
  });

  test('gives ids that are new and sort by time, and numbers in range', () => {
    const ids = Array.from({ length: 1_000 }, () => runtime.newId());
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(ids).size).toBe(1_000);
    expect(ids[0]).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const number = runtime.random();
    expect(number >= 0 && number < 1).toBe(true);
  });

  test('lets timers run while it yields', async () => {
    let ran = false;
    setImmediate(() => (ran = true));
    await runtime.yield();
    expect(ran).toBe(true);
  });

  test('has no faults, and steps do nothing', () => {
    expect(runtime.fault('disk.full')).toBe(false);
    expect(durablySync(runtime, 'pull.settle', () => 5)).toBe(5);
  });
});

describe('the test runtime', () => {
  test('repeats itself for a seed and differs for another', () => {
    const draw = (seed: number): unknown => {
      const runtime = createTestRuntime({ seed });
      return [runtime.random(), runtime.random(), runtime.newId(), runtime.newId()];
    };
    expect(draw(1)).toEqual(draw(1));
    expect(draw(1)).not.toEqual(draw(2));
  });

  test('wakes sleepers in order, each at its time', async () => {
    const runtime = createTestRuntime({ seed: 1 });
    const woken: string[] = [];
    const sleeper = async (name: string, ...naps: readonly number[]): Promise<void> => {
      for (const nap of naps) {
        await runtime.sleep(nap, alive);
        woken.push(`${name} ${String(runtime.monotonic())} ${String(runtime.wall() - TEST_START)}`);
      }
    };
    const all = [sleeper('a', 100, 100), sleeper('b', 150), sleeper('c', 1_000)];
    await runtime.advance(300);
    expect(woken).toEqual(['a 100 100', 'b 150 150', 'a 200 200']);
    expect(() => {
      runtime.dispose();
    }).toThrow('1 still asleep');
    await runtime.advance(700);
    await Promise.all(all);
    runtime.dispose();
  });

  test('a jump of the wall clock wakes nobody, an abort does', async () => {
    const runtime = createTestRuntime({ seed: 1 });
    const stop = new AbortController();
    const sleeping = runtime.sleep(1_000, stop.signal);
    runtime.clock.jumpWall(-5_000);
    expect([runtime.wall(), runtime.monotonic(), runtime.clock.sleeping, runtime.clock.untilNext]).toEqual([
      TEST_START - 5_000,
      0,
      1,
      1_000,
    ]);
    stop.abort();
    await sleeping;
    runtime.dispose();
  });

  test('records steps and may crash at one', async () => {
    const runtime = createTestRuntime({ seed: 1 });
    await durably(runtime, 'pull.apply', async () => undefined);
    runtime.onStep = (name, phase) => {
      if (phase === 'after') throw new SimulatedCrash(name, phase);
    };
    let done = 0;
    expect(() => durablySync(runtime, 'pull.settle', () => (done += 1))).toThrow(SimulatedCrash);
    expect(done).toBe(1);
    expect(runtime.steps).toEqual([
      'pull.apply before',
      'pull.apply after',
      'pull.settle before',
      'pull.settle after',
    ]);
  });

  test('injects a fault as often as asked', () => {
    const runtime = createTestRuntime({ seed: 1 });
    runtime.inject('sqlite.busy', 2);
    expect([1, 2, 3].map(() => runtime.fault('sqlite.busy'))).toEqual([true, true, false]);
    expect(runtime.fault('disk.full')).toBe(false);
  });
});
