import type { SiteClient } from '../../shared/contract/contract.ts';
import type { Place } from '../../shared/contract/place.ts';
import type { SiteEvent } from '../../shared/contract/status.ts';

/** What a connection tells of itself. */
export type ConnectionNews =
  | { readonly kind: 'event'; readonly event: SiteEvent }
  /** Nothing is heard now; it goes on trying by itself. */
  | { readonly kind: 'lost'; readonly reason?: string | undefined }
  /** An agent is being started. */
  | { readonly kind: 'starting' }
  /** It will not get better by itself: the token is not valid. */
  | { readonly kind: 'refused' };

/** The page's one way to a site: the program's window has the bridge of the preload script, a browser the loopback console. */
export interface SiteConnection extends SiteClient {
  readonly surface: 'window' | 'browser';
  /** Follows the site until the result is called. Reconnects by itself. */
  follow(listener: (news: ConnectionNews) => void): () => void;
  /** Places the tray or a toast asks for. A browser has neither. */
  places(listener: (place: Place) => void): () => void;
}
