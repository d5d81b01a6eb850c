import { mergeClasses } from '@fluentui/react-components';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { Moment } from '../../components/moment.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { STATE_SHAPE, reasonOf } from '../../state/queue-words.ts';
import { useRowStyles } from './row-styles.ts';

interface RowProps {
  readonly id: string;
  /** Undefined while its page is on the way. */
  readonly item: ItemView | undefined;
  readonly index: number;
  /** Pixels from the top of what is scrolled. */
  readonly top: number;
  readonly active: boolean;
  readonly open: boolean;
  readonly compact: boolean;
  readonly withLink: boolean;
  readonly onOpen: (index: number) => void;
}

/** One item in the list: state, document, whose, since when, why. */
export function ItemRow({ id, item, index, top, active, open, compact, withLink, onOpen }: RowProps) {
  const styles = useRowStyles();
  const speaker = useSpeaker();
  const row = mergeClasses(
    styles.row,
    withLink && styles.withLink,
    compact && styles.compact,
    styles.item,
    open && styles.open,
  );
  const common = {
    id,
    role: 'row',
    className: row,
    style: { transform: `translateY(${top}px)` },
    // The row of names is the first.
    'aria-rowindex': index + 2,
    'aria-selected': open,
    'data-active': active,
  } as const;
  if (item === undefined)
    return (
      <div {...common} aria-busy="true">
        <div
          role="gridcell"
          className={compact ? styles.shape : styles.state}
          aria-label={speaker.text('queue.loadingRow')}
        >
          {!compact && <div className={styles.bar} />}
        </div>
        <div role="gridcell" className={styles.document}>
          <div className={styles.bar} />
        </div>
        <div role="gridcell" className={styles.reason}>
          <div className={styles.bar} />
        </div>
      </div>
    );
  const small = compact && styles.right;
  return (
    // Keys are the grid's: it holds the focus and names its active row.
    <div {...common} data-item={item.id} onClick={() => onOpen(index)}>
      <div role="gridcell" className={compact ? styles.apart : styles.state}>
        <span className={mergeClasses(compact && styles.shape)}>
          <StateShape state={STATE_SHAPE[item.state]} />
        </span>
        <span className={mergeClasses(styles.cell, compact && styles.word)}>
          {speaker.text(`itemState.${item.state}`)}
        </span>
      </div>
      <div role="gridcell" className={mergeClasses(styles.cell, styles.document)}>
        {speaker.title(item)}
      </div>
      <div role="gridcell" className={mergeClasses(styles.cell, styles.user, small)}>
        {item.user}
      </div>
      <div role="gridcell" className={mergeClasses(styles.cell, styles.since, small)}>
        <Moment at={item.createdAt}>{speaker.ago(item.createdAt)}</Moment>
      </div>
      <div role="gridcell" className={mergeClasses(styles.cell, styles.reason, compact && styles.oneLine)}>
        {reasonOf(item, speaker)}
      </div>
      {withLink && !compact && (
        <div role="gridcell" className={mergeClasses(styles.cell, styles.link)}>
          {item.link}
        </div>
      )}
    </div>
  );
}

/** The names of the columns. */
export function HeadRow({ compact, withLink }: { readonly compact: boolean; readonly withLink: boolean }) {
  const styles = useRowStyles();
  const speaker = useSpeaker();
  const columns = [
    'state',
    'document',
    'user',
    'since',
    'reason',
    ...(withLink ? (['link'] as const) : []),
  ] as const;
  return (
    <div
      role="row"
      aria-rowindex={1}
      className={compact ? styles.unseen : mergeClasses(styles.row, withLink && styles.withLink, styles.head)}
    >
      {columns.map((column) => (
        <div key={column} role="columnheader" className={styles.cell}>
          {speaker.text(`queue.column.${column}`)}
        </div>
      ))}
    </div>
  );
}
