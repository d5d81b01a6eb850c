import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, fail, type Result } from '../../../../shared/model/result.ts';
import { storeFailure } from '../../queue/endpoints.ts';
import type { FailureReason, ItemReason, NewItem } from '../../queue/item.ts';
import { emptyFileReason, isAwaitedBody, isLostBody, lostBodyReason } from '../../queue/lost-body.ts';
import type { KnownPacket } from '../../queue/queue-store.ts';
import type { StoredBody } from '../../runtime/body-store.ts';
import { durably, durablySync } from '../../runtime/runtime.ts';
import type { LinkParts } from '../link-parts.ts';
import type { ListedEntry, PacketListing, PacketQueue } from '../packet-cloud.ts';
import { lostBodyDue } from '../report/reporting.ts';

/** `lost`: the cloud no longer has the body; the packet is kept without one. */
export type Taken = 'stored' | 'known' | 'lost';

/** One entry of a list of one queue. */
export interface Delivery {
  readonly queue: PacketQueue;
  readonly entry: ListedEntry;
  /** Its list cannot be reported yet, see `isHeld`: what is here of it is not fetched again. */
  readonly held?: boolean | undefined;
}

/**
 * Whether a list must wait, because the cloud has no body for one of its packets and no part of it may be reported. What else
 * is in it is compared once it may be reported, under the handles of then.
 */
export function isHeld(
  { store, link, cloud, policy, runtime }: LinkParts,
  { queue, entries }: Pick<PacketListing, 'queue' | 'entries'>,
): boolean {
  if (cloud.capabilities.partialDone) return false;
  const now = runtime.wall();
  return entries.some((entry) =>
    store
      .known(link, queue, entry)
      .items.some(
        (item) =>
          isAwaitedBody(item) &&
          (lostBodyDue(item.createdAt, policy.report, now) ?? Number.POSITIVE_INFINITY) > now,
      ),
  );
}

/** What the cloud had for an entry. Nothing of it is durable yet, but a large body. */
export type Fetched =
  | { readonly kind: 'known' }
  /** Why there are no bytes. */
  | { readonly kind: 'gone'; readonly reason: FailureReason }
  | { readonly kind: 'body'; readonly body: StoredBody };

/** Fetches the body of one listed packet, unless it is here. Calls may overlap. */
export async function fetchPacket(
  parts: LinkParts,
  { queue, entry, held }: Delivery,
  signal: AbortSignal,
): Promise<Result<Fetched>> {
  const { cloud, store, link, runtime, bodies, policy, cloudEndpoint, endpoints } = parts;
  const known = store.known(link, queue, entry);
  const isHere = known.items.length > 0 && !known.items.some(isAwaitedBody);
  if (isHere && (known.checked || held === true)) return ok({ kind: 'known' });
  const failuresBefore = endpoints.failures(cloudEndpoint);
  const failed = (failure: SyncFailure): Result<never> => {
    // Several calls that meet the same outage are one failure of the endpoint.
    if (endpoints.failures(cloudEndpoint) <= failuresBefore) noteCloudFailure(parts, failure);
    return fail(failure);
  };
  const body = await cloud.download(entry, signal);
  if (!body.ok) {
    const { failure } = body;
    const code = failure.kind === 'rejected' ? failure.code : undefined;
    if (code === 'body-gone') return ok({ kind: 'gone', reason: lostBodyReason(entry.id) });
    if (code === 'body-empty') return ok({ kind: 'gone', reason: emptyFileReason(entry.id) });
    return failed(failure);
  }
  try {
    const received = await durably(runtime, 'pull.spool-body', () =>
      bodies.receive(body.value, policy.maxPacketBytes, signal),
    );
    if (received.ok) return ok({ kind: 'body', body: received.value });
    if (received.failure.kind !== 'disk') return failed(received.failure);
    endpoints.diskFailed(received.failure);
    return received;
  } catch (error) {
    return fail(noteStore(parts, error));
  }
}

/** Makes durable what was fetched. Idempotent. */
export function keepPacket(parts: LinkParts, delivery: Delivery, fetched: Fetched): Result<Taken> {
  if (fetched.kind === 'known') return ok('known');
  const { store, link, runtime } = parts;
  const { queue, entry } = delivery;
  try {
    const known = store.known(link, queue, entry);
    if (fetched.kind === 'gone') return ok(keepWithoutBody(parts, delivery, known, fetched.reason));
    const { body } = fetched;
    if (known.items.some((item) => item.body.hash === body.hash) || known.edited.includes(body.hash)) {
      store.markChecked(link, queue, entry);
      return ok('known');
    }
    const conflict = known.items.every(isAwaitedBody) ? undefined : otherContents(entry);
    durablySync(runtime, 'pull.store-packet', () =>
      store.storePacket(newItem(parts, delivery, body), delivery, conflict, runtime.wall()),
    );
    return ok('stored');
  } catch (error) {
    return fail(noteStore(parts, error));
  }
}

/** The cloud says that the body is gone: it may come back, so nothing is given up here. */
function keepWithoutBody(
  parts: LinkParts,
  delivery: Delivery,
  { items }: KnownPacket,
  reason: FailureReason,
): Taken {
  const { store, link, runtime, hash, log, policy } = parts;
  const { queue, entry } = delivery;
  // Its bytes came with an earlier delivery, from the same path.
  if (items.some((item) => !isLostBody(item))) {
    store.markChecked(link, queue, entry);
    return 'known';
  }
  const isNew = items.length === 0;
  if (isNew) log.warn('a packet without a body', { packet: entry.id });
  const now = runtime.wall();
  const until = lostBodyDue(now, policy.report, now);
  const nothing = { place: 'row', hash: hash(''), size: 0, bytes: new Uint8Array(0) } as const;
  durablySync(runtime, 'pull.store-packet', () =>
    store.storePacket(newItem(parts, delivery, nothing), delivery, { ...reason, until }, now),
  );
  return isNew ? 'lost' : 'known';
}

const newItem = ({ link }: LinkParts, { queue, entry }: Delivery, body: NewItem['body']): NewItem => ({
  link,
  direction: 'in',
  externalId: entry.id,
  user: entry.user,
  company: entry.company,
  label: queue === 'file' ? `photo ${entry.id}` : (entry.operation ?? ''),
  body,
});

const otherContents = (entry: ListedEntry): ItemReason => ({
  kind: 'failure',
  failure: {
    kind: 'conflict',
    where: `packet ${entry.id}`,
    message: 'the cloud delivered this packet id before with other contents',
  },
});

export function noteCloudFailure(parts: LinkParts, failure: SyncFailure): void {
  const { cloudEndpoint, endpoints, log } = parts;
  if (failure.kind !== 'cancelled') log.warn('cloud call failed', { failure: failure.kind });
  endpoints.backOff(cloudEndpoint, failure);
}

export function noteStore(parts: LinkParts, error: unknown): SyncFailure {
  const failure = storeFailure(error);
  parts.endpoints.diskFailed(failure);
  return failure;
}
