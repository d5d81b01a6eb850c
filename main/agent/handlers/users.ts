import type { Handlers } from '../../../shared/contract/contract.ts';
import { refuse } from '../../../shared/contract/reply.ts';
import type { userRequests } from '../../../shared/contract/user-requests.ts';
import type { SiteAgent } from '../site-agent.ts';
import { userReading } from './user-reading.ts';

const notYet = async (): Promise<ReturnType<typeof refuse>> =>
  refuse('unavailable', 'this version does not show mobile users');

/** Mobile users and what their phones get. */
export function userHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof userRequests> {
  const { reads, links } = agent.parts;
  return {
    ...userReading(reads, () => links.map((link) => link.parts.link), agent.signal),
    userPush: notYet,
    preview: notYet,
    previewBody: notYet,
  };
}
