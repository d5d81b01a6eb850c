import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nodeDisk } from '../../../main/adapters/spool/node-disk.ts';
import { rounded, type Measured } from '../figure.ts';
import {
  acceptAll,
  apart,
  compare,
  cycle,
  groupedStops,
  OWN,
  SHARED,
  timed,
  usersOf,
  world,
} from './shared-users.ts';

const USERS = 500;
/** Of these the packets are compared with one rendering of their own. */
const COMPARED_EVERY = 50;
const REBUILD_SECONDS = 60;
const UNCHANGED_SECONDS = 3;

/** What a site of 500 phones waits for, as a part of the time allowed: the worse of a rebuild and of an unchanged run. */
export async function measure(): Promise<Measured> {
  const users = usersOf(USERS);
  groupedStops(users.map(({ name }) => name));
  const folder = mkdtempSync(join(tmpdir(), 'erp-ferry-bench-'));
  const folders = { apart: join(folder, 'apart'), shared: join(folder, 'shared') };
  for (const one of Object.values(folders)) await nodeDisk.ensureFolder(one);
  const [naive, ours] = [world(folders.apart), world(folders.shared)];
  try {
    const rebuild = await timed(async () => {
      const { built } = await cycle(ours, users);
      if (built !== USERS) throw new Error(`${built} packets`);
    });
    if (ours.erp.rowsRead !== SHARED + USERS * OWN) throw new Error(`${ours.erp.rowsRead} rows were read`);
    const some = users.filter((_, at) => at % COMPARED_EVERY === 0);
    await apart(naive, some);
    const bytes = await compare(naive, ours);
    acceptAll(ours);
    const unchanged = await timed(async () => {
      const counts = await cycle(ours, users);
      if (counts.built > 0 || counts.unchanged !== USERS) throw new Error(JSON.stringify(counts));
    });
    if (ours.bench.store.unsentSnapshots(ours.parts.link).length > 0)
      throw new Error('something is to be sent');
    const before = ours.erp.rowsRead;
    const next = await timed(async () => void (await cycle(ours, usersOf(USERS + 1))));
    if (ours.erp.rowsRead - before !== OWN) throw new Error('one more user costs more than his own rows');
    return {
      values: [100 * Math.max(rebuild.wall / REBUILD_SECONDS, unchanged.wall / UNCHANGED_SECONDS)],
      details: {
        users: USERS,
        sharedRows: SHARED,
        ownRows: OWN,
        gigabytesOfAllPackets: rounded((bytes * USERS) / 1e9),
        rebuildSeconds: rounded(rebuild.wall),
        rebuildProcessorSeconds: rounded(rebuild.processor),
        unchangedSeconds: rounded(unchanged.wall),
        unchangedProcessorSeconds: rounded(unchanged.processor),
        unchangedBytesToSend: 0,
        oneMoreUserSeconds: rounded(next.wall),
        oneMoreUserProcessorSeconds: rounded(next.processor),
        packetsCompared: some.length,
      },
    };
  } finally {
    naive.bench.close();
    ours.bench.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
