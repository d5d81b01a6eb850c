import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { RecordFilter, StoredRecord } from '../../core/records/record-store.ts';
import { allOf, anyOf, is, type FetchFilter } from './fetch-query.ts';
import type { FetchRow } from './fetch-result.ts';
import { within } from './filters.ts';
import { IDS_PER_READ, PAGE_ROWS, SETS_PER_FIND } from './limits.ts';
import type { RescoEntity } from './metadata.ts';
import { fieldOf, type Organisation } from './organisation.ts';
import { fromResco, guidOf, instantOf, rowVersionOf, toCondition } from './values.ts';

/** What to ask for so that a record is known with these fields. */
interface Wanted {
  readonly fields: readonly string[];
  readonly filter: RecordFilter | undefined;
}

/** Records by their ids; one that is not seen is not in it. */
export async function readByIds(
  organisation: Organisation,
  entity: RescoEntity,
  ids: readonly string[],
  wanted: Wanted,
  signal: AbortSignal,
): Promise<Result<ReadonlyMap<string, StoredRecord>>> {
  const asked = attributesOf(entity, wanted);
  if (!asked.ok) return asked;
  const found = new Map<string, StoredRecord>();
  const known = [...new Set(ids.flatMap((id) => guidOf(id) ?? []))];
  for (let at = 0; at < known.length; at += IDS_PER_READ) {
    const some = known.slice(at, at + IDS_PER_READ);
    const result = await organisation.fetch(
      {
        entity: entity.name,
        attributes: asked.value,
        filter: is(entity.key, 'in', ...some),
        order: [{ attribute: entity.key }],
        count: some.length,
        slow: asked.value.some((name) => entity.fields.get(name)?.type === 'binary'),
      },
      signal,
    );
    if (!result.ok) return fail(result.failure.failure);
    // More than one a key: what is not on the page would be taken for gone.
    if (result.value.more)
      return fail(organisation.invalid(`Fetch of ${entity.name}`, 'it has more records than ids'));
    for (const row of result.value.rows) {
      const record = recordOf(organisation, entity, row, wanted);
      if (!record.ok) return record;
      if (some.includes(record.value.id) && !found.has(record.value.id))
        found.set(record.value.id, record.value);
    }
  }
  return ok(found);
}

/** Records that hold one of the sets of values, as the cloud compares. A set that is no value of its fields is in no record. */
export async function findByValues(
  organisation: Organisation,
  entity: RescoEntity,
  {
    by,
    values,
    fields,
  }: {
    readonly by: readonly string[];
    readonly values: readonly (readonly string[])[];
    readonly fields: readonly string[];
  },
  signal: AbortSignal,
): Promise<Result<readonly StoredRecord[]>> {
  const wanted: Wanted = { fields: [...fields, ...by], filter: undefined };
  const asked = attributesOf(entity, wanted);
  if (!asked.ok) return asked;
  const sets: FetchFilter[] = [];
  for (const set of values) {
    const conditions: FetchFilter[] = [];
    for (const [at, name] of by.entries()) {
      const field = fieldOf(entity, name);
      if (!field.ok) return field;
      const text = toCondition(field.value.type, set[at] ?? '');
      if (text !== undefined && text !== '') conditions.push(is(name, 'eq', text));
    }
    if (conditions.length === by.length && by.length > 0) sets.push(allOf(...conditions));
  }
  const found = new Map<string, StoredRecord>();
  for (let at = 0; at < sets.length; at += SETS_PER_FIND) {
    const some = anyOf(...sets.slice(at, at + SETS_PER_FIND));
    for (let after: string | undefined; ;) {
      const page = await organisation.fetch(
        {
          entity: entity.name,
          attributes: asked.value,
          filter: after === undefined ? some : allOf(is(entity.key, 'gt', after), some),
          order: [{ attribute: entity.key }],
          count: PAGE_ROWS,
        },
        signal,
      );
      if (!page.ok) return fail(page.failure.failure);
      for (const row of page.value.rows) {
        const record = recordOf(organisation, entity, row, wanted);
        if (!record.ok) return record;
        found.set(record.value.id, record.value);
        if (record.value.id === after)
          return fail(organisation.invalid(`Fetch of ${entity.name}`, 'it repeats the last record'));
      }
      const last = page.value.rows.at(-1);
      if (last === undefined || !page.value.more) break;
      after = guidOf(last.get(entity.key) ?? '');
    }
  }
  return ok([...found.values()]);
}

function attributesOf(entity: RescoEntity, { fields, filter }: Wanted): Result<readonly string[]> {
  const names: string[] = [entity.key];
  for (const name of [entity.version, entity.modifiedOn, entity.modifiedBy])
    if (name !== undefined && entity.fields.get(name)?.shape?.can.read === true) names.push(name);
  for (const name of [...fields, ...(filter?.all.map(({ field }) => field) ?? [])]) {
    const field = fieldOf(entity, name);
    if (!field.ok) return field;
    if (field.value.shape.can.read) names.push(name);
  }
  return ok([...new Set(names)]);
}

function recordOf(
  organisation: Organisation,
  entity: RescoEntity,
  row: FetchRow,
  { fields, filter }: Wanted,
): Result<StoredRecord> {
  const id = guidOf(row.get(entity.key) ?? '');
  if (id === undefined) return fail(organisation.invalid(`Fetch of ${entity.name}`, 'a record has no id'));
  const texts = new Map<string, string | null>();
  for (const name of [...fields, ...(filter?.all.map(({ field }) => field) ?? [])]) {
    const field = entity.fields.get(name);
    if (field?.type === undefined || field.shape?.can.read !== true) continue;
    const text = row.get(name);
    const value = text === undefined ? null : fromResco(field.type, text);
    if (value === undefined)
      return fail(
        organisation.invalid(`${entity.name} ${id}`, `its ${name} cannot be read as ${field.type}`),
      );
    texts.set(name, name === entity.key ? id : value);
  }
  const version = entity.version === undefined ? undefined : rowVersionOf(row.get(entity.version) ?? '');
  const changedAt = entity.modifiedOn === undefined ? undefined : instantOf(row.get(entity.modifiedOn) ?? '');
  const by = entity.modifiedBy === undefined ? undefined : row.get(entity.modifiedBy);
  return ok({
    entity: entity.name,
    id,
    fields: texts,
    ...(version === undefined ? {} : { version }),
    ...(changedAt === undefined ? {} : { changedAt }),
    ...(by === undefined ? {} : { changedBy: fromResco('reference', by) ?? by }),
    inFilter: filter === undefined || within(entity, texts, filter),
  });
}
