import { useQueries, useQueryClient, type QueryClient, type UseQueryOptions } from '@tanstack/react-query';
import { useEffect, useMemo, useRef, useState } from 'react';
import type { ArgsIn, ResultOf } from '../../shared/contract/contract.ts';
import type { ItemView } from '../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../shared/contract/reply.ts';
import type { SiteConnection } from '../api/site-connection.ts';
import { useConnection } from './contexts.ts';
import { shapeOf, type Choice, type ListPlan } from './queue-choice.ts';
import { PAGE_ROWS, PagedRows, afterUse, pagesFor } from './queue-pages.ts';
import { Refused } from './use-site-query.ts';

type Page = ResultOf<'queueList'>;

/** Rows around the visible ones that are fetched with them: what a wheel reaches is there already. */
const MARGIN_ROWS = 40;
/** A scroll bar flung through a million rows passes hundreds of pages: only where it stays is fetched. */
const SETTLED_MS = 70;

/** The visible rows, by index. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

export interface QueueList {
  readonly rows: PagedRows<ItemView>;
  /** What is shown: the choice before, until the first rows of the new one are there. */
  readonly choice: Choice;
  readonly plan: ListPlan;
  /** Nothing can be shown yet. */
  readonly loading: boolean;
  /** Another choice is being looked for. */
  readonly pending: boolean;
  readonly refusal: Refusal | undefined;
}

interface Target {
  readonly choice: Choice;
  readonly plan: ListPlan;
  readonly key: string;
}

/** Pages of what a plan's request finds. As text, because a part of an object's key finds those that ask for more, too. */
const pagesKey = (target: Target): readonly unknown[] => [
  'queueList',
  'page',
  JSON.stringify(target.plan.args),
];
const pageKey = (target: Target, page: number): readonly unknown[] => [...pagesKey(target), page];
const leftOutKey = (target: Target): readonly unknown[] => ['queueList', 'leftOut', target.plan.leftOut];

const asking = (
  connection: SiteConnection,
  queryKey: readonly unknown[],
  args: ArgsIn<'queueList'>,
): UseQueryOptions<Page, Refused> => ({
  queryKey,
  queryFn: async ({ signal }) => {
    const reply = await connection.call('queueList', args, signal);
    if (!reply.ok) throw new Refused(reply.error);
    return reply.value;
  },
  // Asked again when something says that it changed, never because it came into view.
  staleTime: Number.POSITIVE_INFINITY,
});

