import {
  Button,
  Link,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Tab,
  TabList,
  makeStyles,
  tokens,
} from '@fluentui/react-components';
import type { Place } from '../../../shared/contract/place.ts';
import { PageFrame } from '../../components/page-frame.tsx';
import { useSpeaker } from '../../state/contexts.ts';
import { goTo } from '../../state/place.ts';
import { useSiteQuery } from '../../state/use-site-query.ts';
import { AdvancedSection } from './sections/advanced.tsx';
import { AlertsSection } from './sections/alerts.tsx';
import { CloudsSection } from './sections/clouds.tsx';
import { ErpsSection } from './sections/erps.tsx';
import { LanguageSection } from './sections/language.tsx';
import { LinksSection } from './sections/links.tsx';
import { ScheduleSection } from './sections/schedule.tsx';
import { DraftProvider, useDraft, useNewDraft, type SettingsAnswer } from './use-draft.ts';

type SettingsPlace = Extract<Place, { screen: 'settings' }>;
type Section = NonNullable<SettingsPlace['section']>;

const SECTIONS = {
  erps: ErpsSection,
  clouds: CloudsSection,
  links: LinksSection,
  schedule: ScheduleSection,
  alerts: AlertsSection,
  language: LanguageSection,
  advanced: AdvancedSection,
} as const satisfies Record<Section, () => React.ReactNode>;

const ORDER = Object.keys(SECTIONS) as readonly Section[];

const useStyles = makeStyles({
  section: { display: 'flex', flexDirection: 'column', gap: tokens.spacingVerticalM },
  words: { margin: 0, color: tokens.colorNeutralForeground2, maxWidth: '76ch' },
  bar: {
    position: 'sticky',
    bottom: 0,
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalM} ${tokens.spacingHorizontalL}`,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `1px solid ${tokens.colorNeutralStroke1}`,
    borderRadius: tokens.borderRadiusLarge,
    boxShadow: tokens.shadow8,
    marginTop: 'auto',
    zIndex: 1,
  },
  count: { flexGrow: 1 },
  tabs: { flexWrap: 'wrap' },
});

export function SettingsScreen({ place }: { readonly place: SettingsPlace }) {
  const speaker = useSpeaker();
  const { data, error } = useSiteQuery('settingsRead', {});
  return (
    <PageFrame title={speaker.text('nav.settings')} sentence={speaker.text('settings.sentence')}>
      {data !== undefined ? (
        <Editor answer={data} section={place.section ?? 'erps'} />
      ) : (
        <p role="status">
          {error === null
            ? speaker.text('page.connecting')
            : speaker.text('page.failed', { message: error.message })}
        </p>
      )}
    </PageFrame>
  );
}

function Editor({ answer, section }: { readonly answer: SettingsAnswer; readonly section: Section }) {
  const speaker = useSpeaker();
  const styles = useStyles();
  const draft = useNewDraft(answer);
  const Body = SECTIONS[section];
  return (
    <DraftProvider value={draft}>
      <TabList
        className={styles.tabs}
        selectedValue={section}
        onTabSelect={(_, { value }) => goTo({ screen: 'settings', section: value as Section })}
      >
        {ORDER.map((one) => (
          <Tab key={one} value={one} data-section={one}>
            {speaker.text(`settings.section.${one}`)}
            {draft.problems.some(({ path }) => sectionOf(path) === one) &&
              ` (${speaker.text('settings.mistake')})`}
          </Tab>
        ))}
      </TabList>
      {draft.readOnly && (
        <MessageBar intent="info">
          <MessageBarBody>
            <MessageBarTitle>{speaker.text('settings.readOnly')}</MessageBarTitle>{' '}
            {speaker.text('settings.readOnlyNext')}
          </MessageBarBody>
        </MessageBar>
      )}
      <Problems />
      <div
        className={styles.section}
        role="tabpanel"
        aria-label={speaker.text(`settings.section.${section}`)}
      >
        <p className={styles.words}>{speaker.text(`settings.words.${section}`)}</p>
        <Body />
      </div>
      <SaveBar />
    </DraftProvider>
  );
}

/** Mistakes with their places, each leading to its section. */
function Problems() {
  const speaker = useSpeaker();
  const { problems } = useDraft();
  if (problems.length === 0) return undefined;
  return (
    <MessageBar intent="error" layout="multiline" role="alert" data-problems={problems.length}>
      <MessageBarBody>
        <MessageBarTitle>{speaker.text('settings.problems', { count: problems.length })}</MessageBarTitle>
        <ul>
          {problems.slice(0, PROBLEMS_SHOWN).map((problem) => (
            <li key={`${problem.file} ${problem.path} ${problem.reason}`}>
              <Link inline href={`#/settings?section=${sectionOf(problem.path)}`}>
                {problem.file} {problem.path}
              </Link>
              {': '}
              {[problem.reason, problem.hint].filter(Boolean).join('. ')}
            </li>
          ))}
        </ul>
      </MessageBarBody>
    </MessageBar>
  );
}

const PROBLEMS_SHOWN = 5;

/** Where a place in the file is edited. */
function sectionOf(path: string): Section {
  if (path.startsWith('erps')) return 'erps';
  if (/^links\[\d+\]\.cloud/.test(path)) return 'clouds';
  if (/^links\[\d+\]\.(push|pull)\.every/.test(path)) return 'schedule';
  if (path.startsWith('links')) return 'links';
  if (path.startsWith('alerts')) return 'alerts';
  return path.startsWith('site') ? 'language' : 'advanced';
}

function SaveBar() {
  const speaker = useSpeaker();
  const styles = useStyles();
  const { changes, saving, save, undo, readOnly } = useDraft();
  if (changes.length === 0 || readOnly) return undefined;
  return (
    <div
      className={styles.bar}
      role="region"
      aria-label={speaker.text('settings.unsaved')}
      data-unsaved={changes.length}
    >
      <span className={styles.count} role="status">
        {speaker.text('settings.changes', { count: changes.length })}
      </span>
      <Button disabled={saving} onClick={undo}>
        {speaker.text('settings.undo')}
      </Button>
      <Button
        appearance="primary"
        disabled={saving}
        icon={saving ? <Spinner size="tiny" /> : null}
        onClick={save}
      >
        {speaker.text('settings.save')}
      </Button>
    </div>
  );
}
