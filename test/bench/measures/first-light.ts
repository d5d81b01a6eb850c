import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Light, SiteStatus } from '../../../shared/contract/status.ts';
import { buildProgram, isQuiet, quietWorld, startBuilt } from '../built-agent.ts';
import { median, rounded, type Measured } from '../figure.ts';

const REPEATS = 7;
const DAY_MS = 86_400_000;

/** What the last run knows is a day old, as on a Monday morning: no light of it may be shown as this one's. */
function aDayLater(dataDir: string): void {
  const db = new Database(join(dataDir, 'ferry.sqlite'));
  db.prepare('UPDATE run SET started_at = started_at - :day, ended_at = ended_at - :day').run({
    day: DAY_MS,
  });
  db.prepare('UPDATE endpoint_fact SET last_ok = last_ok - :day').run({ day: DAY_MS });
  db.prepare('UPDATE link_fact SET list_at = list_at - :day').run({ day: DAY_MS });
  db.close();
}

const lightsOf = ({ links }: Pick<SiteStatus, 'links'>): readonly Light[] =>
  links.flatMap(({ lights }) => [lights.erp, lights.cloud]);

export async function measure(): Promise<Measured> {
  buildProgram();
  const world = await quietWorld();
  try {
    const first = startBuilt(world, false);
    await (await first.connect()).until(isQuiet);
    await first.stop();
    const values: number[] = [];
    const connects: number[] = [];
    for (let repeat = 0; repeat < REPEATS; repeat += 1) {
      aDayLater(world.dataDir);
      const startedAt = Date.now();
      const from = performance.now();
      const agent = startBuilt(world, false);
      const viewer = await agent.connect();
      connects.push((performance.now() - from) / 1000);
      // Both answered this start: a light it took over says since when, and that is before.
      const { links } = await viewer.until((status) =>
        lightsOf(status).every(({ state, since = 0 }) => state !== 'unknown' && since >= startedAt),
      );
      values.push((performance.now() - from) / 1000);
      if (lightsOf({ links }).some(({ state }) => state === 'attention'))
        throw new Error('a side that answers is shown as one that fails');
      // Stopping in the middle of a run would make the next start another one.
      await viewer.until(isQuiet);
      await agent.stop();
    }
    return { values, details: { connectedAfter: `${rounded(median(connects))} s` } };
  } finally {
    await world.end();
  }
}
