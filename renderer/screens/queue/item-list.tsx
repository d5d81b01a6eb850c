import { Button, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { ArrowUpRegular } from '@fluentui/react-icons/svg/arrow-up';
import { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { useSpeaker } from '../../state/contexts.ts';
import type { RowRange } from '../../state/queue-list.ts';
import type { PagedRows } from '../../state/queue-pages.ts';
import { HeadRow, ItemRow } from './item-row.tsx';
import { HEAD_HEIGHT } from './row-styles.ts';
import { useRowList } from './use-row-list.ts';

const useStyles = makeStyles({
  around: { position: 'relative', flexGrow: 1, minHeight: 0, display: 'flex' },
  grid: {
    flexGrow: 1,
    minHeight: 0,
    minWidth: 0,
    overflowY: 'auto',
    overflowX: 'hidden',
    // Where rows stay is decided here.
    overflowAnchor: 'none',
    position: 'relative',
    outlineStyle: 'none',
    ':focus-visible [data-active="true"]': {
      outline: `2px solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: '-3px',
      borderRadius: tokens.borderRadiusMedium,
    },
  },
  rows: { position: 'relative', width: '100%' },
  newer: {
    position: 'absolute',
    top: '8px',
    left: '50%',
    transform: 'translateX(-50%)',
    boxShadow: tokens.shadow8,
    zIndex: 2,
  },
  newerBelowHead: { top: `${HEAD_HEIGHT + 8}px` },
});

interface ItemListProps {
  readonly rows: PagedRows<ItemView>;
  /** The item beside the list. */
  readonly open: number | undefined;
  /** Two lines a row, for little room. */
  readonly compact: boolean;
  readonly withLink: boolean;
  /** The newest stand at the top: then something new can come in above. */
  readonly newestFirst: boolean;
  /** Another list starts at its top. */
  readonly listKey: string;
  readonly onOpen: (item: number | undefined) => void;
  readonly onRange: (range: RowRange) => void;
}

interface Active {
  readonly index: number;
  readonly id: number | undefined;
}

/** As many rows as are seen, of a list of any length. Arrows, Home, End and pages move; Enter opens, Escape closes. */
export function ItemList({
  rows,
  open,
  compact,
  withLink,
  newestFirst,
  listKey,
  onOpen,
  onRange,
}: ItemListProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const prefix = useId();
  const element = useRef<HTMLDivElement>(null);
  const engaged = useRef(false);
  const [active, setActive] = useState<Active>({ index: 0, id: undefined });
  const [newest, setNewest] = useState<number>();
  const here = where(active, rows);
  const list = useRowList(element, rows, here, engaged, compact ? 0 : HEAD_HEIGHT, listKey);

  const { toTop, first, last } = list;
  useEffect(() => onRange({ first, last }), [onRange, first, last]);
  const [begun, setBegun] = useState(listKey);
  if (begun !== listKey) {
    setBegun(listKey);
    setActive({ index: 0, id: undefined });
    setNewest(undefined);
  }

  // What was the newest when the reader was last at the top: anything above it has come since.
  const top = rows.at(0)?.id;
  if (first === 0 && top !== undefined && newest !== top) setNewest(top);
  const above = newestFirst && first > 0 && newest !== undefined && top !== undefined && top > newest;

  const go = (index: number): void => {
    const to = Math.max(0, Math.min(rows.count - 1, index));
    const item = rows.at(to);
    setActive({ index: to, id: item?.id });
    list.reveal(to);
    // Beside the list stands what the keyboard is at.
    if (open !== undefined && item !== undefined) onOpen(item.id);
  };
  const openAt = (index: number): void => {
    const item = rows.at(index);
    if (item === undefined) return;
    setActive({ index, id: item.id });
    onOpen(item.id);
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const move = MOVES[event.key];
    if (move !== undefined) go(move(here, list.seen, rows.count));
    else if (event.key === 'Enter' || event.key === ' ') openAt(here);
    else if (event.key === 'Escape' && open !== undefined) onOpen(undefined);
    else return;
    event.preventDefault();
  };

  return (
    <div
      className={styles.around}
      onPointerEnter={() => (engaged.current = true)}
      onPointerLeave={() => (engaged.current = element.current === document.activeElement)}
    >
      <div
        ref={element}
        role="grid"
        tabIndex={0}
        className={styles.grid}
        aria-label={speaker.text('queue.list')}
        aria-rowcount={rows.count + 1}
        aria-activedescendant={here < rows.count ? `${prefix}${here}` : undefined}
        onKeyDown={onKeyDown}
        onFocus={() => (engaged.current = true)}
        onBlur={() => (engaged.current = false)}
      >
        <HeadRow compact={compact} withLink={withLink} />
        <div role="rowgroup" className={styles.rows} style={{ height: `${list.height}px` }}>
          {list.drawn.map(({ index, start }) => {
            const item = rows.at(index);
            return (
              <ItemRow
                key={index}
                id={`${prefix}${index}`}
                item={item}
                index={index}
                top={start + list.shift}
                active={index === here}
                open={item !== undefined && item.id === open}
                compact={compact}
                withLink={withLink}
                onOpen={openAt}
              />
            );
          })}
        </div>
      </div>
      {above && (
        <Button
          className={mergeClasses(styles.newer, !compact && styles.newerBelowHead)}
          shape="circular"
          size="small"
          icon={<ArrowUpRegular />}
          onClick={() => {
            go(0);
            toTop();
          }}
        >
          {speaker.text('queue.newAbove')}
        </Button>
      )}
    </div>
  );
}

/** Where the keyboard is: by its item as long as that is known, else by its place. */
function where({ index, id }: Active, rows: PagedRows<ItemView>): number {
  const found = id === undefined ? undefined : rows.indexOf(id);
  return Math.max(0, Math.min(found ?? index, rows.count - 1));
}

const MOVES: Readonly<Record<string, (here: number, page: number, count: number) => number>> = {
  ArrowDown: (here) => here + 1,
  ArrowUp: (here) => here - 1,
  PageDown: (here, page) => here + page,
  PageUp: (here, page) => here - page,
  Home: () => 0,
  End: (_here, _page, count) => count - 1,
};
