import { Checkbox, Field, makeStyles } from '@fluentui/react-components';
import type { TextKey } from '../../../shared/i18n/say.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { listAt } from './draft.ts';
import { useDraft } from './use-draft.ts';

const useStyles = makeStyles({ days: { display: 'flex', flexWrap: 'wrap' }, wide: { gridColumn: '1 / -1' } });

const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
/** A Monday, for the names of the days in the person's language. */
const MONDAY = Date.UTC(2026, 0, 5);

/** Days of the week; none chosen means every day. */
export function WeekdaysField({ path, label }: { readonly path: string; readonly label: TextKey }) {
  const speaker = useSpeaker();
  const styles = useStyles();
  const { value, set, readOnly } = useDraft();
  const chosen = listAt(value, path);
  const names = new Intl.DateTimeFormat(speaker.view.locale, { weekday: 'short', timeZone: 'UTC' });
  return (
    <Field className={styles.wide} label={speaker.text(label)} hint={speaker.text('settings.weekdaysHint')}>
      <div className={styles.days} role="group" aria-label={speaker.text(label)}>
        {DAYS.map((day, index) => (
          <Checkbox
            key={day}
            label={names.format(MONDAY + index * 86_400_000)}
            checked={chosen.includes(day)}
            disabled={readOnly}
            onChange={(_, { checked }) => {
              const next = DAYS.filter((one) => (one === day ? checked === true : chosen.includes(one)));
              set(path, next.length === 0 ? undefined : next);
            }}
          />
        ))}
      </div>
    </Field>
  );
}
