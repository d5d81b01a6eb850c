import type { ItemState } from '../../core/queue/item.ts';
import type { OpenListing, QueueCounts, QueueStore } from '../../core/queue/queue-store.ts';
import type { LinkId, Sha256 } from '../../../shared/model/ids.ts';
import { instantOfLocal, localTimeAt } from '../../../shared/model/time.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { readableItems } from './store-context.ts';
import type { ReadContext } from './store-context.ts';
import { findLinkFact, readEndpoints } from './statements/facts.ts';
import {
  countOpen,
  countSettledSince,
  findInDoubt,
  findItem,
  findNextDueAt,
  findOpenOfUser,
  findPacketItems,
  findUnsent,
  readBody,
  readSpoolHashes,
  readTimeline,
} from './statements/item-read.ts';
import { countItems, searchItems } from './statements/item-search.ts';
import { isDocumentKnown, readRecentLedger } from './statements/ledger.ts';
import {
  countUnreported,
  isDeliveryChecked,
  readDeliveries,
  readInboundMark,
  readOpenListings,
} from './statements/listings.ts';
import { findLastStarted, findPause, readRuns } from './statements/runs.ts';
import { findAccepted, findLastAcceptedAt, findSnapshotMeta } from './statements/snapshots.ts';

/** Everything about the queue that changes nothing: what a viewer gets. */
export type QueueReads = Pick<
  QueueStore,
  | 'get'
  | 'list'
  | 'counts'
  | 'timeline'
  | 'count'
  | 'nextDue'
  | 'mayHaveHappened'
  | 'known'
  | 'openListings'
  | 'documentKnown'
  | 'recentLedger'
  | 'inboundMark'
  | 'openPacketsOf'
  | 'lastAccepted'
  | 'snapshotMeta'
  | 'unsentSnapshots'
  | 'runs'
  | 'lastStarted'
  | 'endpoints'
  | 'lastList'
  | 'pause'
> & {
  /** The bytes of a body kept in the store; undefined when there are none (any more). */
  rowBody(hash: Sha256): Uint8Array | undefined;
  /** Names of all bodies that items expect in the spool. */
  spoolHashes(): ReadonlySet<Sha256>;
};

export function queueReads(context: ReadContext): QueueReads {
  const { db, read } = context;
  return {
    get: (id) => read(() => findItem(db, id)),
    list: (query) => read(() => readableItems(context, searchItems(db, query))),
    count: (query) => read(() => countItems(db, query)),
    counts: (link, now) => read(() => countsOf(context, link, now)),
    timeline: (id) => read(() => readTimeline(db, id)),
    nextDue: (link, direction) => read(() => findNextDueAt(db, link, direction)),
    mayHaveHappened: (id) => read(() => findInDoubt(db, id) ?? false),
    known: (link, queue, entry) =>
      read(() => ({
        items: findPacketItems(db, link, queue, entry.id),
        checked: isDeliveryChecked(db, link, queue, entry),
      })),
    openListings: (link) => read(() => openListingsOf(context, link)),
    documentKnown: (link, document, number) => read(() => isDocumentKnown(db, link, document, number)),
    recentLedger: (source, count) => read(() => readRecentLedger(db, source, count)),
    inboundMark: (link, user) => read(() => readInboundMark(db, link, user)),
    openPacketsOf: (link, user) => read(() => findOpenOfUser(db, link, user)),
    lastAccepted: (link, user) => read(() => findAccepted(db, link, user)),
    snapshotMeta: (id) => read(() => findSnapshotMeta(db, id)),
    unsentSnapshots: (link) => read(() => readableItems(context, findUnsent(db, link))),
    runs: (query) => read(() => readRuns(db, query.link, query.limit)),
    lastStarted: (link, flow) => read(() => findLastStarted(db, link, flow)),
    endpoints: () => read(() => readEndpoints(db)),
    lastList: (link) => read(() => findLinkFact(db, link).list),
    pause: (link) => read(() => findPause(db, link)),
    rowBody: (hash) => read(() => readBody(db, hash)),
    spoolHashes: () => read(() => readSpoolHashes(db)),
  };
}

function countsOf(context: ReadContext, link: LinkId, now: Instant): QueueCounts {
  const { db } = context;
  const open = countOpen(db, link);
  const pendingIn = open.filter((one) => one.direction === 'in' && one.state !== 'parked');
  // At most one unsent snapshot per user, so snapshots are users; a parked one is not accepted either.
  const pendingOut = open.filter((one) => one.direction === 'out');
  const sum = (of: typeof open): number => of.reduce((total, one) => total + one.n, 0);
  const oldest = (of: typeof open): Instant | undefined =>
    of.length === 0 ? undefined : Math.min(...of.map((one) => one.oldest));
  const inState = (state: ItemState): number => sum(open.filter((one) => one.state === state));
  return {
    pendingIn: sum(pendingIn),
    oldestPendingIn: oldest(pendingIn),
    pendingOut: sum(pendingOut),
    oldestPendingOut: oldest(pendingOut),
    parked: inState('parked'),
    unknown: inState('unknown'),
    settledToday: countSettledSince(db, link, startOfDay(now, context.zone)),
    unreported: countUnreported(db, link),
    lastSettledIn: findLinkFact(db, link).lastSettledIn,
    lastAcceptedOut: findLastAcceptedAt(db, link),
  };
}

function startOfDay(now: Instant, zone: string): Instant {
  const midnight = { ...localTimeAt(now, zone), hour: 0, minute: 0, second: 0, millisecond: 0 };
  return instantOfLocal(midnight, zone);
}

function openListingsOf(context: ReadContext, link: LinkId): readonly OpenListing[] {
  const { db } = context;
  return readOpenListings(db, link).map(({ id, queue, format, raw, listed_at }) => ({
    id,
    queue,
    format,
    raw,
    listedAt: listed_at,
    entries: readDeliveries(db, id).map((delivery) => ({
      ...delivery,
      items: findPacketItems(db, link, queue, delivery.entry.id).map(({ state, createdAt }) => ({
        state,
        createdAt,
      })),
    })),
  }));
}
