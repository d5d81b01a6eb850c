import type { QueueStore } from '../../core/queue/queue-store.ts';
import type { ItemId, LinkId } from '../../../shared/model/ids.ts';
import { linkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { ArchiveFiles } from './archive-files.ts';
import { changeItem, requireItem } from './change-item.ts';
import { mayHappen } from './transitions.ts';
import type { WriteContext } from './store-context.ts';
import { insertBody, insertEvent, insertItem } from './statements/item-write.ts';
import {
  findArchivedPacket,
  findLedgerHash,
  findPacketItem,
  forgetApplied,
  forgetArchivedPacket,
} from './statements/replay.ts';

const REPLAYED = 'replayed';

/** After a restore of the ERP: packets go back to work from the bytes kept here, also from the archive. */
export function replay(context: WriteContext, archive: ArchiveFiles): Pick<QueueStore, 'replay'> {
  const { db, write } = context;

  /** False when no bytes are kept. */
  const back = (
    link: LinkId,
    packetId: string,
    hash: string,
    now: Instant,
  ): { found: boolean; item?: number } => {
    const open = findPacketItem(db, link, packetId, hash);
    if (open !== undefined) return { found: true, item: again(open, now) };
    const moved = findArchivedPacket(db, link, packetId, hash);
    if (moved === undefined) return { found: false };
    const kept = archive.find({ link, packetId, bodyHash: hash, settledAt: moved.settledAt });
    if (kept === undefined) return { found: false, item: moved.item };
    if (kept.bytes !== undefined) insertBody(db, kept.hash, kept.bytes);
    const { user, company, label, place, size } = kept;
    const id = insertItem(
      db,
      {
        link: linkId(link),
        direction: 'in',
        externalId: packetId,
        user,
        company,
        label,
        body: { place, hash: kept.hash, size, bytes: kept.bytes },
      },
      { queue: kept.queue, state: 'ready', reason: undefined, now },
    );
    insertEvent(db, id, REPLAYED, '', now);
    forgetArchivedPacket(db, moved.item);
    return { found: true, item: moved.item };
  };

  const again = (id: ItemId, now: Instant): number => {
    const item = requireItem(db, id);
    // Whatever else is not settled is on its way already: a replay that was interrupted, asked for once more.
    if (item.state === 'settled' || (item.handed !== undefined && mayHappen(item.state, 'replay')))
      changeItem(db, item, 'replay', { now, dueAt: now, event: REPLAYED, detail: '', handed: null });
    return id;
  };

  return {
    replay: (link, source, packetIds, now) => {
      const gone: string[] = [];
      for (const packetId of packetIds)
        write(() => {
          const hash = findLedgerHash(db, source, packetId);
          if (hash === undefined) return;
          const { found, item } = back(link, packetId, hash, now);
          if (!found) gone.push(packetId);
          forgetApplied(db, { source, packetId, link, item });
        });
      return gone;
    },
  };
}
