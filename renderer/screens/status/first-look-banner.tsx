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
  Link,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { PlayRegular } from '@fluentui/react-icons/svg/play';
import { useState, type FormEvent } from 'react';
import { InfoBar } from '../../components/info-bar.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { hashOf } from '../../state/place.ts';
import { useActions } from '../../state/use-actions.ts';

const useStyles = makeStyles({
  act: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalM },
});

interface FirstLookProps {
  readonly link: string;
  readonly stored: number;
  readonly live: boolean;
}

/** A new link only stores what it pulls: how much that is, and the way on, for which its name is typed. */
export function FirstLookBanner({ link, stored, live }: FirstLookProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const [asking, setAsking] = useState(false);
  const params = { link, count: stored };
  return (
    <InfoBar
      state={stored > 0 ? 'attention' : 'waiting'}
      title={speaker.text('status.firstLook')}
      action={
        <span className={styles.act}>
          {stored > 0 && (
            <Link href={hashOf({ screen: 'queue', view: 'in', link })}>
              {speaker.text('status.lookAtStored')}
            </Link>
          )}
          <Button
            icon={<PlayRegular />}
            aria-label={speaker.text('status.startApplyingOf', { link })}
            disabledFocusable={!live}
            onClick={() => live && setAsking(true)}
          >
            {speaker.text('status.startApplying')}
          </Button>
        </span>
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
  const [busy, setBusy] = useState(false);
  const matches = typed === link;
  const differs = typed !== '' && !matches;
  const start = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!matches || busy) return;
    setBusy(true);
    const reply = await perform('queueApply', { link, confirm: typed });
    setBusy(false);
    if (!reply.ok) return;
    onClose();
    tell('success', speaker.text('status.applying', { link, count: reply.value.stored }));
  };
  return (
    <Dialog open onOpenChange={(_, { open }) => !open && onClose()}>
      <DialogSurface>
        <form onSubmit={(event) => void start(event)}>
          <DialogBody>
            <DialogTitle>{speaker.text('status.applyTitle', { link })}</DialogTitle>
            <DialogContent>
              <p>{speaker.text('status.applyWords', { link })}</p>
              <Field
                label={speaker.text('status.applyName')}
                validationState={differs ? 'warning' : 'none'}
                {...(differs ? { validationMessage: speaker.text('status.applyDiffers') } : {})}
              >
                <Input
                  value={typed}
                  autoFocus
                  autoComplete="off"
                  spellCheck={false}
                  onChange={(_, data) => setTyped(data.value)}
                />
              </Field>
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={!matches} disabledFocusable={busy}>
                {speaker.text('status.startApplying')}
              </Button>
              <Button onClick={onClose}>{speaker.text('settings.cancel')}</Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
