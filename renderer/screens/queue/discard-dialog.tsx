import { Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { DeleteRegular } from '@fluentui/react-icons/svg/delete';
import { useState } from 'react';
import type { ItemView } from '../../../shared/contract/queue-requests.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useItemActions, useKeptDays } from '../../state/queue-actions.ts';
import { ActionDialog, ActionQuestion } from './action-dialog.tsx';

const useStyles = makeStyles({
  what: { margin: 0 },
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

interface DiscardDialogProps {
  readonly item: ItemView;
  readonly live: boolean;
  readonly onDone: () => void;
}

/** Asks before something is given up for good: what happens, to what, and the packet id typed. */
export function DiscardDialog({ item, live, onDone }: DiscardDialogProps) {
  const speaker = useSpeaker();
  return (
    <ActionDialog action={speaker.text('queue.discard')} icon={<DeleteRegular />} live={live}>
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

function Question({ item, live, onDone }: DiscardDialogProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { discard } = useItemActions();
  const days = useKeptDays();
  const [typed, setTyped] = useState('');
  const [note, setNote] = useState('');
  const label = speaker.title(item);
  const matches = typed === item.externalId;
  const differs = typed !== '' && !matches;
  return (
    <ActionQuestion
      title={speaker.text('queue.discardDialog.title', { label })}
      action={speaker.text('queue.discard')}
      live={live}
      ready={matches}
      act={() => discard(item, typed, note)}
      onDone={onDone}
    >
      <p className={styles.what}>
        {speaker.text(
          item.handedSince === undefined
            ? `queue.discardDialog.${item.direction}`
            : 'queue.discardDialog.refused',
          { label, user: item.user },
        )}{' '}
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
        validationState={differs ? 'warning' : 'none'}
        {...(differs ? { validationMessage: speaker.text('queue.discardDialog.differs') } : {})}
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
    </ActionQuestion>
  );
}