/** The list of a choice, page by page as the rows come into view. `range` is what is seen of the list now. */
export function useQueueList(choice: Choice, plan: ListPlan, range: RowRange): QueueList {
  const connection = useConnection();
  const queries = useQueryClient();
  const key = JSON.stringify(plan);
  const wanted: Target = { choice, plan, key };
  const [shown, setShown] = useState(wanted);
  const moved = key !== shown.key;
  const settled = useSettled(range);

  // The same choice a minute later is swapped in when all that is seen of it is there; another choice starts at its top.
  const sameChoice = moved && JSON.stringify(choice) === JSON.stringify(shown.choice);
  const shownLeftOut = cached(queries, leftOutKey(shown))?.total ?? 0;
  const skip = shapeOf(shown.choice, 0, shownLeftOut).skip;
  const seenPages = pagesFor(
    Math.max(0, settled.first - MARGIN_ROWS),
    Math.max(0, settled.last) + MARGIN_ROWS,
    skip,
  ).filter((page) => page === 0 || isWithin(queries, shown, page));
  const parts: readonly Part[] = [
    ...partsOf(shown, seenPages),
    ...(moved ? partsOf(wanted, sameChoice ? seenPages : [0]) : []),
  ];
  const results = useQueries({
    queries: parts.map(({ queryKey, args }) => asking(connection, queryKey, args)),
  });
  const resultsOf = (target: Target): readonly (readonly [Part, (typeof results)[number]])[] =>
    parts.flatMap((part, n) => {
      const result = results[n];
      return part.target === target && result !== undefined ? [[part, result] as const] : [];
    });

  const arrived = moved && resultsOf(wanted).every(([, result]) => result.data !== undefined);
  if (arrived) setShown(wanted);

  const own = resultsOf(shown);
  const newest = newestPage(queries, shown);
  const leftOut = own.find(([part]) => part.page === undefined)?.[1].data?.total;
  const answered = newest !== undefined && (shown.plan.leftOut === undefined || leftOut !== undefined);
  const shape = shapeOf(shown.choice, newest?.total ?? 0, leftOut ?? 0);
  const livePages = pagesFor(range.first, range.last, shape.skip);
  const stamp = [
    shape.count,
    shape.skip,
    ...own.map(([part, result]) => `${String(part.page)}@${result.dataUpdatedAt}`),
    ...livePages,
    shown.key,
  ].join(' ');
  const rows = useMemo(() => {
    const pages = new Map<number, readonly ItemView[]>();
    for (const page of livePages) {
      const data = cached(queries, pageKey(shown, page));
      if (data !== undefined) pages.set(page, data.items);
    }
    for (const [part, result] of own)
      if (part.page !== undefined && result.data !== undefined) pages.set(part.page, result.data.items);
    return new PagedRows(pages, shape.skip, shape.count);
    // The stamp says when any of it differs.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [stamp]);

  useKept(queries, shown, seenPages);

  const refused = resultsOf(moved ? wanted : shown).find(([, result]) => result.error !== null)?.[1].error;
  return {
    rows,
    choice: shown.choice,
    plan: shown.plan,
    loading: !answered,
    pending: moved && !arrived,
    refusal: refused?.refusal,
  };
}

interface Part {
  readonly target: Target;
  /** Undefined: what is left out. */
  readonly page: number | undefined;
  readonly queryKey: readonly unknown[];
  readonly args: ArgsIn<'queueList'>;
}

const partsOf = (target: Target, pages: readonly number[]): readonly Part[] => {
  const { args, leftOut } = target.plan;
  return [
    ...(leftOut === undefined
      ? []
      : [{ target, page: undefined, queryKey: leftOutKey(target), args: { ...leftOut, limit: 1 } }]),
    ...(pages.length === 0 ? [0] : pages).map((page) => ({
      target,
      page,
      queryKey: pageKey(target, page),
      args: { ...args, limit: PAGE_ROWS, offset: page * PAGE_ROWS },
    })),
  ];
};

const cached = (queries: QueryClient, queryKey: readonly unknown[]): Page | undefined =>
  queries.getQueryData<Page>(queryKey);

/** The page that was answered last of all that are kept: its total is what holds now. */
const newestPage = (queries: QueryClient, target: Target): Page | undefined =>
  queries
    .getQueryCache()
    .findAll({ queryKey: pagesKey(target) })
    .toSorted((a, b) => b.state.dataUpdatedAt - a.state.dataUpdatedAt)
    .map(({ state }) => state.data as Page | undefined)
    .find((data) => data !== undefined);

/** Whether the page can hold rows, by what is known of the length. */
function isWithin(queries: QueryClient, target: Target, page: number): boolean {
  const newest = newestPage(queries, target);
  return newest === undefined || page * PAGE_ROWS < newest.total;
}

/** The range once it has stood still for a moment; at once when it moves by little. */
function useSettled(range: RowRange): RowRange {
  const [settled, setSettled] = useState(range);
  const { first, last } = range;
  useEffect(() => {
    const near = Math.abs(first - settled.first) < PAGE_ROWS;
    const timer = setTimeout(() => setSettled({ first, last }), near ? 0 : SETTLED_MS);
    return () => clearTimeout(timer);
  }, [first, last, settled.first]);
  return settled;
}

/** Forgets the pages that were not looked at for longest, and those of other lists. */
function useKept(queries: QueryClient, shown: Target, pages: readonly number[]): void {
  const kept = useRef<{ key: string; pages: readonly number[] }>({ key: shown.key, pages: [] });
  const used = pages.join(' ');
  useEffect(() => {
    if (kept.current.key !== shown.key) {
      kept.current = { key: shown.key, pages: [] };
      const args = JSON.stringify(shown.plan.args);
      queries.removeQueries({
        type: 'inactive',
        predicate: ({ queryKey }) =>
          queryKey[0] === 'queueList' && queryKey[1] === 'page' && queryKey[2] !== args,
      });
    }
    const after = afterUse(kept.current.pages, used === '' ? [] : used.split(' ').map(Number));
    kept.current = { key: shown.key, pages: after.kept };
    for (const page of after.dropped)
      queries.removeQueries({ queryKey: pageKey(shown, page), exact: true, type: 'inactive' });
  }, [queries, shown, used]);
}
