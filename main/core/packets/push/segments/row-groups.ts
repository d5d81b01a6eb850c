import type { SyncFailure } from '../../../../../shared/model/failure.ts';
import { BodyStreamError } from '../../../runtime/body-stream-error.ts';
import type { ErpRow } from '../../erp.ts';

/**
 * Splits the rows of several groups, which come group after group, each with the number of its group behind its values: it stays
 * there. Groups are taken in their order; what is left of one that was given up is passed over.
 */
export class RowGroups {
  readonly #source: AsyncIterator<readonly ErpRow[]>;
  #rows: readonly ErpRow[] = [];
  #at = 0;
  #group = -1;
  /** As it stood in the last row that was looked at. */
  #number: string | null | undefined;
  #failure: SyncFailure | undefined;

  constructor(source: AsyncIterable<readonly ErpRow[]>) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Why the rows ended early, where they did: that is no group's own failure. */
  get failure(): SyncFailure | undefined {
    return this.#failure;
  }

  async *rowsOf(group: number): AsyncIterable<readonly ErpRow[]> {
    for (;;) {
      if (this.#at === this.#rows.length && !(await this.#more())) return;
      const from = this.#at;
      while (this.#groupAt(this.#at) < group) this.#at += 1;
      if (this.#at > from) continue;
      while (this.#groupAt(this.#at) === group) this.#at += 1;
      if (this.#at === from) return;
      yield this.#rows.slice(from, this.#at);
    }
  }

  /** Whoever stops before the last row. */
  async close(): Promise<void> {
    await this.#source.return?.();
  }

  async #more(): Promise<boolean> {
    try {
      const next = await this.#source.next();
      if (next.done === true) return false;
      this.#rows = next.value;
      this.#at = 0;
      return next.value.length > 0 || (await this.#more());
    } catch (error) {
      if (error instanceof BodyStreamError) this.#failure = error.failure;
      throw error;
    }
  }

  /** Infinity behind the last row at hand. Throws where the rows are not in order: then nobody knows whose they are. */
  #groupAt(at: number): number {
    const row = this.#rows[at];
    if (row === undefined) return Infinity;
    const number = row[row.length - 1];
    if (number === this.#number) return this.#group;
    const group = Number(number ?? Number.NaN);
    if (!Number.isInteger(group) || group < this.#group) {
      this.#failure = {
        kind: 'rejected',
        code: 'group-order',
        message: 'rows came in another order than asked for',
      };
      throw new BodyStreamError(this.#failure);
    }
    this.#group = group;
    this.#number = number;
    return group;
  }
}
