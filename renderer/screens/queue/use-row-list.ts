import { useVirtualizer, type VirtualItem } from '@tanstack/react-virtual';
import { useCallback, useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { PagedRows } from '../../state/queue-pages.ts';
import { LongScroll, ROW_HEIGHT, revealing, rowsMoved } from '../../state/queue-scroll.ts';

/** Rows laid out beyond those seen, on each side. */
const OVERSCAN = 6;
/** A movement is over when nothing moved for so long. */
const STILL_MS = 150;

export interface RowList {
  readonly drawn: readonly VirtualItem[];
  /** Height of the element that is scrolled. */
  readonly height: number;
  /** What is added to a row's `start`. */
  readonly shift: number;
  /** First and last row seen. */
  readonly first: number;
  readonly last: number;
  /** How many rows are wholly seen. */
  readonly seen: number;
  readonly reveal: (index: number) => void;
  readonly toTop: () => void;
}

/**
 * The rows to be laid out of a list of any length. `active` is laid out wherever it is, because it holds the keyboard. What
 * the reader sees stays in place when rows before it come or go, unless he is at the top and `engaged` is false.
 */
export function useRowList(
  element: RefObject<HTMLDivElement | null>,
  rows: PagedRows<ItemView>,
  active: number,
  engaged: RefObject<boolean>,
  /** Height of what stands over the rows and does not scroll, in pixels. */
  head: number,
  /** Another list starts at its top. */
  listKey: string,
): RowList {
  const [long] = useState(() => new LongScroll());
  const { count } = rows;
  const [view, setView] = useState(0);
  long.resize(count * ROW_HEIGHT, view);

  const place = useCallback(
    (logical: number): void => {
      const physical = long.goTo(logical);
      const scrolled = element.current;
      if (scrolled === null) return;
      scrolled.scrollTop = physical;
      long.restAt(scrolled.scrollTop);
    },
    [element, long],
  );

  // Nothing here is memoized by what the virtualizer returns.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer<HTMLDivElement, HTMLDivElement>({
    count,
    getScrollElement: () => element.current,
    estimateSize: rowHeight,
    overscan: OVERSCAN,
    observeElementOffset: (instance, tell) => {
      const scrolled = instance.scrollElement;
      if (scrolled === null) return;
      let still: ReturnType<typeof setTimeout> | undefined;
      const onScroll = (): void => {
        tell(long.moved(scrolled.scrollTop), true);
        clearTimeout(still);
        still = setTimeout(() => {
          const physical = long.settled();
          if (Math.abs(scrolled.scrollTop - physical) > 1) scrolled.scrollTop = physical;
          long.restAt(scrolled.scrollTop);
          tell(long.logical, false);
        }, STILL_MS);
      };
      tell(long.logical, false);
      scrolled.addEventListener('scroll', onScroll, { passive: true });
      return () => {
        clearTimeout(still);
        scrolled.removeEventListener('scroll', onScroll);
      };
    },
    rangeExtractor: ({ startIndex, endIndex, overscan }) => {
      const from = Math.max(0, startIndex - overscan);
      const to = Math.min(count - 1, endIndex + overscan);
      const drawn = Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n);
      return active >= 0 && active < count && (active < from || active > to)
        ? [...drawn, active].toSorted((a, b) => a - b)
        : drawn;
    },
  });

  const height = Math.max(0, (virtualizer.scrollRect?.height ?? 0) - head);
  useEffect(() => setView(height), [height]);

  const first = Math.floor(long.logical / ROW_HEIGHT);
  const last = Math.min(count - 1, Math.ceil((long.logical + height) / ROW_HEIGHT) - 1);

  const before = useRef<readonly { readonly id: number; readonly index: number }[]>([]);
  const known = useRef({ rows, listKey });
  useLayoutEffect(() => {
    if (known.current.listKey !== listKey) {
      known.current = { rows, listKey };
      place(0);
    } else if (known.current.rows !== rows) {
      known.current = { rows, listKey };
      const moved = rowsMoved(before.current, (id) => rows.indexOf(id));
      if (moved !== 0 && (long.logical > 0 || engaged.current)) place(long.logical + moved * ROW_HEIGHT);
    }
    const top = Math.floor(long.logical / ROW_HEIGHT);
    const bottom = Math.ceil((long.logical + height) / ROW_HEIGHT);
    before.current = Array.from({ length: bottom - top }, (_, n) => top + n).flatMap((index) => {
      const item = rows.at(index);
      return item === undefined ? [] : [{ id: item.id, index }];
    });
  });

  const reveal = useCallback(
    (index: number): void => {
      const wanted = revealing(index, long.logical, (element.current?.clientHeight ?? 0) - head);
      if (wanted !== long.logical) place(wanted);
    },
    [element, long, place, head],
  );
  return {
    drawn: virtualizer.getVirtualItems(),
    height: long.height,
    shift: long.shift,
    first,
    last,
    seen: Math.max(1, Math.floor(height / ROW_HEIGHT)),
    reveal,
    toTop: useCallback(() => place(0), [place]),
  };
}

const rowHeight = (): number => ROW_HEIGHT;
