import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  Field,
  Textarea,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { PauseRegular } from '@fluentui/react-icons/svg/pause';
import { useState, type FormEvent } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useItemActions } from '../../state/queue-actions.ts';
import { RefusalBar } from './refusal-bar.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  what: { margin: 0 },
  title: { overflowWrap: 'anywhere' },
});

/** Sets an item aside, with a note for the next reader. */
export function ParkDialog({
  item,
  live,
  onDone,
}: {
  readonly item: ItemView;
  readonly live: boolean;
  readonly onDone: () => void;
}) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { park } = useItemActions();
  const [open, setOpen] = useState(false);
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (busy || !live) return;
    setBusy(true);
    const refused = await park(item, note.trim());
    setBusy(false);
    setRefusal(refused);
    if (refused !== undefined) return;
    setOpen(false);
    onDone();
  };
  return (
    <Dialog
      open={open}
      onOpenChange={(_event, data) => {
        setOpen(data.open);
        setNote('');
        setRefusal(undefined);
      }}
    >
      <DialogTrigger disableButtonEnhancement>
        <Button icon={<PauseRegular />} disabled={!live}>
          {speaker.text('queue.park')}
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <form onSubmit={(event) => void submit(event)}>
          <DialogBody>
            <DialogTitle className={styles.title}>
              {speaker.text('queue.parkDialog.title', { label: speaker.title(item) })}
            </DialogTitle>
            <DialogContent className={styles.content}>
              <p className={styles.what}>{speaker.text('queue.parkDialog.what')}</p>
              <Field
                label={speaker.text('queue.parkDialog.note')}
                hint={speaker.text('queue.parkDialog.hint')}
              >
                <Textarea value={note} maxLength={500} onChange={(_event, data) => setNote(data.value)} />
              </Field>
              {refusal !== undefined && <RefusalBar refusal={refusal} />}
            </DialogContent>
            <DialogActions>
              <Button type="submit" appearance="primary" disabled={!live} disabledFocusable={busy}>
                {speaker.text('queue.park')}
              </Button>
              <DialogTrigger disableButtonEnhancement>
                <Button>{speaker.text('queue.cancel')}</Button>
              </DialogTrigger>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
