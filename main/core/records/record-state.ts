import type {
  Conflict,
  ConflictQuery,
  Decision,
  DecisionQuery,
  NewConflict,
  NewDecision,
  PairId,
  Resolution,
} from './record-conflicts.ts';
import type { SyncFailure } from '../../../shared/model/failure.ts';
import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { FieldTexts, IntentId, RecordId, Side } from './record-store.ts';

/**
 * What is known locally of the records of a link. Synchronous: each method is one transaction, durable when it returns, and
 * throws only for a bug or StoreError (disk full, file held): then nothing of it happened.
 */
export interface RecordState {
  // ---- sides ----
  sideFacts(link: LinkId, side: Side): SideFacts;
  keepSideFacts(link: LinkId, side: Side, facts: SideFacts): void;
  /** Who said that the first synchronisation may write, and when. */
  firstConfirmed(link: LinkId): { readonly by: string; readonly at: Instant } | undefined;
  /** The first one who says so is kept. */
  confirmFirst(link: LinkId, by: string, now: Instant): void;

  // ---- nominated ----
  cursor(link: LinkId, entity: string, side: Side): string | undefined;
  /** Named records become dirty, and the cursor moves, in one transaction. A record that is dirty already gets a new mark. */
  nominate(named: Nomination, now: Instant): void;
  /** Oldest first from after that row, those whose hold has not ended left out. */
  dirty(query: DirtyQuery, now: Instant): readonly DirtyRecord[];
  /** What is dirty of these records, held or not: the other sides of what is decided. */
  dirtyOf(link: LinkId, entity: string, side: Side, ids: readonly RecordId[]): readonly DirtyRecord[];
  /** When the next held one is to be looked at again; undefined when none is. */
  nextHeld(link: LinkId): Instant | undefined;

  // ---- pairs ----
  pairs(link: LinkId, entity: string, side: Side, ids: readonly RecordId[]): readonly Pair[];
  pairsFrom(
    link: LinkId,
    entity: string,
    side: Side,
    after: RecordId | undefined,
    limit: number,
  ): readonly Pair[];
  pair(id: PairId): Pair | undefined;
  pairCount(link: LinkId, entity: string): number;
  /** Pairs of which a sweep did not find the record, and how many sweeps in a row; a found one is forgotten. Returns the counts. */
  noteSweep(
    link: LinkId,
    entity: string,
    side: Side,
    sweep: Sweep,
    now: Instant,
  ): ReadonlyMap<RecordId, number>;

  // ---- intents ----
  /**
   * Keeps what was decided before anything is sent: intents, and what can be concluded at once, in one transaction, so that no
   * value is written over without the line that says so. A new pair is `pending` from here on.
   */
  intend(intents: readonly NewIntent[], conclusions: readonly Conclusion[], now: Instant): void;
  openIntents(link: LinkId): readonly Intent[];
  /** Those of them that are still open, in their order. */
  intents(ids: readonly IntentId[]): readonly Intent[];
  /** Which of these pairs have an open one. */
  withIntents(pairs: readonly PairId[]): ReadonlySet<PairId>;

  // ---- the end of a decision ----
  /**
   * All of a decision at once: pair, both shadows, its intents, conflicts, holds, log; and what was dirty, unless it was named
   * again since (its mark is another): then it stays and is decided anew. A pair that has both ids from here on ends the holds of
   * what waits for either of them as its parent. A hold that is ended uses up what people chose. All conclusions in one transaction.
   */
  conclude(conclusions: readonly Conclusion[], now: Instant): void;

  // ---- for people ----
  conflicts(query: ConflictQuery): { readonly conflicts: readonly Conflict[]; readonly total: number };
  conflict(id: number): Conflict | undefined;
  /** Undefined when it is resolved already. The chosen values are written by the next pass. */
  resolve(id: number, chosen: Resolution, now: Instant): Conflict | undefined;
  /**
   * What a person wants written because of a decided conflict or a decision: the intent is kept, its record named, and the cause
   * is used up, in one transaction. False when it was used up already.
   */
  intendByPerson(cause: Cause, by: string, intent: NewIntent, now: Instant): boolean;
  /** What people chose for a pair and no decision has used yet: a field's name, or `''` for the whole record. */
  choices(pair: PairId): ReadonlyMap<string, Side>;
  decisions(query: DecisionQuery): readonly Decision[];
  decision(id: number): Decision | undefined;
  counts(link: LinkId): RecordCounts;
  /** Drops decisions and resolved conflicts older than that. */
  forget(before: Instant): void;
}

/** What a person takes back: the winner of a conflict, or something done by itself. */
export type Cause = { readonly conflict: number } | { readonly decision: number };

export interface SideFacts {
  readonly identity?: string | undefined;
  readonly pulse?: string | undefined;
}

export interface Nomination {
  readonly link: LinkId;
  readonly entity: string;
  readonly side: Side;
  readonly records: readonly { readonly id: RecordId; readonly gone?: 'deleted' | 'unseen' | undefined }[];
  /** Absent: it stays. `null`: it is forgotten. */
  readonly cursor?: string | null | undefined;
}

export interface DirtyQuery {
  readonly link: LinkId;
  readonly entity: string;
  readonly after: number;
  readonly limit: number;
}

