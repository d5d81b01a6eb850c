import { Field, Text, Textarea } from '@fluentui/react-components';
import { PauseRegular } from '@fluentui/react-icons/svg/pause';
import { useState } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useItemActions } from '../../state/queue-actions.ts';
import { ActionDialog, ActionQuestion } from './action-dialog.tsx';

interface ParkDialogProps {
  readonly item: ItemView;
  readonly live: boolean;
  readonly onDone: () => void;
}

/** Sets an item aside, with a note for the next reader. */
export function ParkDialog({ item, live, onDone }: ParkDialogProps) {
  const speaker = useSpeaker();
  return (
    <ActionDialog action={speaker.text('queue.park')} icon={<PauseRegular />} live={live}>
      {(close) => (
        <Question
          item={item}
          live={live}
          onDone={() => {
            close();
            onDone();
          }}
        />
      )}
    </ActionDialog>
  );
}

function Question({ item, live, onDone }: ParkDialogProps) {
  const speaker = useSpeaker();
  const { park } = useItemActions();
  const [note, setNote] = useState('');
  return (
    <ActionQuestion
      title={speaker.text('queue.parkDialog.title', { label: speaker.title(item) })}
      action={speaker.text('queue.park')}
      live={live}
      ready
      act={() => park(item, note.trim())}
      onDone={onDone}
    >
      <Text>{speaker.text('queue.parkDialog.what')}</Text>
      <Field label={speaker.text('queue.parkDialog.note')} hint={speaker.text('queue.parkDialog.hint')}>
        <Textarea value={note} maxLength={500} onChange={(_event, data) => setNote(data.value)} />
      </Field>
    </ActionQuestion>
  );
}
