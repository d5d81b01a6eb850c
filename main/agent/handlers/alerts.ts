import type { alertRequests } from '../../../shared/contract/alert-requests.ts';
import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import type { SiteAgent } from '../site-agent.ts';

/** Root causes people are told of. */
export function alertHandlers(_agent: SiteAgent): Pick<Handlers, keyof typeof alertRequests> {
  return {
    alertsList: async () => answer({ alerts: [] }),
    alertAcknowledge: async () => refuse('not-found', 'There is no such notification.'),
  };
}
