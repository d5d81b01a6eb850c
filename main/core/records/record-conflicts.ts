import type { LinkId } from '../../../shared/model/ids.ts';
import type { Instant } from '../../../shared/model/time.ts';
import type { FieldTexts, Side } from './record-store.ts';

/** What people are told and asked of two-way records: conflicts, and what was decided by itself. */

export type PairId = number;

export type ConflictKind =
  'field' | 'deleted-and-changed' | 'two-of-one-key' | 'match' | 'dangling-key' | 'too-long' | 'not-allowed';

export interface NewConflict {
  readonly kind: ConflictKind;
  readonly field?: string | undefined;
  readonly base?: string | null | undefined;
  readonly erp?: string | null | undefined;
  readonly cloud?: string | null | undefined;
  readonly versions: { readonly erp?: string | undefined; readonly cloud?: string | undefined };
  readonly editors: { readonly erp?: string | undefined; readonly cloud?: string | undefined };
  /** The rule that was applied: an owner, a policy. */
  readonly rule: string;
  /** Absent: held for a person. */
  readonly winner?: Side | undefined;
  readonly private: boolean;
}

export interface Conflict extends NewConflict {
  readonly id: number;
  readonly link: LinkId;
  readonly entity: string;
  readonly pair: PairId;
  readonly at: Instant;
  readonly state: 'decided' | 'held' | 'resolved';
  readonly resolvedBy?: string | undefined;
  readonly resolvedAt?: Instant | undefined;
}

export interface Resolution {
  readonly by: string;
  /** Whose value stays; of a decided one: the loser is restored. */
  readonly winner: Side;
}

/** One thing done by itself, with what is needed to undo it. */
export interface NewDecision {
  readonly what:
    'paired' | 'created' | 'updated' | 'marked' | 'deleted' | 'unlinked' | 'closed' | 'held' | 'frozen';
  readonly on?: Side | undefined;
  readonly run?: number | undefined;
  /** Of the record that was written, before it. */
  readonly before: FieldTexts;
  readonly after: FieldTexts;
  readonly note: string;
}

export interface Decision extends NewDecision {
  readonly id: number;
  readonly link: LinkId;
  readonly entity: string;
  readonly pair: PairId;
  readonly at: Instant;
  /** A person took it back. */
  readonly undoneBy?: string | undefined;
}

export interface ConflictQuery {
  readonly link?: LinkId | undefined;
  readonly entity?: string | undefined;
  readonly states?: readonly Conflict['state'][] | undefined;
  readonly pair?: PairId | undefined;
  readonly limit: number;
  readonly offset: number;
}

export interface DecisionQuery {
  readonly link: LinkId;
  readonly pair?: PairId | undefined;
  readonly before?: number | undefined;
  readonly limit: number;
}
