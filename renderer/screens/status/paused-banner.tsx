import { Button } from '@fluentui/react-components';
import { PlayRegular } from '@fluentui/react-icons/svg/play';
import type { PauseView } from '../../../shared/contract/status.ts';
import { Advice } from '../../components/advice.tsx';
import { InfoBar } from '../../components/info-bar.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';

interface PausedProps {
  readonly link: string;
  readonly paused: PauseView;
  readonly live: boolean;
}

/** Nothing is carried: who stopped it, why, until when, and the way on. */
export function PausedBanner({ link, paused, live }: PausedProps) {
  const speaker = useSpeaker();
  const { perform, tell } = useActions();
  const { until, explanation, reason, by, since } = paused;
  const resume = async (): Promise<void> => {
    const reply = await perform('resume', { link });
    if (reply.ok) tell('success', speaker.text('status.resumed', { link }));
  };
  return (
    <InfoBar
      state={by === 'program' ? 'attention' : 'waiting'}
      title={until === undefined ? speaker.text('page.paused') : speaker.text('page.pausedUntil', { until })}
      action={
        <Button
          icon={<PlayRegular />}
          aria-label={speaker.text('status.resumeLink', { link })}
          disabledFocusable={!live}
          onClick={() => void resume()}
        >
          {speaker.text('page.resume')}
        </Button>
      }
    >
      {explanation === undefined ? reason : speaker.say(explanation.what)}{' '}
      {speaker.text(`status.pausedBy.${by}`, { since })}
      {explanation !== undefined && <Advice owner={explanation.owner} next={explanation.next} />}
    </InfoBar>
  );
}
