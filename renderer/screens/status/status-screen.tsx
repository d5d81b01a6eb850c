import { Button, makeStyles, tokens } from '@fluentui/react-components';
import { ArrowSyncRegular } from '@fluentui/react-icons/svg/arrow-sync';
import { PlugDisconnectedRegular } from '@fluentui/react-icons/svg/plug-disconnected';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { AwaitedPage } from '../../components/awaited.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { PageFrame } from '../../components/page-frame.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { goTo } from '../../state/place.ts';
import { presented } from '../../state/presented.ts';
import { useActions } from '../../state/use-actions.ts';
import { Activity } from './activity.tsx';
import { LinkCard } from './link-card.tsx';
import { Notices } from './notices.tsx';
import { SiteLine } from './site-line.tsx';

const useStyles = makeStyles({
  empty: {
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusXLarge,
  },
});

/** Is everything carried over; if not, what is stuck, since when, who must do what. */
export function StatusScreen() {
  const seen = useSeen();
  const speaker = useSpeaker();
  const status = presented(seen);
  if (status === undefined || seen.link === 'refused')
    return <AwaitedPage title={speaker.text('page.title')} />;
  return <Known status={status} live={seen.link === 'live' && status.agent.state === 'running'} />;
}

function Known({ status, live }: { readonly status: SiteStatus; readonly live: boolean }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { sync } = useActions();
  const { links } = status;
  return (
    <PageFrame
      title={status.site.name}
      sentence={<SiteLine status={status} />}
      action={
        links.length > 0 && (
          <Button
            appearance="primary"
            icon={<ArrowSyncRegular />}
            disabledFocusable={!live}
            onClick={() => sync()}
          >
            {speaker.text('page.syncNow')}
          </Button>
        )
      }
    >
      <Notices notices={status.notices} />
      {links.map((link) => (
        <LinkCard key={link.id} link={link} live={live} at={status.at} zone={status.site.timeZone} />
      ))}
      {links.length === 0 ? (
        <div className={styles.empty}>
          <EmptyState
            icon={<PlugDisconnectedRegular />}
            title={speaker.text('status.emptyTitle')}
            action={
              <Button appearance="primary" onClick={() => goTo({ screen: 'settings', section: 'links' })}>
                {speaker.text('status.emptyAction')}
              </Button>
            }
          >
            {speaker.text('status.emptyText')}
          </EmptyState>
        </div>
      ) : (
        <Activity at={status.at} live={live} />
      )}
    </PageFrame>
  );
}
