import type { Item, ItemReason } from '../../queue/item.ts';
import { takeKey } from '../apply/take-key.ts';
import type { LinkParts } from '../link-parts.ts';

/**
 * A person sets an item aside. What may still land is voided first; undefined when the state does not allow parking now,
 * it is handed over, or the ERP cannot say (then nothing was changed). An item found applied is settled by its next turn instead.
 */
export async function parkItem(
  parts: LinkParts,
  item: Item,
  note: string,
  signal: AbortSignal,
): Promise<Item | undefined> {
  const { store, runtime, erp } = parts;
  const reason: ItemReason = { kind: 'person', note };
  // The ERP may accept it at any moment.
  if (item.handed !== undefined) return undefined;
  if (item.direction === 'out' || !store.mayHaveHappened(item.id))
    return store.park(item.id, reason, runtime.wall());
  if (item.state === 'working') return undefined;
  const ready = await erp.ready(signal);
  if (!ready.ok) return undefined;
  const key = await takeKey(parts, item, signal);
  if (key.kind !== 'taken') return undefined;
  return store.park(item.id, reason, runtime.wall(), Math.max(key.revision, item.revision + 1));
}
