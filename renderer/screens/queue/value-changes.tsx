import { makeStyles, tokens } from '@fluentui/react-components';
import { useSpeaker } from '../../state/contexts.ts';
import type { ValueNote } from '../../state/value-notes.ts';

const useStyles = makeStyles({
  heading: { margin: `${tokens.spacingVerticalS} 0 0` },
  list: { margin: `${tokens.spacingVerticalXXS} 0 0`, paddingInlineStart: tokens.spacingHorizontalL },
  one: { unicodeBidi: 'isolate', overflowWrap: 'anywhere' },
});

/** More than a person reads at once; all of them stand under the technical facts. */
const SHOWN = 5;
const SHOWN_CHARS = 80;

const short = (text: string): string => {
  const chars = Array.from(text);
  return chars.length > SHOWN_CHARS ? `${chars.slice(0, SHOWN_CHARS).join('')}…` : text;
};

/** Values that the ERP has otherwise than the phone sent them. */
export function ValueChanges({ notes }: { readonly notes: readonly ValueNote[] }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  if (notes.length === 0) return null;
  return (
    <div data-value-changes={notes.length}>
      <p className={styles.heading}>{speaker.text('value.changed.heading', { count: notes.length })}</p>
      <ul className={styles.list}>
        {notes.slice(0, SHOWN).map(({ where, field, was, kept }) => (
          <li key={`${where} ${field} ${kept}`} className={styles.one}>
            {speaker.text('value.changed.one', { where, field, was: short(was), kept: short(kept) })}
          </li>
        ))}
        {notes.length > SHOWN && (
          <li>{speaker.text('value.changed.more', { count: notes.length - SHOWN })}</li>
        )}
      </ul>
    </div>
  );
}
