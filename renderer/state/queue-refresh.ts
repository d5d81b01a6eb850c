import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { RequestName } from '../../shared/contract/contract.ts';
import type { SiteStatus } from '../../shared/contract/status.ts';
import { useSeen } from './contexts.ts';

/** Lists are asked for anew at most so often, however often something changes. */
const CALM_MS = 1_000;

/** Differs when the lists may: the counts and the times of the last changes, not the lights. */
export const queueMark = (status: SiteStatus | undefined): string =>
  JSON.stringify(
    status?.links.map(({ id, pendingIn, pendingOut, parked, unknown, settledToday, lastIn, lastOut }) => [
      id,
      pendingIn,
      pendingOut,
      parked,
      unknown,
      settledToday,
      lastIn,
      lastOut,
    ]) ?? null,
  );

/** How long to wait so that two refreshes are `CALM_MS` apart. */
export const calmWait = (now: number, last: number): number => Math.max(0, last + CALM_MS - now);

/** Has what is shown of the queue asked for anew when the status says that it changed. */
export const useQueueRefresh = (): void => useRefresh(queueMark, QUEUE);

const QUEUE = ['queueList', 'queueShow'] as const;

/** Has these requests asked anew when `markOf` the status differs, at most once in `CALM_MS`. */
export function useRefresh(
  markOf: (status: SiteStatus | undefined) => string,
  names: readonly RequestName[],
): void {
  const queries = useQueryClient();
  const { status, link } = useSeen();
  const mark = link === 'live' ? markOf(status) : 'silent';
  const last = useRef({ at: 0, mark });
  useEffect(() => {
    if (last.current.mark === mark || mark === 'silent') return;
    const timer = setTimeout(
      () => {
        last.current = { at: performance.now(), mark };
        // A request on its way is not begun again: under load it would never end.
        for (const name of names)
          void queries.invalidateQueries({ queryKey: [name] }, { cancelRefetch: false });
      },
      calmWait(performance.now(), last.current.at),
    );
    return () => clearTimeout(timer);
  }, [queries, mark, names]);
}
