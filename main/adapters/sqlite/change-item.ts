import type { Item } from '../../core/queue/item.ts';
import type { ItemId } from '../../../shared/model/ids.ts';
import type { WriteDb } from './connection.ts';
import { findItem } from './statements/item-read.ts';
import { forgetHandedRows } from './statements/handovers.ts';
import { insertEvent, updateState } from './statements/item-write.ts';
import type { NewState } from './statements/item-write.ts';
import { transition } from './transitions.ts';
import type { TransitionName } from './transitions.ts';

/** The item; a missing one is a bug of the caller. */
export function requireItem(db: WriteDb, id: ItemId): Item {
  const item = findItem(db, id);
  if (item === undefined) throw new Error(`there is no item ${String(id)}`);
  return item;
}

/** The one way an item changes its state: checks the transition, writes row and timeline, gives the item as it is now. */
export function changeItem(
  db: WriteDb,
  item: Item,
  name: TransitionName,
  change: Omit<NewState, 'state'> & { readonly event: string; readonly detail: string },
): Item {
  const { event, detail, ...columns } = change;
  const state = transition(item.id, item.state, name);
  updateState(db, item.id, { ...columns, state });
  insertEvent(db, item.id, event, detail, change.now);
  if (item.handed !== undefined && (state === 'settled' || state === 'discarded' || change.handed === null))
    forgetHandedRows(db, item.id);
  return requireItem(db, item.id);
}
