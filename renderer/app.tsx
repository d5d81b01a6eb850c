import { FluentProvider, makeStyles, tokens, webDarkTheme, webLightTheme } from '@fluentui/react-components';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { Speaker } from '../shared/i18n/say.ts';
import type { SiteConnection } from './api/site-connection.ts';
import { Navigation } from './components/navigation.tsx';
import { Notes } from './components/notes.tsx';
import { ScreenAt } from './screens/screen-at.tsx';
import { ConnectionContext, SeenContext, SpeakerContext } from './state/contexts.ts';
import { goTo, usePlace } from './state/place.ts';
import { useDark, useNarrow } from './state/use-media.ts';
import type { SiteWatch } from './state/site-watch.ts';
import { useNow, useWatched } from './state/use-watched.ts';

const useStyles = makeStyles({
  frame: {
    display: 'flex',
    height: '100%',
    backgroundColor: tokens.colorNeutralBackground3,
    color: tokens.colorNeutralForeground1,
    fontVariantNumeric: 'tabular-nums',
  },
  room: {
    flexGrow: 1,
    minWidth: 0,
    overflow: 'auto',
    backgroundColor: tokens.colorNeutralBackground2,
    borderTopLeftRadius: tokens.borderRadiusXLarge,
    borderLeft: `1px solid ${tokens.colorNeutralStroke2}`,
  },
});

export function App({
  connection,
  watch,
}: {
  readonly connection: SiteConnection;
  readonly watch: SiteWatch;
}) {
  const dark = useDark();
  const styles = useStyles();
  const seen = useWatched(watch);
  const now = useNow(watch);
  const site = seen.status?.site;
  const speaker = useMemo(
    () => new Speaker({ now, timeZone: site?.timeZone ?? 'UTC', locale: localeFor(site?.language ?? 'en') }),
    [now, site?.timeZone, site?.language],
  );
  const [queries] = useState(
    // What was refused is told, not tried again behind the person's back; the bridge needs no network.
    () => new QueryClient({ defaultOptions: { queries: { networkMode: 'always', retry: false } } }),
  );
  const place = usePlace();
  const narrow = useNarrow();
  useEffect(() => connection.places(goTo), [connection]);
  return (
    <FluentProvider theme={dark ? webDarkTheme : webLightTheme} className="window">
      <QueryClientProvider client={queries}>
        <ConnectionContext value={connection}>
          <SpeakerContext value={speaker}>
            <SeenContext value={seen}>
              <Notes>
                <div className={styles.frame}>
                  <Navigation here={place.screen} narrow={narrow} />
                  <main className={styles.room}>
                    <ScreenAt place={place} />
                  </main>
                </div>
              </Notes>
            </SeenContext>
          </SpeakerContext>
        </ConnectionContext>
      </QueryClientProvider>
    </FluentProvider>
  );
}

/** The person's own variant of the site's language: dates and numbers as they are used to, words in one language. */
function localeFor(language: string): string {
  return navigator.languages.find((one) => one === language || one.startsWith(`${language}-`)) ?? language;
}
