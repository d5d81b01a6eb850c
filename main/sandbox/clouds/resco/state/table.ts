/** One state of a record. Never changed: a write puts another in its place. */
export interface Row {
  readonly id: string;
  readonly version: bigint;
  /** Canonical texts, without key and row version; a field that is not there is null. */
  readonly values: Readonly<Record<string, string>>;
}

/** The records of one entity, by id and in the order of their row versions. */
export class Table {
  readonly rows = new Map<string, Row>();
  #inOrder: Row[] | undefined;

  put(row: Row): void {
    const sorted = this.#inOrder;
    // Loads append: a new record behind the last keeps the order as it is.
    if (sorted !== undefined && !this.rows.has(row.id) && row.version > (sorted.at(-1)?.version ?? -1n))
      sorted.push(row);
    else this.#inOrder = undefined;
    this.rows.set(row.id, row);
  }

  remove(id: string): void {
    if (this.rows.delete(id)) this.#inOrder = undefined;
  }

  /** In ascending row versions; do not change it. */
  inOrder(): readonly Row[] {
    this.#inOrder ??= [...this.rows.values()].sort((a, b) =>
      a.version < b.version ? -1 : a.version > b.version ? 1 : 0,
    );
    return this.#inOrder;
  }

  /** Place of the first record whose row version is at least this. */
  placeOf(version: bigint): number {
    const sorted = this.inOrder();
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.version ?? 0n) < version) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
