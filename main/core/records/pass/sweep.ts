import type { SyncFailure } from '../../../../shared/model/failure.ts';
import { ok, type Result } from '../../../../shared/model/result.ts';
import { durablySync } from '../../runtime/runtime.ts';
import type { Pair } from '../record-state.ts';
import { SIDES, type NamedRecord, type RecordId, type Side } from '../record-store.ts';
import type { PassCounts, PassParts, PassWish, RunningEntity } from './pass-parts.ts';
import { readAll } from './subjects.ts';

/** Pairs looked at at once. */
const AT_ONCE = 500;

/**
 * What feeds do not tell: records that are missing again and again are named as deleted, those nobody looked at yet as changed,
 * and with `contents` those that differ from what was agreed. One entity that looks emptied keeps its own deletions back only.
 */
export async function sweepAll(
  parts: PassParts,
  entities: readonly RunningEntity[],
  wish: PassWish,
  counts: PassCounts,
  signal: AbortSignal,
): Promise<SyncFailure | undefined> {
  let failure: SyncFailure | undefined;
  for (const entity of entities)
    for (const side of SIDES) {
      const swept = await new Sweeping(parts, entity, side, wish, signal).run(counts);
      if (swept.ok) continue;
      if (swept.failure.kind !== 'rejected') return swept.failure;
      failure ??= swept.failure;
    }
  return failure;
}

class Sweeping {
  readonly #parts: PassParts;
  readonly #entity: RunningEntity;
  readonly #side: Side;
  readonly #wish: PassWish;
  readonly #signal: AbortSignal;

  constructor(parts: PassParts, entity: RunningEntity, side: Side, wish: PassWish, signal: AbortSignal) {
    this.#parts = parts;
    this.#entity = entity;
    this.#side = side;
    this.#wish = wish;
    this.#signal = signal;
  }

  async run(counts: PassCounts): Promise<Result<void>> {
    const there = await this.#there();
    if (!there.ok) return there;
    const { known, absent } = this.#absent(there.value);
    const missing = await this.#missing(absent, known, there.value.size === 0);
    if (!missing.ok) return missing;
    counts.missing += missing.value.length;
    this.#note(there.value, missing.value);
    return ok(undefined);
  }

