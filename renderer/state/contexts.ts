import { createContext, useContext } from 'react';
import type { SiteClient } from '../../shared/contract/contract.ts';
import type { Speaker } from '../../shared/i18n/say.ts';

export const ClientContext = createContext<SiteClient | undefined>(undefined);
export const SpeakerContext = createContext<Speaker | undefined>(undefined);

export function useClient(): SiteClient {
  const client = useContext(ClientContext);
  if (client === undefined) throw new Error('no client around this component');
  return client;
}

/** The catalogue, as of this second. */
export function useSpeaker(): Speaker {
  const speaker = useContext(SpeakerContext);
  if (speaker === undefined) throw new Error('no speaker around this component');
  return speaker;
}
