import { Tab, TabList, makeStyles, tokens } from '@fluentui/react-components';
import { useId, useState } from 'react';
import type { ResultOf } from '../../../shared/contract/contract.ts';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { DetailPane, DetailPart } from '../../components/detail-pane.tsx';
import { Moment } from '../../components/moment.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { STATE_SHAPE } from '../../state/queue-words.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { DocumentTab } from './document-tab.tsx';
import { ItemActionBar } from './item-actions.tsx';
import { ItemCause } from './item-cause.tsx';
import { ItemTimeline } from './item-timeline.tsx';
import { Difference, Edits, Unknown } from './packet-notes.tsx';
import { RawTab } from './raw-tab.tsx';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { TechnicalTab } from './technical-tab.tsx';

const useStyles = makeStyles({
  fact: { unicodeBidi: 'isolate', overflowWrap: 'anywhere' },
  tabs: { marginInlineStart: `calc(-1 * ${tokens.spacingHorizontalM})`, flexShrink: 0 },
  quiet: { color: tokens.colorNeutralForeground2, margin: 0 },
});

type Shown = ResultOf<'queueShow'>;
const TABS = ['document', 'raw', 'technical'] as const;
type TabName = (typeof TABS)[number];

interface DetailProps {
  readonly id: number;
  /** As the list has it, until the item itself is there. */
  readonly known: ItemView | undefined;
  readonly live: boolean;
  readonly onClose: () => void;
  /** What had the focus is gone: back to the list with it. */
  readonly onGone: () => void;
}

/** One item: what it is, why it is where it is, who does what, and everything in it. */
export function ItemDetail({ id, known, live, onClose, onGone }: DetailProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { data, error } = useSiteQuery('queueShow', { item: id });
  const shown = data?.item.id === id ? data : undefined;
  const item = shown?.item ?? known;
  const title = item === undefined ? '' : speaker.title(item);
  return (
    <DetailPane
      id={id}
      title={title}
      label={speaker.text('queue.detailOf', { label: title })}
      contents={speaker.text('queue.tabs')}
      onClose={onClose}
      facts={
        item !== undefined && (
          <>
            <StateBadge state={STATE_SHAPE[item.state]}>{speaker.text(`itemState.${item.state}`)}</StateBadge>
            <span className={styles.fact}>{item.user}</span>
            <span>{speaker.text(`queue.direction.${item.direction}`)}</span>
            <Moment at={item.createdAt}>{speaker.ago(item.createdAt)}</Moment>
          </>
        )
      }
    >
      {item !== undefined && (
        <>
          <ItemCause item={item} outcome={shown?.outcome} />
          <ItemActionBar key={id} item={item} live={live} onGone={onGone} />
        </>
      )}
      {shown !== undefined && <Contents key={id} shown={shown} live={live} />}
      {shown === undefined && error === null && (
        <p className={styles.quiet} role="status">
          {speaker.text('queue.loadingDetail')}
        </p>
      )}
      {shown === undefined &&
        error !== null &&
        (error.refusal.code === 'not-found' ? (
          <p className={styles.quiet}>
            {speaker.text('queue.gone')} {speaker.text('queue.goneMore')}
          </p>
        ) : (
          <RefusalBar refusal={error.refusal} />
        ))}
    </DetailPane>
  );
}

const IN_COURSE: readonly ItemView['state'][] = ['ready', 'waiting', 'unknown'];

function Contents({ shown, live }: { readonly shown: Shown; readonly live: boolean }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const prefix = useId();
  const [tab, setTab] = useState<TabName>('document');
  const { item, body, timeline } = shown;
  const nextAt = IN_COURSE.includes(item.state) && item.dueAt > speaker.view.now ? item.dueAt : undefined;
  return (
    <>
      {timeline.length > 0 && (
        <DetailPart title={speaker.text('queue.steps')}>
          <ItemTimeline timeline={timeline} nextAt={nextAt} />
        </DetailPart>
      )}
      {shown.difference !== undefined && <Difference difference={shown.difference} />}
      {shown.unknown !== undefined && shown.unknown.length > 0 && <Unknown unknown={shown.unknown} />}
      {shown.edits !== undefined && shown.edits.length > 0 && (
        <Edits item={item} edits={shown.edits} live={live} />
      )}
      <TabList
        className={styles.tabs}
        size="small"
        selectedValue={tab}
        onTabSelect={(_event, data) => setTab(TABS.find((one) => one === data.value) ?? 'document')}
        aria-label={speaker.text('queue.tabs')}
      >
        {TABS.map((one) => (
          <Tab key={one} value={one} id={`${prefix}${one}`} aria-controls={`${prefix}panel`}>
            {speaker.text(`queue.tab.${one}`)}
          </Tab>
        ))}
      </TabList>
      <div role="tabpanel" id={`${prefix}panel`} aria-labelledby={`${prefix}${tab}`}>
        {tab === 'document' &&
          (body.text === undefined ? (
            <p className={styles.quiet}>{speaker.text('queue.body.gone')}</p>
          ) : (
            <DocumentTab text={body.text} />
          ))}
        {tab === 'raw' && <RawTab item={item} body={body} live={live} />}
        {tab === 'technical' && <TechnicalTab shown={shown} />}
      </div>
    </>
  );
}
