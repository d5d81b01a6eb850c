import type { Handlers } from '../../../shared/contract/contract.ts';
import { BODY_TEXT_BYTES, type queueRequests } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { itemId, linkId } from '../../../shared/model/ids.ts';
import type { Item } from '../../core/queue/item.ts';
import type { SiteAgent } from '../site-agent.ts';
import { itemView } from '../site-status.ts';
import { discardHandler } from './discard.ts';

/** The items: looking, and what a person may do with one. */
export function queueHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof queueRequests> {
  const { store, runtime, links, bodies } = agent.parts;

  const noItem = (item: number): ReturnType<typeof refuse> =>
    refuse(
      'not-found',
      `no item has the number ${item}`,
      'what was settled more than two days ago is in archive/',
    );
  const wrongState = (item: Item, verb: string): ReturnType<typeof refuse> =>
    refuse('not-now', `item ${item.id} is ${item.state} and cannot be ${verb} now`);

  return {
    queueList: async ({ limit, offset, link, ...filters }) => {
      const query = { ...filters, link: link === undefined ? undefined : linkId(link) };
      const items = store.list({ ...query, limit, offset });
      return answer({ items: items.map(itemView), total: store.count(query) });
    },

    queueShow: async ({ item }) => {
      const found = store.get(itemId(item));
      if (found === undefined) return noItem(item);
      const { hash, size } = found.body;
      const text = await beginning(bodies.open(found.body));
      return answer({
        item: itemView(found),
        timeline: [...store.timeline(found.id)],
        outcome: found.outcome,
        body: { size, hash, text, truncated: size > BODY_TEXT_BYTES },
      });
    },

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
      if (parked === undefined) return wrongState(found, 'set aside');
      agent.changed();
      return answer({ item: itemView(parked) });
    },

    queueBody: async () => refuse('unavailable', 'Saving a body is not there yet.'),

    queueDiscard: discardHandler(agent),
  };
}

/** The first part of a body as text; undefined when it is gone or no UTF-8. */
async function beginning(chunks: AsyncIterable<Uint8Array>): Promise<string | undefined> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let text = '';
  let bytes = 0;
  try {
    for await (const chunk of chunks) {
      const room = BODY_TEXT_BYTES - bytes;
      bytes += Math.min(room, chunk.length);
      text += decoder.decode(chunk.subarray(0, room), { stream: true });
      if (bytes >= BODY_TEXT_BYTES) break;
    }
    return text;
  } catch {
    return undefined;
  }
}
