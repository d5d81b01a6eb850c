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
  /** Told of every row that is there or was known, in order. */
  readonly keep?: ((row: KnownRow, gone: boolean) => Promise<void>) | undefined;
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
 * are believed: these are told last, when it is known how many there are. Returns what the guard says. Throws Unordered.
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
    let [old, now] = [await known.next(), await seen.next()];
    while (old !== undefined || now !== undefined) {
      const order = old === undefined ? 1 : now === undefined ? -1 : compare(old.key, now.key);
      if (order < 0 && old !== undefined) {
        knownCount += 1;
        goneCount += 1;
        // More than this is not believed anyway.
        if (gone.length <= Math.max(guard.keys, guard.few)) gone.push(old.key);
        await keep?.(old, true);
        old = await known.next();
        continue;
      }
      if (now === undefined) break;
      if (order > 0 || old?.hash !== now.hash) out.push({ key: now.key, deleted: false });
      await keep?.(now, false);
      if (order === 0) {
        knownCount += 1;
        old = await known.next();
      }
      now = await seen.next();
      if (out.length < CHUNK) continue;
      yield out;
      out = [];
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

  constructor(chunks: AsyncIterable<readonly KnownRow[]>, compare: (a: FeedKey, b: FeedKey) => number) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#compare = compare;
  }

  async next(): Promise<KnownRow | undefined> {
    for (;;) {
      const row = this.#rows[this.#at];
      if (row === undefined) {
        const step = await this.#chunks.next();
        if (step.done === true) return undefined;
        this.#rows = step.value;
        this.#at = 0;
        continue;
      }
      this.#at += 1;
      const order = this.#last === undefined ? -1 : this.#compare(this.#last, row.key);
      if (order > 0) throw new Unordered(row.key);
      if (order === 0) continue;
      this.#last = row.key;
      return row;
    }
  }

  async close(): Promise<void> {
    await this.#chunks.return?.();
  }
}
