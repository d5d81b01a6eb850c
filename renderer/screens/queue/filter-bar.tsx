import {
  Button,
  Field,
  Input,
  MenuButton,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components';
import { useState } from 'react';
import { itemStateSchema } from '../../../shared/contract/queue-requests.ts';
import { SearchField } from '../../components/search-field.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { AGES, isNarrowed, type Age, type Choice } from '../../state/queue-choice.ts';
import { ChoiceChip, SeveralChip, useChipStyles } from '../../components/filter-chip.tsx';

const useStyles = makeStyles({
  bar: {
    display: 'flex',
    alignItems: 'center',
    flexWrap: 'wrap',
    gap: tokens.spacingHorizontalS,
  },
  user: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM, width: '240px' },
});

interface FilterBarProps {
  readonly choice: Choice;
  readonly links: readonly string[];
  readonly onChoice: (choice: Choice) => void;
  readonly onClear: () => void;
}

/** What narrows the list: where, which way, in what state, how old, whose, and a text. */
export function FilterBar({ choice, links, onChoice, onClear }: FilterBarProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const change = (part: Partial<Choice>): void => onChoice({ ...choice, ...part });
  return (
    <div className={styles.bar} role="search" aria-label={speaker.text('queue.filters')}>
      <SearchField
        words={speaker.text('queue.search')}
        text={choice.text}
        onText={(text) => change({ text })}
      />
      {(links.length > 1 || choice.link !== undefined) && (
        <ChoiceChip
          name={speaker.text('queue.filter.link')}
          options={links.map((link) => ({ value: link, label: link }))}
          value={choice.link}
          onChoose={(link) => change({ link })}
        />
      )}
      <ChoiceChip
        name={speaker.text('queue.filter.direction')}
        options={(['in', 'out'] as const).map((one) => ({
          value: one,
          label: speaker.text(`queue.direction.${one}`),
        }))}
        value={choice.direction}
        onChoose={(value) => change({ direction: value === 'in' || value === 'out' ? value : undefined })}
      />
      <SeveralChip
        name={speaker.text('queue.filter.state')}
        options={itemStateSchema.options.map((state) => ({
          value: state,
          label: speaker.text(`itemState.${state}`),
        }))}
        values={choice.states}
        onChoose={(values) =>
          change({ states: itemStateSchema.options.filter((state) => values.includes(state)) })
        }
      />
      <ChoiceChip
        name={speaker.text('queue.filter.age')}
        options={ALL_AGES.map((age) => ({ value: age, label: speaker.text(`queue.age.${age}`) }))}
        value={choice.age}
        onChoose={(value) => change({ age: ALL_AGES.find((age) => age === value) })}
      />
      <UserChip user={choice.user} onUser={(user) => change({ user })} />
      {isNarrowed(choice) && (
        <Button appearance="subtle" onClick={onClear}>
          {speaker.text('queue.filter.clear')}
        </Button>
      )}
    </div>
  );
}

const ALL_AGES = Object.keys(AGES) as readonly Age[];

function UserChip({ user, onUser }: { readonly user: string; readonly onUser: (user: string) => void }) {
  const styles = useStyles();
  const chip = useChipStyles();
  const speaker = useSpeaker();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState(user);
  const name = speaker.text('queue.filter.user');
  return (
    <Popover
      open={open}
      trapFocus
      positioning="below-start"
      onOpenChange={(_event, data) => {
        setOpen(data.open);
        setTyped(user);
      }}
    >
      <PopoverTrigger disableButtonEnhancement>
        <MenuButton shape="circular" className={mergeClasses(chip.chip, user !== '' && chip.chosen)}>
          <span className={chip.word}>
            {user === '' ? name : speaker.text('queue.filter.is', { name, value: user })}
          </span>
        </MenuButton>
      </PopoverTrigger>
      <PopoverSurface aria-label={name}>
        <form
          className={styles.user}
          onSubmit={(event) => {
            event.preventDefault();
            onUser(typed.trim());
            setOpen(false);
          }}
        >
          <Field label={name} hint={speaker.text('queue.filter.userHint')}>
            <Input value={typed} maxLength={200} onChange={(_event, data) => setTyped(data.value)} />
          </Field>
          <Button type="submit" appearance="primary">
            {speaker.text('queue.filter.apply')}
          </Button>
        </form>
      </PopoverSurface>
    </Popover>
  );
}
