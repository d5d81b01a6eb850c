import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';

/** What a packet says a photo belongs to. */
export interface PhotoOwner {
  /** Table of the row, as the packet spells it, and the row's id. */
  readonly entity: string;
  readonly rowId: string;
  /** The packet that says so. */
  readonly packetId: string;
}

export interface PhotoRef extends Omit<PhotoOwner, 'packetId'> {
  /** Id of the file. */
  readonly photo: string;
}

/** Which photo belongs to what, as packets have said; kept for some months. */
export interface PhotoStore {
  /** Idempotent; of two packets that name one photo of a user, the newer one counts. */
  notePhotos(link: LinkId, user: string, packetId: string, refs: readonly PhotoRef[], now: Instant): void;
  /** How many photos that packets named in this time never came; counts to a thousand. */
  photosMissing(link: LinkId, named: { readonly from: Instant; readonly to: Instant }): number;
  photoOwner(link: LinkId, user: string, photo: string): PhotoOwner | undefined;
}
