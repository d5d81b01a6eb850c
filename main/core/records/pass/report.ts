import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { RecordId, Side } from '../record-store.ts';

/** What a pass would do, before anybody let it write. */
export interface FirstReport {
  readonly entities: readonly EntityReport[];
}

export interface EntityReport {
  readonly entity: string;
  /** Records within the filters. */
  readonly records: Readonly<Record<Side, number>>;
  /** Paired already. */
  readonly paired: number;
  /** Would be paired, by a key. */
  readonly matched: number;
  /** Would be created on that side. */
  readonly created: Readonly<Record<Side, number>>;
  /** Left alone by the mapping. */
  readonly left: number;
  /** Would wait until what it names is paired. */
  readonly waiting: number;
  /** Would be held for a person: several look alike, or the one that does is taken. */
  readonly review: Sampled<{
    readonly side: Side;
    readonly id: RecordId;
    readonly candidates: readonly RecordId[];
  }>;
  readonly refused: Sampled<{ readonly side: Side; readonly id: RecordId; readonly failure: SyncFailure }>;
  /** Fields in which paired records differ; where a side owns it, that side's value would be written. */
  readonly differing: Sampled<Difference>;
  readonly differingByField: ReadonlyMap<string, number>;
}

export interface Difference {
  readonly field: string;
  readonly ids: Readonly<Record<Side, RecordId>>;
  /** Absent where the mapping says that it is private. */
  readonly values?: Readonly<Record<Side, string | null>> | undefined;
  /** Absent: a person decides. */
  readonly winner?: Side | undefined;
}

/** All are counted, the first are shown. */
export interface Sampled<T> {
  readonly count: number;
  readonly samples: readonly T[];
}
