import {
  Button,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogTitle,
  DialogTrigger,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../../shared/contract/reply.ts';
import { RefusalBar } from '../../components/refusal-bar.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { refusalWords } from '../../state/queue-words.ts';

const useStyles = makeStyles({
  title: { overflowWrap: 'anywhere' },
  content: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalM,
    minHeight: '120px',
    maxHeight: 'calc(100vh - 220px)',
  },
  what: { margin: 0, fontWeight: tokens.fontWeightSemibold },
  next: { margin: 0, overflowWrap: 'anywhere', userSelect: 'text' },
});

interface EditFrameProps {
  readonly item: ItemView;
  readonly refusal?: Refusal | undefined;
  /** Beside Cancel. */
  readonly actions?: React.ReactNode;
  readonly children?: React.ReactNode;
}

/** The dialog around an edit: title, what there is, why the agent refused, and the ways out. */
export function EditFrame({ item, refusal, actions, children }: EditFrameProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const words = refusal === undefined ? undefined : refusalWords(refusal, speaker);
  return (
    <DialogBody>
      <DialogTitle className={styles.title}>
        {speaker.text('queue.editDialog.title', { label: speaker.title(item) })}
      </DialogTitle>
      <DialogContent className={styles.content}>
        {children}
        {refusal !== undefined && words !== undefined && (
          <RefusalBar
            refusal={refusal}
            words={
              refusal.code === 'bad-arguments'
                ? {
                    ...words,
                    what: speaker.text('queue.refused.bad'),
                    next: speaker.text('queue.refused.bad.next'),
                  }
                : words
            }
          />
        )}
      </DialogContent>
      <DialogActions>
        {actions}
        <DialogTrigger disableButtonEnhancement>
          <Button>{speaker.text('queue.cancel')}</Button>
        </DialogTrigger>
      </DialogActions>
    </DialogBody>
  );
}

/** Why there is nothing to edit here, or not yet. */
export function EditMessage({
  item,
  what,
  children,
}: {
  readonly item: ItemView;
  readonly what: string;
  readonly children?: React.ReactNode;
}) {
  const styles = useStyles();
  return (
    <EditFrame item={item}>
      <div role="status">
        <p className={styles.what}>{what}</p>
        {children !== undefined && <p className={styles.next}>{children}</p>}
      </div>
    </EditFrame>
  );
}
