import { makeHandle } from './receipt-handle.ts';
import type { QueueItem, World } from './state.ts';

/**
 * Any order, hidden after delivery, a new handle each time; sometimes fewer than there are, or none; now and then the
 * same item again although it should be hidden. An item may stand in the result twice: then only its last handle is
 * good, as after any second delivery.
 */
export function pickSqs(
  world: World,
  queue: readonly QueueItem[],
  limit: number,
): { item: QueueItem; handle: string }[] {
  const { switches, random } = world;
  const now = world.now();
  const visible = queue.filter((item) => item.hiddenUntil <= now);
  if (visible.length === 0 || random() < switches.empty) return [];
  let count = Math.min(limit, visible.length);
  if (random() < switches.short) count = 1 + Math.floor(random() * count);
  const picked: { item: QueueItem; handle: string }[] = [];
  for (let i = 0; i < count && picked.length < limit; i++) {
    const j = i + Math.floor(random() * (visible.length - i));
    const item = visible[j];
    const other = visible[i];
    if (item === undefined || other === undefined) break;
    visible[i] = item;
    visible[j] = other;
    picked.push(deliver(world, item));
    item.hiddenUntil = now + switches.visibility * 1000;
    if (switches.duplicate > 0 && random() < switches.duplicate) {
      if (picked.length < limit && random() < 0.5) picked.push(deliver(world, item));
      else item.hiddenUntil = now;
    }
  }
  return picked;
}

function deliver(world: World, item: QueueItem): { item: QueueItem; handle: string } {
  const handle = makeHandle(world.newId());
  item.handle = handle;
  item.deliveries += 1;
  return { item, handle };
}
