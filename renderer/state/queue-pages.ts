/** Items a page. */
export const PAGE_ROWS = 100;
/** Pages kept: 3,000 rows around where the reader was. */
export const MOST_PAGES = 30;

/** The pages that hold the rows from `first` to `last`, of a list that begins `skip` rows into what the request finds. */
export function pagesFor(first: number, last: number, skip: number): readonly number[] {
  if (last < first) return [];
  const from = Math.floor((first + skip) / PAGE_ROWS);
  const to = Math.floor((last + skip) / PAGE_ROWS);
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

/** The pages in the order of their last use, without those too old to be kept. */
export function afterUse(
  kept: readonly number[],
  used: readonly number[],
): { readonly kept: readonly number[]; readonly dropped: readonly number[] } {
  const all = [...kept.filter((page) => !used.includes(page)), ...used];
  const over = Math.max(0, all.length - Math.max(MOST_PAGES, used.length));
  return { kept: all.slice(over), dropped: all.slice(0, over) };
}

/** Loaded pages as one list with holes. */
export class PagedRows<T extends { readonly id: number }> {
  readonly #pages: ReadonlyMap<number, readonly T[]>;
  readonly #skip: number;
  readonly #count: number;
  #places: Map<number, number> | undefined;

  constructor(pages: ReadonlyMap<number, readonly T[]>, skip: number, count: number) {
    this.#pages = pages;
    this.#skip = skip;
    this.#count = count;
  }

  get count(): number {
    return this.#count;
  }

  /** Undefined while its page is not loaded. */
  at(index: number): T | undefined {
    if (index < 0 || index >= this.#count) return undefined;
    const row = index + this.#skip;
    return this.#pages.get(Math.floor(row / PAGE_ROWS))?.[row % PAGE_ROWS];
  }

  /** Where the item stands, among what is loaded. */
  indexOf(id: number): number | undefined {
    this.#places ??= new Map(
      [...this.#pages].flatMap(([page, rows]) =>
        rows.map((row, n): [number, number] => [row.id, page * PAGE_ROWS + n - this.#skip]),
      ),
    );
    const index = this.#places.get(id);
    return index !== undefined && index >= 0 && index < this.#count ? index : undefined;
  }
}
