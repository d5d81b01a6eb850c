import { ERP_REFUSED } from '../../../shared/model/failure.ts';
import type { HandoverStore } from '../../core/queue/handover-store.ts';
import type { ItemReason } from '../../core/queue/item.ts';
import { changeItem, requireItem } from './change-item.ts';
import { requireClaimed, type ClaimHolders } from './claims.ts';
import { rememberApplied } from './pulled-packets.ts';
import type { ReadContext, WriteContext } from './store-context.ts';
import {
  countHanded,
  deleteOwed,
  findHanded,
  findOverdue,
  makeDue,
  readHandedRows,
  readOwed,
  replaceHandedRows,
} from './statements/handovers.ts';
import { findPacketItems } from './statements/item-read.ts';
import { endAttempt } from './statements/item-write.ts';

/** What is owed about packets and what is known of those handed over. */
export function handoverReads({
  db,
  read,
}: ReadContext): Pick<HandoverStore, 'handedRows' | 'handedCounts' | 'owedNotices'> {
  return {
    handedRows: (id) => read(() => readHandedRows(db, id)),
    handedCounts: (link, now) =>
      read(() => ({ ...countHanded(db, link), overdue: findOverdue(db, link, now) })),
    owedNotices: (link, most) =>
      read(() =>
        readOwed(db, link, most).map((owed) => ({
          ...owed,
          items: findPacketItems(db, link, owed.queue, owed.packetId),
        })),
      ),
  };
}

export function handoverWrites(
  context: WriteContext,
  holders: ClaimHolders,
): Pick<HandoverStore, 'handOver' | 'wakeHanded' | 'noticesTold'> {
  const { db, write } = context;
  return {
    handOver: (id, handed, now) =>
      write(() => {
        const name = handed.refused ? 'park' : 'wait';
        const item = requireClaimed(context, holders, id, name);
        rememberApplied(db, item, handed, now);
        replaceHandedRows(db, id, handed.rows);
        endAttempt(db, id, name, now);
        return changeItem(db, item, name, {
          now,
          event: handed.refused ? 'erp-refused' : 'handed-over',
          detail: JSON.stringify(handed.reason),
          reason: handed.reason,
          label: handed.label,
          dueAt: handed.dueAt,
          handed: { since: handed.since, until: handed.until },
          // The ledger has it: there is no doubt left.
          inDoubt: false,
        });
      }),

    wakeHanded: (link, documents, now) =>
      write(() => {
        const found = new Set(
          documents === undefined
            ? findHanded(db, link, undefined)
            : documents.flatMap((one) => findHanded(db, link, one)),
        );
        let woken = 0;
        for (const id of found) {
          const item = requireItem(db, id);
          if (item.state === 'waiting') makeDue(db, id, now);
          else if (item.state === 'parked' && isRefusal(item.reason))
            changeItem(db, item, 'verdictChanges', {
              now,
              dueAt: now,
              event: 'erp-decides-anew',
              detail: '',
            });
          else continue;
          woken += 1;
        }
        return woken;
      }),

    noticesTold: (link, told) => {
      write(() => {
        for (const one of told) deleteOwed(db, link, one);
      });
    },
  };
}

const isRefusal = (reason: ItemReason | undefined): boolean =>
  reason?.kind === 'failure' && reason.failure.kind === 'rejected' && reason.failure.code === ERP_REFUSED;