  /** All ids of this side; what nobody looked at yet is named on the way. */
  async #there(): Promise<Result<ReadonlySet<RecordId>>> {
    const { stores, runtime } = this.#parts;
    const { plan, filters } = this.#entity;
    const all = new Set<RecordId>();
    for (let after: RecordId | undefined; ;) {
      const page = await stores[this.#side].ids(
        { entity: plan.on[this.#side], filter: filters[this.#side], after },
        this.#signal,
      );
      if (!page.ok) return page;
      const { ids, more } = page.value;
      for (const id of ids) all.add(id);
      const named = await this.#neverSeen(ids);
      if (!named.ok) return named;
      this.#name(named.value.map((id) => ({ id })));
      after = ids.at(-1);
      if (!more || after === undefined) return ok(all);
      if (this.#signal.aborted) return { ok: false, failure: { kind: 'cancelled' } };
      await runtime.yield();
    }
  }

  async #neverSeen(ids: readonly RecordId[]): Promise<Result<readonly RecordId[]>> {
    const { state, link } = this.#parts;
    const { entity } = this.#entity.plan;
    const side = this.#side;
    const pairs = new Map(state.pairs(link, entity, side, ids).map((pair) => [pair.ids[side], pair]));
    const dirty = new Set(state.dirtyOf(link, entity, side, ids).map(({ id }) => id));
    const clean = ids.filter((id) => !dirty.has(id));
    const compared = (pair: Pair): boolean =>
      pair.state !== 'active' || SIDES.every((one) => pair.shadows[one] !== undefined);
    const unseen = clean.filter((id) => {
      const pair = pairs.get(id);
      return pair === undefined || !compared(pair);
    });
    if (this.#wish.sweep !== 'contents') return ok(unseen);
    const rest = clean.filter((id) => pairs.get(id)?.state === 'active' && !unseen.includes(id));
    const read = await readAll(this.#parts.stores[side], this.#entity, side, rest, this.#signal);
    if (!read.ok) return read;
    const changed = rest.filter((id) => {
      const agreed = pairs.get(id)?.shadows[side]?.fields;
      const now = read.value.get(id)?.fields;
      return (
        now !== undefined &&
        this.#entity.plan.fields.some(
          ({ on }) => now.has(on[side]) && now.get(on[side]) !== agreed?.get(on[side]),
        )
      );
    });
    return ok([...unseen, ...changed]);
  }

  /** Paired records whose id is not among them, and how many pairs there are. */
  #absent(there: ReadonlySet<RecordId>): { readonly known: number; readonly absent: readonly Pair[] } {
    const { state, link } = this.#parts;
    const side = this.#side;
    const absent: Pair[] = [];
    let known = 0;
    for (let after: RecordId | undefined; ;) {
      const pairs = state.pairsFrom(link, this.#entity.plan.entity, side, after, AT_ONCE);
      after = pairs.at(-1)?.ids[side];
      if (after === undefined) return { known, absent };
      for (const pair of pairs) {
        if (pair.state !== 'active' && pair.state !== 'frozen') continue;
        known += 1;
        if (!there.has(pair.ids[side] ?? '')) absent.push(pair);
      }
    }
  }

  /** Those of them that cannot be read either. What can be read has left the filter, or is marked as deleted by its side. */
  async #missing(
    absent: readonly Pair[],
    known: number,
    empty: boolean,
  ): Promise<Result<readonly RecordId[]>> {
    const { mapping, stores } = this.#parts;
    const { limits } = mapping;
    const most = Math.max(limits.missing, Math.floor((known * limits.missingPercent) / 100));
    const missing: RecordId[] = [];
    for (let at = 0; at < absent.length; at += AT_ONCE) {
      const part = absent.slice(at, at + AT_ONCE);
      const ids = part.flatMap(({ ids: one }) => one[this.#side] ?? []);
      const read = await readAll(stores[this.#side], this.#entity, this.#side, ids, this.#signal);
      if (!read.ok) return read;
      const named: NamedRecord[] = [];
      for (const { ids: one, state } of part) {
        const id = one[this.#side] ?? '';
        const record = read.value.get(id);
        if (record === undefined) missing.push(id);
        else if (record.deleted === true) named.push({ id, gone: 'deleted' });
        else if (state === 'active') named.push({ id });
      }
      this.#name(named);
      const tooMany = missing.length > most || (empty && missing.length > 0);
      if (tooMany && !this.#wish.unlimited) return this.#stopped(missing.length, empty ? 0 : most);
    }
    return ok(missing);
  }

  #stopped(count: number, most: number): Result<never> {
    return {
      ok: false,
      failure: {
        kind: 'rejected',
        code: 'too-many-missing',
        where: this.#entity.plan.on[this.#side],
        message: `${count} or more paired records are missing at once, where ${most} are taken for deletions`,
      },
    };
  }

  #note(there: ReadonlySet<RecordId>, missing: readonly RecordId[]): void {
    const { state, link, runtime, sweepsUntilGone } = this.#parts;
    const { entity } = this.#entity.plan;
    const sweeps = durablySync(runtime, 'records.sweep', () =>
      state.noteSweep(link, entity, this.#side, { found: [...there], missing }, runtime.wall()),
    );
    const gone = missing.filter((id) => (sweeps.get(id) ?? 0) >= sweepsUntilGone);
    const told = new Set(
      state
        .dirtyOf(link, entity, this.#side, gone)
        .flatMap((row) => (row.gone === 'deleted' ? [row.id] : [])),
    );
    this.#name(gone.filter((id) => !told.has(id)).map((id) => ({ id, gone: 'deleted' })));
  }

  #name(records: readonly NamedRecord[]): void {
    const { state, link, runtime } = this.#parts;
    if (records.length === 0) return;
    durablySync(runtime, 'records.nominate', () => {
      state.nominate(
        {
          link,
          entity: this.#entity.plan.entity,
          side: this.#side,
          records: records.map(({ id, gone }) => ({ id, gone })),
        },
        runtime.wall(),
      );
    });
  }
}
