import { Button, Dialog, DialogSurface, DialogTrigger, makeStyles } from '@fluentui/react-components';
import { EditRegular } from '@fluentui/react-icons/svg/edit';
import { useEffect, useState } from 'react';
import { EDIT_CHARS, type ItemView } from '../../../shared/contract/queue-requests.ts';
import { useConnection, useSpeaker } from '../../state/contexts.ts';
import { fetchBody, type Fetched } from '../../state/fetch-bytes.ts';
import { EditFrame, EditMessage } from './edit-frame.tsx';
import { EditPacket } from './edit-packet.tsx';

const useStyles = makeStyles({
  surface: { maxWidth: 'min(960px, calc(100vw - 48px))', width: '100%' },
});

interface EditDialogProps {
  readonly item: ItemView;
  readonly size: number;
  readonly live: boolean;
  readonly onDone: () => void;
}

/** Gives a parked packet other contents: its text, what that changes, and the packet id typed. */
export function EditDialog({ item, size, live, onDone }: EditDialogProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const [open, setOpen] = useState(false);
  return (
    <Dialog open={open} onOpenChange={(_event, data) => setOpen(data.open)}>
      <DialogTrigger disableButtonEnhancement>
        <Button icon={<EditRegular />} disabled={!live}>
          {speaker.text('queue.edit')}
        </Button>
      </DialogTrigger>
      <DialogSurface className={styles.surface}>
        {open && (
          <Loaded
            item={item}
            size={size}
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

/** A letter has at most four bytes: what is longer than that cannot be sent from here, so it is not even fetched. */
const MOST_BYTES = EDIT_CHARS * 4;

type Text =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'too-large' | 'no-text' }
  | Exclude<Fetched, { kind: 'whole' }>;

function textOf(fetched: Fetched): Text {
  if (fetched.kind !== 'whole') return fetched;
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(fetched.bytes);
    return text.length > EDIT_CHARS ? { kind: 'too-large' } : { kind: 'text', text };
  } catch {
    return { kind: 'no-text' };
  }
}

function Loaded({ item, size, live, onDone }: EditDialogProps) {
  const connection = useConnection();
  const speaker = useSpeaker();
  const tooLarge = size > MOST_BYTES;
  const [loaded, setLoaded] = useState<Text | undefined>(tooLarge ? { kind: 'too-large' } : undefined);
  useEffect(() => {
    if (tooLarge) return;
    const left = new AbortController();
    void fetchBody(connection, item.id, () => undefined, left.signal).then((fetched) => {
      if (!left.signal.aborted) setLoaded(textOf(fetched));
    });
    return () => left.abort();
  }, [connection, item.id, tooLarge]);

  switch (loaded?.kind) {
    case 'text':
      return <EditPacket item={item} text={loaded.text} live={live} onDone={onDone} />;
    case undefined:
    case 'stopped':
      return <EditMessage item={item} what={speaker.text('queue.editDialog.loading')} />;
    case 'too-large':
      return (
        <EditMessage item={item} what={speaker.text('queue.editDialog.tooLarge')}>
          {speaker.text('queue.editDialog.tooLarge.next', { item: String(item.id), packet: item.externalId })}
        </EditMessage>
      );
    case 'no-text':
      return <EditMessage item={item} what={speaker.text('queue.editDialog.noText')} />;
    case 'damaged':
      return <EditMessage item={item} what={speaker.text('queue.editDialog.damaged')} />;
    case 'refused':
      return <EditFrame item={item} refusal={loaded.refusal} />;
  }
}
