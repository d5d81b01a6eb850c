import { ProgressBar, makeStyles, tokens, typographyStyles } from '@fluentui/react-components';
import type { FlowStatus } from '../../shared/contract/status.ts';
import { useSpeaker } from '../state/contexts.ts';

const useStyles = makeStyles({
  line: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS, minWidth: 0 },
  words: {
    display: 'flex',
    justifyContent: 'space-between',
    flexWrap: 'wrap',
    columnGap: tokens.spacingHorizontalM,
  },
  far: { ...typographyStyles.caption1, color: tokens.colorNeutralForeground3, alignSelf: 'center' },
});

/** What is being done now: the stage in words, how far it is, how long it may last. */
export function ProgressLine({ running }: { readonly running: NonNullable<FlowStatus['running']> }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { done, total, leftMs } = running;
  const known = total !== undefined && total > 0;
  const stage = speaker.say(running.stage);
  const far = [
    ...(known ? [speaker.text('status.doneOf', { done: done ?? 0, total })] : []),
    ...(leftMs === undefined ? [] : [speaker.text('status.left', { length: speaker.lasting(leftMs) })]),
  ].join(', ');
  return (
    <div className={styles.line}>
      <div className={styles.words}>
        <span>{stage}</span>
        <span className={styles.far}>{far}</span>
      </div>
      <ProgressBar
        thickness="large"
        aria-label={stage}
        {...(known ? { value: Math.min(done ?? 0, total), max: total } : {})}
      />
    </div>
  );
}
