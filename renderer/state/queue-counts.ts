import { useQuery } from '@tanstack/react-query';
import type { LinkStatus, SiteStatus } from '../../shared/contract/status.ts';
import { useConnection, useSpeaker } from './contexts.ts';
import { startOfDay, type SavedView } from './queue-choice.ts';
import { Refused, useSiteQuery } from './use-site-query.ts';

/** What was stored before today hardly changes; only the archive takes some of it. */
const OLD_COUNT_MS = 60_000;

/** The numbers of the views that the status counts: the same as on the status screen. */
export function statusCounts(
  status: SiteStatus | undefined,
  link: string | undefined,
): Readonly<Record<'parked' | 'in' | 'out' | 'unknown', number>> | undefined {
  const links = status?.links.filter((one) => link === undefined || one.id === link);
  if (links === undefined) return undefined;
  const sum = (of: (one: LinkStatus) => number): number => links.reduce((total, one) => total + of(one), 0);
  return {
    parked: sum((one) => one.parked),
    in: sum((one) => one.pendingIn.count),
    out: sum((one) => one.pendingOut.count),
    unknown: sum((one) => one.unknown),
  };
}

/** How many items each saved view holds; absent until it is known. */
export function useViewCounts(
  status: SiteStatus | undefined,
  link: string | undefined,
  zone: string,
): Readonly<Partial<Record<SavedView, number>>> {
  const connection = useConnection();
  const { view } = useSpeaker();
  const of = link === undefined ? {} : { link };
  const { data } = useSiteQuery('queueList', { ...of, limit: 1 });
  const midnight = startOfDay(view.now, zone);
  const old = useQuery({
    queryKey: ['queueBefore', link, midnight],
    queryFn: async ({ signal }) => {
      const reply = await connection.call('queueList', { ...of, before: midnight, limit: 1 }, signal);
      if (!reply.ok) throw new Refused(reply.error);
      return reply.value.total;
    },
    staleTime: OLD_COUNT_MS,
    refetchInterval: OLD_COUNT_MS,
  });
  return {
    ...statusCounts(status, link),
    ...(data === undefined ? {} : { all: data.total }),
    ...(data === undefined || old.data === undefined ? {} : { today: Math.max(0, data.total - old.data) }),
  };
}
