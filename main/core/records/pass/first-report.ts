import { ok, type Result } from '../../../../shared/model/result.ts';
import type { References } from '../carry/entity-plan.ts';
import { businessKey, type Match } from '../match/match-record.ts';
import { mergeFields } from '../merge/merge-fields.ts';
import { otherSide, SIDES, type RecordId, type Side, type StoredRecord } from '../record-store.ts';
import { counterparts } from './counterparts.ts';
import { newRecord } from './new-record.ts';
import type { PassParts, RunningEntity } from './pass-parts.ts';
import { CountingReport } from './counting-report.ts';
import type { EntityReport, FirstReport } from './report.ts';
import { readAll, type Unpaired } from './subjects.ts';

/**
 * Looks at everything within the filters of both sides and tells what a pass would do. Reads only: nothing is written to a side,
 * named or concluded.
 */
export async function firstReport(
  parts: PassParts,
  entities: readonly RunningEntity[],
  signal: AbortSignal,
): Promise<Result<FirstReport>> {
  const supposed: Supposed = new Map();
  const reports: EntityReport[] = [];
  for (const entity of entities) {
    supposed.set(entity.plan.entity, { erp: new Map(), cloud: new Map() });
    const looking = new Looking(
      parts,
      { ...entity, references: referencesOf(entity.references, supposed) },
      supposed,
    );
    for (const side of SIDES) {
      const looked = await looking.at(side, signal);
      if (!looked.ok) return looked;
    }
    reports.push(looking.report.end());
  }
  return ok({ entities: reports });
}

/** Which records would be pairs, per entity and side. */
type Supposed = Map<string, Readonly<Record<Side, Map<RecordId, RecordId>>>>;

/** What refers to a record that would be paired or created is not held for it. */
const referencesOf = (known: References, supposed: Supposed): References => ({
  other: (entity, side, id) => supposed.get(entity)?.[side].get(id) ?? known.other(entity, side, id),
});

class Looking {
  readonly report: CountingReport;
  readonly #parts: PassParts;
  readonly #entity: RunningEntity;
  readonly #supposed: Readonly<Record<Side, Map<RecordId, RecordId>>>;

  constructor(parts: PassParts, entity: RunningEntity, supposed: Supposed) {
    this.#parts = parts;
    this.#entity = entity;
    this.#supposed = supposed.get(entity.plan.entity) ?? { erp: new Map(), cloud: new Map() };
    this.report = new CountingReport(entity.plan.entity);
  }

  async at(side: Side, signal: AbortSignal): Promise<Result<void>> {
    const { stores, runtime } = this.#parts;
    const { plan, filters } = this.#entity;
    for (let after: RecordId | undefined; ;) {
      const page = await stores[side].ids({ entity: plan.on[side], filter: filters[side], after }, signal);
      if (!page.ok) return page;
      const { ids, more } = page.value;
      this.report.records[side] += ids.length;
      const looked = await this.#page(side, ids, signal);
      if (!looked.ok) return looked;
      after = ids.at(-1);
      if (!more || after === undefined) return ok(undefined);
      if (signal.aborted) return { ok: false, failure: { kind: 'cancelled' } };
      await runtime.yield();
    }
  }

  async #page(side: Side, ids: readonly RecordId[], signal: AbortSignal): Promise<Result<void>> {
    const { state, link, stores } = this.#parts;
    const entity = this.#entity;
    const { plan, references } = entity;
    const known = new Set(state.pairs(link, plan.entity, side, ids).flatMap((pair) => pair.ids[side] ?? []));
    // Each pair once: with the first side that is looked at.
    if (side === 'erp') this.report.paired += known.size;
    const free = ids.filter((id) => !known.has(id) && !this.#supposed[side].has(id));
    const read = await readAll(stores[side], entity, side, free, signal);
    if (!read.ok) return read;
    const here = [...read.value.values()]
      .filter(({ deleted, inFilter }) => inFilter && deleted !== true)
      .map((record): Unpaired => ({
        subject: { pair: undefined, ids: { [side]: record.id }, dirty: [] },
        side,
        record,
        key: businessKey(plan, side, record, references),
      }));
    const matches = await counterparts(this.#parts, entity, side, here, signal);
    if (!matches.ok) return matches;
    const found = await this.#matched(side, matches.value, signal);
    if (!found.ok) return found;
    for (const [index, { record }] of here.entries())
      this.#one(side, record, matches.value[index] ?? { kind: 'leave' }, found.value);
    return ok(undefined);
  }

  async #matched(
    side: Side,
    matches: readonly Match[],
    signal: AbortSignal,
  ): Promise<Result<ReadonlyMap<RecordId, StoredRecord>>> {
    const to = otherSide(side);
    const ids = matches.flatMap((match) => (match.kind === 'pair' ? [match.id] : []));
    return readAll(this.#parts.stores[to], this.#entity, to, ids, signal);
  }

  #one(side: Side, record: StoredRecord, match: Match, found: ReadonlyMap<RecordId, StoredRecord>): void {
    const to = otherSide(side);
    const { report } = this;
    switch (match.kind) {
      case 'leave':
        report.left += 1;
        return;
      case 'review':
        report.review.add({ side, id: record.id, candidates: match.candidates });
        return;
      case 'two-of-one-key':
        report.review.add({ side, id: record.id, candidates: match.with });
        return;
      case 'create': {
        const made = newRecord(this.#entity, side, record);
        if (made.kind === 'hold' && made.reason.kind === 'refused')
          report.refused.add({ side, id: record.id, failure: made.reason.failure });
        else if (made.kind === 'hold') report.waiting += 1;
        else {
          report.created[to] += 1;
          this.#suppose(side, record.id, `(new) ${record.id}`);
        }
        return;
      }
      case 'pair': {
        const other = found.get(match.id);
        if (other === undefined || this.#supposed[to].has(match.id)) {
          report.review.add({ side, id: record.id, candidates: [match.id] });
          return;
        }
        report.matched += 1;
        this.#suppose(side, record.id, match.id);
        this.#compare(side === 'erp' ? { erp: record, cloud: other } : { erp: other, cloud: record });
      }
    }
  }

  #suppose(side: Side, id: RecordId, other: RecordId): void {
    this.#supposed[side].set(id, other);
    this.#supposed[otherSide(side)].set(other, id);
  }

  #compare(now: Readonly<Record<Side, StoredRecord>>): void {
    const { plan, references } = this.#entity;
    const { skewMs } = this.#parts;
    const merged = mergeFields({ plan, now, base: {}, references, skewMs });
    for (const failure of merged.refused) this.report.refused.add({ side: 'erp', id: now.erp.id, failure });
    for (const { field, erp, cloud, winner, private: hidden } of merged.conflicts)
      if (field !== undefined)
        this.report.differs({
          field,
          ids: { erp: now.erp.id, cloud: now.cloud.id },
          values: hidden ? undefined : { erp: erp ?? null, cloud: cloud ?? null },
          winner,
        });
  }
}
