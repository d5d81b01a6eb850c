import type { alertRequests } from '../../../shared/contract/alert-requests.ts';
import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse, type Reply } from '../../../shared/contract/reply.ts';
import { StoreError } from '../../core/queue/store-error.ts';
import type { SiteAgent } from '../site-agent.ts';

/** Root causes people are told of. */
export function alertHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof alertRequests> {
  const { alerting } = agent.parts;
  return {
    alertsList: async (query) => whileStored(() => answer({ alerts: alerting.list(query) })),

    alertAcknowledge: async ({ alert: id }) =>
      whileStored(() => {
        const alert = alerting.acknowledge(id);
        return alert === undefined
          ? refuse('not-found', `No notification has the number ${String(id)}.`)
          : answer({ alert });
      }),
  };
}

/** A store that does not take it now is a refusal, not a fault. */
function whileStored<T>(act: () => Reply<T>): Reply<T> {
  try {
    return act();
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    return refuse(
      'unavailable',
      `The local store does not answer: ${error.message}`,
      'Try again in a moment.',
    );
  }
}
