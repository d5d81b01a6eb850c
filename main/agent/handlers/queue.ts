import type { Handlers } from '../../../shared/contract/contract.ts';
import type { queueRequests } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { itemId } from '../../../shared/model/ids.ts';
import type { Item } from '../../core/queue/item.ts';
import type { SiteAgent } from '../site-agent.ts';
import { itemView } from '../site-status.ts';
import { discardHandler } from './discard.ts';
import { editHandlers } from './edit.ts';
import { itemReading, noItem } from './reading.ts';

/** The items: looking, and what a person may do with one. */
export function queueHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof queueRequests> {
  const { store, runtime, links } = agent.parts;

  const wrongState = (item: Item, verb: string): ReturnType<typeof refuse> =>
    refuse('not-now', `item ${item.id} is ${item.state} and cannot be ${verb} now`);

  return {
    ...itemReading(
      agent.parts.reads,
      agent.signal,
      (id) => links.find(({ parts }) => parts.link === id)?.parts.mapping,
    ),

    queueRetry: async ({ item }) => {
      const found = store.get(itemId(item));
      if (found === undefined) return noItem(item);
      const retried = store.retry(found.id, runtime.wall());
      if (retried === undefined) return wrongState(found, 'retried');
      links.find((link) => link.parts.link === found.link)?.wake();
      agent.changed();
      return answer({ item: itemView(retried) });
    },

    queuePark: async ({ item, note }) => {
      const found = store.get(itemId(item));
      if (found === undefined) return noItem(item);
      const link = links.find((one) => one.parts.link === found.link);
      const parked = await link?.park(found, note, agent.signal);
      if (parked === undefined && store.get(found.id)?.handed !== undefined)
        return refuse('not-now', `item ${item} is handed over to the ERP, which may accept it at any moment`);
      if (parked === undefined) return wrongState(found, 'set aside');
      agent.changed();
      return answer({ item: itemView(parked) });
    },

    queueDiscard: discardHandler(agent),
    ...editHandlers(agent),
  };
}
