import { believed } from './guard.ts';
import type { DeletionGuard, FeedKey, GuardReport, Nominated } from './feed.ts';
import type { KnownRow } from './known-rows.ts';

/** Nominated at once. */
const CHUNK = 500;

export interface MergeInput {
  readonly known: AsyncIterable<readonly KnownRow[]>;
  readonly seen: AsyncIterable<readonly KnownRow[]>;
  readonly compare: (a: FeedKey, b: FeedKey) => number;
  readonly guard: DeletionGuard;
  /** Told of every row that is there or was known, in order; waited for where it answers a promise. */
  readonly keep?: ((row: KnownRow, gone: boolean) => Promise<void> | undefined) | undefined;
}

/** The rows come in another order than keys are compared in: merging them would invent deletions. */
export class Unordered extends Error {
  readonly key: FeedKey;

  constructor(key: FeedKey) {
    super('the rows are not in the order of their keys');
    this.name = 'Unordered';
    this.key = key;
  }
}

/**
 * Merges two lists in key order and nominates the differences. Memory is bounded by a chunk and by the most deletions that
 * are believed: these are told last, when it is known how many there are. A list may be empty. Returns what the guard
 * says. Throws Unordered.
 */
export async function* mergeKnown(
  input: MergeInput,
): AsyncGenerator<readonly Nominated[], GuardReport | undefined> {
  const { compare, guard, keep } = input;
  const known = new Cursor(input.known, compare);
  const seen = new Cursor(input.seen, compare);
  let out: Nominated[] = [];
  let gone: FeedKey[] = [];
  let goneCount = 0;
  let knownCount = 0;
  try {
    for (let rows = 1; ; rows += 1) {
      // Also when there is nothing to tell: much of what is left behind between two yields lives until the second.
      if (rows % CHUNK === 0) {
        yield out;
        out = [];
      }
      // No promise for each row: a table has millions, and they would outlive the row.
      if (known.empty) await known.fill();
      if (seen.empty) await seen.fill();
      const old = known.row;
      const now = seen.row;
      if (old === undefined && now === undefined) break;
      const order = old === undefined ? 1 : now === undefined ? -1 : compare(old.key, now.key);
      if (order <= 0 && old !== undefined) {
        knownCount += 1;
        known.take();
      }
      if (order < 0 && old !== undefined) {
        goneCount += 1;
        // More than this is not believed anyway.
        if (gone.length <= Math.max(guard.keys, guard.few)) gone.push(old.key);
        const kept = keep?.(old, true);
        if (kept !== undefined) await kept;
        continue;
      }
      if (now === undefined) break;
      seen.take();
      if (order > 0 || old?.hash !== now.hash) out.push({ key: now.key, deleted: false });
      const kept = keep?.(now, false);
      if (kept !== undefined) await kept;
    }
  } finally {
    await Promise.all([known.close(), seen.close()]);
  }
  if (out.length > 0) yield out;
  if (!believed(guard, goneCount, knownCount)) return { gone: goneCount, known: knownCount };
  while (gone.length > 0) {
    yield gone.slice(0, CHUNK).map((key) => ({ key, deleted: true }));
    gone = gone.slice(CHUNK);
  }
  return undefined;
}

/** One row after the other, checked to rise. A row met twice while others write counts once. */
class Cursor {
  readonly #chunks: AsyncIterator<readonly KnownRow[]>;
  readonly #compare: (a: FeedKey, b: FeedKey) => number;
  #rows: readonly KnownRow[] = [];
  #at = 0;
  #last: FeedKey | undefined;
  #over = false;
  /** Undefined at the end, and where `empty` says that more may be there. */
  row: KnownRow | undefined;

  constructor(chunks: AsyncIterable<readonly KnownRow[]>, compare: (a: FeedKey, b: FeedKey) => number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#compare = compare;
  }

  /** Whether `fill` is to be called before `row` is looked at. */
  get empty(): boolean {
    return this.row === undefined && !this.#over;
  }

  async fill(): Promise<void> {
    while (this.empty) {
      const step = await this.#chunks.next();
      if (step.done === true) {
        this.#over = true;
        return;
      }
      this.#rows = step.value;
      this.#at = 0;
      this.take();
    }
  }

  /** Goes on to the next row. */
  take(): void {
    for (;;) {
      const row = this.#rows[this.#at];
      this.#at += 1;
      this.row = row;
      if (row === undefined) return;
      const order = this.#last === undefined ? -1 : this.#compare(this.#last, row.key);
      if (order > 0) throw new Unordered(row.key);
      if (order === 0) continue;
      this.#last = row.key;
      return;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
