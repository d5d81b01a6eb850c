import type { EvidenceStore } from '../../core/queue/evidence-store.ts';
import {
  deleteOldUnread,
  deleteUnreadPacket,
  findLook,
  findPacketsAfter,
  findReportedSeries,
  findSeenSeries,
  findUnreadPackets,
  insertUnreadPacket,
  upsertLook,
  upsertReportedSeries,
  upsertSeenSeries,
} from './statements/evidence.ts';
import { readableItems, type ReadContext, type WriteContext } from './store-context.ts';

/** A packet that nobody could read explains numbers of its own time only. */
const UNREAD_KEPT_MS = 90 * 24 * 3_600_000;

export function evidenceReads(context: ReadContext): Pick<EvidenceStore, 'evidence' | 'notLookedThrough'> {
  const { db, read } = context;
  return {
    evidence: (link) =>
      read(() => ({
        clock: findLook(db, link)?.clock ?? 0,
        series: findSeenSeries(db, link),
        reports: findReportedSeries(db, link),
        unread: findUnreadPackets(db, link),
      })),
    notLookedThrough: (link, limit) =>
      read(() => readableItems(context, findPacketsAfter(db, link, findLook(db, link)?.item ?? 0, limit))),
  };
}

export const evidenceWrites = ({ db, write }: WriteContext): Pick<EvidenceStore, 'noteEvidence'> => ({
  noteEvidence: (link, noted) =>
    write(() => {
      for (const one of noted.series) upsertSeenSeries(db, link, one);
      for (const one of noted.reports) upsertReportedSeries(db, link, one);
      for (const one of noted.unread) insertUnreadPacket(db, link, one);
      for (const packetId of noted.read) deleteUnreadPacket(db, link, packetId);
      deleteOldUnread(db, link, noted.clock - UNREAD_KEPT_MS);
      upsertLook(db, link, noted.clock, noted.upTo);
    }),
});
