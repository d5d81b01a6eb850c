import { setTimeout as delay } from 'node:timers/promises';
import { synchronize } from '../day.ts';
import { anyShape, type Phone } from '../phones/phone.ts';
import { doFieldWork } from '../field-work.ts';
import { between, chance, pick, seededRandom } from '../sample-erp/seeded-random.ts';
import type { World } from './world.ts';

/** A phone does something this often, in milliseconds. */
const PACE_MS = 4_000;

/** Phones at work for somebody who watches: they fetch their snapshot once it is there, then visit, order and pay. */
export async function playLoop(
  world: World,
  say: (text: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const random = seededRandom(`${Date.now()}`);
  const ready = new Set<Phone>();
  while (!signal.aborted) {
    await delay(PACE_MS, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return;
    const late = world.phones.filter((one) => !ready.has(one));
    for (const phone of late) {
      try {
        await synchronize(world.cloud, phone);
        ready.add(phone);
        say(`${phone.user} fetched the snapshot`);
      } catch {
        // None was pushed yet: the first run of the agent is still on its way.
      }
    }
    if (ready.size === 0) continue;
    const phone = pick(random, [...ready]);
    try {
      if (chance(random, 0.3)) {
        const visit = phone.startVisit();
        phone.endVisit(visit);
      } else if (chance(random, 0.2)) phone.pay({ shape: anyShape(random) });
      else if (chance(random, 0.35))
        doFieldWork(phone, random, { at: Date.now(), turn: between(random, 0, 5) });
      else {
        const [order] = phone.orders([{}], anyShape(random));
        if (order !== undefined && chance(random, 0.3)) phone.photograph(order);
      }
      const sent = await phone.send({});
      // Photos take their time: some come with a later packet.
      const photos = chance(random, 0.6) ? await phone.sendPhotos() : 0;
      say(`${phone.user} sent ${sent.length} packets${photos === 0 ? '' : ` and ${photos} photos`}`);
    } catch (error) {
      say(`${phone.user}: ${error instanceof Error ? error.message : 'failed'}`);
    }
  }
}
