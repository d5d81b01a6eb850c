import { startChild } from '../../../main/sandbox/program/child.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { runningSite, largeWorld } from '../bench-site.ts';
import { rounded, type Measured } from '../figure.ts';
import { addedMemory } from '../resident-memory.ts';

/** A byte less than what the cloud takes at most. */
const BYTES = 99_999_999;
const FEED = new URL('../processes/feed-packet.ts', import.meta.url);

/** A whole agent takes one large packet: download, check, spool, hash; too large to apply, so it ends parked. */
export async function measure(): Promise<Measured> {
  const world = await largeWorld(1);
  try {
    const to = new URLSearchParams({ area: SAMPLE.appArea, user: world.user, company: SAMPLE.company });
    const fed = await startChild<{ bytes: number; sha256: string }>(FEED, {
      address: `${world.control}/deliver?${to.toString()}`,
      user: world.user,
      bytes: BYTES,
    });
    if (fed.said.bytes !== BYTES) throw new Error(`the packet has ${fed.said.bytes} bytes`);
    await fed.end();
    const site = await runningSite(world.dataDir, world.env);
    await site.until(async () => (await site.handle.handlers.status({})).ok);
    let seconds = 0;
    const memory = await addedMemory(async () => {
      const from = performance.now();
      await site.run('pull');
      seconds = (performance.now() - from) / 1000;
    });
    const items = await site.handle.handlers.queueList({ direction: 'in', limit: 5, offset: 0 });
    const item = items.ok ? items.value.items[0] : undefined;
    const shown = item === undefined ? undefined : await site.handle.handlers.queueShow({ item: item.id });
    if (shown?.ok !== true || shown.value.body.hash !== fed.said.sha256)
      throw new Error('the packet here is not the one that was sent');
    await site.stop();
    return {
      values: [memory.added],
      details: {
        before: rounded(memory.before),
        peak: rounded(memory.peak),
        peakBySystem: memory.peakBySystem,
        bytes: fed.said.bytes,
        state: item?.state ?? '',
        seconds: rounded(seconds),
      },
    };
  } finally {
    await world.end();
  }
}
