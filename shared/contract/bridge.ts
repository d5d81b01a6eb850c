import type { Place } from './place.ts';
import type { Reply } from './reply.ts';
import type { SiteEvent } from './status.ts';

/** What a window hears: the site's snapshots, and whether an agent is there to send them. */
export type ViewerEvent =
  | SiteEvent
  | {
      readonly kind: 'connection';
      /** `starting`: an agent is being started. `lost`: none answers; it is looked for. */
      readonly state: 'live' | 'starting' | 'lost';
      /** Why it is not live, in words, where that is known. */
      readonly reason?: string | undefined;
    };

/**
 * All that the preload script lays on `window.erpFerry`: the contract, its events, and where to go. Names and arguments are
 * checked on the other side; nothing of the system crosses.
 */
export interface ViewerBridge {
  /** One request of the contract. Never rejects. */
  call(name: string, args: unknown): Promise<Reply<unknown>>;
  /** From now on, until the result is called. The last snapshot comes at once. */
  onEvent(listener: (event: ViewerEvent) => void): () => void;
  /** The tray or a toast asks for a place; one asked for before anybody listened comes at once. */
  onPlace(listener: (place: Place) => void): () => void;
}

/** The channels behind it: a closed list. */
export const CHANNELS = {
  call: 'ferry:call',
  event: 'ferry:event',
  place: 'ferry:place',
  ready: 'ferry:ready',
} as const;
