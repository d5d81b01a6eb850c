import type { Instant } from '../../../shared/model/time.ts';
import type { Item, ItemReason, NewItem } from '../../core/queue/item.ts';
import { isAwaitedBody } from '../../core/queue/lost-body.ts';
import type { QueueStore } from '../../core/queue/queue-store.ts';
import type { SettledPacket } from '../../core/queue/settled-packet.ts';
import { WAITS_WHAT } from '../../core/photos/waits-what.ts';
import { changeItem, requireItem } from './change-item.ts';
import { requireClaimed } from './claims.ts';
import type { ClaimHolders } from './claims.ts';
import type { WriteContext } from './store-context.ts';
import { findEditedItem, replaceBody } from './statements/edits.ts';
import { upsertLastSettledIn } from './statements/facts.ts';
import { findPacketItems } from './statements/item-read.ts';
import { endAttempt, insertBody, insertEvent, insertItem, wakeWaiting } from './statements/item-write.ts';
import { findPhotosOf } from './statements/photos.ts';
import { upsertDocument, upsertLedgerRow } from './statements/ledger.ts';
import {
  checkDelivery,
  closeReportedListings,
  findOpenListing,
  insertDelivery,
  insertListing,
  isDeliveryChecked,
  isPacketSeen,
  raiseInboundMark,
  reportDelivery,
} from './statements/listings.ts';

type PulledPackets = Pick<
  QueueStore,
  'rememberListing' | 'storePacket' | 'markChecked' | 'settleReport' | 'settlePacket'
>;

/** The ledger has this packet: it and its documents are known from now on, and who waits for one of them goes on. */
export function rememberApplied(
  db: WriteContext['db'],
  item: Item,
  applied: Pick<SettledPacket, 'source' | 'payloadHash' | 'documents'>,
  now: Instant,
): void {
  const { link, externalId: packetId } = item;
  upsertLedgerRow(db, { source: applied.source, packetId, payloadHash: applied.payloadHash }, now);
  for (const document of applied.documents) {
    upsertDocument(db, link, item.id, document, now);
    if (document.number !== null)
      wakeWaiting(db, link, { document: document.document, number: document.number }, now);
  }
  for (const photo of findPhotosOf(db, link, packetId))
    wakeWaiting(db, link, { document: WAITS_WHAT, number: photo }, now);
  // Known before: snapshots know of it already.
  if (item.handed === undefined) raiseInboundMark(db, link, item.user);
}

/** The bytes of a packet that was kept without them: from now on it is one like any other. */
function bodyArrives(db: WriteContext['db'], lost: Item, { body, label }: NewItem, now: Instant): Item {
  if (body.place === 'row' && body.bytes !== undefined) insertBody(db, body.hash, body.bytes);
  replaceBody(db, lost.id, body);
  raiseInboundMark(db, lost.link, lost.user);
  return changeItem(db, lost, 'awaitedArrives', {
    now,
    dueAt: now,
    event: 'body-arrived',
    detail: '',
    label,
  });
}

export function pulledPackets(context: WriteContext, holders: ClaimHolders): PulledPackets {
  const { db, write } = context;
  return {
    rememberListing: (link, listing, now) => {
      // An empty list leaves nothing to report; keeping each would add a row per poll.
      if (listing.entries.length === 0) return 0;
      return write(() => {
        const open = findOpenListing(db, link, listing);
        if (open !== undefined) return open;
        const { queue } = listing;
        const seen = listing.entries.map((entry) => isPacketSeen(db, link, queue, entry.id));
        const checked = listing.entries.map((entry) => isDeliveryChecked(db, link, queue, entry));
        const id = insertListing(db, link, listing, now);
        listing.entries.forEach((entry, position) => {
          insertDelivery(db, id, position, { link, queue, entry, checked: checked[position] === true });
          if (seen[position] !== true) raiseInboundMark(db, link, entry.user);
        });
        return id;
      });
    },

    storePacket: (item, delivery, park, now) =>
      write(() => {
        const { queue, entry } = delivery;
        checkDelivery(db, item.link, queue, entry);
        const known = findPacketItems(db, item.link, queue, item.externalId);
        const edited = findEditedItem(db, item.link, queue, item.externalId, item.body.hash);
        const same = known.find((one) => one.body.hash === item.body.hash || one.id === edited);
        if (same !== undefined) return same;
        const awaited = park === undefined ? known.find(isAwaitedBody) : undefined;
        if (awaited !== undefined) return bodyArrives(db, awaited, item, now);
        const reason: ItemReason | undefined =
          known.length === 0 || park !== undefined
            ? park
            : {
                kind: 'failure',
                failure: {
                  kind: 'conflict',
                  where: `packet ${item.externalId}`,
                  message: 'the cloud delivered this packet again with other content',
                },
              };
        // What differs may differ in what the phone knows, so snapshots read before it are as void as by a new packet.
        if (known.length > 0) raiseInboundMark(db, item.link, item.user);
        if (item.body.place === 'row' && item.body.bytes !== undefined)
          insertBody(db, item.body.hash, item.body.bytes);
        const id = insertItem(db, item, {
          queue,
          state: reason === undefined ? 'ready' : 'parked',
          reason,
          now,
        });
        if (item.body.size > 0) insertEvent(db, id, 'stored', '', now);
        // All there is of it: what the cloud said when it listed it.
        else insertEvent(db, id, 'body-gone', entry.raw, now);
        if (reason !== undefined) insertEvent(db, id, 'parked', JSON.stringify(reason), now);
        return requireItem(db, id);
      }),

    markChecked: (link, queue, entry) => {
      write(() => {
        checkDelivery(db, link, queue, entry);
      });
    },

    settleReport: (link, queue, entries, now) => {
      write(() => {
        for (const entry of entries) {
          reportDelivery(db, link, queue, entry);
          for (const { id } of findPacketItems(db, link, queue, entry.id).filter(isAwaitedBody))
            insertEvent(db, id, 'reported-without-body', '', now);
        }
        closeReportedListings(db, link, now);
      });
    },

    settlePacket: (id, settled, now) =>
      write(() => {
        const item = requireClaimed(context, holders, id, 'settle');
        if (item.direction !== 'in') throw new Error(`item ${String(id)} is no pulled packet`);
        rememberApplied(db, item, settled, now);
        upsertLastSettledIn(db, item.link, now);
        endAttempt(db, id, settled.outcome, now);
        const outcome = JSON.stringify({
          outcome: settled.outcome,
          documents: settled.documents,
          ...(settled.unknown === undefined || settled.unknown.length === 0
            ? {}
            : { unknown: settled.unknown }),
          ...(settled.notes === undefined || settled.notes.length === 0 ? {} : { notes: settled.notes }),
        });
        return changeItem(db, item, 'settle', {
          now,
          event: settled.outcome,
          detail: outcome,
          outcome,
          label: settled.label,
        });
      }),
  };
}
