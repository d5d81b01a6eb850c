import { Button, makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import { ArrowSyncRegular } from '@fluentui/react-icons/svg/arrow-sync';
import type { LinkStatus } from '../../../shared/contract/status.ts';
import { LightsRow } from '../../components/lights-row.tsx';
import { Panel } from '../../components/panel.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSeen, useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';
import { FirstLookBanner } from './first-look-banner.tsx';
import { LinkCounts } from './link-counts.tsx';
import { LinkFlows } from './link-flows.tsx';
import { LinkPast } from './link-past.tsx';
import { PauseButton } from './pause-button.tsx';
import { PausedBanner } from './paused-banner.tsx';

const useStyles = makeStyles({
  kind: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground3 },
  line: { margin: 0, border: 'none', borderTop: `1px solid ${tokens.colorNeutralStroke2}` },
});

interface LinkCardProps {
  readonly link: LinkStatus;
  /** An agent answers: only then anything can be asked of it. */
  readonly live: boolean;
  /** When this was true. */
  readonly at: number;
  /** The site's time zone: its tomorrow is meant. */
  readonly zone: string;
}

/** Everything about one link. */
export function LinkCard({ link, live, at, zone }: LinkCardProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const heard = useSeen().link === 'live';
  const { sync } = useActions();
  return (
    <Panel
      title={link.id}
      data-link={link.id}
      data-state={link.light}
      beside={
        <>
          <span className={styles.kind}>{speaker.text(`kind.${link.kind}`)}</span>
          <StateBadge state={link.light}>
            {speaker.text(`state.${link.light}`)}
            {!heard && `, ${speaker.text('status.asOf', { at })}`}
          </StateBadge>
        </>
      }
      action={
        <>
          {link.paused === undefined && <PauseButton link={link.id} live={live} zone={zone} />}
          <Button
            icon={<ArrowSyncRegular />}
            aria-label={speaker.text('page.syncLink', { link: link.id })}
            disabledFocusable={!live}
            onClick={() => sync(link.id)}
          >
            {speaker.text('page.syncNow')}
          </Button>
        </>
      }
    >
      {link.firstLook !== undefined && (
        <FirstLookBanner link={link.id} stored={link.firstLook.stored} live={live} />
      )}
      {link.paused !== undefined && <PausedBanner link={link.id} paused={link.paused} live={live} />}
      <LightsRow lights={link.lights} />
      <LinkCounts link={link} heard={heard} at={at} />
      {link.flows.length > 0 && (
        <>
          <hr className={styles.line} />
          <LinkFlows flows={link.flows} heard={heard} paused={link.paused !== undefined} />
        </>
      )}
      <hr className={styles.line} />
      <LinkPast link={link} at={at} live={live} />
    </Panel>
  );
}
