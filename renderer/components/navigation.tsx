import { Button, CounterBadge, Tooltip, makeStyles, mergeClasses, tokens } from '@fluentui/react-components';
import { AlertRegular } from '@fluentui/react-icons/svg/alert';
import { HistoryRegular } from '@fluentui/react-icons/svg/history';
import { MailInboxRegular } from '@fluentui/react-icons/svg/mail-inbox';
import { NavigationRegular } from '@fluentui/react-icons/svg/navigation';
import { PeopleRegular } from '@fluentui/react-icons/svg/people';
import { PulseRegular } from '@fluentui/react-icons/svg/pulse';
import { SettingsRegular } from '@fluentui/react-icons/svg/settings';
import { Fragment, useState } from 'react';
import type { Place } from '../../shared/contract/place.ts';
import type { TextKey } from '../../shared/i18n/say.ts';
import { useSeen, useSpeaker } from '../state/contexts.ts';
import { hashOf } from '../state/place.ts';

const useStyles = makeStyles({
  nav: {
    display: 'flex',
    flexDirection: 'column',
    gap: tokens.spacingVerticalXXS,
    width: '208px',
    flexShrink: 0,
    boxSizing: 'border-box',
    padding: tokens.spacingHorizontalS,
    overflowY: 'auto',
  },
  narrow: { width: '56px' },
  bottom: { marginTop: 'auto' },
  link: {
    position: 'relative',
    display: 'flex',
    alignItems: 'center',
    gap: tokens.spacingHorizontalM,
    minHeight: '36px',
    padding: `0 ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: 'none',
    ':hover': { backgroundColor: tokens.colorSubtleBackgroundHover },
    ':focus-visible': { outline: `2px solid ${tokens.colorStrokeFocus2}`, outlineOffset: '-2px' },
    '& svg': { fontSize: '20px', flexShrink: 0 },
  },
  here: {
    backgroundColor: tokens.colorSubtleBackgroundSelected,
    fontWeight: tokens.fontWeightSemibold,
    '::before': {
      content: '""',
      position: 'absolute',
      left: '2px',
      width: '3px',
      height: '16px',
      borderRadius: tokens.borderRadiusCircular,
      backgroundColor: tokens.colorCompoundBrandForeground1,
    },
  },
  word: { flexGrow: 1, overflow: 'hidden', textOverflow: 'ellipsis', whiteSpace: 'nowrap' },
  toggle: { alignSelf: 'flex-start', marginBottom: tokens.spacingVerticalXS },
});

type Screen = Place['screen'];

const ROOMS: readonly { readonly screen: Screen; readonly name: TextKey; readonly icon: React.ReactNode }[] =
  [
    { screen: 'status', name: 'nav.status', icon: <PulseRegular /> },
    { screen: 'queue', name: 'nav.queue', icon: <MailInboxRegular /> },
    { screen: 'users', name: 'nav.users', icon: <PeopleRegular /> },
    { screen: 'runs', name: 'nav.runs', icon: <HistoryRegular /> },
    { screen: 'notifications', name: 'nav.notifications', icon: <AlertRegular /> },
    { screen: 'settings', name: 'nav.settings', icon: <SettingsRegular /> },
  ];

/** Badge counts only where someone must act. */
function toDo(screen: Screen, status: ReturnType<typeof useSeen>['status']): number {
  if (status === undefined) return 0;
  if (screen === 'queue') return status.links.reduce((sum, link) => sum + link.parked, 0);
  if (screen === 'notifications')
    return status.alerts.filter((alert) => alert.acknowledgedAt === undefined).length;
  return 0;
}

/** The rooms of the window, by icon and word. */
export function Navigation({ here, narrow: small }: { readonly here: Screen; readonly narrow: boolean }) {
  const styles = useStyles();
  const speaker = useSpeaker();
  const { status } = useSeen();
  const [folded, setFolded] = useState<boolean>();
  const narrow = folded ?? small;
  return (
    <nav className={mergeClasses(styles.nav, narrow && styles.narrow)} aria-label={speaker.text('nav.rooms')}>
      <Button
        className={styles.toggle}
        appearance="subtle"
        icon={<NavigationRegular />}
        aria-label={speaker.text(narrow ? 'nav.unfold' : 'nav.fold')}
        aria-expanded={!narrow}
        onClick={() => setFolded(!narrow)}
      />
      {ROOMS.map(({ screen, name, icon }) => {
        const count = toDo(screen, status);
        const word = speaker.text(name);
        const said = count > 0 ? speaker.text('nav.toDo', { name: word, count }) : word;
        const link = (
          <a
            href={hashOf({ screen })}
            className={mergeClasses(
              styles.link,
              screen === here && styles.here,
              screen === 'settings' && styles.bottom,
            )}
            aria-current={screen === here ? 'page' : undefined}
            aria-label={narrow ? said : undefined}
          >
            {icon}
            {!narrow && <span className={styles.word}>{word}</span>}
            {count > 0 && !narrow && (
              <CounterBadge
                count={count}
                color="danger"
                size="small"
                role="img"
                aria-label={speaker.text('nav.count', { count })}
              />
            )}
          </a>
        );
        return (
          <Fragment key={screen}>
            {narrow ? (
              <Tooltip content={said} relationship="inaccessible" positioning="after">
                {link}
              </Tooltip>
            ) : (
              link
            )}
          </Fragment>
        );
      })}
    </nav>
  );
}
