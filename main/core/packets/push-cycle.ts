import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Item } from '../queue/item.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { BodyStreamError } from '../runtime/body-stream-error.ts';
import { durably, durablySync } from '../runtime/runtime.ts';
import type { DriftWatch } from './drift-watch.ts';
import type { ErpUser, ErpView } from './erp.ts';
import type { LinkParts } from './link-parts.ts';
import { holdFor, unchanged } from './push-plan.ts';
import { renderSnapshot } from './render-snapshot.ts';
import type { RunProgress } from './run-progress.ts';
import type { SnapshotSender } from './snapshot-sender.ts';

export interface PushCounts {
  users: number;
  built: number;
  unchanged: number;
  held: number;
  refused: number;
  /** Users whose snapshot was read without a consistent view. */
  bestEffort: number;
  accepted: number;
  void: number;
  failed: number;
}

export interface PushEnd {
  readonly counts: Readonly<PushCounts>;
  readonly failure: SyncFailure | undefined;
}

export const NOTHING_PUSHED: Readonly<PushCounts> = {
  users: 0,
  built: 0,
  unchanged: 0,
  held: 0,
  refused: 0,
  bestEffort: 0,
  accepted: 0,
  void: 0,
  failed: 0,
};

/**
 * Brings every mobile user's snapshot up to the ERP: one view for all, one packet per user, sent only where its content
 * is not what the cloud accepted last. Nothing is read while the ERP does not fit the mapping. Call it after the pulled packets were drained.
 */
export async function pushCycle(
  parts: LinkParts,
  sender: SnapshotSender,
  drift: DriftWatch,
  signal: AbortSignal,
  progress?: RunProgress,
): Promise<PushEnd> {
  const counts: PushCounts = { ...NOTHING_PUSHED };
  const { erp, endpoints, erpEndpoint, policy } = parts;
  const before = sender.totals;
  const end = (failure: SyncFailure | undefined): PushEnd => ({ counts, failure });
  const ready = await erp.ready(signal);
  if (!ready.ok) return end(noteErp(parts, ready.failure));
  const looked = await drift.lookForRun(signal);
  if (!looked.ok) return end(noteErp(parts, looked.failure));
  const stops = drift.stops('push');
  if (stops !== undefined) return end(stops);
  const users = await erp.reader.users(policy.usersQuery, signal);
  if (!users.ok) return end(noteErp(parts, users.failure));
  endpoints.succeeded(erpEndpoint);
  counts.users = users.value.length;
  const decided = (): number => counts.unchanged + counts.held + counts.refused;
  progress?.enter('build', () => ({ done: decided() + counts.built, total: counts.users }));
  // The marks are taken before the view is opened: what arrives from then on makes the snapshot void.
  const marks = new Map(
    users.value.map((user) => [user.name, parts.store.inboundMark(parts.link, user.name)]),
  );
  const view = await erp.reader.openView(signal);
  if (!view.ok) return end(noteErp(parts, view.failure));
  let failure: SyncFailure | undefined;
  try {
    for (const user of users.value) {
      if (signal.aborted) break;
      const built = await build(parts, view.value, user, marks.get(user.name) ?? 0, counts, signal);
      parts.changed();
      if (built !== undefined) failure = built;
      if (built !== undefined && built.kind !== 'rejected') break;
    }
  } finally {
    await view.value.close();
  }
  // The ERP may have been changed since: then the next run is stopped before it reads anything.
  if (failure !== undefined && (await drift.explains(failure, 'push', signal)))
    failure = drift.stops('push') ?? failure;
  progress?.enter('send', () => {
    const { accepted, void: voided, failed } = sender.totals;
    const ended = accepted + voided + failed - (before.accepted + before.void + before.failed);
    return { done: Math.min(counts.users, counts.users - counts.built + ended), total: counts.users };
  });
  const sent = await sender.sendDue(signal);
  // The send lane may have taken some of them before this call: what counts is what became of them.
  const after = sender.totals;
  counts.accepted = after.accepted - before.accepted;
  counts.void = after.void - before.void;
  counts.failed = after.failed - before.failed;
  return end(failure ?? sent.failure);
}

/** Builds one user's snapshot; the failure, if any, is his alone when `rejected`, else everybody's. */
async function build(
  parts: LinkParts,
  view: ErpView,
  user: ErpUser,
  inboundMark: number,
  counts: PushCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  const { store, link, runtime, bodies, policy, cloud, log } = parts;
  const now = runtime.wall();
  if (holdFor(store.openPacketsOf(link, user.name), policy.maxHoldMs, now) !== undefined) {
    counts.held += 1;
    return undefined;
  }
  if (view.consistency === 'moving') counts.bestEffort += 1;
  const rows = new Map<string, number>();
  try {
    const limit = Math.min(cloud.capabilities.maxPacketBytes, policy.maxPacketBytes);
    const body = await durably(runtime, 'push.spool-snapshot', () =>
      bodies.receive(renderSnapshot(parts, view, user, rows, signal), limit, signal),
    );
    if (!body.ok) return refused(parts, counts, user, body.failure);
    const content = { hash: body.value.hash, modelHash: policy.modelHash };
    if (unchanged(store.lastAccepted(link, user.name), content, policy.resendAfterMs, now)) {
      counts.unchanged += 1;
      // The ERP went back to what the cloud has: what was built in between must not go out any more.
      for (const older of store.unsentSnapshots(link))
        if (older.user === user.name && older.state !== 'working')
          store.discardSnapshot(older.id, 'the accepted one holds again', now);
      return undefined;
    }
    const item: Item = durablySync(runtime, 'push.store-snapshot', () =>
      store.storeSnapshot(
        {
          link,
          direction: 'out',
          externalId: runtime.newId(),
          user: user.name,
          company: '',
          label: user.name,
          body: body.value,
        },
        {
          user: user.name,
          modelHash: policy.modelHash,
          inboundMark,
          consistency: view.consistency === 'snapshot' ? 'snapshot' : 'best-effort',
          rows: Object.fromEntries(rows),
        },
        now,
      ),
    );
    counts.built += 1;
    log.info('snapshot built', { item: item.id, bytes: body.value.size });
    return undefined;
  } catch (error) {
    if (error instanceof BodyStreamError) return refused(parts, counts, user, error.failure);
    return noteErp(parts, storeFailure(error));
  }
}

function refused(parts: LinkParts, counts: PushCounts, user: ErpUser, failure: SyncFailure): SyncFailure {
  parts.log.warn('snapshot not built', { user: user.name, failure: failure.kind });
  counts.refused += 1;
  return failure.kind === 'rejected' ? failure : noteErp(parts, failure);
}

function noteErp({ endpoints, erpEndpoint }: LinkParts, failure: SyncFailure): SyncFailure {
  endpoints.backOff(erpEndpoint, failure);
  return failure;
}
