import type { PhotoStore } from '../../core/queue/photo-store.ts';
import {
  countPhotosMissing,
  deletePhotoOwners,
  findPhotoOwner,
  upsertPhotoOwner,
} from './statements/photos.ts';
import type { ReadContext, WriteContext } from './store-context.ts';

/** Longer than a phone or a cloud holds a photo back. */
const KEPT_MS = 180 * 24 * 3_600_000;

export const photoReads = ({ db, read }: ReadContext): Pick<PhotoStore, 'photoOwner' | 'photosMissing'> => ({
  photosMissing: (link, named) => read(() => countPhotosMissing(db, link, named)),
  photoOwner: (link, user, photo) => read(() => findPhotoOwner(db, link, user, photo)),
});

export const photoWrites = ({ db, write }: WriteContext): Pick<PhotoStore, 'notePhotos'> => ({
  notePhotos: (link, user, packetId, refs, now) =>
    write(() => {
      for (const ref of refs) upsertPhotoOwner(db, link, user, packetId, ref, now);
      deletePhotoOwners(db, now - KEPT_MS);
    }),
});
