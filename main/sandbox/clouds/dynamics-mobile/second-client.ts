import type { Area, QueueKind, World } from './state.ts';

/**
 * Another client with a key of the area comes before each list: what it takes is listed, fetched and reported done by it, and
 * nobody else ever sees it. It knows nothing of what was hidden by a list before.
 */
export function letSecondClientTake(world: World, area: Area, kind: QueueKind): void {
  const { secondClient } = world.switches;
  if (secondClient === 0) return;
  const now = world.now();
  area.queues[kind] = area.queues[kind].filter((item) => {
    if (item.hiddenUntil > now || item.deliveries > 0 || world.random() >= secondClient) return true;
    area.taken.push(item.packet.id);
    return false;
  });
}
