import { createContext, useContext } from 'react';
import type { Speaker } from '../../shared/i18n/say.ts';
import type { SiteConnection } from '../api/site-connection.ts';
import type { Seen } from './site-watch.ts';

export const ConnectionContext = createContext<SiteConnection | undefined>(undefined);
export const SpeakerContext = createContext<Speaker | undefined>(undefined);
export const SeenContext = createContext<Seen | undefined>(undefined);

function within<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`no ${what} around this component`);
  return value;
}

export const useConnection = (): SiteConnection => within(useContext(ConnectionContext), 'connection');

/** The catalogue, as of this second. */
export const useSpeaker = (): Speaker => within(useContext(SpeakerContext), 'speaker');

/** What is known of the site, as of the last event. */
export const useSeen = (): Seen => within(useContext(SeenContext), 'site');
