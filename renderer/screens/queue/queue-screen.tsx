import { Button } from '@fluentui/react-components';
import { ArrowExportUpRegular } from '@fluentui/react-icons/svg/arrow-export-up';
import { useCallback, useId, useRef, useState } from 'react';
import type { Place } from '../../../shared/contract/place.ts';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { AwaitedPage } from '../../components/awaited.tsx';
import { PageFrame } from '../../components/page-frame.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { openView, planOf, viewOf } from '../../state/queue-choice.ts';
import { statusCounts, useViewCounts } from '../../state/queue-counts.ts';
import { useQueueList, type RowRange } from '../../state/queue-list.ts';
import { useQueuePlace } from '../../state/queue-place.ts';
import { useQueueRefresh } from '../../state/queue-refresh.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import type { Seen } from '../../state/site-watch.ts';
import { FilterBar } from './filter-bar.tsx';
import { ItemDetail } from './item-detail.tsx';
import { ListPane } from './list-pane.tsx';
import { useScreenStyles, useSmall } from '../../components/list-and-detail.ts';
import { useListExport } from './use-export.ts';
import { ViewTabs } from './view-tabs.tsx';

type QueuePlace = Extract<Place, { screen: 'queue' }>;

/** What waits, what is stuck and why, and what became of the rest. */
export function QueueScreen({ place }: { readonly place: QueuePlace }) {
  const speaker = useSpeaker();
  const seen = useSeen();
  // Which list opens depends on whether somebody must act.
  if (seen.status === undefined) return <AwaitedPage title={speaker.text('queue.title')} />;
  return <Known place={place} seen={seen} status={seen.status} />;
}

const NOTHING_SEEN: RowRange = { first: 0, last: 0 };

function Known({
  place,
  seen,
  status,
}: {
  readonly place: QueuePlace;
  readonly seen: Seen;
  readonly status: SiteStatus;
}) {
  const styles = useScreenStyles();
  const speaker = useSpeaker();
  const panel = useId();
  const small = useSmall();
  const around = useRef<HTMLDivElement>(null);
  const live = seen.link === 'live';
  const zone = status.site.timeZone;

  const total = statusCounts(status, undefined)?.parked ?? 0;
  const { choice, item, go } = useQueuePlace(place, total);
  const counts = useViewCounts(status, choice.link, zone);
  const [range, setRange] = useState(NOTHING_SEEN);
  const list = useQueueList(choice, planOf(choice, speaker.view.now, zone), range);
  useQueueRefresh();
  const exporting = useListExport();
  const view = viewOf(choice);

  const onRange = useCallback(
    (next: RowRange) => setRange((old) => (old.first === next.first && old.last === next.last ? old : next)),
    [],
  );
  const toList = (): void => {
    around.current?.querySelector<HTMLElement>('[role="grid"]')?.focus();
  };
  const close = (): void => {
    go({ item: undefined });
    toList();
  };
  const index = item === undefined ? undefined : list.rows.indexOf(item);
  return (
    <PageFrame
      full
      title={speaker.text('queue.title')}
      sentence={sentence(seen, status, speaker)}
      action={
        <Button
          icon={<ArrowExportUpRegular />}
          disabled={!live || list.loading || list.rows.count === 0}
          disabledFocusable={exporting.running !== undefined}
          onClick={() => exporting.start(list.plan)}
        >
          {speaker.text('queue.export')}
        </Button>
      }
    >
      <div className={styles.choose}>
        <ViewTabs
          view={view}
          counts={counts}
          panel={panel}
          onView={(one) => go({ choice: openView(one, choice.link), item: undefined })}
        />
        <FilterBar
          choice={choice}
          links={status.links.map((link) => link.id)}
          onChoice={(next) => go({ choice: next })}
          onClear={() => go({ choice: openView(view ?? 'all', undefined) })}
        />
      </div>
      <div
        ref={around}
        className={styles.split}
        id={panel}
        role="tabpanel"
        aria-label={speaker.text('queue.list')}
      >
        <ListPane
          list={list}
          wanted={choice}
          open={item}
          compact={small || item !== undefined}
          withLink={status.links.length > 1}
          asOf={live ? undefined : status.at}
          exporting={exporting}
          onOpen={(next) => (next === undefined ? close() : go({ item: next }))}
          onOrder={(order) => go({ choice: { ...choice, order } })}
          onAll={() => go({ choice: openView('all', undefined) })}
          onRange={onRange}
        />
        {item !== undefined && (
          <ItemDetail
            id={item}
            known={index === undefined ? undefined : list.rows.at(index)}
            live={live}
            onClose={close}
            onGone={toList}
          />
        )}
      </div>
    </PageFrame>
  );
}

/** What stands in the queue, in one sentence; first what somebody must do. */
function sentence(seen: Seen, status: SiteStatus, speaker: Speaker): string {
  if (seen.link === 'starting') return speaker.text('queue.sentenceStarting');
  if (seen.link !== 'live') return speaker.text('queue.sentenceLost', { at: status.at });
  const counts = statusCounts(status, undefined);
  if (counts === undefined) return '';
  const waiting = counts.in + counts.out;
  if (counts.parked > 0) return speaker.text('queue.sentenceParked', { count: counts.parked });
  if (counts.unknown > 0) return speaker.text('queue.sentenceUnknown', { count: counts.unknown });
  return waiting > 0
    ? speaker.text('queue.sentenceWaiting', { count: waiting })
    : speaker.text('queue.sentenceNothing');
}
