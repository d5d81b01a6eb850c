import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { PlayRegular } from '@fluentui/react-icons/svg/play';
import type { PauseView } from '../../../shared/contract/status.ts';
import { Advice } from '../../components/advice.tsx';
import { StateShape } from '../../components/state-shape.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';

const useStyles = makeStyles({
  bar: { alignItems: 'center' },
  body: { paddingTop: tokens.spacingVerticalS, paddingBottom: tokens.spacingVerticalS },
});

interface PausedProps {
  readonly link: string;
  readonly paused: PauseView;
  readonly live: boolean;
}

/** Nothing is carried: who stopped it, why, until when, and the way on. */
export function PausedBanner({ link, paused, live }: PausedProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { perform, tell } = useActions();
  const { until, explanation, reason, by, since } = paused;
  const resume = async (): Promise<void> => {
    const reply = await perform('resume', { link });
    if (reply.ok) tell('success', speaker.text('status.resumed', { link }));
  };
  const bad = by === 'program';
  return (
    <MessageBar
      className={styles.bar}
      layout="multiline"
      intent={bad ? 'error' : 'warning'}
      icon={<StateShape state={bad ? 'attention' : 'waiting'} />}
    >
      <MessageBarBody className={styles.body}>
        <MessageBarTitle>
          {until === undefined ? speaker.text('page.paused') : speaker.text('page.pausedUntil', { until })}
        </MessageBarTitle>
        {explanation === undefined ? reason : speaker.say(explanation.what)}{' '}
        {speaker.text(`status.pausedBy.${by}`, { since })}
        {explanation !== undefined && <Advice owner={explanation.owner} next={explanation.next} />}
      </MessageBarBody>
      <MessageBarActions>
        <Button
          icon={<PlayRegular />}
          aria-label={speaker.text('status.resumeLink', { link })}
          disabledFocusable={!live}
          onClick={() => void resume()}
        >
          {speaker.text('page.resume')}
        </Button>
      </MessageBarActions>
    </MessageBar>
  );
}
