import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, fail, type Result } from '../../../../shared/model/result.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { ItemReason, NewItem } from '../../queue/item.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import type { ApplyLane } from '../apply/apply-lane.ts';
import type { LinkParts } from '../link-parts.ts';
import type { ListedEntry, PacketListing, PacketQueue } from '../packet-cloud.ts';
import { Patience } from './patience.ts';
import type { Reporter } from '../report/reporter.ts';
import type { RunProgress } from '../run-progress.ts';

/** Lists in a row that bring nothing new before a cycle ends: a queue that hides what it listed may answer short or empty. */
const QUIET_LISTS = 2;
/** A bound on one cycle: 100,000 packets. More are taken by the next one. */
const MOST_LISTS = 10_000;

export interface PullCounts {
  lists: number;
  listed: number;
  stored: number;
  known: number;
  broken: number;
  reported: number;
}

export interface PullEnd {
  readonly counts: PullCounts;
  readonly failure: SyncFailure | undefined;
  /** The lists ended by bringing nothing new: as far as can be seen, everything that waited is here. */
  readonly drained: boolean;
}

type Taken = 'stored' | 'known' | 'broken';

/**
 * Takes what waits in the cloud: list, make durable, apply, report, until lists bring nothing new. Bytes are durable
 * before anything is done with them and before anything is reported; a body that did not arrive whole is left where it is.
 */
export async function pullCycle(
  parts: LinkParts,
  lane: ApplyLane,
  reporter: Reporter,
  signal: AbortSignal,
  progress?: RunProgress,
): Promise<PullEnd> {
  const counts: PullCounts = { lists: 0, listed: 0, stored: 0, known: 0, broken: 0, reported: 0 };
  const { store, link, runtime, changed } = parts;
  const now = runtime.wall();
  // What the ERP has still to accept is not for this run to do.
  const waiting = store.counts(link, now).pendingIn - store.handedCounts(link, now).waiting;
  const before = lane.totals;
  // Listed and not looked at yet: some of them may be known already.
  let ahead = 0;
  progress?.enter('pull', () => ({
    done: lane.totals.applied + lane.totals.parked - before.applied - before.parked,
    total: waiting + counts.stored + ahead,
  }));
  const patience = new Patience(parts, () => lane.wake(), signal);
  const drain = async (queue: PacketQueue): Promise<Drained> => {
    let failure: SyncFailure | undefined;
    let quiet = 0;
    let lists = 0;
    const missed = new Set<string>();
    while (quiet < QUIET_LISTS && lists < MOST_LISTS && !signal.aborted) {
      const listing = await patience.list(() => list(parts, queue, signal));
      if (!listing.ok) {
        failure = listing.failure;
        break;
      }
      counts.lists += 1;
      lists += 1;
      counts.listed += listing.value.entries.length;
      let fresh = 0;
      progress?.name('pull');
      ahead = listing.value.entries.length;
      for (const entry of listing.value.entries) {
        if (signal.aborted) break;
        ahead -= 1;
        const taken = await patience.with(() => take(parts, listing.value, entry, signal));
        if (taken.ok) missed.delete(entry.id);
        else {
          failure = taken.failure;
          // It waits for us: a snapshot made now would not know of it. One that cannot be had at all holds up nobody.
          if (failure.kind === 'unreachable') missed.add(entry.id);
          counts.broken += 1;
          if (endsCycle(taken.failure)) break;
          continue;
        }
        counts[taken.value] += 1;
        if (taken.value === 'stored') fresh += 1;
        changed();
      }
      ahead = 0;
      progress?.name('apply');
      lane.wake();
      await lane.drain(signal);
      progress?.name('pull');
      counts.reported += await reporter.reportDue(signal);
      if (failure !== undefined && endsCycle(failure)) break;
      quiet = fresh > 0 ? 0 : quiet + 1;
      const full = listing.value.entries.length >= parts.cloud.capabilities.listSize;
      if (quiet === QUIET_LISTS && full) {
        // A full list of known packets may hide new ones behind it: go on once these could be reported.
        const wait = reporter.nextLookMs();
        if (wait > 0 && wait <= parts.policy.report.ackWithinMs) {
          await parts.runtime.sleep(wait, signal);
          const reported = await reporter.reportDue(signal);
          counts.reported += reported;
          if (reported > 0) quiet = 0;
        }
      }
    }
    return { failure, drained: quiet >= QUIET_LISTS && missed.size === 0 };
  };
  const packets = await drain('packet');
  // Photos after the packets that name them, and never in their way.
  const photos =
    parts.mapping.pull.photos === undefined || (packets.failure !== undefined && endsCycle(packets.failure))
      ? undefined
      : await drain('file');
  counts.reported += await reporter.reportDue(signal);
  return { counts, failure: packets.failure ?? photos?.failure, drained: packets.drained };
}

