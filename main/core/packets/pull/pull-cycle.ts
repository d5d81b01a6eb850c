import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { fail, type Result } from '../../../../shared/model/result.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { ApplyLane } from '../apply/apply-lane.ts';
import type { LinkParts } from '../link-parts.ts';
import type { PacketListing, PacketQueue } from '../packet-cloud.ts';
import { Patience } from './patience.ts';
import { endsCycle, type PullCounts } from './drain-parts.ts';
import { QueueDrain } from './queue-drain.ts';
import type { Reporter } from '../report/reporter.ts';
import type { RunProgress } from '../run-progress.ts';
import { isHeld, noteCloudFailure, noteStore } from './take-packet.ts';

export interface PullEnd {
  readonly counts: PullCounts;
  readonly failure: SyncFailure | undefined;
  /** The lists ended by bringing nothing new: as far as can be seen, everything that waited is here. */
  readonly drained: boolean;
}

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
  const counts: PullCounts = { lists: 0, listed: 0, stored: 0, known: 0, broken: 0, lost: 0, reported: 0 };
  const { store, link, runtime } = parts;
  const now = runtime.wall();
  // What the ERP has still to accept is not for this run to do.
  const waiting = store.counts(link, now).pendingIn - store.handedCounts(link, now).waiting;
  const before = lane.totals;
  let draining: QueueDrain | undefined;
  progress?.enter('pull', () => ({
    done: lane.totals.applied + lane.totals.parked - before.applied - before.parked,
    total: waiting + counts.stored + (draining?.ahead ?? 0),
  }));
  const patience = new Patience(parts, () => lane.wake(), signal);
  const drain = (queue: PacketQueue): ReturnType<QueueDrain['run']> => {
    draining = new QueueDrain(
      {
        parts,
        lane,
        reporter,
        patience,
        counts,
        progress,
        signal,
        list: (of, known) => list(parts, of, known, signal),
      },
      queue,
    );
    return draining.run();
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

async function list(
  parts: LinkParts,
  queue: PacketQueue,
  isKnown: (listing: PacketListing) => boolean,
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
  if (isKnown(listing.value)) return listing;
  try {
    durablySync(runtime, 'pull.remember-list', () => {
      // One that waits for a lost body is shown for hours: with nothing new in it, the first is what is reported.
      const again = listing.value.entries.every((entry) => store.known(link, queue, entry).checked);
      if (!again || !isHeld(parts, listing.value)) store.rememberListing(link, listing.value, runtime.wall());
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
