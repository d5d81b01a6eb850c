// Loaded before the program that is measured, in its main thread only. `from`: counting begins anew; `said`: answers how late
// the loop was since then, in milliseconds.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Milliseconds between two looks; what is measured is that and the delay. */
const EVERY = 5;

if (isMainThread && process.send !== undefined) {
  const delay = monitorEventLoopDelay({ resolution: EVERY });
  delay.enable();
  const late = (nanoseconds) => Math.max(0, nanoseconds / 1_000_000 - EVERY);
  process.on('message', (what) => {
    if (what === 'from') delay.reset();
    else
      process.send({
        p50: late(delay.percentile(50)),
        p99: late(delay.percentile(99)),
        most: late(delay.max),
        looks: delay.count,
      });
  });
}
