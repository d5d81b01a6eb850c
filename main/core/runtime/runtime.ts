import type { Instant } from '../../../shared/model/time.ts';
import type { FaultName, StepName, StepPhase } from './steps.ts';

/**
 * Everything the engine would otherwise take from the air. Built once in `compose.ts`; tests build their own, and the
 * simulation runs the unchanged engine on a seeded one.
 */
export interface Runtime {
  /** Wall clock: may jump. For what people see and for schedules, never for measuring. */
  wall(): Instant;
  /** Milliseconds that only rise, from an arbitrary start. For deadlines, ages in memory, durations. */
  monotonic(): number;
  /** Resolves after `ms` of monotonic time; at once when aborted (check the signal afterwards). Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Lets others run: called in long loops. */
  yield(): Promise<void>;
  /** In [0, 1). */
  random(): number;
  /** A new unique id, sortable by time (UUID version 7). */
  newId(): string;
  /** Called on both sides of every durable step. May not return: the crash harness kills here. */
  step(name: StepName, phase: StepPhase): void;
  /** True when the named fault is to happen now. Always false in production. */
  fault(name: FaultName): boolean;
}

/** Runs a durable step with its two named edges. */
export async function durably<T>(runtime: Runtime, name: StepName, act: () => Promise<T>): Promise<T> {
  runtime.step(name, 'before');
  const value = await act();
  runtime.step(name, 'after');
  return value;
}

/** The same for a step that is synchronous (a transaction of the local store). */
export function durablySync<T>(runtime: Runtime, name: StepName, act: () => T): T {
  runtime.step(name, 'before');
  const value = act();
  runtime.step(name, 'after');
  return value;
}
