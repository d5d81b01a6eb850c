import { Tab, TabList, makeStyles, tokens } from '@fluentui/react-components';
import { useSpeaker } from '../../state/contexts.ts';
import { SAVED_VIEWS, type SavedView } from '../../state/queue-choice.ts';

const useStyles = makeStyles({
  tabs: {
    flexWrap: 'wrap',
    marginInlineStart: `calc(-1 * ${tokens.spacingHorizontalM})`,
  },
  count: { marginInlineStart: tokens.spacingHorizontalS, color: tokens.colorNeutralForeground2 },
});

interface ViewTabsProps {
  /** Undefined when the filters make a list that is none of these. */
  readonly view: SavedView | undefined;
  readonly counts: Readonly<Partial<Record<SavedView, number>>>;
  /** Id of what the tabs show. */
  readonly panel: string;
  readonly onView: (view: SavedView) => void;
}

/** The saved views, each with how many items it holds. */
export function ViewTabs({ view, counts, panel, onView }: ViewTabsProps) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const numbers = new Intl.NumberFormat(speaker.view.locale);
  return (
    <TabList
      className={styles.tabs}
      selectedValue={view ?? ''}
      onTabSelect={(_event, data) => {
        const chosen = SAVED_VIEWS.find((one) => one === data.value);
        if (chosen !== undefined) onView(chosen);
      }}
      aria-label={speaker.text('queue.views')}
    >
      {SAVED_VIEWS.map((one) => {
        const name = speaker.text(`queue.view.${one}`);
        const count = counts[one];
        return (
          <Tab key={one} value={one} data-view={one} aria-controls={panel}>
            {name} {count !== undefined && <span className={styles.count}>{numbers.format(count)}</span>}
          </Tab>
        );
      })}
    </TabList>
  );
}
