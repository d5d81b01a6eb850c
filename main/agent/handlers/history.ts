import type { Handlers } from '../../../shared/contract/contract.ts';
import { answer } from '../../../shared/contract/reply.ts';
import type { HistoryStep } from '../../core/queue/viewer-reads.ts';
import type { SiteAgent } from '../site-agent.ts';
import { linkOf, unread } from './reading.ts';

/** What the charts show. The step that runs has no sample yet: what is open now stands for its end. */
export const historyHandler =
  (agent: SiteAgent): Handlers['history'] =>
  async ({ span, link }) => {
    const { reads, runtime } = agent.parts;
    const found = await reads.history({ span, link: linkOf(link), now: runtime.wall() }, agent.signal);
    if (!found.ok) return unread(found.failure);
    const { from, stepMs, points, today } = found.value;
    const last = points.length - 1;
    return answer({
      from,
      stepMs,
      points: points.map((point, at) => (at === last ? { ...openNow(agent, link), ...point } : { ...point })),
      today: [...today],
    });
  };

function openNow(
  agent: SiteAgent,
  link: string | undefined,
): Required<Pick<HistoryStep, 'pendingIn' | 'pendingOut' | 'parked'>> {
  const { links, store, runtime } = agent.parts;
  const counts = links
    .map((one) => one.parts.link)
    .filter((one) => link === undefined || one === link)
    .map((one) => store.counts(one, runtime.wall()));
  const sum = (of: 'pendingIn' | 'pendingOut' | 'parked'): number =>
    counts.reduce((total, one) => total + one[of], 0);
  return { pendingIn: sum('pendingIn'), pendingOut: sum('pendingOut'), parked: sum('parked') };
}
