import { runningSite, largeWorld } from '../bench-site.ts';
import { rounded, type Measured } from '../figure.ts';
import { rowsFor } from '../large-rows.ts';
import { addedMemory } from '../resident-memory.ts';

/** What the cloud takes at most, and what of it rows of a fixed length reach. */
const MOST = 100_000_000;
const LEAST = 0.99 * MOST;
/** Rows are a little shorter than `rowsFor` reckons. */
const ROWS = rowsFor(1.015 * MOST);

/** A whole agent pushes one large snapshot: SQL Server wire, driver, renderer, spool, HTTP. */
export async function measure(): Promise<Measured> {
  const world = await largeWorld(ROWS);
  try {
    const site = await runningSite(world.dataDir, world.env);
    // The agent as it is between two runs: connected, its code loaded.
    await site.run('pull');
    let seconds = 0;
    const memory = await addedMemory(async () => {
      const from = performance.now();
      const run = await site.run('push');
      seconds = (performance.now() - from) / 1000;
      if (run.counts['accepted'] !== 1)
        throw new Error(`the snapshot was not accepted: ${JSON.stringify(run)}`);
    });
    const items = await site.handle.handlers.queueList({ direction: 'out', limit: 5, offset: 0 });
    const bytes = items.ok ? (items.value.items[0]?.size ?? 0) : 0;
    if (bytes < LEAST || bytes > MOST) throw new Error(`the snapshot has ${bytes} bytes`);
    await site.stop();
    return {
      values: [memory.added],
      details: {
        before: rounded(memory.before),
        peak: rounded(memory.peak),
        peakBySystem: memory.peakBySystem,
        bytes,
        seconds: rounded(seconds),
      },
    };
  } finally {
    await world.end();
  }
}