export interface DirtyRecord {
  /** Its place in the order; the same as long as it is dirty. */
  readonly row: number;
  readonly entity: string;
  readonly side: Side;
  readonly id: RecordId;
  readonly gone?: 'deleted' | 'unseen' | undefined;
  /** Rises each time it is named. */
  readonly mark: number;
  readonly since: Instant;
  readonly hold?: Hold | undefined;
}

export type PairState =
  /** Both records are known. */
  | 'active'
  /** One is being created; its side's id may be unknown. */
  | 'pending'
  /** Left the filter of a side: stays as it is. */
  | 'frozen'
  /** Parted by a person or by a policy; kept so that it can be joined again. */
  | 'unlinked'
  /** Both sides are gone. */
  | 'closed';

/** The mapped fields as one side stored them at the last agreement. */
export interface Shadow {
  readonly fields: FieldTexts;
  readonly version?: string | undefined;
  readonly at: Instant;
}

export interface Pair {
  readonly id: PairId;
  readonly link: LinkId;
  readonly entity: string;
  readonly state: PairState;
  readonly ids: { readonly erp?: RecordId | undefined; readonly cloud?: RecordId | undefined };
  readonly shadows: { readonly erp?: Shadow | undefined; readonly cloud?: Shadow | undefined };
  readonly since: Instant;
  readonly hold?: Hold | undefined;
  /** Fields written to and fro of late, for the breaker: name, direction, when. */
  readonly swings: readonly Swing[];
}

export interface Swing {
  readonly field: string;
  readonly to: Side;
  readonly at: Instant;
  /** That side stored something else than was written. */
  readonly altered?: true | undefined;
}

export type HoldReason =
  | { readonly kind: 'conflict'; readonly fields: readonly string[] }
  | { readonly kind: 'deleted-and-changed'; readonly deletedIn: Side }
  /** What it names is not paired. */
  | { readonly kind: 'parent'; readonly entity: string; readonly id: RecordId }
  | { readonly kind: 'review'; readonly candidates: readonly RecordId[] }
  | { readonly kind: 'two-of-one-key'; readonly with: readonly RecordId[] }
  | { readonly kind: 'swings'; readonly field: string }
  | {
      readonly kind: 'many';
      readonly what: 'creates' | 'updates' | 'deletes' | 'missing';
      readonly count: number;
    }
  | { readonly kind: 'refused'; readonly failure: SyncFailure }
  | { readonly kind: 'not-allowed'; readonly what: 'create' | 'update' | 'delete'; readonly on: Side };

export interface Hold {
  readonly reason: HoldReason;
  readonly since: Instant;
  /** Looked at again then; absent: only when it is named again or a person says so. */
  readonly until?: Instant | undefined;
}

export interface Sweep {
  readonly found: readonly RecordId[];
  readonly missing: readonly RecordId[];
}

export interface NewIntent {
  readonly id: IntentId;
  readonly link: LinkId;
  readonly entity: string;
  /** Absent: a create makes the pair, with the id of the record it is made from. */
  readonly pair?: PairId | undefined;
  readonly from?: { readonly side: Side; readonly id: RecordId } | undefined;
  readonly to: Side;
  readonly kind: 'create' | 'update' | 'delete';
  readonly target?: RecordId | undefined;
  readonly values: FieldTexts;
  readonly expected: FieldTexts;
  /** What the other side holds, for the shadow when this is done. */
  readonly basis: FieldTexts;
  /** Written for a person, as an edit of theirs: nothing is agreed by it, it is carried to the other side like any edit. */
  readonly edit?: true | undefined;
}

export interface Intent extends Omit<NewIntent, 'pair'> {
  readonly pair: PairId;
  readonly createdAt: Instant;
}

export interface Conclusion {
  readonly link: LinkId;
  readonly entity: string;
  /** Absent: a pair is made of `ids`, where both are given; else it is only about what was dirty. */
  readonly pair?: PairId | undefined;
  readonly ids?: { readonly erp?: RecordId | undefined; readonly cloud?: RecordId | undefined } | undefined;
  readonly state?: PairState | undefined;
  /** A side left out keeps its shadow; `null` drops it. */
  readonly shadows?:
    { readonly erp?: Shadow | null | undefined; readonly cloud?: Shadow | null | undefined } | undefined;
  /** `null` ends a hold. */
  readonly hold?: Hold | null | undefined;
  readonly dirty: readonly { readonly side: Side; readonly id: RecordId; readonly mark: number }[];
  /** Instead of removing what was dirty: it is looked at again when the hold ends. */
  readonly keepDirty?: boolean | undefined;
  readonly intents?: readonly { readonly id: IntentId; readonly end: 'done' | 'given-up' }[] | undefined;
  readonly conflicts?: readonly NewConflict[] | undefined;
  readonly decision?: NewDecision | undefined;
  readonly swings?: Pair['swings'] | undefined;
}

export interface RecordCounts {
  readonly pairs: number;
  /** Named and not decided, those held left out. */
  readonly pending: { readonly erp: number; readonly cloud: number };
  readonly oldestPending?: Instant | undefined;
  readonly held: number;
  /** Writes whose outcome is not known. */
  readonly unknown: number;
  readonly conflictsHeld: number;
}
