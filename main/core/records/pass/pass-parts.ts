import type { LinkId } from '../../../../shared/model/ids.ts';
import type { RecordMapping } from '../../../../shared/model/record-mapping.ts';
import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { EngineLog } from '../../packets/link-parts.ts';
import type { Runtime } from '../../runtime/runtime.ts';
import type { EntityPlan, References } from '../carry/entity-plan.ts';
import type { RecordState } from '../record-state.ts';
import type { FirstReport } from './report.ts';
import type { RecordFilter, RecordStore, Side } from '../record-store.ts';

/** What a pass over the records of one link works with. */
export interface PassParts {
  readonly link: LinkId;
  readonly mapping: RecordMapping;
  readonly stores: Readonly<Record<Side, RecordStore>>;
  readonly state: RecordState;
  readonly runtime: Runtime;
  readonly log: EngineLog;
  /** In which a day of one side is a moment of the other. */
  readonly zone: string;
  /** By how much the sides' clocks differ at most, in milliseconds; undefined: nobody knows. */
  readonly skewMs: number | undefined;
  /** How long a refused record rests before it is tried again by itself. */
  readonly refusedRestMs: number;
  /** After how many sweeps in a row that did not find it a record is taken for deleted. */
  readonly sweepsUntilGone: number;
}

export interface PassWish {
  /** A person has said that more than the limits is meant. */
  readonly unlimited: boolean;
  /** Nothing is written to either side and nothing concluded: what would be done is reported. */
  readonly dry?: boolean | undefined;
  /**
   * Compares what is there with what is paired. `ids`: what is missing, and what nobody looked at yet. `contents`: also whether a
   * record changed that its side never named.
   */
  readonly sweep?: 'ids' | 'contents' | undefined;
}

/** An entity as it is run in this pass. */
export interface RunningEntity {
  readonly plan: EntityPlan;
  /** Names of fields to be read on each side. */
  readonly fields: Readonly<Record<Side, readonly string[]>>;
  readonly filters: Readonly<Record<Side, RecordFilter>>;
  readonly references: References;
}

export interface PassCounts {
  named: number;
  /** Equal to what was agreed. */
  same: number;
  paired: number;
  created: number;
  updated: number;
  marked: number;
  deleted: number;
  held: number;
  /** Of the held ones: those that a side, or the mapping, does not take. */
  refused: number;
  /** Paired records that a sweep did not find. */
  missing: number;
  conflicts: number;
  frozen: number;
  /** Writes whose outcome is not known. */
  unknown: number;
}

export const noCounts = (): PassCounts => ({
  named: 0,
  same: 0,
  paired: 0,
  created: 0,
  updated: 0,
  marked: 0,
  deleted: 0,
  held: 0,
  refused: 0,
  missing: 0,
  conflicts: 0,
  frozen: 0,
  unknown: 0,
});

export interface PassEnd {
  readonly counts: PassCounts;
  /** Why it did not come to its end; what was done stays done. */
  readonly failure?: SyncFailure | undefined;
  /** Entities that were not run, and why, in words for an integrator. */
  readonly stopped: readonly { readonly entity: string; readonly words: string }[];
  /** Of a dry run, and of a pass that nobody has confirmed yet. */
  readonly report?: FirstReport | undefined;
}
