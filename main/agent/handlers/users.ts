import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer, refuse } from '../../../shared/contract/reply.ts';
import type { userRequests } from '../../../shared/contract/user-requests.ts';
import type { PacketLink } from '../../core/packets/packet-link.ts';
import type { SiteAgent } from '../site-agent.ts';
import { previewHandlers } from './preview.ts';
import { userReading } from './user-reading.ts';

/** Mobile users and what their phones get. */
export function userHandlers(agent: SiteAgent): Pick<Handlers, keyof typeof userRequests> {
  const { reads, links } = agent.parts;
  const linkNamed = (name: string): PacketLink | ReturnType<typeof refuse> =>
    links.find((link) => link.parts.link === name) ??
    refuse(
      'not-found',
      `no link is called "${name}"`,
      `links: ${links.map((link) => link.parts.link).join(', ')}`,
    );
  return {
    ...userReading(reads, () => links.map((link) => link.parts.link), agent.signal),
    ...previewHandlers(agent, linkNamed),

    userPush: async ({ link: name, user }) => {
      const link = linkNamed(name);
      if ('ok' in link) return link;
      const { answer: what, done } = link.pushUser(user, agent.signal);
      done.catch(() => agent.stop());
      return answer({ link: name, user, ...what });
    },
  };
}
