import { Button, Select, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowSyncRegular } from '@fluentui/react-icons/svg/arrow-sync';
import { HistoryRegular } from '@fluentui/react-icons/svg/history';
import type { RunView, SiteStatus } from '../../../shared/contract/status.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { AwaitedPage, AwaitedPart } from '../../components/awaited.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageFrame } from '../../components/page-frame.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { goTo } from '../../state/place.ts';
import { presented } from '../../state/presented.ts';
import { runningFirst, runsMark } from '../../state/run-order.ts';
import { RUN_SHAPES } from '../../state/run-words.ts';
import { useActions } from '../../state/use-actions.ts';
import { useRuns } from '../../state/use-runs.ts';
import { RunsTable } from './runs-table.tsx';

const useStyles = makeStyles({
  ground: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
    overflow: 'hidden',
  },
  padded: { padding: tokens.spacingHorizontalL },
  filter: { minWidth: '200px' },
  foot: {
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    color: tokens.colorNeutralForeground3,
  },
});

/** Every execution: when, what was carried, how it ended; and why it did not. */
export function RunsScreen({ link }: { readonly link: string | undefined }) {
  const seen = useSeen();
  const speaker = useSpeaker();
  const status = presented(seen);
  if (status === undefined || seen.link === 'refused')
    return <AwaitedPage title={speaker.text('nav.runs')} />;
  return (
    <Known status={status} link={link} live={seen.link === 'live' && status.agent.state === 'running'} />
  );
}

interface KnownProps {
  readonly status: SiteStatus;
  readonly link: string | undefined;
  readonly live: boolean;
}

function Known({ status, link, live }: KnownProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const heard = useSeen().link === 'live';
  const { links } = status;
  const { runs, more, asking, error, showMore, again } = useRuns(link, runsMark(links), heard);
  const shown = runs === undefined ? undefined : runningFirst(runs);
  const filters = links.length > 1 || (link !== undefined && links.every(({ id }) => id !== link));
  return (
    <PageFrame
      title={speaker.text('nav.runs')}
      sentence={
        heard ? (
          shown !== undefined && <Sentence runs={shown} speaker={speaker} />
        ) : (
          <StateBadge state="unknown">{speaker.text('page.lost', { at: status.at })}</StateBadge>
        )
      }
      action={
        filters && (
          <Select
            aria-label={speaker.text('runs.filter')}
            className={styles.filter}
            value={link ?? ''}
            onChange={(_, { value }) => goTo({ screen: 'runs', link: value === '' ? undefined : value })}
          >
            <option value="">{speaker.text('runs.allLinks')}</option>
            {[...new Set([...links.map(({ id }) => id), ...(link === undefined ? [] : [link])])].map((id) => (
              <option key={id} value={id}>
                {id}
              </option>
            ))}
          </Select>
        )
      }
    >
      {error !== undefined && shown === undefined ? (
        <div className={styles.foot} role="alert">
          {speaker.text('runs.failed', { message: error.refusal.message })}
          <Button onClick={again}>{speaker.text('runs.again')}</Button>
        </div>
      ) : (
        <div className={styles.ground}>
          {shown === undefined ? (
            <div className={styles.padded}>
              <AwaitedPart sizes={[32, 32, 32, 32]} live={heard} />
            </div>
          ) : shown.length === 0 ? (
            <NoRuns link={link} live={live} links={links.length} />
          ) : (
            <RunsTable runs={shown} links={links} />
          )}
        </div>
      )}
      {shown !== undefined && shown.length > 0 && (
        <div className={styles.foot}>
          {more ? (
            <>
              <Button disabledFocusable={asking || !heard} onClick={showMore}>
                {speaker.text('runs.more')}
              </Button>
              <span>{speaker.text('runs.shown', { count: shown.length })}</span>
            </>
          ) : (
            <span>{speaker.text('runs.all', { count: shown.length })}</span>
          )}
        </div>
      )}
    </PageFrame>
  );
}

function Sentence({ runs, speaker }: { readonly runs: readonly RunView[]; readonly speaker: Speaker }) {
  const going = runs.filter((run) => run.outcome === 'running').length;
  if (going > 0)
    return <StateBadge state="working">{speaker.text('runs.runningNow', { count: going })}</StateBadge>;
  const last = runs[0];
  if (last === undefined) return speaker.text('runs.none');
  return (
    <StateBadge state={RUN_SHAPES[last.outcome]}>
      {speaker.text('runs.lastEnded', {
        link: last.link,
        at: last.endedAt ?? last.startedAt,
        outcome: speaker.text(`run.${last.outcome}`),
      })}
    </StateBadge>
  );
}

function NoRuns({ link, live, links }: Pick<KnownProps, 'link' | 'live'> & { readonly links: number }) {
  const speaker = useSpeaker();
  const { sync } = useActions();
  return (
    <EmptyState
      icon={<HistoryRegular />}
      title={speaker.text('runs.emptyTitle')}
      action={
        links > 0 && (
          <Button
            appearance="primary"
            icon={<ArrowSyncRegular />}
            disabledFocusable={!live}
            onClick={() => sync(link)}
          >
            {speaker.text('runs.emptyAction')}
          </Button>
        )
      }
    >
      {speaker.text(link === undefined ? 'runs.emptyText' : 'runs.emptyLinkText')}
    </EmptyState>
  );
}
