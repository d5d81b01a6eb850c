import type { HousekeepingStore } from '../../core/queue/housekeeping.ts';
import type { ArchiveFiles, ArchivedItem } from './archive-files.ts';
import type { WriteContext } from './store-context.ts';
import {
  deleteArchivedItem,
  deleteArchivedPackets,
  deleteClosedListings,
  deleteOldDocuments,
  deleteOldLedgerRows,
  deleteOldRuns,
  findEndedItems,
  readRawBody,
  readRawHistory,
  readRawItem,
} from './statements/retention.ts';
import { pendingOf, readGroups } from './statements/counters.ts';
import { upsertSample } from './statements/history.ts';
import { closeStart, noteFindings, notePassed, openStart, readStoreCheck } from './statements/store-check.ts';

/** Per batch: the agent's other work waits at most for the writing of so much, tens of milliseconds. */
const ITEMS_AT_ONCE = 50;
const BYTES_AT_ONCE = 2 * 1024 * 1024;

export interface Batch {
  readonly ids: readonly number[];
  readonly more: boolean;
}

/**
 * Copies the oldest settled items into the archive and leaves them here: the first half of moving. A kill before the
 * second half makes the next try copy the same ones again, which changes nothing there.
 */
export function copyToArchive({ db, read }: WriteContext, archive: ArchiveFiles, before: number): Batch {
  const found = read(() => findEndedItems(db, before, ITEMS_AT_ONCE));
  const [first] = found;
  if (first === undefined) return { ids: [], more: false };
  const month = archive.monthOf(first.settledAt);
  const taken: number[] = [];
  let bytes = 0;
  for (const one of found) {
    bytes += one.bytes;
    const full = taken.length > 0 && bytes > BYTES_AT_ONCE;
    if (full || archive.monthOf(one.settledAt) !== month) break;
    taken.push(one.id);
  }
  archive.add(
    month,
    taken.map((id) => read(() => archived(db, id))),
  );
  return { ids: taken, more: taken.length < found.length || found.length === ITEMS_AT_ONCE };
}

/** The second half: what the archive has durably leaves the store, in one transaction. */
export function dropCopied({ db, write }: WriteContext, { ids }: Batch): void {
  if (ids.length === 0) return;
  write(() => {
    for (const id of ids) deleteArchivedItem(db, id);
  });
}

function archived(db: WriteContext['db'], id: number): ArchivedItem {
  const row = readRawItem(db, id);
  // A snapshot can be made again, and the ones of a month are many times the size of all else: only what it was is kept.
  const kept = row['direction'] === 'in';
  return {
    item: {
      ...row,
      body_place: kept ? row['body_place'] : 'dropped',
      history: JSON.stringify(readRawHistory(db, id)),
    },
    body: kept && row['body_place'] === 'row' ? readRawBody(db, row['body_hash']) : undefined,
  };
}

/** What keeps the store small and tells whether it is sound. */
export function retention(context: WriteContext, archive: ArchiveFiles): HousekeepingStore {
  const { db, read, write } = context;
  return {
    archiveSome: (before) => {
      const batch = copyToArchive(context, archive, before);
      dropCopied(context, batch);
      return { moved: batch.ids.length, more: batch.more };
    },
    dropMonths: (before) => archive.dropBefore(before),
    forgetOld: (before) => {
      write(() => {
        deleteArchivedPackets(db, before);
        deleteClosedListings(db, before);
        deleteOldDocuments(db, before);
        deleteOldLedgerRows(db, before);
        deleteOldRuns(db, before);
      });
    },
    sampleQueue: (links, now) => {
      write(() => {
        for (const link of links) upsertSample(db, link, pendingOf(readGroups(db, link)), now);
      });
    },
    markStarted: (start, now) => {
      write(() => {
        openStart(db, start, now);
      });
    },
    markStopped: (start) => {
      write(() => {
        closeStart(db, start);
      });
    },
    storeCheck: () => read(() => readStoreCheck(db)),
    noteCheck: (findings, now) => {
      write(() => {
        if (findings.length === 0) notePassed(db, now);
        else noteFindings(db, findings, now);
      });
    },
  };
}
