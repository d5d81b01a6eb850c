import type { QueueStore } from '../../core/queue/queue-store.ts';
import type { ItemId } from '../../../shared/model/ids.ts';
import { changeItem, requireItem } from './change-item.ts';
import { requireClaimed } from './claims.ts';
import type { ClaimHolders } from './claims.ts';
import type { WriteContext } from './store-context.ts';
import { findUnsentOf } from './statements/item-read.ts';
import { endAttempt, insertBody, insertEvent, insertItem } from './statements/item-write.ts';
import { insertTaken } from './statements/mobile-users.ts';
import { insertPacketSegment } from './statements/segments.ts';
import { findSnapshotMeta, upsertAccepted, upsertSnapshotMeta } from './statements/snapshots.ts';

type PushedSnapshots = Pick<QueueStore, 'storeSnapshot' | 'settleSnapshot' | 'discardSnapshot'>;

export function pushedSnapshots(context: WriteContext, holders: ClaimHolders): PushedSnapshots {
  const { db, write } = context;

  const requireSnapshot = (id: ItemId): void => {
    if (requireItem(db, id).direction !== 'out') throw new Error(`item ${String(id)} is no snapshot`);
  };

  return {
    storeSnapshot: (item, meta, now) =>
      write(() => {
        const unsent = findUnsentOf(db, item.link, item.user);
        if (unsent !== undefined) {
          const sameModel = findSnapshotMeta(db, unsent.id)?.modelHash === meta.modelHash;
          if (unsent.body.hash === item.body.hash && sameModel) {
            // The same content was read again, later: it counts as read then.
            upsertSnapshotMeta(db, unsent.id, meta);
            return unsent;
          }
          // Being sent: two sockets for one user must not be open at once, and its sender will say what came of it. What was
          // built now differs from what gets accepted, so the next cycle builds it again.
          if (unsent.state === 'working') return unsent;
          changeItem(db, unsent, 'supersede', { now, event: 'superseded', detail: '' });
        }
        if (item.body.place === 'row' && item.body.bytes !== undefined)
          insertBody(db, item.body.hash, item.body.bytes);
        if (item.body.list !== undefined) {
          insertBody(db, item.body.hash, item.body.list.bytes);
          for (const segment of item.body.list.segments) insertPacketSegment(db, item.body.hash, segment);
        }
        const id = insertItem(db, item, { queue: undefined, state: 'ready', reason: undefined, now });
        upsertSnapshotMeta(db, id, meta);
        insertEvent(db, id, 'stored', '', now);
        return requireItem(db, id);
      }),

    settleSnapshot: (id, accepted, now) =>
      write(() => {
        requireSnapshot(id);
        const item = requireClaimed(context, holders, id, 'settle');
        const meta = findSnapshotMeta(db, id);
        if (meta === undefined) throw new Error(`item ${String(id)} has no snapshot`);
        upsertAccepted(db, item.link, item.user, {
          contentHash: item.body.hash,
          modelHash: meta.modelHash,
          acceptedAt: now,
          syncLogId: accepted.syncLogId,
          size: item.body.size,
        });
        insertTaken(db, item.link, item.user, {
          item: id,
          size: item.body.size,
          rows: meta.rows,
          consistency: meta.consistency,
          acceptedAt: now,
          syncLogId: accepted.syncLogId,
        });
        endAttempt(db, id, 'accepted', now);
        const outcome = JSON.stringify({ syncLogId: accepted.syncLogId });
        return changeItem(db, item, 'settle', { now, event: 'accepted', detail: outcome, outcome });
      }),

    discardSnapshot: (id, note, now) =>
      write(() => {
        requireSnapshot(id);
        const item = requireItem(db, id);
        if (item.state === 'discarded') return item;
        if (item.state === 'working') {
          requireClaimed(context, holders, id, 'settle');
          endAttempt(db, id, 'discarded', now);
        }
        return changeItem(db, item, 'voidSnapshot', { now, event: 'discarded', detail: note });
      }),
  };
}
