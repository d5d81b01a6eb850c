import { uuidv7 } from 'uuidv7';
import type { Runtime } from '../../core/runtime/runtime.ts';

/** Node's timers overflow beyond this and fire at once. */
const LONGEST_TIMER_MS = 2_147_483_647;

/** The program's runtime: steps do nothing, faults never happen. */
export function systemRuntime(): Runtime {
  return {
    wall: () => Date.now(),
    monotonic: () => performance.now(),
    sleep: async (ms, signal) => {
      const end = performance.now() + ms;
      for (let left = ms; left > 0 && !signal.aborted; left = end - performance.now())
        await timer(Math.min(Math.ceil(left), LONGEST_TIMER_MS), signal);
    },
    // The timers and I/O phases of the event loop get their turn, which a microtask would not give them.
    yield: () => new Promise((resolve) => setImmediate(resolve)),
    random: () => Math.random(),
    newId: uuidv7,
    step: () => undefined,
    fault: () => false,
  };
}

function timer(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      clearTimeout(handle);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const handle = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
  });
}
