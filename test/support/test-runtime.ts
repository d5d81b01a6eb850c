import { setImmediate } from 'node:timers/promises';
import { V7Generator } from 'uuidv7';
import type { Runtime } from '../../main/core/runtime/runtime.ts';
import type { FaultName, StepName, StepPhase } from '../../main/core/runtime/steps.ts';
import { ManualClock } from './manual-clock.ts';
import { seededRandom } from './seeded-random.ts';

/** Thrown by an `onStep` hook: the program is to be treated as dead from here on. */
export class SimulatedCrash extends Error {
  constructor(step: StepName, phase: StepPhase) {
    super(`crash ${phase} ${step}`);
    this.name = 'SimulatedCrash';
  }
}

export interface TestRuntime extends Runtime {
  readonly clock: ManualClock;
  /** Every durable step with its phase, in order: `pull.store-packet before`. */
  readonly steps: readonly string[];
  /** Called at every step; may throw SimulatedCrash, or end the process. */
  onStep: ((name: StepName, phase: StepPhase) => void) | undefined;
  /** See ManualClock. */
  advance(ms: number): Promise<void>;
  /** The fault happens the next `times` times it is asked for. */
  inject(fault: FaultName, times?: number): void;
  /** Throws when somebody still sleeps: a loop that was not stopped, a wait nobody ended. */
  dispose(): void;
}

/** 2026-03-02T08:00:00Z, a Monday: away from any change of the clocks. */
export const TEST_START = Date.UTC(2026, 2, 2, 8);

/** A runtime whose time, randomness and ids are the same for the same seed. */
export function createTestRuntime(options: {
  readonly seed: number;
  readonly start?: number | undefined;
}): TestRuntime {
  const clock = new ManualClock(options.start ?? TEST_START);
  const random = seededRandom(options.seed);
  const idSource = seededRandom(options.seed ^ 0x5eed);
  const ids = new V7Generator({ nextUint32: () => Math.floor(idSource() * 2 ** 32) });
  const steps: string[] = [];
  const faults = new Map<FaultName, number>();
  const runtime: TestRuntime = {
    clock,
    steps,
    onStep: undefined,
    wall: () => clock.wall(),
    monotonic: () => clock.monotonic(),
    sleep: (ms, signal) => clock.sleep(ms, signal),
    yield: () => setImmediate(),
    random,
    newId: () => ids.generateOrResetWithTs(clock.wall()).toString(),
    step: (name, phase) => {
      steps.push(`${name} ${phase}`);
      runtime.onStep?.(name, phase);
    },
    fault: (name) => {
      const left = faults.get(name) ?? 0;
      if (left > 0) faults.set(name, left - 1);
      return left > 0;
    },
    advance: (ms) => clock.advance(ms),
    inject: (fault, times = 1) => {
      faults.set(fault, (faults.get(fault) ?? 0) + times);
    },
    dispose: () => {
      if (clock.sleeping > 0)
        throw new Error(`${String(clock.sleeping)} still asleep at the end of the test`);
    },
  };
  return runtime;
}
