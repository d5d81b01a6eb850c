import {
  Button,
  Field,
  Input,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  makeStyles,
  tokens,
  typographyStyles,
} from '@fluentui/react-components';
import { PauseRegular } from '@fluentui/react-icons/svg/pause';
import { useId, useState } from 'react';
import { useSpeaker } from '../../state/contexts.ts';
import { pauseChoices } from '../../state/pause-times.ts';
import { useActions } from '../../state/use-actions.ts';

const useStyles = makeStyles({
  surface: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    width: '320px',
    maxWidth: 'calc(100vw - 80px)',
  },
  title: { ...typographyStyles.subtitle2, margin: 0 },
  text: { margin: 0, color: tokens.colorNeutralForeground2 },
  choices: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalXS },
});

interface PauseButtonProps {
  readonly link: string;
  readonly live: boolean;
  /** The site's time zone: its tomorrow is meant. */
  readonly zone: string;
}

/** Stops a link for a while, with a word for the others why. */
export function PauseButton({ link, live, zone }: PauseButtonProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { perform, tell } = useActions();
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState('');
  const title = useId();
  const { now } = speaker.view;
  const pause = async (until: number): Promise<void> => {
    setOpen(false);
    const reply = await perform('pause', {
      link,
      forMs: Math.max(1_000, until - now),
      reason: reason.trim(),
    });
    if (!reply.ok) return;
    setReason('');
    tell('success', speaker.text('status.pausedNow', { link, until }));
  };
  return (
    <Popover
      trapFocus
      open={open && live}
      onOpenChange={(_, { open }) => setOpen(open)}
      positioning="below-end"
    >
      <PopoverTrigger disableButtonEnhancement>
        <Button
          icon={<PauseRegular />}
          aria-label={speaker.text('status.pauseLink', { link })}
          disabledFocusable={!live}
        >
          {speaker.text('status.pause')}
        </Button>
      </PopoverTrigger>
      <PopoverSurface aria-labelledby={title} className={styles.surface}>
        <h3 id={title} className={styles.title}>
          {speaker.text('status.pauseTitle', { link })}
        </h3>
        <p className={styles.text}>{speaker.text('status.pauseWhat')}</p>
        <Field label={speaker.text('status.pauseReason')} hint={speaker.text('status.pauseReasonHint')}>
          <Input value={reason} maxLength={500} onChange={(_, { value }) => setReason(value)} />
        </Field>
        <div className={styles.choices}>
          {pauseChoices(now, zone).map(({ key, until }) => (
            <Button key={key} onClick={() => void pause(until)}>
              {speaker.text(key)}
            </Button>
          ))}
        </div>
      </PopoverSurface>
    </Popover>
  );
}
