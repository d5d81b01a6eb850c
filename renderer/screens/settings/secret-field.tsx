import { Button, Field, Input, makeStyles, tokens } from '@fluentui/react-components';
import { useState } from 'react';
import type { TextKey } from '../../../shared/i18n/say.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { useActions } from '../../state/use-actions.ts';
import { useDraft } from './use-draft.ts';

const useStyles = makeStyles({
  line: { display: 'flex', alignItems: 'center', gap: tokens.spacingHorizontalS, flexWrap: 'wrap' },
  words: { color: tokens.colorNeutralForeground2 },
});

interface SecretFieldProps {
  readonly name: string;
  readonly label: TextKey;
  /** What is typed and not stored yet, for a test of it. */
  readonly typed: string;
  readonly onTyped: (value: string) => void;
}

/** A secret goes in and never comes back: when it was set, and a way to replace it. */
export function SecretField({ name, label, typed, onTyped }: SecretFieldProps) {
  const speaker = useSpeaker();
  const styles = useStyles();
  const { secrets, readOnly } = useDraft();
  const { perform, tell } = useActions();
  const [open, setOpen] = useState(false);
  const known = secrets.find((one) => one.name === name);
  const store = async (): Promise<void> => {
    const reply = await perform('secretSet', { name, value: typed });
    if (!reply.ok) return;
    onTyped('');
    setOpen(false);
    tell('success', speaker.text('settings.secretStored'));
  };
  const source = known?.source ?? 'none';
  const editing = open && !readOnly;
  return (
    <Field label={speaker.text(label)} data-secret={name}>
      {editing ? (
        <form
          className={styles.line}
          onSubmit={(event) => {
            event.preventDefault();
            if (typed !== '') void store();
          }}
        >
          <Input
            type="password"
            autoFocus
            autoComplete="new-password"
            aria-label={speaker.text(label)}
            value={typed}
            onChange={(_, { value }) => onTyped(value)}
          />
          <Button type="submit" appearance="primary" disabled={typed === ''}>
            {speaker.text('settings.secretStore')}
          </Button>
          <Button
            onClick={() => {
              onTyped('');
              setOpen(false);
            }}
          >
            {speaker.text('settings.cancel')}
          </Button>
        </form>
      ) : (
        <div className={styles.line}>
          <span className={styles.words}>
            {source === 'stored' && known?.setAt !== undefined
              ? speaker.text('settings.secretSet', { at: known.setAt })
              : speaker.text(`settings.secret.${source}`)}
          </span>
          <Button size="small" disabled={readOnly || source === 'environment'} onClick={() => setOpen(true)}>
            {speaker.text(source === 'none' ? 'settings.secretEnter' : 'settings.secretReplace')}
          </Button>
        </div>
      )}
    </Field>
  );
}
