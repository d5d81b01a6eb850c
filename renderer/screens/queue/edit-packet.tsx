import { Button, Field, Input, Textarea, makeStyles, tokens } from '@fluentui/react-components';
import { useMemo, useState } from 'react';
import { EDIT_CHARS, type ItemView } from '../../../shared/contract/queue-requests.ts';
import type { Refusal } from '../../../shared/contract/reply.ts';
import type { Speaker } from '../../../shared/i18n/say.ts';
import { FieldChanges } from '../../components/field-changes.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { packetChanges } from '../../state/packet-changes.ts';
import { useItemActions } from '../../state/queue-actions.ts';
import { laidOut } from '../../state/xml-layout.ts';
import { xmlMistake } from '../../state/xml-mistake.ts';
import { EditFrame } from './edit-frame.tsx';

const useStyles = makeStyles({
  form: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  words: { margin: 0 },
  packet: {
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    overflowWrap: 'anywhere',
    userSelect: 'all',
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    backgroundColor: tokens.colorNeutralBackground3,
  },
  two: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fit, minmax(240px, 1fr))',
    gap: tokens.spacingHorizontalM,
    alignItems: 'start',
  },
});

/** Why the text cannot be saved as it stands; undefined when it can be tried. */
function mistakeOf(text: string, before: string, speaker: Speaker): string | undefined {
  if (text === before) return speaker.text('queue.editDialog.same');
  if (text.length > EDIT_CHARS)
    return speaker.text('queue.editDialog.grownTooLarge', { count: text.length - EDIT_CHARS });
  const mistake = xmlMistake(text);
  if (mistake === undefined) return undefined;
  if (mistake.kind === 'document-type') return speaker.text('queue.editDialog.docType');
  const { line, column } = mistake;
  const where =
    line === undefined || column === undefined
      ? ''
      : speaker.text('queue.editDialog.brokenAt', { line, column });
  return speaker.text('queue.editDialog.broken', { where });
}

interface EditPacketProps {
  readonly item: ItemView;
  /** As it is stored. */
  readonly text: string;
  readonly live: boolean;
  readonly onDone: () => void;
}

/** First the text, then what the edit changes; only there it is saved, with the packet id typed. */
export function EditPacket({ item, text: before, live, onDone }: EditPacketProps) {
  const speaker = useSpeaker();
  const [text, setText] = useState(before);
  const [mistake, setMistake] = useState<string>();
  const [showing, setShowing] = useState(false);
  if (showing)
    return (
      <Changes
        item={item}
        before={before}
        text={text}
        live={live}
        onBack={() => setShowing(false)}
        onDone={onDone}
      />
    );
  const look = (): void => {
    const found = mistakeOf(text, before, speaker);
    setMistake(found);
    setShowing(found === undefined);
  };
  return (
    <EditFrame
      item={item}
      actions={
        <>
          <Button onClick={() => setText(laidOut(text))}>{speaker.text('queue.editDialog.layOut')}</Button>
          <Button appearance="primary" onClick={look}>
            {speaker.text('queue.editDialog.next')}
          </Button>
        </>
      }
    >
      <Field
        label={speaker.text('queue.editDialog.text')}
        hint={speaker.text('queue.editDialog.hint')}
        validationState={mistake === undefined ? 'none' : 'error'}
        {...(mistake === undefined ? {} : { validationMessage: mistake })}
      >
        <Textarea
          value={text}
          autoFocus
          spellCheck={false}
          resize="vertical"
          textarea={{
            style: {
              fontFamily: tokens.fontFamilyMonospace,
              fontSize: tokens.fontSizeBase200,
              height: 'min(44vh, 420px)',
              maxHeight: 'none',
            },
          }}
          onChange={(_event, data) => {
            setText(data.value);
            setMistake(undefined);
          }}
        />
      </Field>
    </EditFrame>
  );
}

interface ChangesProps extends EditPacketProps {
  readonly before: string;
  readonly onBack: () => void;
}

function Changes({ item, before, text, live, onBack, onDone }: ChangesProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { edit } = useItemActions();
  const { changes, more } = useMemo(() => packetChanges(before, text), [before, text]);
  const [typed, setTyped] = useState('');
  const [by, setBy] = useState('');
  const [note, setNote] = useState('');
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<Refusal>();
  const matches = typed === item.externalId;
  const count = changes.length + more;
  const save = async (): Promise<void> => {
    if (!matches || busy || !live) return;
    setBusy(true);
    const refused = await edit(item, { xml: text, confirm: typed, by: by.trim(), note: note.trim() });
    setBusy(false);
    setRefusal(refused);
    if (refused === undefined) onDone();
  };
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        void save();
      }}
    >
      <EditFrame
        item={item}
        refusal={refusal}
        actions={
          <>
            <Button onClick={onBack}>{speaker.text('queue.editDialog.back')}</Button>
            <Button type="submit" appearance="primary" disabled={!matches || !live} disabledFocusable={busy}>
              {speaker.text('queue.editDialog.save')}
            </Button>
          </>
        }
      >
        <p className={styles.words} role="status">
          {count === 0
            ? speaker.text('queue.editDialog.onlyLooks')
            : speaker.text('queue.editDialog.changes', { count })}
        </p>
        {count > 0 && (
          <div>
            <FieldChanges
              changes={changes}
              more={more}
              caption={speaker.text('queue.editDialog.changes', { count })}
            />
          </div>
        )}
        <p className={styles.words}>{speaker.text('queue.editDialog.what')}</p>
        <div className={styles.packet} aria-label={speaker.text('queue.discardDialog.packet')} role="note">
          {item.externalId}
        </div>
        <Field
          label={speaker.text('queue.discardDialog.type')}
          validationState={typed !== '' && !matches ? 'warning' : 'none'}
          {...(typed !== '' && !matches
            ? { validationMessage: speaker.text('queue.discardDialog.differs') }
            : {})}
        >
          <Input
            value={typed}
            autoFocus
            autoComplete="off"
            spellCheck={false}
            onChange={(_event, data) => setTyped(data.value)}
          />
        </Field>
        <div className={styles.two}>
          <Field
            label={speaker.text('queue.editDialog.note')}
            hint={speaker.text('queue.editDialog.noteHint')}
          >
            <Input value={note} maxLength={500} onChange={(_event, data) => setNote(data.value)} />
          </Field>
          <Field label={speaker.text('queue.editDialog.by')}>
            <Input value={by} maxLength={100} onChange={(_event, data) => setBy(data.value)} />
          </Field>
        </div>
      </EditFrame>
    </form>
  );
}
