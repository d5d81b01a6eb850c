import type { Handlers } from '../../../shared/contract/contract.ts';
import type { queueRequests } from '../../../shared/contract/queue-requests.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import { itemId } from '../../../shared/model/ids.ts';
import type { SiteAgent } from '../site-agent.ts';
import { itemView } from '../site-status.ts';

type Discard = Handlers[keyof Pick<typeof queueRequests, 'queueDiscard'>];

/** Gives a parked item up for good: only with its packet id typed, and only after the proof that it is not in the ERP. */
export const discardHandler =
  (agent: SiteAgent): Discard =>
  async ({ item: number, confirm, note }) => {
    const { store, links } = agent.parts;
    const item = store.get(itemId(number));
    const link = links.find((one) => one.parts.link === item?.link);
    if (item === undefined) return refuse('not-found', `no item has the number ${number}`);
    if (link === undefined)
      return refuse('not-now', `the link ${item.link} of item ${number} is not running`);
    const notParked = (): ReturnType<typeof refuse> => {
      const now = store.get(item.id)?.state ?? item.state;
      return refuse('not-now', `item ${number} is ${now}: only a parked item can be discarded`);
    };
    if (item.state !== 'parked') return notParked();
    if (confirm !== item.externalId)
      return refuse(
        'bad-arguments',
        'Discarding needs the packet id of the item, typed exactly.',
        `confirm: ${item.externalId}`,
      );
    const end = await link.discard(item, note, agent.signal);
    agent.changed();
    switch (end.kind) {
      case 'discarded':
        return answer({ item: itemView(end.item) });
      case 'not-parked':
        return notParked();
      case 'in-the-erp':
        return refuse(
          'not-now',
          `The ERP has item ${number} already, so it is not discarded but settled as applied.`,
        );
      case 'handed-over':
        return refuse(
          'not-now',
          `The ERP has item ${number} and has not decided: it may still accept it, so it is not discarded.`,
        );
      case 'unproven':
        return refuse(
          'unavailable',
          `The ERP did not prove that item ${number} is not there (${end.failure.kind}). It stays parked.`,
          'discard it again when the ERP answers',
        );
    }
  };
