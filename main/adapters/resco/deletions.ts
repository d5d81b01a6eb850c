import { ok, type Result } from '../../../shared/model/result.ts';
import type { NamedRecord } from '../../core/records/record-store.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { allOf, is, type FetchFilter } from './fetch-query.ts';
import type { FetchResult } from './fetch-result.ts';
import { KNOWN_MS, PAGE_ROWS } from './limits.ts';
import { deletionTableOf, type DeletionTable, type RescoEntity } from './metadata.ts';
import type { FetchRefusal, Organisation } from './organisation.ts';
import { readByIds } from './read-records.ts';
import { guidOf, rowVersionOf } from './values.ts';

/** What the table of deleted records says, where it can be read. */
export interface Deletions {
  readonly records: readonly NamedRecord[];
  readonly newest: bigint;
  /** Row versions of what was named. */
  readonly seen: readonly string[];
  /** Whether the table was read to its end. */
  readonly read: boolean;
}

/**
 * The table of deleted records. It counts as readable only once a row of it was seen: whoever has no right to it is shown an empty
 * one. What it names is a deletion only when the record itself cannot be found.
 */
export class DeletionFeed {
  readonly #organisation: Organisation;
  readonly #runtime: Runtime;
  #readable = false;
  #lookAgainAt = 0;

  constructor(organisation: Organisation, runtime: Runtime) {
    this.#organisation = organisation;
    this.#runtime = runtime;
  }

  get readable(): boolean {
    return this.#readable;
  }

  /** The row version of the newest entry, at most one look an hour; undefined: not looked at now, or not readable. */
  async newest(signal: AbortSignal): Promise<Result<bigint | undefined>> {
    const now = this.#runtime.monotonic();
    if (now < this.#lookAgainAt) return ok(undefined);
    const table = await this.#table(signal);
    if (!table.ok) return table;
    if (table.value === undefined) {
      this.#lookAgainAt = now + KNOWN_MS;
      return ok(undefined);
    }
    const page = await this.#page(table.value, undefined, { descending: true, count: 1 }, signal);
    if (!page.ok) return page;
    this.#lookAgainAt = now + KNOWN_MS;
    const version = rowVersionOf(page.value?.rows[0]?.get(table.value.version) ?? '');
    if (version === undefined) return ok(undefined);
    this.#readable = true;
    return ok(BigInt(version));
  }

  /** What was deleted of an entity after `from` and up to `upTo`, each looked for once more. */
  async of(
    entity: RescoEntity,
    range: { readonly from: bigint; readonly upTo: bigint | undefined; readonly seen: ReadonlySet<string> },
    signal: AbortSignal,
  ): Promise<Result<Deletions>> {
    const none: Deletions = { records: [], newest: range.from, seen: [], read: false };
    const table = await this.#table(signal);
    if (!table.ok) return table;
    if (table.value === undefined || !this.#readable) return ok(none);
    const { entityName, recordId, version } = table.value;
    const ids = new Set<string>();
    const seen: string[] = [];
    let last = range.from;
    for (;;) {
      const filter = allOf(
        is(entityName, 'eq', entity.name),
        is(version, 'gt', String(last)),
        ...(range.upTo === undefined ? [] : [is(version, 'le', String(range.upTo))]),
      );
      const page = await this.#page(table.value, filter, { descending: false, count: PAGE_ROWS }, signal);
      if (!page.ok) return page;
      if (page.value === undefined) return ok(none);
      const before = last;
      for (const row of page.value.rows) {
        const at = rowVersionOf(row.get(version) ?? '');
        const id = guidOf(row.get(recordId) ?? '');
        if (at === undefined) continue;
        if (BigInt(at) > last) last = BigInt(at);
        if (id === undefined || row.get(entityName)?.toLowerCase() !== entity.name) continue;
        seen.push(at);
        if (!range.seen.has(at)) ids.add(id);
      }
      if (!page.value.more || last === before) break;
    }
    if (ids.size === 0) return ok({ records: [], newest: last, seen, read: true });
    const there = await readByIds(
      this.#organisation,
      entity,
      [...ids],
      { fields: [], filter: undefined },
      signal,
    );
    if (!there.ok) return there;
    const records = [...ids].map((id): NamedRecord =>
      there.value.has(id) ? { id } : { id, gone: 'deleted' },
    );
    return ok({ records, newest: last, seen, read: true });
  }

  /** Undefined: the cloud refuses to read it, and deletions are found by what is missing. */
  async #page(
    { entity, entityName, recordId, version }: DeletionTable,
    filter: FetchFilter | undefined,
    { descending, count }: { readonly descending: boolean; readonly count: number },
    signal: AbortSignal,
  ): Promise<Result<FetchResult | undefined>> {
    const page = await this.#organisation.fetch(
      {
        entity,
        attributes: [entityName, recordId, version],
        filter,
        order: [{ attribute: version, descending }],
        count,
      },
      signal,
    );
    if (page.ok) return page;
    if (!isRefused(page.failure)) return { ok: false, failure: page.failure.failure };
    this.#readable = false;
    return ok(undefined);
  }

  async #table(signal: AbortSignal): Promise<Result<DeletionTable | undefined>> {
    const schema = await this.#organisation.schema(signal);
    return schema.ok ? ok(deletionTableOf(schema.value)) : schema;
  }
}

const isRefused = ({ refused, failure }: FetchRefusal): boolean =>
  refused || (failure.kind === 'rejected' && failure.code === 'http-403');
