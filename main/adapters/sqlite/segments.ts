import type { Sha256 } from '../../../shared/model/ids.ts';
import type { KeptSegment, SegmentStore } from '../../core/packets/push/segments/segment-store.ts';
import type { WriteContext } from './store-context.ts';
import { insertBody } from './statements/item-write.ts';
import {
  deleteAllSegments,
  deleteEndedLists,
  deleteSegmentBody,
  deleteSegmentsReadBefore,
  findSegment,
  findSegmentAudit,
  findUnnamed,
  findUnused,
  readSegmentBytes,
  touchSegment,
  upsertSegment,
  upsertSegmentAudit,
  upsertSegmentBody,
  type SegmentBody,
} from './statements/segments.ts';

/** What was read longer ago is read again anyway, once a day. */
const FORGOTTEN_MS = 2 * 86_400_000;

export const segmentStore = ({ db, read, write }: WriteContext): SegmentStore => ({
  together: write,

  segments: (keys) =>
    read(() => {
      const found = new Map<string, KeptSegment>();
      for (const key of keys) {
        const kept = findSegment(db, key);
        if (kept !== undefined) found.set(key, kept);
      }
      return found;
    }),

  keepSegments: (segments, now) => {
    if (segments.length === 0) return;
    write(() => {
      for (const segment of segments) {
        const { body } = segment;
        if (body.place === 'row') insertBody(db, body.hash, body.bytes);
        upsertSegmentBody(db, { hash: body.hash, place: body.place, size: body.size }, now);
        upsertSegment(db, segment);
      }
    });
  },

  useSegments: (hashes, now) => {
    if (hashes.length === 0) return;
    write(() => {
      for (const hash of hashes) touchSegment(db, hash, now);
    });
  },

  forgetSegment: (hash) => {
    write(() => {
      deleteSegmentBody(db, hash);
    });
  },

  forgetSegments: () => {
    write(() => {
      deleteAllSegments(db);
    });
  },

  segmentAudit: (link) => read(() => findSegmentAudit(db, link)),

  noteSegmentAudit: (link, audit) => {
    write(() => {
      upsertSegmentAudit(db, link, audit);
    });
  },

  tidySegments: ({ now, capBytes, usedSince }) =>
    write(() => {
      const gone: SegmentBody[] = [];
      const remove = (body: SegmentBody): void => {
        deleteSegmentBody(db, body.hash);
        gone.push(body);
      };
      deleteEndedLists(db);
      deleteSegmentsReadBefore(db, now - FORGOTTEN_MS);
      for (const body of findUnnamed(db)) remove(body);
      let over = readSegmentBytes(db) - capBytes;
      if (over > 0)
        for (const body of findUnused(db, usedSince)) {
          if (over <= 0) break;
          remove(body);
          over -= body.size;
        }
      return gone.flatMap(({ place, hash }): Sha256[] => (place === 'spool' ? [hash] : []));
    }),
});
