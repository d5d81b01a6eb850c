import { createHash } from 'node:crypto';
import type { SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import type { ItemReason } from '../../../main/core/queue/item.ts';
import { linkId, sha256 } from '../../../shared/model/ids.ts';

export const LINK = linkId('field-sales');

export interface SeedPacket {
  readonly id: string;
  readonly label: string;
  readonly user: string;
  readonly text?: string | undefined;
  readonly park?: ItemReason | undefined;
}

export const refusedCustomer: ItemReason = {
  kind: 'failure',
  failure: {
    kind: 'rejected',
    code: 'not-found',
    where: 'ORDER row 1',
    field: 'CUSTOMER',
    message: 'customer C-7 does not exist',
  },
};

/** Puts a pulled packet into a real store, as a list and a download would. Gives the item's number. */
export function seedPacket(store: SqliteStore, packet: SeedPacket, now: number): number {
  const bytes = Buffer.from(packet.text ?? `<PACKET><ORDER><NO>${packet.id}</NO></ORDER></PACKET>`);
  const entry = {
    id: packet.id,
    path: `/box/${packet.id}`,
    user: packet.user,
    company: 'ACME_LIVE',
    kind: 'data',
    receiptHandle: `handle-${packet.id}`,
    raw: `<E>${packet.id}</E>`,
  };
  store.rememberListing(
    LINK,
    { queue: 'packet', format: 'xml', raw: `<L>${entry.raw}</L>`, entries: [entry] },
    now,
  );
  const item = store.storePacket(
    {
      link: LINK,
      direction: 'in',
      externalId: packet.id,
      user: packet.user,
      company: 'ACME_LIVE',
      label: packet.label,
      body: {
        place: 'row',
        hash: sha256(createHash('sha256').update(bytes).digest('hex')),
        size: bytes.length,
        bytes,
      },
    },
    { queue: 'packet', entry },
    packet.park,
    now,
  );
  return item.id;
}

export const seedParked = (store: SqliteStore, now: number): number =>
  seedPacket(store, { id: 'P-1', label: 'Order SO-1042', user: 'ANNA', park: refusedCustomer }, now);
