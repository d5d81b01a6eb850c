import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { RunView } from '../../shared/contract/status.ts';
import { useConnection } from './contexts.ts';
import { Refused } from './use-site-query.ts';

export const RUNS_PAGE = 50;

interface Runs {
  /** Undefined until the first answer. */
  readonly runs: readonly RunView[] | undefined;
  readonly more: boolean;
  readonly asking: boolean;
  readonly error: Refused | undefined;
  readonly showMore: () => void;
  readonly again: () => void;
}

/** The runs of a link or of all, page by page. When `mark` differs all pages shown are asked again and stay meanwhile. */
export function useRuns(link: string | undefined, mark: string, enabled: boolean): Runs {
  const connection = useConnection();
  const queries = useQueryClient();
  const query = useInfiniteQuery<
    readonly RunView[],
    Refused,
    readonly RunView[],
    unknown[],
    number | undefined
  >({
    queryKey: ['runsList', 'pages', link ?? ''],
    initialPageParam: undefined,
    queryFn: async ({ pageParam, signal }) => {
      const reply = await connection.call('runsList', { limit: RUNS_PAGE, link, before: pageParam }, signal);
      if (!reply.ok) throw new Refused(reply.error);
      return reply.value.runs;
    },
    getNextPageParam: (page) => (page.length < RUNS_PAGE ? undefined : page.at(-1)?.id),
    select: ({ pages }) => pages.flat(),
    enabled,
  });
  const asked = useRef(mark);
  useEffect(() => {
    if (!enabled || asked.current === mark) return;
    asked.current = mark;
    void queries.invalidateQueries({ queryKey: ['runsList', 'pages'] });
  }, [queries, mark, enabled]);
  return {
    runs: query.data,
    more: query.hasNextPage,
    asking: query.isFetchingNextPage,
    error: query.error ?? undefined,
    showMore: () => void query.fetchNextPage(),
    again: () => void query.refetch(),
  };
}
