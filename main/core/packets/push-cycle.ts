import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { Instant } from '../../../shared/model/time.ts';
import { storeFailure } from '../queue/endpoints.ts';
import { ReadBasis } from '../reading/read-basis.ts';
import { stillHolds, type WholeRead } from '../reading/whole-read.ts';
import type { DriftWatch } from './drift-watch.ts';
import type { LinkParts } from './link-parts.ts';
import { noteErpFailure, SnapshotBuild, type BuildCounts } from './snapshot-build.ts';
import type { RunProgress } from './run-progress.ts';
import type { SnapshotSender } from './snapshot-sender.ts';

export interface PushCounts extends BuildCounts {
  users: number;
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
 * is not what the cloud accepted last. What provably reads as before is not read, unless a person asked. Nothing is read while the ERP does not fit the mapping. Call it after the pulled packets were drained.
 */
export async function pushCycle(
  parts: LinkParts,
  sender: SnapshotSender,
  drift: DriftWatch,
  how: { readonly byHand: boolean; readonly progress?: RunProgress | undefined },
  signal: AbortSignal,
): Promise<PushEnd> {
  const counts: PushCounts = { ...NOTHING_PUSHED };
  const { progress } = how;
  const { erp, endpoints, erpEndpoint, policy } = parts;
  const before = sender.totals;
  const end = (failure: SyncFailure | undefined): PushEnd => ({ counts, failure });
  const ready = await erp.ready(signal);
  if (!ready.ok) return end(noteErpFailure(parts, ready.failure));
  const looked = await drift.lookForRun(signal);
  if (!looked.ok) return end(noteErpFailure(parts, looked.failure));
  const stops = drift.stops('push');
  if (stops !== undefined) return end(stops);
  const users = await erp.reader.users(policy.usersQuery, signal);
  if (!users.ok) return end(noteErpFailure(parts, users.failure));
  endpoints.succeeded(erpEndpoint);
  counts.users = users.value.length;
  const decided = (): number => counts.unchanged + counts.held + counts.refused;
  progress?.enter('build', () => ({ done: decided() + counts.built, total: counts.users }));
  // The marks are taken before the view is opened: what arrives from then on makes the snapshot void.
  const marks = new Map(
    users.value.map((user) => [user.name, parts.store.inboundMark(parts.link, user.name)]),
  );
  const startedAt = parts.runtime.wall();
  const basis = await ReadBasis.look(parts, users.value, signal);
  const known = how.byHand ? undefined : heldRead(parts, basis, startedAt);
  const build = new SnapshotBuild(parts, basis, counts);
  let failure: SyncFailure | undefined;
  try {
    for (const user of users.value) {
      if (signal.aborted) break;
      const built = await build.user(user, marks.get(user.name) ?? 0, known?.contents[user.name], signal);
      parts.changed();
      if (built !== undefined) failure = built;
      if (built !== undefined && built.kind !== 'rejected') break;
    }
  } finally {
    await build.close();
  }
  const whole =
    failure === undefined && !signal.aborted && counts.held + counts.refused + counts.bestEffort === 0;
  if (whole && basis.noted !== undefined && basis.print !== undefined)
    noteWholeRead(parts, {
      print: basis.print,
      positions: basis.noted,
      contents: Object.fromEntries(build.contents),
      // What was not read again is as old as it was.
      readAt: build.skipped === 0 ? startedAt : (known?.readAt ?? startedAt),
    });
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

/** What was read last and need not be read again; undefined where anything may differ. */
function heldRead(
  { store, link }: LinkParts,
  { print, noted }: ReadBasis,
  at: Instant,
): WholeRead | undefined {
  if (print === undefined || noted === undefined) return undefined;
  const last = store.wholeRead(link);
  return stillHolds(last, { print, positions: noted, at }) ? last : undefined;
}

/** Losing it costs a read: nothing else depends on it. */
function noteWholeRead({ store, link, endpoints }: LinkParts, read: WholeRead): void {
  try {
    store.noteWholeRead(link, read);
  } catch (error) {
    endpoints.diskFailed(storeFailure(error));
  }
}
