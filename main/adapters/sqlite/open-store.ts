import { dirname, join } from 'node:path';
import type { Item } from '../../core/queue/item.ts';
import type { QueueStore } from '../../core/queue/queue-store.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import type { ItemId, StartId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { HousekeepingStore } from '../../core/queue/housekeeping.ts';
import type { RecordState } from '../../core/records/record-state.ts';
import type { AlertStore } from '../../core/alerts/alert-store.ts';
import { alertStore } from './alert-store.ts';
import { archiveFiles } from './archive-files.ts';
import { claims } from './claims.ts';
import { openForReading, openForWriting } from './connection.ts';
import type { WriteLimits } from './connection.ts';
import { evidenceWrites } from './evidence.ts';
import { handoverWrites } from './handovers.ts';
import { editWrites } from './item-edits.ts';
import { migrate, refuseOlder } from './migrate.ts';
import { MIGRATIONS } from './migrations/all.ts';
import { mobileUserWrites } from './mobile-users.ts';
import { photoWrites } from './photos.ts';
import { pulledPackets } from './pulled-packets.ts';
import { pushedSnapshots } from './pushed-snapshots.ts';
import { queueReads } from './queue-reads.ts';
import type { QueueReads } from './queue-reads.ts';
import { replay } from './replay.ts';
import { retention } from './retention.ts';
import { runsAndFacts } from './runs-and-facts.ts';
import { recordState } from './records/statements/record-writes.ts';
import { translated } from './sqlite-error.ts';
import { readContext, writeContext } from './store-context.ts';
import type { OnDamaged } from './store-context.ts';
import { segmentStore } from './segments.ts';
import { registerSearch } from './statements/item-filter.ts';

export interface StoreOptions {
  /** Absolute path of `ferry.sqlite`; its folder must exist. */
  readonly file: string;
  /** Zone in which "settled today" and the months of the archive are counted. UTC when absent. */
  readonly zone?: string | undefined;
  /** Told about rows that could not be read and were left out or put before a person. */
  readonly onDamaged?: OnDamaged | undefined;
}

export type SqliteStore = QueueStore &
  QueueReads &
  HousekeepingStore &
  AlertStore & {
    /** What is known of two-way records. */
    readonly records: RecordState;
    /** parked -> discarded. Undefined when the state does not allow it. The caller has proven that nothing was applied. */
    discard(id: ItemId, note: string, now: Instant): Item | undefined;
    /** Moves the log into the file and cuts it. Cheap when there is little. */
    checkpoint(): void;
    /** Idempotent. */
    close(): void;
  };

export type ReadStore = QueueReads & { close(): void };

/**
 * Opens (creates, migrates) the store of a site for its one agent. Throws StoreError: `newer`, `foreign`, `cannot-open`,
 * `corrupt`, `busy`, `full`, `io`. The caller holds the site lock.
 */
export function openStore(
  options: StoreOptions & WriteLimits & { readonly runtime?: Pick<Runtime, 'fault'> | undefined },
): SqliteStore {
  const { file, zone = 'UTC', onDamaged = () => undefined, runtime } = options;
  const db = openForWriting(file, options);
  try {
    translated(() => {
      migrate(db, file, MIGRATIONS);
    });
    registerSearch(db);
  } catch (error) {
    db.close();
    throw error;
  }
  const archive = archiveFiles(join(dirname(file), 'archive'), zone);
  const context = writeContext(db, { zone, onDamaged, fault: (name) => runtime?.fault(name) ?? false });
  const reads = queueReads(context);
  const holders = new Set<StartId>();
  return {
    ...reads,
    // A sweep by the open items alone would take the bodies of archived ones.
    spoolHashes: () => new Set([...reads.spoolHashes(), ...archive.spoolHashes()]),
    ...claims(context, holders),
    ...pulledPackets(context, holders),
    ...handoverWrites(context, holders),
    ...editWrites(context),
    ...photoWrites(context),
    ...evidenceWrites(context),
    ...mobileUserWrites(context),
    ...pushedSnapshots(context, holders),
    ...runsAndFacts(context),
    ...retention(context, archive),
    ...replay(context, archive),
    ...segmentStore(context),
    ...alertStore(context),
    records: recordState(context),
    checkpoint: () => {
      translated(() => db.pragma('wal_checkpoint(TRUNCATE)'));
    },
    close: () => {
      db.close();
    },
  };
}

/** Opens an existing store for looking only, beside a running agent or without one. Throws StoreError. */
export function openReadStore(file: string, options: Omit<StoreOptions, 'file'> = {}): ReadStore {
  const { zone = 'UTC', onDamaged = () => undefined } = options;
  const db = openForReading(file);
  try {
    translated(() => {
      refuseOlder(db, file, MIGRATIONS);
    });
    registerSearch(db);
  } catch (error) {
    db.close();
    throw error;
  }
  return {
    ...queueReads(readContext(db, { zone, onDamaged })),
    close: () => {
      db.close();
    },
  };
}
