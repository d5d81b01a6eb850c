import type { Mapping } from '../../../shared/model/mapping.ts';
import { canonicalGuid } from '../mapping/convert.ts';
import { fieldText } from '../mapping/plan-row.ts';
import { tableRows } from '../mapping/plan-rows.ts';
import type { Packet } from '../packets/codec/packet.ts';
import type { PhotoRef } from '../queue/photo-store.ts';

const IMAGE = /^dms:\/\/(\S{1,100})$/i;
/** One packet is one visit: whatever names more photos is no packet of a phone. */
const MOST = 1000;

/** What a packet says of photos. A row that names none, or nothing it belongs to, says nothing. Pure. */
export function photoRefs(packet: Packet, mapping: Mapping): readonly PhotoRef[] {
  const { photos } = mapping.pull;
  if (photos === undefined) return [];
  return tableRows(packet, photos.entity)
    .slice(0, MOST)
    .flatMap((at) => {
      const [image, entity, rowId] = [photos.image, photos.owner, photos.ownerRow].map((field) => {
        const text = fieldText(at, field);
        return text.ok ? (text.value?.trim() ?? '') : '';
      });
      const photo = IMAGE.exec(image ?? '')?.[1];
      if (photo === undefined || !entity || !rowId || entity.length > 128 || rowId.length > 100) return [];
      return [{ photo, entity, rowId: canonicalGuid(rowId) ?? rowId }];
    });
}
