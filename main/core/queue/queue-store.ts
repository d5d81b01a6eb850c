import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { ItemId, LinkId, Sha256, SourceId, StartId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { ListedEntry, PacketListing, PacketQueue } from '../packets/packet-cloud.ts';
import type { SegmentStore } from '../packets/push/segments/segment-store.ts';
import type { EditStore } from './edit-store.ts';
import type { EvidenceStore } from './evidence-store.ts';
import type { HandoverStore } from './handover-store.ts';
import type { MobileUserStore } from './mobile-users.ts';
import type { PhotoStore } from './photo-store.ts';
import type { SettledPacket } from './settled-packet.ts';
import type { Direction, Item, ItemEvent, ItemReason, ItemState, NewItem } from './item.ts';

/**
 * The local store as the engine sees it. Synchronous: every method is one transaction that is durable when it returns
 * (WAL, synchronous=FULL). A method throws only for a bug (illegal transition) or StoreError (disk full, file held):
 * then nothing of it happened.
 */
export interface QueueStore
  extends HandoverStore, SegmentStore, EditStore, PhotoStore, EvidenceStore, MobileUserStore {
  // ---- claims and transitions ----
  /**
   * Turns claims of other starts into `unknown`, due now, counting an unclean exit for each; at the third one the item is
   * parked. Returns what it did. Idempotent.
   */
  releaseClaims(current: StartId, now: Instant): { readonly unknown: number; readonly parked: number };
  /** Takes the oldest due item and commits the attempt before it starts. Undefined when nothing is due. */
  claim(link: LinkId, direction: Direction, by: StartId, now: Instant): Item | undefined;
  /** Applies an event to an item claimed by this start and ends its attempt. */
  record(id: ItemId, event: ItemEvent, now: Instant): Item;
  /** Ends a pulled packet: item settled, its documents and ledger row remembered, items that wait for them due now. */
  settlePacket(id: ItemId, settled: SettledPacket, now: Instant): Item;
  /** When the next item of this link and direction is due; undefined when none is open. */
  nextDue(link: LinkId, direction: Direction): Instant | undefined;

  /**
   * Whether an attempt of this item ended `unknown`, or in an unclean exit, since it was made or last parked: then only the
   * ledger can say that it did not happen.
   */
  mayHaveHappened(id: ItemId): boolean;

  // ---- by a person ----
  /** parked, waiting, unknown or ready -> ready, due now. Undefined when the state does not allow it. */
  retry(id: ItemId, now: Instant): Item | undefined;
  /**
   * ready or waiting -> parked (an `unknown` item needs a void row first: see pull). Undefined when not allowed: one that is
   * handed over is the ERP's to decide.
   */
  park(id: ItemId, reason: ItemReason, now: Instant, revision?: number): Item | undefined;
  /** parked -> discarded. Undefined when the state does not allow it. The caller has proven that nothing was applied. */
  discard(id: ItemId, note: string, now: Instant): Item | undefined;

  // ---- reading ----
  get(id: ItemId): Item | undefined;
  list(query: ItemQuery): readonly Item[];
  /** How many items the same filters find. */
  count(query: Omit<ItemQuery, 'limit' | 'offset'>): number;
  counts(link: LinkId, now: Instant): QueueCounts;
  timeline(id: ItemId): readonly TimelineEntry[];

  // ---- pulled packets ----
  /** Keeps a list as it came, with the newest raw entry and handle of each packet. Raises the inbound mark of the users of new entries. */
  rememberListing(link: LinkId, listing: PacketListing, now: Instant): number;
  /** What is known of a packet id: its items, and whether this delivery's bytes were already checked. */
  known(link: LinkId, queue: PacketQueue, entry: ListedEntry): KnownPacket;
  /**
   * Body and row in one transaction; marks the delivery checked. Idempotent on (link, id, hash). A packet whose id is known
   * with other bytes becomes an item of its own, parked with `conflict`. An empty body keeps a packet whose body the cloud no
   * longer has; when its bytes come after all, that item gets them and is ready.
   */
  storePacket(
    item: NewItem,
    delivery: { readonly queue: PacketQueue; readonly entry: ListedEntry },
    park: ItemReason | undefined,
    now: Instant,
  ): Item;
  /** The delivery's bytes were compared and are the ones known. */
  markChecked(link: LinkId, queue: PacketQueue, entry: ListedEntry): void;
  /** Lists not reported yet, oldest first, with what is known of each entry. */
  openListings(link: LinkId): readonly OpenListing[];
  /** These deliveries were reported; lists all of whose deliveries are reported (or superseded by a reported newer one) are closed. */
  settleReport(
    link: LinkId,
    queue: PacketQueue,
    entries: readonly { readonly id: string; readonly receiptHandle: string }[],
    now: Instant,
  ): void;
  documentKnown(link: LinkId, document: string, number: string): boolean;
  /** The newest `count` ledger rows this site knows to be committed. */
  recentLedger(
    source: SourceId,
    count: number,
  ): readonly { readonly packetId: string; readonly payloadHash: Sha256 }[];
  /**
   * These packets are not in the ERP any more (it was restored): settled -> ready from the kept bytes, due now, and their
   * ledger rows are no longer expected. Returns the ids whose bytes are gone. Idempotent.
   */
  replay(link: LinkId, source: SourceId, packetIds: readonly string[], now: Instant): readonly string[];
  /** How far inbound traffic of a user has come: rises with every new entry listed and every packet applied. */
  inboundMark(link: LinkId, user: string): number;
  /**
   * Packets of this user stored here, neither in the ERP nor parked; and the oldest parked one's time. One that is handed over
   * is in the ERP, whatever becomes of it there.
   */
  openPacketsOf(
    link: LinkId,
    user: string,
  ): { readonly pending: number; readonly parkedSince: Instant | undefined };

  // ---- pushed snapshots ----
  lastAccepted(link: LinkId, user: string): AcceptedSnapshot | undefined;
  /** Stores a built snapshot and discards an unsent older one of the user. The same content as an unsent one returns that one. */
  storeSnapshot(item: NewItem, meta: SnapshotMeta, now: Instant): Item;
  snapshotMeta(id: ItemId): SnapshotMeta | undefined;
  /** The PUT was answered 2xx. */
  settleSnapshot(id: ItemId, accepted: { readonly syncLogId: string }, now: Instant): Item;
  /** A snapshot that must not go out any more (void, superseded). */
  discardSnapshot(id: ItemId, note: string, now: Instant): Item;
  /** Users whose newest snapshot is not accepted. */
  unsentSnapshots(link: LinkId): readonly Item[];

  // ---- runs, schedule, facts ----
  startRun(
    run: { readonly link: LinkId; readonly flow: Flow; readonly trigger: Trigger; readonly startId: StartId },
    now: Instant,
  ): number;
  finishRun(
    run: number,
    end: {
      readonly outcome: RunOutcome;
      readonly counts: RunCounts;
      readonly failure?: SyncFailure | undefined;
    },
    now: Instant,
  ): void;
  /** Newest first; with `before`, only those with a smaller number. */
  runs(query: RunQuery): readonly Run[];
  /** When the flow last started, for the schedule: survives a restart. A push for one user is none. */
  lastStarted(link: LinkId, flow: Flow): Instant | undefined;
  noteEndpoint(
    endpoint: Endpoint,
    outcome: { readonly ok: true } | { readonly ok: false; readonly failure: SyncFailure },
    now: Instant,
  ): void;
  endpoints(): readonly EndpointFact[];
  noteList(link: LinkId, seen: { readonly entries: number; readonly full: boolean }, now: Instant): void;
  lastList(
    link: LinkId,
  ): { readonly at: Instant; readonly entries: number; readonly full: boolean } | undefined;
  /**
   * After a clock that was set back: what began to wait at a time still to come waits from now on, each for its own time. Returns
   * how many items that were. Idempotent.
   */
  putWaitsRight(link: LinkId, now: Instant): number;
  setPause(pause: Pause): void;
  clearPause(link: LinkId): void;
  pause(link: LinkId): Pause | undefined;
}

export interface RunQuery {
  readonly link?: LinkId | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}

export type Flow = 'push' | 'pull';
export type Trigger = 'schedule' | 'manual' | 'start';
export type RunOutcome = 'ok' | 'attention' | 'failed' | 'interrupted' | 'running';
export type RunCounts = Readonly<Record<string, number>>;

export interface Run {
  readonly id: number;
  readonly link: LinkId;
  readonly flow: Flow;
  readonly trigger: Trigger;
  readonly startedAt: Instant;
  readonly endedAt?: Instant | undefined;
  readonly outcome: RunOutcome;
  readonly counts: RunCounts;
  readonly failure?: SyncFailure | undefined;
}

export interface Pause {
  readonly link: LinkId;
  readonly by: 'person' | 'program';
  readonly since: Instant;
  /** Undefined: until a person resumes. */
  readonly until?: Instant | undefined;
  readonly reason: string;
  readonly failure?: SyncFailure | undefined;
}

export interface KnownPacket {
  readonly items: readonly Item[];
  readonly checked: boolean;
  /** Bytes that one of them had until a person edited it: coming again they are nothing new. */
  readonly edited: readonly Sha256[];
}

export interface OpenListing {
  readonly id: number;
  readonly queue: PacketQueue;
  readonly format: 'xml' | 'json';
  readonly raw: string;
  readonly listedAt: Instant;
  readonly entries: readonly {
    readonly entry: ListedEntry;
    readonly checked: boolean;
    readonly reported: boolean;
    /** States of the items with this id, and when each was stored. */
    readonly items: readonly {
      readonly state: ItemState;
      readonly createdAt: Instant;
      /** It was handed over to the ERP, which has not accepted it yet. */
      readonly handed?: boolean | undefined;
      /** The cloud has no body for it, and no person has agreed that it is lost. */
      readonly awaitsBody?: boolean | undefined;
    }[];
  }[];
}

export interface AcceptedSnapshot {
  readonly contentHash: Sha256;
  readonly modelHash: string;
  readonly acceptedAt: Instant;
  readonly syncLogId: string;
  readonly size: number;
}

export interface SnapshotMeta {
  readonly user: string;
  /** Mapping, area, address and ERP identity in one hash: another one means the packet must go out again. */
  readonly modelHash: string;
  /** `inboundMark` of the user when the read view was opened. */
  readonly inboundMark: number;
  /** `validated`: no table it is from was changed while it was read. `best-effort`: nobody knows. */
  readonly consistency: 'snapshot' | 'validated' | 'best-effort';
  readonly rows: Readonly<Record<string, number>>;
}

export interface ItemQuery {
  readonly link?: LinkId | undefined;
  readonly direction?: Direction | undefined;
  readonly states?: readonly ItemState[] | undefined;
  readonly user?: string | undefined;
  /** Part of label, packet id or user. */
  readonly text?: string | undefined;
  /** Only what was stored before. */
  readonly before?: Instant | undefined;
  /** By when it was stored; absent: the newest first. */
  readonly order?: 'newest' | 'oldest' | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface QueueCounts {
  /** Stored here, neither applied nor parked. */
  readonly pendingIn: number;
  /** Of those that do not wait for the ERP's word: these have a time of their own, see `handedCounts`. */
  readonly oldestPendingIn?: Instant | undefined;
  /** Users whose newest snapshot is not accepted. */
  readonly pendingOut: number;
  readonly oldestPendingOut?: Instant | undefined;
  readonly parked: number;
  readonly unknown: number;
  /** From phones. */
  readonly settledToday: number;
  /** Stored and not reported done yet. */
  readonly unreported: number;
  readonly lastSettledIn?: Instant | undefined;
  readonly lastAcceptedOut?: Instant | undefined;
}

export interface TimelineEntry {
  readonly at: Instant;
  readonly event: string;
  readonly detail: string;
}

export interface EndpointFact {
  readonly endpoint: Endpoint;
  readonly lastOk?: Instant | undefined;
  /**
   * How long ago that was, in milliseconds: by the clock nobody can set or by the wall clock, whichever says more, so that a
   * clock that was set and a computer that slept make it old. Absent: not heard since this start.
   */
  readonly ageMs?: number | undefined;
  /** For how long the oldest call under way has had no answer, in milliseconds; absent while none is under way. */
  readonly unansweredMs?: number | undefined;
  /** Since when it fails without a success between. */
  readonly failingSince?: Instant | undefined;
  readonly failure?: SyncFailure | undefined;
}
