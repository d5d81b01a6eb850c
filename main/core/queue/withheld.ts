import type { QueueStore } from './queue-store.ts';

/**
 * The store as a link sees it while `damaged` holds: packets still come in and reach the ERP, whose ledger keeps them from
 * being applied twice; but nothing is reported done, so that the cloud keeps every packet, and no snapshot goes out, since
 * what is known of a user's own packets may be wrong.
 */
export function withheldWhile<S extends QueueStore>(store: S, damaged: () => boolean): S {
  return {
    ...store,
    openListings: (link) => (damaged() ? [] : store.openListings(link)),
    claim: (link, direction, by, now) =>
      direction === 'out' && damaged() ? undefined : store.claim(link, direction, by, now),
  };
}
