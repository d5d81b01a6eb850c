import { explainReason, failureView } from '../../../shared/contract/explain-reason.ts';
import type { Explanation } from '../../../shared/contract/explanation.ts';
import type { MobileUserView, SnapshotView } from '../../../shared/contract/user-requests.ts';
import { ownPackets } from '../../core/packets/push/hold-words.ts';
import type { ItemState } from '../../core/queue/item.ts';
import type { MobileUser, TakenSnapshot } from '../../core/queue/mobile-users.ts';

const STATES: Readonly<Record<ItemState, SnapshotView['state']>> = {
  ready: 'built',
  waiting: 'built',
  working: 'sending',
  unknown: 'in-doubt',
  parked: 'failed',
  settled: 'accepted',
  discarded: 'failed',
};

const sumOf = (rows: Readonly<Record<string, number>>): number =>
  Object.values(rows).reduce((sum, one) => sum + one, 0);

export const takenView = (taken: TakenSnapshot): SnapshotView => ({
  item: taken.item,
  size: taken.size,
  rows: sumOf(taken.rows),
  state: 'accepted',
  since: taken.acceptedAt,
  consistency: taken.consistency,
  syncLogId: taken.syncLogId,
});

export function userView(known: MobileUser): MobileUserView {
  const { link, user, named, accepted, waiting, unchangedSince, lastOrder, pendingIn, parkedIn } = known;
  return {
    link,
    user,
    named,
    accepted: accepted && takenView(accepted),
    waiting: waiting && {
      item: waiting.item.id,
      size: waiting.item.body.size,
      rows: sumOf(waiting.rows),
      state: STATES[waiting.item.state],
      since: waiting.since,
      consistency: waiting.consistency,
    },
    unchangedSince,
    waitsFor: waitsFor(known),
    lastOrder,
    pendingIn,
    parkedIn,
  };
}

/** Why he has none, or gets none now, as the last push found it. */
function waitsFor({ none, waiting, pendingIn, parkedIn }: MobileUser): Explanation | undefined {
  switch (none?.kind) {
    case 'pilot':
    case 'paused':
      return explainReason({ kind: 'push-held', why: none.kind });
    case 'refused':
      return failureView(none.failure);
    case 'own-packets':
      // What they waited for may have come since.
      if (pendingIn + parkedIn > 0) return ownPackets({ pending: pendingIn, parked: parkedIn });
      break;
    case undefined:
  }
  const reason = waiting?.item.reason;
  return reason === undefined || waiting?.item.state === 'working' ? undefined : explainReason(reason);
}
