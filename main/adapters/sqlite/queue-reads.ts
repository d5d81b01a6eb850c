import { isAwaitedBody } from '../../core/queue/lost-body.ts';
import type { OpenListing, QueueCounts, QueueStore } from '../../core/queue/queue-store.ts';
import type { LinkId, Sha256 } from '../../../shared/model/ids.ts';
import { instantOfLocal, localTimeAt } from '../../../shared/model/time.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { evidenceReads } from './evidence.ts';
import { handoverReads } from './handovers.ts';
import { editReads } from './item-edits.ts';
import { mobileUserReads } from './mobile-users.ts';
import { photoReads } from './photos.ts';
import { readableItems } from './store-context.ts';
import type { ReadContext } from './store-context.ts';
import { findEditedHashes, readEditedSpoolHashes } from './statements/edits.ts';
import { findLinkFact, readEndpoints } from './statements/facts.ts';
import {
  findInDoubt,
  findItem,
  findItemRow,
  findNextDueAt,
  findOpenOfUser,
  findPacketItems,
  findUnsent,
  readBody,
  readSpoolHashes,
  readTimeline,
} from './statements/item-read.ts';
import {
  countSettledSince,
  countUnreported,
  ENDED,
  findOldest,
  pendingOf,
  readGroups,
} from './statements/counters.ts';
import { searchItems } from './item-search.ts';
import { isDocumentKnown, readRecentLedger } from './statements/ledger.ts';
import {
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
  | 'handedRows'
  | 'handedCounts'
  | 'owedNotices'
  | 'edits'
  | 'applyingSince'
  | 'photoOwner'
  | 'photosMissing'
  | 'evidence'
  | 'notLookedThrough'
  | 'acceptedPacket'
  | 'isExpected'
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
    list: (query) =>
      read(() => readableItems(context, rowsOf(context, atOnce(searchItems(db, query, false)).ids))),
    count: (query) => read(() => atOnce(searchItems(db, { ...query, limit: 0, offset: 0 }, true)).total),
    counts: (link, now) => read(() => countsOf(context, link, now)),
    timeline: (id) => read(() => readTimeline(db, id)),
    nextDue: (link, direction) => read(() => findNextDueAt(db, link, direction)),
    mayHaveHappened: (id) => read(() => findInDoubt(db, id) ?? false),
    known: (link, queue, entry) =>
      read(() => ({
        items: findPacketItems(db, link, queue, entry.id),
        checked: isDeliveryChecked(db, link, queue, entry),
        edited: findEditedHashes(db, link, queue, entry.id),
      })),
    openListings: (link) => read(() => openListingsOf(context, link)),
    documentKnown: (link, document, number) => read(() => isDocumentKnown(db, link, document, number)),
    recentLedger: (source, count) => read(() => readRecentLedger(db, source, count)),
    inboundMark: (link, user) => read(() => readInboundMark(db, link, user)),
    openPacketsOf: (link, user) => read(() => findOpenOfUser(db, link, user)),
    lastAccepted: (link, user) => read(() => findAccepted(db, link, user)),
    snapshotMeta: (id) => read(() => findSnapshotMeta(db, id)),
    unsentSnapshots: (link) => read(() => readableItems(context, findUnsent(db, link))),
    runs: (query) => read(() => readRuns(db, query)),
    lastStarted: (link, flow) => read(() => findLastStarted(db, link, flow)),
    endpoints: () => read(() => readEndpoints(db)),
    lastList: (link) => read(() => findLinkFact(db, link).list),
    pause: (link) => read(() => findPause(db, link)),
    ...handoverReads(context),
    ...editReads(context),
    ...photoReads(context),
    ...evidenceReads(context),
    ...mobileUserReads(context),
    rowBody: (hash) => read(() => readBody(db, hash)),
    spoolHashes: () => read(() => new Set([...readSpoolHashes(db), ...readEditedSpoolHashes(db)])),
  };
}

/** The rows of a page; one that went since it was found is left out. */
export const rowsOf = ({ db }: ReadContext, ids: readonly number[]): readonly unknown[] =>
  ids.flatMap((id) => findItemRow(db, id) ?? []);

/** A search from beginning to end, for callers that have nobody to give room to. */
function atOnce<T>(search: Generator<undefined, T>): T {
  for (;;) {
    const step = search.next();
    if (step.done === true) return step.value;
  }
}

/** Costs the same whatever the size of the queue: counters, and one look into an index per state that has items. */
function countsOf(context: ReadContext, link: LinkId, now: Instant): QueueCounts {
  const { db } = context;
  const groups = readGroups(db, link);
  const open = groups.filter((one) => !ENDED.has(one.state));
  const oldest = (of: typeof open): Instant | undefined => {
    const found = of.flatMap((group) => findOldest(db, group) ?? []);
    return found.length === 0 ? undefined : Math.min(...found);
  };
  const { pendingIn, pendingOut, parked } = pendingOf(groups);
  return {
    pendingIn,
    oldestPendingIn: oldest(open.filter((one) => one.direction === 'in' && one.state !== 'parked')),
    pendingOut,
    oldestPendingOut: oldest(open.filter((one) => one.direction === 'out' && one.state !== 'waiting')),
    parked,
    unknown: open.reduce((total, one) => (one.state === 'unknown' ? total + one.n : total), 0),
    settledToday: countSettledSince(db, link, startOfDay(now, context.zone)),
    unreported: countUnreported(db, link),
    lastSettledIn: findLinkFact(db, link).lastSettledIn,
    lastAcceptedOut: findLastAcceptedAt(db, link),
  };
}

export function startOfDay(now: Instant, zone: string): Instant {
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
      items: findPacketItems(db, link, queue, delivery.entry.id).map((item) => ({
        state: item.state,
        createdAt: item.createdAt,
        ...(item.handed === undefined ? {} : { handed: true }),
        ...(isAwaitedBody(item) ? { awaitsBody: true } : {}),
      })),
    })),
  }));
}
