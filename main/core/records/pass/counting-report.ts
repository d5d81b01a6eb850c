import type { SyncFailure } from '../../../../shared/model/failure.ts';
import type { RecordId, Side } from '../record-store.ts';
import type { Difference, EntityReport, Sampled } from './report.ts';

/** Of each kind the first are shown. */
const SHOWN = 20;

class Samples<T> implements Sampled<T> {
  count = 0;
  readonly samples: T[] = [];

  add(one: T): void {
    this.count += 1;
    if (this.samples.length < SHOWN) this.samples.push(one);
  }

  end(): Sampled<T> {
    return { count: this.count, samples: this.samples };
  }
}

/** The report of one entity while it is counted. */
export class CountingReport {
  readonly entity: string;
  readonly records = { erp: 0, cloud: 0 };
  readonly created = { erp: 0, cloud: 0 };
  paired = 0;
  matched = 0;
  left = 0;
  waiting = 0;
  readonly review = new Samples<{
    readonly side: Side;
    readonly id: RecordId;
    readonly candidates: readonly RecordId[];
  }>();
  readonly refused = new Samples<{
    readonly side: Side;
    readonly id: RecordId;
    readonly failure: SyncFailure;
  }>();
  readonly #differing = new Samples<Difference>();
  readonly #byField = new Map<string, number>();

  constructor(entity: string) {
    this.entity = entity;
  }

  differs(one: Difference): void {
    this.#differing.add(one);
    this.#byField.set(one.field, (this.#byField.get(one.field) ?? 0) + 1);
  }

  end(): EntityReport {
    const { entity, records, created, paired, matched, left, waiting } = this;
    return {
      entity,
      records,
      created,
      paired,
      matched,
      left,
      waiting,
      review: this.review.end(),
      refused: this.refused.end(),
      differing: this.#differing.end(),
      differingByField: this.#byField,
    };
  }
}
