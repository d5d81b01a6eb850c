import { useMemo } from 'react';
import { Speaker } from '../shared/i18n/say.ts';
import type { ConsoleClient } from './api/console-client.ts';
import { StatusScreen } from './screens/status-screen.tsx';
import { ClientContext, SpeakerContext } from './state/contexts.ts';
import type { SiteWatch } from './state/site-watch.ts';
import { useNow, useWatched } from './state/use-watched.ts';

export function App({ client, watch }: { readonly client: ConsoleClient; readonly watch: SiteWatch }) {
  const seen = useWatched(watch);
  const now = useNow(watch);
  const site = seen.status?.site;
  const speaker = useMemo(
    () => new Speaker({ now, timeZone: site?.timeZone ?? 'UTC', locale: localeFor(site?.language ?? 'en') }),
    [now, site?.timeZone, site?.language],
  );
  return (
    <ClientContext value={client}>
      <SpeakerContext value={speaker}>
        <StatusScreen seen={seen} />
      </SpeakerContext>
    </ClientContext>
  );
}

/** The person's own variant of the site's language: dates and numbers as they are used to, words in one language. */
function localeFor(language: string): string {
  return navigator.languages.find((one) => one === language || one.startsWith(`${language}-`)) ?? language;
}
