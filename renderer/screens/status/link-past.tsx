import { Link, makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import type { LinkStatus, RunView } from '../../../shared/contract/status.ts';
import { Moment } from '../../components/moment.tsx';
import { StateBadge } from '../../components/state-badge.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';
import { RUN_SHAPES, countsInWords, tookInWords } from '../../state/run-words.ts';
import { Sparkline } from './sparkline.tsx';

const useStyles = makeStyles({
  past: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalXXL}`,
  },
  run: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    flex: '1 1 360px',
    minWidth: 0,
    gap: `0 ${tokens.spacingHorizontalM}`,
    margin: 0,
  },
  quiet: { color: tokens.colorNeutralForeground3, ...typographyStyles.caption1 },
});

interface PastProps {
  readonly link: LinkStatus;
  readonly at: number;
  readonly live: boolean;
}

/** The last run in one line, and the last hour at a glance. */
export function LinkPast({ link, at, live }: PastProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const last = link.lastRuns.find((run) => run.outcome !== 'running');
  return (
    <div className={styles.past}>
      <p className={styles.run}>
        {last === undefined ? (
          <span className={styles.quiet}>{speaker.text('page.noRuns')}</span>
        ) : (
          <LastRun run={last} />
        )}
        <Link
          href={hashOf({ screen: 'runs', link: link.id })}
          aria-label={speaker.text('status.runsOf', { link: link.id })}
        >
          {speaker.text('status.allRuns')}
        </Link>
      </p>
      <Sparkline link={link.id} at={at} live={live} />
    </div>
  );
}

function LastRun({ run }: { readonly run: RunView }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const took = tookInWords(run, speaker);
  const words = [countsInWords(run, speaker), took ?? ''].filter((part) => part !== '').join(', ');
  return (
    <>
      <span>
        <Moment at={run.startedAt}>{speaker.text('status.lastRun', { at: run.startedAt })}</Moment>
      </span>
      <StateBadge state={RUN_SHAPES[run.outcome]}>{speaker.text(`run.${run.outcome}`)}</StateBadge>
      <span className={styles.quiet}>{words}</span>
    </>
  );
}
