import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  Input,
} from '@fluentui/react-components';
import { PlayRegular } from '@fluentui/react-icons/svg/play';
import { useState } from 'react';
import { InfoBar } from '../../components/info-bar.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';

interface FirstLookProps {
  readonly link: string;
  readonly stored: number;
  readonly live: boolean;
}

/** A new link only stores what it pulls: how much that is, and the way on, for which its name is typed. */
export function FirstLookBanner({ link, stored, live }: FirstLookProps) {
  const speaker = useSpeaker();
  const [asking, setAsking] = useState(false);
  const params = { link, count: stored };
  return (
    <InfoBar
      state={stored > 0 ? 'attention' : 'waiting'}
      title={speaker.text('status.firstLook')}
      action={
        <Button
          icon={<PlayRegular />}
          aria-label={speaker.text('status.startApplyingOf', { link })}
          disabledFocusable={!live}
          onClick={() => live && setAsking(true)}
        >
          {speaker.text('status.startApplying')}
        </Button>
      }
    >
      {speaker.text(stored > 0 ? 'site.firstLook.what' : 'site.firstLookNone.what', params)}
      {asking && <StartApplying link={link} onClose={() => setAsking(false)} />}
    </InfoBar>
  );
}

function StartApplying({ link, onClose }: { readonly link: string; readonly onClose: () => void }) {
  const speaker = useSpeaker();
  const { perform, tell } = useActions();
  const [typed, setTyped] = useState('');
  const start = async (): Promise<void> => {
    const reply = await perform('queueApply', { link, confirm: typed });
    if (!reply.ok) return;
    onClose();
    tell('success', speaker.text('status.applying', { link, count: reply.value.stored }));
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{speaker.text('status.applyTitle', { link })}</DialogTitle>
          <DialogContent>
            <p>{speaker.text('status.applyWords', { link })}</p>
            <Field label={speaker.text('status.applyName')}>
              <Input value={typed} onChange={(_, data) => setTyped(data.value)} />
            </Field>
          </DialogContent>
          <DialogActions>
            <Button onClick={onClose}>{speaker.text('settings.cancel')}</Button>
            <Button appearance="primary" disabled={typed !== link} onClick={() => void start()}>
              {speaker.text('status.startApplying')}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
