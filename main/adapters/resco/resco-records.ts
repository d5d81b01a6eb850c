import { fail, ok } from '../../../shared/model/result.ts';
import type { RecordCapabilities, RecordStore } from '../../core/records/record-store.ts';
import { ChangeBound } from './bound.ts';
import { DeletionFeed } from './deletions.ts';
import { detectChanges } from './detect.ts';
import { allOf, is } from './fetch-query.ts';
import { filterOf } from './filters.ts';
import { IDS_PER_READ, PAGE_ROWS, WRITE_OPERATIONS } from './limits.ts';
import { Organisation } from './organisation.ts';
import { findByValues, readByIds } from './read-records.ts';
import { RestCalls, type RestParts } from './rest-calls.ts';
import { guidOf } from './values.ts';
import { RecordWriter } from './write-records.ts';

/**
 * Records of one Resco organisation as a side of two-way records. What it remembers saves calls and is of no other use: another
 * one goes on from the same cursors and intents.
 */
export function createRescoRecords(parts: RestParts): RecordStore {
  return new RescoRecords(parts);
}

class RescoRecords implements RecordStore {
  readonly side = 'cloud';
  readonly #organisation: Organisation;
  readonly #deletions: DeletionFeed;
  readonly #bound: ChangeBound;
  readonly #writer: RecordWriter;

  constructor(parts: RestParts) {
    const calls = new RestCalls(parts);
    this.#organisation = new Organisation(calls, parts.runtime);
    this.#deletions = new DeletionFeed(this.#organisation, parts.runtime);
    this.#bound = new ChangeBound(this.#organisation, parts.runtime, this.#deletions);
    this.#writer = new RecordWriter(calls, this.#organisation);
  }

  get capabilities(): RecordCapabilities {
    return {
      createIdentity: 'client-id',
      guard: 'read-before',
      deletions: this.#deletions.readable ? 'reported' : 'sweep',
      clock: 'known',
      idsPerRead: IDS_PER_READ,
      writesPerCall: WRITE_OPERATIONS,
    };
  }

  identity(signal: AbortSignal): ReturnType<RecordStore['identity']> {
    return this.#organisation.identity(signal);
  }

  async describe(entities: readonly string[], signal: AbortSignal): ReturnType<RecordStore['describe']> {
    const schema = await this.#organisation.schema(signal);
    if (!schema.ok) return schema;
    return ok(entities.flatMap((name) => schema.value.get(name)?.shape ?? []));
  }

  pulse(last: string | undefined, signal: AbortSignal): ReturnType<RecordStore['pulse']> {
    return this.#bound.pulse(last, signal);
  }

  changes(...[request, signal]: Parameters<RecordStore['changes']>): ReturnType<RecordStore['changes']> {
    const parts = {
      organisation: this.#organisation,
      bound: this.#bound,
      deletions: this.#deletions,
    };
    return detectChanges(parts, request, signal);
  }

  async ids(...[request, signal]: Parameters<RecordStore['ids']>): ReturnType<RecordStore['ids']> {
    const entity = await this.#organisation.entity(request.entity, signal);
    if (!entity.ok) return entity;
    const { key, name } = entity.value;
    const filter = filterOf(entity.value, request.filter);
    if (!filter.ok) return filter;
    const conditions = [
      ...(request.after === undefined ? [] : [is(key, 'gt', request.after)]),
      ...(filter.value === undefined ? [] : [filter.value]),
    ];
    const page = await this.#organisation.fetch(
      {
        entity: name,
        attributes: [key],
        filter: conditions.length === 0 ? undefined : allOf(...conditions),
        order: [{ attribute: key }],
        count: PAGE_ROWS,
      },
      signal,
    );
    if (!page.ok) return fail(page.failure.failure);
    const ids: string[] = [];
    for (const row of page.value.rows) {
      const id = guidOf(row.get(key) ?? '');
      if (id === undefined || id === request.after)
        return fail(this.#organisation.invalid(`Fetch of ${name}`, 'a record has no id, or came twice'));
      ids.push(id);
    }
    return ok({ ids, more: page.value.more && ids.length > 0 });
  }

  async read(...[request, signal]: Parameters<RecordStore['read']>): ReturnType<RecordStore['read']> {
    const entity = await this.#organisation.entity(request.entity, signal);
    if (!entity.ok) return entity;
    const { ids, fields, filter } = request;
    const found = await readByIds(this.#organisation, entity.value, ids, { fields, filter }, signal);
    return found.ok ? ok([...found.value.values()]) : found;
  }

  async find(...[request, signal]: Parameters<RecordStore['find']>): ReturnType<RecordStore['find']> {
    const entity = await this.#organisation.entity(request.entity, signal);
    return entity.ok ? findByValues(this.#organisation, entity.value, request, signal) : entity;
  }

  write(...[batch, signal]: Parameters<RecordStore['write']>): ReturnType<RecordStore['write']> {
    return this.#writer.write(batch, signal);
  }

  async close(): Promise<void> {
    // Every call has a connection of its own.
  }
}
