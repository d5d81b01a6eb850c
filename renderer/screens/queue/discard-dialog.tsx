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
  Input,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons/svg/delete';
import { useState, type FormEvent } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useItemActions, useKeptDays } from '../../state/queue-actions.ts';
import { RefusalBar } from './refusal-bar.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  what: { margin: 0 },
  title: { overflowWrap: 'anywhere' },
  packet: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
    userSelect: 'all',
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
});

interface DialogProps {
  readonly item: ItemView;
  readonly live: boolean;
  readonly onDone: () => void;
}

/** Asks before something is given up for good: what happens, to what, and the packet id typed. */
export function DiscardDialog({ item, live, onDone }: DialogProps) {
  const speaker = useSpeaker();
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button icon={<DeleteRegular />} disabled={!live}>
          {speaker.text('queue.discard')}
        </Button>
      </DialogTrigger>
      <DialogSurface>
        {open && (
          <Question
            item={item}
            live={live}
            onDone={() => {
              setOpen(false);
              onDone();
            }}
          />
        )}
      </DialogSurface>
    </Dialog>
  );
}

function Question({ item, live, onDone }: DialogProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { discard } = useItemActions();
  const days = useKeptDays();
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const label = speaker.title(item);
  const matches = typed === item.externalId;

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!matches || busy || !live) return;
    setBusy(true);
    const refused = await discard(item, typed, note);
    setBusy(false);
    setRefusal(refused);
    if (refused === undefined) onDone();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <DialogBody>
        <DialogTitle className={styles.title}>
          {speaker.text('queue.discardDialog.title', { label })}
        </DialogTitle>
        <DialogContent className={styles.content}>
          <p className={styles.what}>
            {speaker.text(`queue.discardDialog.${item.direction}`, { label, user: item.user })}{' '}
            {days === undefined
              ? speaker.text('queue.discardDialog.keptUnknown')
              : speaker.text('queue.discardDialog.kept', { days })}{' '}
            {speaker.text('queue.discardDialog.one')}
          </p>
          <div className={styles.packet} aria-label={speaker.text('queue.discardDialog.packet')} role="note">
            {item.externalId}
          </div>
          <Field
            label={speaker.text('queue.discardDialog.type')}
            validationState={typed === '' || matches ? 'none' : 'warning'}
            {...(typed === '' || matches
              ? {}
              : { validationMessage: speaker.text('queue.discardDialog.differs') })}
          >
            <Input
              value={typed}
              autoComplete="off"
              spellCheck={false}
              onChange={(_event, data) => setTyped(data.value)}
            />
          </Field>
          <Field label={speaker.text('queue.discardDialog.note')}>
            <Input value={note} maxLength={500} onChange={(_event, data) => setNote(data.value)} />
          </Field>
          {refusal !== undefined && <RefusalBar refusal={refusal} />}
        </DialogContent>
        <DialogActions>
          <Button type="submit" appearance="primary" disabled={!matches || !live} disabledFocusable={busy}>
            {speaker.text('queue.discard')}
          </Button>
          <DialogTrigger disableButtonEnhancement>
            <Button>{speaker.text('queue.cancel')}</Button>
          </DialogTrigger>
        </DialogActions>
      </DialogBody>
    </form>
  );
}
