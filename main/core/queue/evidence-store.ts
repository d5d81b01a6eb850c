import type { ItemId, LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { Item } from './item.ts';

/** Numbers from `low` to `high` that were passed over: later ones of the same series are here. */
export interface NumberGap {
  readonly low: number;
  readonly high: number;
  /** By the clock of looks: when the number before them, and the one after them, came. */
  readonly from: number;
  readonly passed: number;
  /** By the wall clock, for people. */
  readonly passedAt: Instant;
}

/** What a device gives numbers from: one table, kind of document and prefix of one user. */
export interface SeriesName {
  readonly user: string;
  /** Lower case, as tables are told apart. */
  readonly entity: string;
  readonly kind: string;
  readonly prefix: string;
}

/** Everything between `base` and `top` that is in no gap has been here. */
export interface SeenSeries extends SeriesName {
  /** What the mapping calls such documents, and how many digits their numbers have. */
  readonly document: string;
  readonly width: number;
  readonly base: number;
  readonly top: number;
  /** By the clock of looks: when `top` came. */
  readonly topAt: number;
  /** By the clock of looks: when `base` came, of a new series or one that was moved. */
  readonly begun: number;
  /** The highest number since then that belongs to no part of it that is known; 0 for none. */
  readonly aside: number;
  readonly gaps: readonly NumberGap[];
}

/** How far a device says it has used a series. */
export interface ReportedSeries extends Omit<SeriesName, 'prefix'> {
  readonly highest: number;
  /** When the device said so by its own clock; empty where it does not say. */
  readonly saidAt: string;
  readonly at: Instant;
  /** By the clock of looks. */
  readonly seen: number;
  /** What it said later, and is less. */
  readonly back?: { readonly current: number; readonly at: Instant } | undefined;
}

/** A packet of a user that is not here, or here and cannot be read: it may hold any number. */
export interface UnreadPacket {
  readonly user: string;
  readonly packetId: string;
  /** By the clock of looks: when it was first known of. */
  readonly seen: number;
}

export interface Evidence {
  /** Milliseconds during which the link looked at what its cloud has; stands still while it does not. */
  readonly clock: number;
  readonly series: readonly SeenSeries[];
  readonly reports: readonly ReportedSeries[];
  readonly unread: readonly UnreadPacket[];
}

/** What changed at one look. */
export interface NotedEvidence {
  readonly clock: number;
  /** Packets up to this item were looked through; absent: none were. */
  readonly upTo?: ItemId | undefined;
  readonly series: readonly SeenSeries[];
  readonly reports: readonly ReportedSeries[];
  /** Of packets that became known; one known before keeps its time. */
  readonly unread: readonly UnreadPacket[];
  /** Ids of packets that were read meanwhile. */
  readonly read: readonly string[];
}

/** Which numbers of documents were here: how another client that takes packets away shows. */
export interface EvidenceStore {
  evidence(link: LinkId): Evidence;
  /** Packets that came since the last look, oldest first. */
  notLookedThrough(link: LinkId, limit: number): readonly Item[];
  /** One transaction. Repeating it changes nothing. */
  noteEvidence(link: LinkId, noted: NotedEvidence): void;
}
