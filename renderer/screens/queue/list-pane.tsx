import {
  Button,
  Menu,
  MenuButton,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  ProgressBar,
  Spinner,
} from '@fluentui/react-components';
import { MailInboxRegular } from '@fluentui/react-icons/svg/mail-inbox';
import { EmptyState } from '../../components/empty-state.tsx';
import { Placeholders, usePatienceOver } from '../../components/awaited.tsx';
import { Moment } from '../../components/moment.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { isNarrowed, viewOf, type Choice } from '../../state/queue-choice.ts';
import type { QueueList, RowRange } from '../../state/queue-list.ts';
import { ItemList } from './item-list.tsx';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { useScreenStyles } from '../../components/list-and-detail.ts';
import type { ListExport } from './use-export.ts';

interface ListPaneProps {
  readonly list: QueueList;
  /** What was chosen last: the list may still show the choice before. */
  readonly wanted: Choice;
  readonly open: number | undefined;
  readonly compact: boolean;
  readonly withLink: boolean;
  /** Since when nothing was heard; undefined while all is live. */
  readonly asOf: number | undefined;
  readonly exporting: ListExport;
  readonly onOpen: (item: number | undefined) => void;
  readonly onOrder: (order: Choice['order']) => void;
  readonly onAll: () => void;
  readonly onRange: (range: RowRange) => void;
}

/** How many there are, in which order; below them the items, or why there are none. */
export function ListPane(props: ListPaneProps) {
  const { list, wanted, asOf, exporting, onOrder } = props;
  const styles = useScreenStyles();
  const speaker = useSpeaker();
  const { running } = exporting;
  return (
    <div className={styles.pane}>
      <div className={styles.bar}>
        <span className={styles.count} role="status">
          {list.loading
            ? speaker.text('queue.counting')
            : speaker.text('queue.count', { count: list.rows.count })}
        </span>
        {asOf !== undefined && (
          <span className={styles.quiet}>
            <Moment at={asOf}>{speaker.text('queue.asOf', { at: asOf })}</Moment>
          </span>
        )}
        <span className={styles.end}>
          <OrderMenu order={wanted.order} onOrder={onOrder} />
        </span>
        {running !== undefined && (
          <div className={styles.exporting}>
            <ProgressBar
              className={styles.grow}
              {...(running.total === 0 ? {} : { value: running.done / running.total })}
              aria-label={speaker.text('queue.export.running', running)}
            />
            <span className={styles.quiet}>{speaker.text('queue.export.running', running)}</span>
            <Button size="small" onClick={exporting.stop}>
              {speaker.text('queue.export.stop')}
            </Button>
          </div>
        )}
      </div>
      {list.pending && <Patience />}
      <Rows {...props} />
    </div>
  );
}

/** Says what is waited for once that takes longer than a moment. */
function Patience() {
  const styles = useScreenStyles();
  const speaker = useSpeaker();
  return usePatienceOver() ? (
    <ProgressBar className={styles.progress} aria-label={speaker.text('queue.slow')} />
  ) : undefined;
}

function Rows({ list, open, compact, withLink, onOpen, onAll, onRange }: ListPaneProps) {
  const speaker = useSpeaker();
  if (list.refusal !== undefined && list.loading)
    return (
      <EmptyState icon={<MailInboxRegular />} title={speaker.text('queue.failed')}>
        <RefusalBar refusal={list.refusal} />
      </EmptyState>
    );
  if (list.loading) return <Waiting />;
  if (list.rows.count === 0) return <Empty choice={list.choice} onAll={onAll} />;
  const { order: _order, ...args } = list.plan.args;
  const { before: _before, ...same } = args;
  return (
    <ItemList
      rows={list.rows}
      open={open}
      compact={compact}
      withLink={withLink}
      newestFirst={list.choice.order === 'newest'}
      listKey={JSON.stringify([same, list.choice.order, list.choice.age, list.choice.today])}
      onOpen={onOpen}
      onRange={onRange}
    />
  );
}

function Waiting() {
  const speaker = useSpeaker();
  const over = usePatienceOver();
  return (
    <div style={{ padding: '16px' }}>
      {over ? (
        <Spinner size="small" label={speaker.text('queue.slow')} />
      ) : (
        <Placeholders sizes={[32, 32, 32, 32]} />
      )}
    </div>
  );
}

/** Says what will appear here. */
function Empty({ choice, onAll }: { readonly choice: Choice; readonly onAll: () => void }) {
  const speaker = useSpeaker();
  // A link has empty lists too.
  const name = isNarrowed({ ...choice, link: undefined }) ? 'filtered' : (viewOf(choice) ?? 'filtered');
  return (
    <EmptyState
      icon={<MailInboxRegular />}
      title={speaker.text(`queue.empty.${name}`)}
      action={name !== 'all' && <Button onClick={onAll}>{speaker.text('queue.showAll')}</Button>}
    >
      {speaker.text(`queue.empty.${name}.more`)}
    </EmptyState>
  );
}

function OrderMenu({
  order,
  onOrder,
}: {
  readonly order: Choice['order'];
  readonly onOrder: (order: Choice['order']) => void;
}) {
  const speaker = useSpeaker();
  return (
    <Menu
      checkedValues={{ order: [order] }}
      onCheckedValueChange={(_event, { checkedItems }) =>
        onOrder(checkedItems[0] === 'oldest' ? 'oldest' : 'newest')
      }
    >
      <MenuTrigger disableButtonEnhancement>
        <MenuButton appearance="subtle" size="small">
          {speaker.text(`queue.order.${order}`)}
        </MenuButton>
      </MenuTrigger>
      <MenuPopover>
        <MenuList aria-label={speaker.text('queue.order')}>
          {(['newest', 'oldest'] as const).map((one) => (
            <MenuItemRadio key={one} name="order" value={one}>
              {speaker.text(`queue.order.${one}`)}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
