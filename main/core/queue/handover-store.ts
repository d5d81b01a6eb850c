import type { ItemId, LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { PacketQueue } from '../packets/packet-cloud.ts';
import type { Item, ItemReason } from './item.ts';
import type { SettledPacket } from './settled-packet.ts';

/** A document of a packet by the keys of the ledger. */
export interface HandedRow {
  readonly entity: string;
  readonly document: string;
  readonly rowId: string;
}

/** A packet that is in the ERP, but that the ERP has not taken for good. */
export interface HandedPacket extends SettledPacket {
  /** All its documents: what becomes of them decides. */
  readonly rows: readonly HandedRow[];
  readonly since: Instant;
  /** Longer undecided than that: the link asks for a look. */
  readonly until: Instant;
  /** When the ledger is looked at again although nothing was heard. */
  readonly dueAt: Instant;
  readonly reason: ItemReason;
  /** Set where the ERP refused: a person must see to it. */
  readonly refused: boolean;
}

/** Of a link. `parked` ones were refused, or set aside since. */
export interface HandedCounts {
  readonly waiting: number;
  readonly parked: number;
  readonly overdue?: { readonly count: number; readonly label: string; readonly since: Instant } | undefined;
}

/** A packet of which the ERP's side is to be told, with all that is known here under its id. */
export interface OwedNotice {
  readonly queue: PacketQueue;
  readonly packetId: string;
  readonly change: number;
  readonly items: readonly Item[];
}

/** What the store keeps of packets between the ERP's staging table and its acceptance. The promises of `QueueStore` hold. */
export interface HandoverStore {
  /** working -> waiting or parked, documents and ledger row remembered as for a settled one. */
  handOver(id: ItemId, handed: HandedPacket, now: Instant): Item;
  handedRows(id: ItemId): readonly HandedRow[];
  handedCounts(link: LinkId, now: Instant): HandedCounts;
  /**
   * What the ERP said of these documents changed (absent: of any): whoever waits for it is due now, and so is a packet parked
   * because of a refusal. Returns how many. Idempotent.
   */
  wakeHanded(
    link: LinkId,
    documents: readonly Pick<HandedRow, 'document' | 'rowId'>[] | undefined,
    now: Instant,
  ): number;
  owedNotices(link: LinkId, most: number): readonly OwedNotice[];
  /** Not owed any more, unless something new came up since they were read. */
  noticesTold(link: LinkId, told: readonly OwedNotice[]): void;
}
