import type { LinkId, Sha256 } from '../../../../../shared/model/ids.ts';
import type { Instant } from '../../../../../shared/model/time.ts';
import type { Positions } from '../../../reading/table-positions.ts';
import type { BodyRef, StoredBody } from '../../../runtime/body-store.ts';

/** The rows of one entity for one set of filter values, as they stand in a packet. */
export interface KeptSegment {
  readonly body: BodyRef;
  readonly rows: number;
  /** Where all its tables stood before it was read; undefined where that is not known: then it holds for its cycle only. */
  readonly positions: Positions | undefined;
  /** How often in a row it read differently although its tables stood still. */
  readonly restless: number;
  readonly readAt: Instant;
}

export interface NewSegment extends Omit<KeptSegment, 'body'> {
  readonly key: string;
  readonly body: StoredBody;
}

/** What must go first when there is too much. */
export interface SegmentRoom {
  readonly now: Instant;
  /** Bytes of all segments together. Those that an unsent packet is a list of are never removed. */
  readonly capBytes: number;
  /** What was used since then stays. */
  readonly usedSince: Instant;
}

/** What is remembered of comparing packets with a rendering of their own. */
export interface SegmentAudit {
  /** A day of the site. */
  readonly day: number;
  /** Users who are still to be compared for it. */
  readonly owed: number;
}

/** A cache of what was read: without it, everything is read. Every method is one durable transaction. */
export interface SegmentStore {
  /** Methods of the whole store as one transaction: packets with equal segments cost one commit. When one throws, nothing of any of them happened. */
  together<T>(act: () => T): T;
  /** What is kept under these keys; a key without anything is missing. */
  segments(keys: readonly string[]): ReadonlyMap<string, KeptSegment>;
  /** Replaces what is kept under the keys. Small bodies become durable with this. */
  keepSegments(segments: readonly NewSegment[], now: Instant): void;
  /** These are used again. */
  useSegments(hashes: readonly Sha256[], now: Instant): void;
  /** Its bytes are gone or not what they were: it is no longer kept under any key. What lists it finds it again when it is kept again. */
  forgetSegment(hash: Sha256): void;
  /** Nothing is kept under any key any more. Bytes that a packet is a list of stay. */
  forgetSegments(): void;
  /** Undefined where none was noted yet. */
  segmentAudit(link: LinkId): SegmentAudit | undefined;
  noteSegmentAudit(link: LinkId, audit: SegmentAudit): void;
  /** Removes what nobody can use any more, then the oldest unused ones. Returns what the spool need not keep. */
  tidySegments(room: SegmentRoom): readonly Sha256[];
}
