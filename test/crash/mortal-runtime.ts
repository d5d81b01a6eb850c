import type { Runtime } from '../../main/core/runtime/runtime.ts';
import type { StepName, StepPhase } from '../../main/core/runtime/steps.ts';
import type { CrashPoint } from './crash-point.ts';

export interface MortalRuntime extends Runtime {
  /** From now on the point is counted, in place of an earlier one. */
  arm(point: CrashPoint): void;
}

/**
 * A runtime that calls `die` at the armed point and whose clocks run `timeFactor` times as fast, so that a lease of seconds
 * is renewed within one. The wall clock is the same for every life that is given the same start.
 */
export function mortalRuntime(options: {
  readonly base: Runtime;
  readonly timeFactor: number;
  readonly clockStart: number;
  readonly die: () => void;
  /** Called with every edge of every step, before anything else. */
  readonly passed?: ((step: StepName, phase: StepPhase) => void) | undefined;
}): MortalRuntime {
  const { base, timeFactor, clockStart, die } = options;
  let point: CrashPoint | undefined;
  let passed = 0;
  return {
    ...base,
    wall: () => Math.floor(clockStart + (base.wall() - clockStart) * timeFactor),
    monotonic: () => base.monotonic() * timeFactor,
    sleep: (ms, signal) => base.sleep(ms / timeFactor, signal),
    step: (name, phase) => {
      options.passed?.(name, phase);
      if (point === undefined || point.step !== name || point.phase !== phase) return;
      passed += 1;
      if (passed >= point.occurrence) die();
    },
    arm: (next) => {
      point = next;
      passed = 0;
    },
  };
}
