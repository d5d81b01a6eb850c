import { Button, Link, makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import { AlertRegular } from '@fluentui/react-icons/svg/alert';
import type { Alert } from '../../../shared/contract/alert.ts';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { AwaitedPage, AwaitedPart } from '../../components/awaited.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageFrame } from '../../components/page-frame.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { alertsMark, byNeed } from '../../state/alert-order.ts';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { AlertCard } from './alert-card.tsx';

const useStyles = makeStyles({
  part: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalS },
  title: { ...typographyStyles.body1Strong, margin: 0, color: tokens.colorNeutralForeground2 },
  list: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalS,
    listStyleType: 'none',
    margin: 0,
    padding: 0,
  },
  empty: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
  },
  how: { alignSelf: 'flex-start' },
  quiet: { margin: 0, color: tokens.colorNeutralForeground3 },
});

/** What people were told of, by root cause: what lasts first, then what is over. */
export function NotificationsScreen({ alert }: { readonly alert: number | undefined }) {
  const { status, link } = useSeen();
  const speaker = useSpeaker();
  if (status === undefined || link === 'refused')
    return <AwaitedPage title={speaker.text('nav.notifications')} />;
  return <Known status={status} heard={link === 'live'} chosen={alert} />;
}

interface KnownProps {
  readonly status: SiteStatus;
  readonly heard: boolean;
  readonly chosen: number | undefined;
}

function Known({ status, heard, chosen }: KnownProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { data, error, refetch } = useSiteQuery(
    'alertsList',
    { ended: true },
    { mark: alertsMark(status.alerts), enabled: heard },
  );
  const live = heard && status.agent.state === 'running';
  const { active, ended } = byNeed(data?.alerts ?? [], status.alerts);
  const known = data !== undefined || active.length > 0;
  return (
    <PageFrame
      title={speaker.text('nav.notifications')}
      sentence={
        heard ? (
          known && <Sentence active={active} />
        ) : (
          <StateBadge state="unknown">{speaker.text('page.lost', { at: status.at })}</StateBadge>
        )
      }
    >
      {error !== null && (
        <p className={styles.quiet} role="alert">
          {speaker.text('notes.failed', { message: error.refusal.message })}{' '}
          <Button size="small" onClick={() => void refetch()}>
            {speaker.text('runs.again')}
          </Button>
        </p>
      )}
      {!known && error === null && <AwaitedPart sizes={[96, 96]} live={heard} />}
      <Part title={speaker.text('notes.activeTitle')} alerts={active} live={live} chosen={chosen} />
      <Part title={speaker.text('notes.endedTitle')} alerts={ended} live={live} chosen={chosen} />
      {data !== undefined && active.length + ended.length === 0 && (
        <div className={styles.empty}>
          <EmptyState icon={<AlertRegular />} title={speaker.text('notes.emptyTitle')}>
            {speaker.text('notes.emptyText')}
          </EmptyState>
        </div>
      )}
      <Link className={styles.how} href={hashOf({ screen: 'settings', section: 'alerts' })}>
        {speaker.text('notes.how')}
      </Link>
    </PageFrame>
  );
}

function Sentence({ active }: { readonly active: readonly Alert[] }) {
  const speaker = useSpeaker();
  // No shape: what is not told of yet may need somebody all the same.
  if (active.length === 0) return speaker.text('notes.none');
  const open = active.filter((alert) => alert.acknowledgedAt === undefined).length;
  return (
    <StateBadge state={open > 0 ? 'attention' : 'waiting'}>
      {speaker.text('notes.active', { count: active.length })}{' '}
      {open > 0 && open < active.length && speaker.text('notes.toAcknowledge', { count: open })}
    </StateBadge>
  );
}

function Part({
  title,
  alerts,
  live,
  chosen,
}: Pick<KnownProps, 'chosen'> & {
  readonly title: string;
  readonly alerts: readonly Alert[];
  readonly live: boolean;
}) {
  const styles = useStyles();
  if (alerts.length === 0) return undefined;
  return (
    <section className={styles.part} aria-label={title}>
      <h2 className={styles.title}>{title}</h2>
      <ul className={styles.list}>
        {alerts.map((alert) => (
          <li key={alert.id}>
            <AlertCard alert={alert} live={live} chosen={alert.id === chosen} />
          </li>
        ))}
      </ul>
    </section>
  );
}
