import { Field, Textarea, tokens } from '@fluentui/react-components';
import { useSpeaker } from '../../state/contexts.ts';
import { listAt } from './draft.ts';
import { useFieldStyles } from './fields.tsx';
import { useDraft } from './use-draft.ts';
import { linesOf, usersOf } from './user-lines.ts';

/** The list of users, one a line, with values for filters behind the name. */
export function UsersField({ path }: { readonly path: string }) {
  const speaker = useSpeaker();
  const styles = useFieldStyles();
  const { value, set, readOnly, problems } = useDraft();
  const lines = linesOf(listAt(value, path));
  if (lines === undefined) return <p className={styles.wide}>{speaker.text('settings.usersListValues')}</p>;
  // One user may be the mistake: `links[0].push.users.list[3]`.
  const found = problems.find((one) => one.path === path || one.path.startsWith(`${path}[`));
  return (
    <Field
      className={styles.wide}
      label={speaker.text('settings.usersList')}
      hint={speaker.text('settings.usersLinesHint')}
      required
      validationState={found === undefined ? 'none' : 'error'}
      validationMessage={found === undefined ? null : <span data-problem={found.path}>{found.reason}</span>}
    >
      <Textarea
        name={path}
        // Half a line is no user: the list is read when the field is left.
        key={lines}
        defaultValue={lines}
        readOnly={readOnly}
        spellCheck={false}
        resize="vertical"
        textarea={{ style: { fontFamily: tokens.fontFamilyMonospace, minHeight: '112px' } }}
        onBlur={({ currentTarget }) => {
          const next = usersOf(currentTarget.value);
          if (JSON.stringify(next) !== JSON.stringify(listAt(value, path))) set(path, next);
        }}
      />
    </Field>
  );
}
