import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { ItemId, LinkId, Sha256 } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { BodyRef } from '../runtime/body-store.ts';

/**
 * One unit of work. Its states, and the only ways between them:
 *
 *             claim                    settle
 *   ready ───────────▶ working ───────────────▶ settled
 *     ▲   ◀─────────── │ │ │ │ retry (dueAt)
 *     │ due            │ │ │ └──▶ waiting  (for something it names, until dueAt)
 *     │                │ │ └────▶ unknown  (may have happened; claimed again at dueAt, never given up)
 *     │                │ └──────▶ parked   (needs a person; blocks nobody else)
 *     └── retry by a person ──────┘  │
 *                                    └──▶ discarded
 *
 * settled goes back to `ready` only when the ERP was restored to a moment before it.
 *
 * A packet handed over to the ERP is `waiting` until the ERP accepts it (`settled`) or refuses it (`parked`, and ready again
 * when the ERP thinks otherwise).
 *
 * `ready`, `waiting` and `unknown` are claimed when `dueAt` has come. A claim carries the agent's start id; the next
 * start turns claims of an older one into `unknown`.
 */
export const ITEM_STATES = [
  'ready',
  'working',
  'waiting',
  'unknown',
  'parked',
  'settled',
  'discarded',
] as const;
export type ItemState = (typeof ITEM_STATES)[number];

export type Direction = 'in' | 'out';

/** Why an item is where it is: a failure, or what it waits for. Shown to people through the catalogue. */
export type ItemReason =
  /** `until`: a body that is missed is waited for until then. */
  | { readonly kind: 'failure'; readonly failure: SyncFailure; readonly until?: Instant | undefined }
  /** `overdue`: it did not come in time. A parked item that has it goes on by itself when it comes after all. */
  | {
      readonly kind: 'waits-for';
      readonly what: string;
      readonly number: string;
      readonly until: Instant;
      readonly overdue?: true | undefined;
    }
  /** In the ERP, which has not said yet whether it accepts it. `documents`: the words for those. */
  | { readonly kind: 'handed-over'; readonly since: Instant; readonly documents: readonly string[] }
  /** A snapshot that is built and must not go to a phone now. */
  | ({ readonly kind: 'push-held' } & PushHold)
  | { readonly kind: 'person'; readonly note: string }
  | { readonly kind: 'unclean-exits'; readonly times: number };

export type FailureReason = Extract<ItemReason, { readonly kind: 'failure' }>;

/** Until: as far as it is known. */
export interface PushHold {
  readonly why: 'pilot' | 'paused' | 'quiet' | 'interval';
  readonly until?: Instant | undefined;
}

export interface Item {
  readonly id: ItemId;
  readonly link: LinkId;
  readonly direction: Direction;
  /** Of the cloud, for what was pulled: packets, or the files of photos. */
  readonly queue?: 'packet' | 'file' | undefined;
  /** Packet id in; packet unique id out. */
  readonly externalId: string;
  readonly user: string;
  readonly company: string;
  /** Words for people: `Sales Order SO-1042`. */
  readonly label: string;
  readonly state: ItemState;
  readonly reason?: ItemReason | undefined;
  readonly body: BodyRef;
  readonly createdAt: Instant;
  readonly dueAt: Instant;
  readonly attempts: number;
  readonly uncleanExits: number;
  readonly revision: number;
  readonly claimedBy?: string | undefined;
  readonly settledAt?: Instant | undefined;
  /**
   * Set while the ERP has the packet and has not taken it for good: waiting for its word, or parked because of it. Nothing of
   * it is ever written again then.
   */
  readonly handed?: { readonly since: Instant; readonly until: Instant } | undefined;
  /** JSON of what came of it: ERP numbers in, syncLogId out. */
  readonly outcome?: string | undefined;
}

export interface NewItem {
  readonly link: LinkId;
  readonly direction: Direction;
  readonly externalId: string;
  readonly user: string;
  readonly company: string;
  readonly label: string;
  readonly body: {
    readonly place: 'row' | 'spool';
    readonly hash: Sha256;
    readonly size: number;
    readonly bytes?: Uint8Array | undefined;
    /** Of a packet put together from segments when it is read: its list, whose hash is `hash`. `size` is that of the packet. */
    readonly list?: { readonly bytes: Uint8Array; readonly segments: readonly Sha256[] } | undefined;
  };
}

/** What happens to a claimed item. `label`: what it is called from now on, where that became known. */
export type ItemEvent = { readonly label?: string | undefined } & (
  | { readonly kind: 'settle'; readonly outcome: string }
  | { readonly kind: 'retry'; readonly dueAt: Instant; readonly failure: SyncFailure }
  | { readonly kind: 'wait'; readonly dueAt: Instant; readonly reason: ItemReason }
  | { readonly kind: 'unknown'; readonly dueAt: Instant; readonly failure: SyncFailure }
  | { readonly kind: 'park'; readonly reason: ItemReason; readonly revision?: number | undefined }
);
