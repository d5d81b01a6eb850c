import { makeHandle } from './receipt-handle.ts';
import type { QueueItem, World } from './state.ts';

/** Oldest first; the same entries with the same handles until they are reported done. */
export function pickSticky(world: World, queue: readonly QueueItem[], limit: number): QueueItem[] {
  const picked = queue.slice(0, limit);
  for (const item of picked) {
    item.deliveries += 1;
    item.handle ??= makeHandle(world.newId());
  }
  return picked;
}
