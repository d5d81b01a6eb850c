import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ReadBasis } from '../../reading/read-basis.ts';
import { APP_MODEL, unknownTables } from './app-model/check-packet.ts';
import { shown } from '../codec/refusal.ts';
import type { DriftWatch } from '../drift-watch.ts';
import type { LinkParts } from '../link-parts.ts';
import { pushUsers, UNNAMED } from './push-users.ts';
import { noteErpFailure, SnapshotBuild, type BuildCounts } from './snapshot-build.ts';
import type { RunProgress } from '../run-progress.ts';
import type { SnapshotSender } from './snapshot-sender.ts';
import { UserFindings } from './user-findings.ts';

export interface PushCounts extends BuildCounts {
  users: number;
  accepted: number;
  void: number;
  failed: number;
  /** Users who get nothing: not in the pilot, or paused in the settings. */
  heldByPilot: number;
  heldByPause: number;
  /** Snapshots sent that are above what some read the limit of the cloud as. */
  large: number;
  /** Users whose packets were compared with a rendering of their own. */
  audited: number;
  /** Tables of the mapping that the model of the app does not name. */
  unknownTables: number;
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
  heldByPilot: 0,
  heldByPause: 0,
  large: 0,
  audited: 0,
  unknownTables: 0,
};

/**
 * Brings every mobile user's snapshot up to the ERP: one view for all, one packet per user, sent only where its content
 * is not what the cloud accepted last. What provably reads as before is not read, unless a person asked. Nothing is read while the ERP does not fit the mapping. Call it after the pulled packets were drained.
 */
export async function pushCycle(
  parts: LinkParts,
  sender: SnapshotSender,
  drift: DriftWatch,
  how: {
    readonly byHand: boolean;
    readonly progress?: RunProgress | undefined;
    /** Nobody else's is built or let go. */
    readonly only?: string | undefined;
  },
  signal: AbortSignal,
): Promise<PushEnd> {
  const counts: PushCounts = { ...NOTHING_PUSHED };
  const { progress } = how;
  const { erp, endpoints, erpEndpoint, appModel, mapping } = parts;
  const before = sender.totals;
  const end = (failure: SyncFailure | undefined): PushEnd => ({ counts, failure });
  const ready = await erp.ready(signal);
  if (!ready.ok) return end(noteErpFailure(parts, ready.failure));
  const looked = await drift.lookForRun(signal);
  if (!looked.ok) return end(noteErpFailure(parts, looked.failure));
  const stops = drift.stops('push');
  if (stops !== undefined) return end(stops);
  const users = await pushUsers(parts, signal, how.only);
  if (!users.ok)
    // That nobody is named is no failure of the ERP.
    return end(isNobody(users.failure) ? users.failure : noteErpFailure(parts, users.failure));
  endpoints.succeeded(erpEndpoint);
  const { chosen, refused } = users.value;
  // What is said of all users is not said by a push for one.
  counts.users = how.only === undefined ? users.value.all : 0;
  counts.heldByPilot = users.value.heldByPilot;
  counts.heldByPause = users.value.heldByPause;
  counts.refused = refused.length;
  if (appModel !== undefined)
    counts.unknownTables = unknownTables(
      appModel,
      mapping.push.entities.map(({ entity }) => entity),
    ).length;
  const decided = (): number => counts.unchanged + counts.held + counts.refused;
  progress?.enter('build', () => ({ done: decided() + counts.built, total: chosen.length + refused.length }));
  // The marks are taken before the view is opened: what arrives from then on makes the snapshot void.
  const marks = new Map(chosen.map((user) => [user.name, parts.store.inboundMark(parts.link, user.name)]));
  const basis = await ReadBasis.look(parts, signal);
  const build = new SnapshotBuild(parts, basis, counts, { users: chosen, anew: how.byHand });
  const findings = new UserFindings(parts, users.value);
  let failure: SyncFailure | undefined = refused[0];
  let wrong: SyncFailure | undefined;
  try {
    const audit = how.byHand ? undefined : await build.audit(chosen, signal);
    counts.audited = audit?.audited ?? 0;
    wrong = audit?.failure ?? audit?.mended;
    for (const user of audit?.failure === undefined ? chosen : []) {
      if (signal.aborted) break;
      const counted = { ...counts };
      const built = await build.user(user, marks.get(user.name) ?? 0, signal);
      findings.note(user, counted, counts, built);
      parts.changed();
      if (built !== undefined) failure = ofUser(built, user.name);
      if (built !== undefined && built.kind !== 'rejected') break;
    }
  } finally {
    findings.save(how.only !== undefined);
    await build.close();
  }
  // The ERP may have been changed since: then the next run is stopped before it reads anything.
  if (failure !== undefined && (await drift.explains(failure, 'push', signal)))
    failure = drift.stops('push') ?? failure;
  progress?.enter('send', () => {
    const { accepted, void: voided, failed } = sender.totals;
    const ended = accepted + voided + failed - (before.accepted + before.void + before.failed);
    const total = chosen.length;
    return { done: Math.min(total, total - counts.built + ended), total };
  });
  const sent = await sender.sendDue(signal, how.byHand, how.only);
  // The send lane may have taken some of them before this call: what counts is what became of them.
  const after = sender.totals;
  counts.accepted = after.accepted - before.accepted;
  counts.void = after.void - before.void;
  counts.failed = after.failed - before.failed;
  counts.large = after.large - before.large;
  return end(wrong ?? failure ?? sent.failure);
}

const isNobody = (failure: SyncFailure): boolean =>
  failure.kind === 'rejected' && (failure.code === 'no-users' || failure.code === UNNAMED);

/** Whose packet the app would refuse: the table's rows alone do not say it. */
const ofUser = (failure: SyncFailure, user: string): SyncFailure =>
  failure.kind === 'rejected' && failure.code === APP_MODEL
    ? { ...failure, where: `${failure.where ?? ''}, phone user ${shown(user)}` }
    : failure;
