import {
  Dropdown,
  Field,
  Input,
  Option,
  Switch,
  Textarea,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import type { TextKey } from '../../../shared/i18n/say.ts';
import { useSpeaker } from '../../state/contexts.ts';
import { listAt, textAt } from './draft.ts';
import { useDraft } from './use-draft.ts';

export const useFieldStyles = makeStyles({
  grid: {
    display: 'grid',
    gridTemplateColumns: 'repeat(auto-fill, minmax(260px, 1fr))',
    gap: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    alignItems: 'start',
  },
  wide: { gridColumn: '1 / -1' },
});

interface FieldProps {
  readonly path: string;
  readonly label: TextKey;
  readonly hint?: TextKey | undefined;
  /** What holds while the field is empty. */
  readonly standard?: string | undefined;
  readonly required?: boolean | undefined;
  readonly wide?: boolean | undefined;
}

/** Label, control, hint; the mistake where it is. */
function Framed({
  path,
  label,
  hint,
  required = false,
  wide = false,
  children,
}: FieldProps & { readonly children: React.ReactElement }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const problem = useDraft().problem(path);
  return (
    <Field
      className={wide ? styles.wide : ''}
      label={speaker.text(label)}
      required={required}
      hint={hint === undefined ? null : speaker.text(hint)}
      validationState={problem === undefined ? 'none' : 'error'}
      validationMessage={
        problem === undefined ? null : (
          <span data-problem={path}>{[problem.reason, problem.hint].filter(Boolean).join('. ')}</span>
        )
      }
    >
      {children}
    </Field>
  );
}

export function TextField(props: FieldProps) {
  const { value, set, readOnly } = useDraft();
  const { path, standard } = props;
  return (
    <Framed {...props}>
      <Input
        name={path}
        value={textAt(value, path)}
        placeholder={standard}
        readOnly={readOnly}
        spellCheck={false}
        autoComplete="off"
        onChange={(_, { value: text }) => set(path, text === '' ? undefined : text)}
      />
    </Framed>
  );
}

export function NumberField(props: FieldProps) {
  const { value, set, readOnly } = useDraft();
  const { path, standard } = props;
  return (
    <Framed {...props}>
      <Input
        name={path}
        inputMode="numeric"
        value={textAt(value, path)}
        placeholder={standard}
        readOnly={readOnly}
        autoComplete="off"
        // What is no number stays as it was typed: the check names it.
        onChange={(_, { value: text }) =>
          set(path, text === '' ? undefined : /^\d{1,9}$/.test(text) ? Number(text) : text)
        }
      />
    </Framed>
  );
}

export function LongTextField(props: FieldProps) {
  const { value, set, readOnly } = useDraft();
  const { path, standard } = props;
  return (
    <Framed {...props} wide>
      <Textarea
        name={path}
        value={textAt(value, path)}
        placeholder={standard}
        readOnly={readOnly}
        spellCheck={false}
        resize="vertical"
        textarea={{ style: { fontFamily: tokens.fontFamilyMonospace, minHeight: '64px' } }}
        onChange={(_, { value: text }) => set(path, text === '' ? undefined : text)}
      />
    </Framed>
  );
}

/** Several values in one line, with commas between. `keepEmpty`: no values is something else than no list. */
export function ListField({
  keepEmpty,
  ...props
}: FieldProps & { readonly keepEmpty?: boolean | undefined }) {
  const { value, set, readOnly } = useDraft();
  const { path, standard } = props;
  const shown = listAt(value, path).join(', ');
  return (
    <Framed {...props}>
      <Input
        name={path}
        // Typed text would lose its comma at every key: the list is read when the field is left.
        key={shown}
        defaultValue={shown}
        placeholder={standard}
        readOnly={readOnly}
        spellCheck={false}
        autoComplete="off"
        onBlur={({ currentTarget }) => {
          const list = currentTarget.value.split(',').map((one) => one.trim());
          const next = list.filter((one) => one !== '');
          if (next.join(', ') !== shown)
            set(path, next.length === 0 && keepEmpty !== true ? undefined : next);
        }}
      />
    </Framed>
  );
}

interface ChoiceProps extends FieldProps {
  readonly options: readonly { readonly value: string; readonly text: string }[];
}

export function ChoiceField({ options, ...props }: ChoiceProps) {
  const { value, set, readOnly } = useDraft();
  const { path, standard = '' } = props;
  const chosen = textAt(value, path) || standard;
  return (
    <Framed {...props}>
      <Dropdown
        name={path}
        disabled={readOnly}
        value={options.find((one) => one.value === chosen)?.text ?? chosen}
        selectedOptions={[chosen]}
        onOptionSelect={(_, { optionValue }) => set(path, optionValue)}
      >
        {options.map((one) => (
          <Option key={one.value} value={one.value} text={one.text}>
            {one.text}
          </Option>
        ))}
      </Dropdown>
    </Framed>
  );
}

export function SwitchField({
  standard,
  ...props
}: Omit<FieldProps, 'standard'> & { readonly standard: boolean }) {
  const { at, set, readOnly } = useDraft();
  const speaker = useSpeaker();
  const { path } = props;
  const value = at(path);
  const on = typeof value === 'boolean' ? value : standard;
  return (
    <Framed {...props}>
      <Switch
        name={path}
        checked={on}
        disabled={readOnly}
        label={speaker.text(on ? 'settings.on' : 'settings.off')}
        onChange={(_, { checked }) => set(path, checked)}
      />
    </Framed>
  );
}
