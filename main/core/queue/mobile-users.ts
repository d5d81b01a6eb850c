import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { ItemId, LinkId, Sha256 } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Item } from './item.ts';

/** Why the last cycle built nothing for a user. */
export type NoSnapshot =
  | { readonly kind: 'pilot' }
  | { readonly kind: 'paused' }
  /** Of his own packets some are neither in the ERP nor set aside, or one was set aside a short while ago. */
  | { readonly kind: 'own-packets' }
  | { readonly kind: 'refused'; readonly failure: SyncFailure };

/** What one cycle found of one user. */
export interface UserFinding {
  readonly user: string;
  /** `open`: the cycle ended before his turn. */
  readonly found: 'built' | 'unchanged' | 'open' | NoSnapshot;
}

/** What the store keeps of mobile users between cycles. The promises of `QueueStore` hold. */
export interface MobileUserStore {
  /** What a cycle found of all whom the ERP, or the list, names: those not among them are named no more. */
  noteUsers(link: LinkId, findings: readonly UserFinding[], now: Instant): void;
  /** The same of one user, whoever else is named. */
  noteUser(link: LinkId, finding: UserFinding, now: Instant): void;
  /** What the cloud accepted last for a user, to compare with; undefined: nothing. */
  acceptedPacket(link: LinkId, user: string): AcceptedPacket | undefined;
  /** Whether an item expects this body in the spool. */
  isExpected(hash: Sha256): boolean;
}

/** By table, in the packet's order. */
type Rows = Readonly<Record<string, number>>;

/** How sure it is that all tables are of one moment. */
type Consistency = 'snapshot' | 'validated' | 'best-effort';

export interface AcceptedPacket {
  readonly contentHash: Sha256;
  readonly acceptedAt: Instant;
  /** Undefined where that is not kept any more. */
  readonly rows: Rows | undefined;
  /** The text of its list; undefined where it is not kept any more. Its hash was not compared. */
  readonly list: string | undefined;
}

export interface UserQuery {
  readonly links: readonly LinkId[];
  /** Part of the name. */
  readonly text?: string | undefined;
  /** Only those who wait for a snapshot or whose packets are set aside. */
  readonly open?: boolean | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** A snapshot the cloud took. */
export interface TakenSnapshot {
  readonly item: ItemId;
  readonly size: number;
  readonly rows: Rows;
  readonly acceptedAt: Instant;
  readonly consistency: Consistency;
  readonly syncLogId: string;
}

/** One mobile user as the store knows him. */
export interface MobileUser {
  readonly link: LinkId;
  readonly user: string;
  readonly named: boolean;
  readonly accepted: TakenSnapshot | undefined;
  /** The newest snapshot that is not accepted, with its rows and what is known of its consistency. */
  readonly waiting:
    | { readonly item: Item; readonly since: Instant; readonly rows: Rows; readonly consistency: Consistency }
    | undefined;
  readonly unchangedSince: Instant | undefined;
  readonly none: NoSnapshot | undefined;
  readonly lastOrder: { readonly item: ItemId; readonly label: string; readonly at: Instant } | undefined;
  readonly pendingIn: number;
  readonly parkedIn: number;
}

export interface UserPage {
  readonly users: readonly MobileUser[];
  /** How many the same filters find. */
  readonly total: number;
}

export interface UserDetail {
  readonly user: MobileUser;
  /** What the cloud accepted for him, the newest first. */
  readonly history: readonly TakenSnapshot[];
}
