import {
  Menu,
  MenuButton,
  MenuItemCheckbox,
  MenuItemRadio,
  MenuList,
  MenuPopover,
  MenuTrigger,
  makeStyles,
  mergeClasses,
  tokens,
} from '@fluentui/react-components';
import { useSpeaker } from '../state/contexts.ts';

export const useChipStyles = makeStyles({
  chip: { fontWeight: tokens.fontWeightRegular, minWidth: 0, maxWidth: '260px', whiteSpace: 'nowrap' },
  chosen: {
    backgroundColor: tokens.colorBrandBackground2,
    color: tokens.colorBrandForeground2,
    borderTopColor: tokens.colorBrandStroke2,
    borderRightColor: tokens.colorBrandStroke2,
    borderBottomColor: tokens.colorBrandStroke2,
    borderLeftColor: tokens.colorBrandStroke2,
    fontWeight: tokens.fontWeightSemibold,
  },
  word: { overflow: 'hidden', textOverflow: 'ellipsis', unicodeBidi: 'isolate' },
});

interface Option {
  readonly value: string;
  readonly label: string;
}

/** Stands for "any" among the values of a menu. */
const ANY = '';

/** One filter: its name, or its name and what is chosen. One of several values, or any. */
export function ChoiceChip({
  name,
  options,
  value,
  onChoose,
}: {
  readonly name: string;
  readonly options: readonly Option[];
  readonly value: string | undefined;
  readonly onChoose: (value: string | undefined) => void;
}) {
  const speaker = useSpeaker();
  const chosen = options.find((option) => option.value === value);
  return (
    <Menu
      checkedValues={{ one: [value ?? ANY] }}
      onCheckedValueChange={(_event, { checkedItems }) => onChoose(checkedItems[0] || undefined)}
    >
      <Trigger name={name} value={chosen?.label} />
      <MenuPopover>
        <MenuList>
          <MenuItemRadio name="one" value={ANY}>
            {speaker.text('queue.filter.any')}
          </MenuItemRadio>
          {options.map((option) => (
            <MenuItemRadio key={option.value} name="one" value={option.value}>
              {option.label}
            </MenuItemRadio>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

/** A filter of which several values can be chosen at once; none is any. */
export function SeveralChip({
  name,
  options,
  values,
  onChoose,
}: {
  readonly name: string;
  readonly options: readonly Option[];
  readonly values: readonly string[];
  readonly onChoose: (values: readonly string[]) => void;
}) {
  const speaker = useSpeaker();
  const chosen = options.filter((option) => values.includes(option.value));
  const said =
    chosen.length > 2
      ? speaker.text('queue.filter.some', { count: chosen.length })
      : chosen.map((option) => option.label).join(', ');
  return (
    <Menu
      checkedValues={{ several: [...values] }}
      onCheckedValueChange={(_event, { checkedItems }) => onChoose(checkedItems)}
    >
      <Trigger name={name} value={said === '' ? undefined : said} />
      <MenuPopover>
        <MenuList>
          {options.map((option) => (
            <MenuItemCheckbox key={option.value} name="several" value={option.value} persistOnClick>
              {option.label}
            </MenuItemCheckbox>
          ))}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}

function Trigger({ name, value }: { readonly name: string; readonly value: string | undefined }) {
  const styles = useChipStyles();
  const speaker = useSpeaker();
  return (
    <MenuTrigger disableButtonEnhancement>
      <MenuButton
        shape="circular"
        className={mergeClasses(styles.chip, value !== undefined && styles.chosen)}
      >
        <span className={styles.word}>
          {value === undefined ? name : speaker.text('queue.filter.is', { name, value })}
        </span>
      </MenuButton>
    </MenuTrigger>
  );
}