interface Drained {
  readonly failure: SyncFailure | undefined;
  readonly drained: boolean;
}

const endsCycle = (failure: SyncFailure): boolean =>
  failure.kind === 'disk' ||
  failure.kind === 'cancelled' ||
  failure.kind === 'unauthorized' ||
  failure.kind === 'throttled';

async function list(
  parts: LinkParts,
  queue: PacketQueue,
  signal: AbortSignal,
): Promise<Result<PacketListing>> {
  const { cloud, cloudEndpoint, endpoints, store, link, runtime } = parts;
  if (endpoints.restMs('site:disk') > 0) return fail({ kind: 'disk', cause: 'resting after a failure' });
  const listing = await cloud.list(queue, signal);
  if (!listing.ok) {
    noteCloudFailure(parts, listing.failure);
    return listing;
  }
  endpoints.succeeded(cloudEndpoint);
  try {
    durablySync(runtime, 'pull.remember-list', () => {
      store.rememberListing(link, listing.value, runtime.wall());
      const entries = listing.value.entries.length;
      // What waits in the cloud is told of packets; photos are not what a snapshot waits for.
      if (queue === 'packet')
        store.noteList(link, { entries, full: entries >= cloud.capabilities.listSize }, runtime.wall());
    });
  } catch (error) {
    return fail(noteStore(parts, error));
  }
  return listing;
}

/** Makes one listed packet durable here, unless it is. */
async function take(
  parts: LinkParts,
  listing: PacketListing,
  entry: ListedEntry,
  signal: AbortSignal,
): Promise<Result<Taken>> {
  const { cloud, store, link, runtime, bodies, policy } = parts;
  const known = store.known(link, listing.queue, entry);
  if (known.checked && known.items.length > 0) return ok('known');
  const body = await cloud.download(entry, signal);
  if (!body.ok) {
    noteCloudFailure(parts, body.failure);
    return body;
  }
  try {
    const received = await durably(runtime, 'pull.spool-body', () =>
      bodies.receive(body.value, policy.maxPacketBytes, signal),
    );
    if (!received.ok) {
      if (received.failure.kind === 'disk') parts.endpoints.diskFailed(received.failure);
      else noteCloudFailure(parts, received.failure);
      return received;
    }
    const { hash } = received.value;
    const same = known.items.some((item) => item.body.hash === hash) || known.edited.includes(hash);
    if (same) {
      store.markChecked(link, listing.queue, entry);
      return ok('known');
    }
    const item: NewItem = {
      link,
      direction: 'in',
      externalId: entry.id,
      user: entry.user,
      company: entry.company,
      label: listing.queue === 'file' ? `photo ${entry.id}` : (entry.operation ?? ''),
      body: received.value,
    };
    const conflict: ItemReason | undefined = known.items.length === 0 ? undefined : otherContents(entry);
    durablySync(runtime, 'pull.store-packet', () =>
      store.storePacket(item, { queue: listing.queue, entry }, conflict, runtime.wall()),
    );
    return ok('stored');
  } catch (error) {
    return fail(noteStore(parts, error));
  }
}

const otherContents = (entry: ListedEntry): ItemReason => ({
  kind: 'failure',
  failure: {
    kind: 'conflict',
    where: `packet ${entry.id}`,
    message: 'the cloud delivered this packet id before with other contents',
  },
});

function noteCloudFailure(parts: LinkParts, failure: SyncFailure): void {
  const { cloudEndpoint, endpoints, log } = parts;
  if (failure.kind !== 'cancelled') log.warn('cloud call failed', { failure: failure.kind });
  endpoints.backOff(cloudEndpoint, failure);
}

function noteStore(parts: LinkParts, error: unknown): SyncFailure {
  const failure = storeFailure(error);
  parts.endpoints.diskFailed(failure);
  return failure;
}
