import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import { useState, type FormEvent } from 'react';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { RefusalBar } from '../../components/refusal-bar.tsx';

const useStyles = makeStyles({
  content: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  title: { overflowWrap: 'anywhere' },
});

interface ActionDialogProps {
  /** What the person does: on the button that opens and on the one that does it. */
  readonly action: string;
  readonly icon: React.ReactElement;
  /** Without a running agent nothing can be done. */
  readonly live: boolean;
  /** The question; made anew each time it is asked, so that nothing typed earlier stands in it. */
  readonly children: (close: () => void) => React.ReactNode;
}

/** A button that asks before it does something. */
export function ActionDialog({ action, icon, live, children }: ActionDialogProps) {
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button icon={icon} disabled={!live}>
          {action}
        </Button>
      </DialogTrigger>
      <DialogSurface>{open && children(() => setOpen(false))}</DialogSurface>
    </Dialog>
  );
}

interface ActionQuestionProps {
  readonly title: string;
  readonly action: string;
  readonly live: boolean;
  /** Everything is typed that must be. */
  readonly ready: boolean;
  /** Does it; a refusal stays in the dialog. */
  readonly act: () => Promise<Refusal | undefined>;
  readonly onDone: () => void;
  readonly children: React.ReactNode;
}

/** What an `ActionDialog` asks: title, words and fields, the answer of the agent where it refuses, and the two ways out. */
export function ActionQuestion(props: ActionQuestionProps) {
  const { title, action, live, ready, act, onDone, children } = props;
  const styles = useStyles();
  const speaker = useSpeaker();
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    if (!ready || busy || !live) return;
    setBusy(true);
    const refused = await act();
    setBusy(false);
    setRefusal(refused);
    if (refused === undefined) onDone();
  };
  return (
    <form onSubmit={(event) => void submit(event)}>
      <DialogBody>
        <DialogTitle className={styles.title}>{title}</DialogTitle>
        <DialogContent className={styles.content}>
          {children}
          {refusal !== undefined && <RefusalBar refusal={refusal} />}
        </DialogContent>
        <DialogActions>
          <Button type="submit" appearance="primary" disabled={!ready || !live} disabledFocusable={busy}>
            {action}
          </Button>
          <DialogTrigger disableButtonEnhancement>
            <Button>{speaker.text('queue.cancel')}</Button>
          </DialogTrigger>
        </DialogActions>
      </DialogBody>
    </form>
  );
}
