import type { SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { ChangePart, ChangeRequest, NamedRecord } from '../../core/records/record-store.ts';
import { setBack, type Bound, type ChangeBound } from './bound.ts';
import { cursorText, readCursor, type Cursor } from './cursor.ts';
import type { DeletionFeed } from './deletions.ts';
import { allOf, anyOf, is, type FetchFilter, type FetchQuery } from './fetch-query.ts';
import type { FetchResult } from './fetch-result.ts';
import { filterOf } from './filters.ts';
import { OVERLAP, OVERLAP_MS, PAGE_ROWS } from './limits.ts';
import type { RescoEntity } from './metadata.ts';
import type { FetchRefusal, Organisation } from './organisation.ts';
import { guidOf, instantOf, instantText, rowVersionOf } from './values.ts';

export interface DetectParts {
  readonly organisation: Organisation;
  readonly bound: ChangeBound;
  readonly deletions: DeletionFeed;
}

interface Feed extends DetectParts {
  readonly entity: RescoEntity;
  readonly request: ChangeRequest;
  readonly signal: AbortSignal;
}

type Version = Extract<Cursor, { readonly at: 'version' }>;
type Moment = Extract<Cursor, { readonly at: 'moment' }>;
type Load = Extract<Cursor, { readonly at: 'load' }>;

const failed = (failure: SyncFailure): ChangePart => ({ kind: 'failed', failure });
const START = '1753-01-01T00:00:00Z';

/** Names what may have changed since the cursor, each part with the cursor that goes on behind it. */
export async function* detectChanges(
  parts: DetectParts,
  request: ChangeRequest,
  signal: AbortSignal,
): AsyncGenerator<ChangePart> {
  const entity = await parts.organisation.entity(request.entity, signal);
  if (!entity.ok) return yield failed(entity.failure);
  const feed: Feed = { ...parts, entity: entity.value, request, signal };
  const cursor = request.cursor === undefined ? undefined : readCursor(request.cursor);
  if (request.cursor !== undefined && cursor === undefined)
    return yield { kind: 'reset', reason: 'cursor', words: 'the mark of the last run cannot be read' };
  const bound = await parts.bound.forEntity(request.entity, signal);
  if (!bound.ok) return yield failed(bound.failure);
  const { highest } = bound.value;
  const known = cursor?.at === 'version' ? cursor.v : undefined;
  if (known !== undefined && highest < BigInt(known))
    return yield failed(setBack(request.entity, highest, known));
  if (cursor?.at === 'version') yield* byVersion(feed, cursor, bound.value);
  else if (cursor?.at === 'moment') yield* byMoment(feed, cursor, bound.value);
  else yield* load(feed, cursor, bound.value);
}

/** All records within the filter, by id, from the state noted before the first was read. */
async function* load(feed: Feed, given: Load | undefined, bound: Bound): AsyncGenerator<ChangePart> {
  const { entity, request } = feed;
  const filter = filterOf(entity, request.filter);
  if (!filter.ok) return yield failed(filter.failure);
  const began = given === undefined ? await begin(feed, bound) : ok(given);
  if (!began.ok) return yield failed(began.failure);
  let cursor = began.value;
  for (;;) {
    const after: FetchFilter[] = cursor.after === '' ? [] : [is(entity.key, 'gt', cursor.after)];
    const conditions = [...after, ...(filter.value === undefined ? [] : [filter.value])];
    const page = await feed.organisation.fetch(
      {
        entity: entity.name,
        attributes: [entity.key],
        filter: conditions.length === 0 ? undefined : allOf(...conditions),
        order: [{ attribute: entity.key }],
        count: PAGE_ROWS,
      },
      feed.signal,
    );
    if (!page.ok) return yield failed(page.failure.failure);
    const named = idsOf(feed, page.value);
    if (!named.ok) return yield failed(named.failure);
    const last = named.value.at(-1)?.id;
    if (last !== undefined && last === cursor.after)
      return yield failed(feed.organisation.invalid(`Fetch of ${entity.name}`, 'it repeats the last record'));
    if (last === undefined || !page.value.more) {
      const { afterwards, d } = cursor;
      if (named.value.length > 0) yield { kind: 'named', records: named.value, cursor: undefined };
      const next: Cursor =
        afterwards.by === 'version'
          ? { at: 'version', v: afterwards.v, d, seen: [] }
          : { at: 'moment', t: afterwards.t, d, seen: [] };
      return yield { kind: 'end', cursor: cursorText(next) };
    }
    cursor = { ...cursor, after: last };
    yield { kind: 'named', records: named.value, cursor: cursorText(cursor) };
  }
}

/** Whether row versions can be asked by, and from where changes are read after the load. */
async function begin(feed: Feed, { upper }: Bound): Promise<Result<Load>> {
  const d = String(upper);
  const { entity } = feed;
  if (entity.version !== undefined) {
    const tried = await versionPage(feed, entity.version, upper, upper, 1);
    if (tried.ok) return ok({ at: 'load', after: '', d, afterwards: { by: 'version', v: d } });
    if (!tried.failure.refused) return fail(tried.failure.failure);
  }
  if (entity.modifiedOn === undefined)
    return fail({
      kind: 'rejected',
      code: 'no-change-mark',
      where: entity.name,
      message: `${entity.name} has neither a row version to ask by nor a moment of change`,
    });
  const newest = await feed.organisation.fetch(
    {
      entity: entity.name,
      attributes: [entity.key, entity.modifiedOn],
      order: [{ attribute: entity.modifiedOn, descending: true }],
      count: 1,
    },
    feed.signal,
  );
  if (!newest.ok) return fail(newest.failure.failure);
  const t = instantText(newest.value.rows[0]?.get(entity.modifiedOn) ?? '') ?? START;
  return ok({ at: 'load', after: '', d, afterwards: { by: 'moment', t } });
}

function versionPage(
  { organisation, entity, signal }: Feed,
  version: string,
  above: bigint,
  upTo: bigint,
  count: number,
): Promise<Result<FetchResult, FetchRefusal>> {
  const query: FetchQuery = {
    entity: entity.name,
    attributes: [entity.key, version],
    filter: allOf(is(version, 'gt', String(above)), is(version, 'le', String(upTo))),
    order: [{ attribute: version }],
    count,
  };
  return organisation.fetch(query, signal);
}

async function* byVersion(feed: Feed, given: Version, bound: Bound): AsyncGenerator<ChangePart> {
  const { entity } = feed;
  const { version } = entity;
  const refusedNow: ChangePart = {
    kind: 'reset',
    reason: 'row-version',
    words: `${entity.name} can no longer be asked by its row version`,
  };
  if (version === undefined) return yield refusedNow;
  const { upper, settled } = bound;
  const again = settled === undefined;
  const seen = new Set(given.seen);
  let reached = BigInt(given.v);
  let above = again ? back(reached) : reached;
  while (above < upper) {
    const page = await versionPage(feed, version, above, upper, PAGE_ROWS);
    if (!page.ok) {
      // Once more in the plainest form: only a cloud that refuses that too does not know such conditions.
      const plain = page.failure.refused ? await versionPage(feed, version, upper, upper, 1) : undefined;
      const isRefused = plain !== undefined && !plain.ok && plain.failure.refused;
      return yield isRefused ? refusedNow : failed(page.failure.failure);
    }
    const records: NamedRecord[] = [];
    for (const row of page.value.rows) {
      const at = rowVersionOf(row.get(version) ?? '');
      const id = guidOf(row.get(entity.key) ?? '');
      if (at === undefined || id === undefined || BigInt(at) <= above || BigInt(at) > upper)
        return yield failed(
          feed.organisation.invalid(
            `Fetch of ${entity.name}`,
            'it does not keep to the row versions asked for',
          ),
        );
      above = BigInt(at);
      if (!seen.has(at)) records.push({ id });
      seen.add(at);
    }
    if (above > reached) reached = above;
    const whole = page.value.rows.length === 0 || !page.value.more;
    const next: Cursor = { ...given, v: String(reached), seen: kept(seen, reached, again) };
    if (records.length > 0) yield { kind: 'named', records, cursor: whole ? undefined : cursorText(next) };
    if (whole) break;
  }
  if (upper > reached) reached = upper;
  yield* ending(feed, { ...given, v: String(reached) }, bound, seen, reached);
}

/** Where conditions on the row version are refused: by the moment of change, the last minutes always again. */
async function* byMoment(feed: Feed, given: Moment, bound: Bound): AsyncGenerator<ChangePart> {
  const { entity } = feed;
  const { modifiedOn } = entity;
  if (modifiedOn === undefined)
    return yield {
      kind: 'reset',
      reason: 'moment',
      words: `${entity.name} has no moment of change any more`,
    };
  const seen = new Set(given.seen);
  const named = new Set<string>();
  let { t } = given;
  const from = instantText(new Date((instantOf(t) ?? 0) - OVERLAP_MS).toISOString()) ?? START;
  let after: FetchFilter = is(modifiedOn, 'ge', from);
  for (;;) {
    const versions = entity.version === undefined ? [] : [entity.version];
    const page = await feed.organisation.fetch(
      {
        entity: entity.name,
        attributes: [entity.key, modifiedOn, ...versions],
        filter: after,
        order: [{ attribute: modifiedOn }, { attribute: entity.key }],
        count: PAGE_ROWS,
      },
      feed.signal,
    );
    if (!page.ok) return yield failed(page.failure.failure);
    const records: NamedRecord[] = [];
    let last: { readonly t: string; readonly id: string } | undefined;
    for (const row of page.value.rows) {
      const moment = instantText(row.get(modifiedOn) ?? '');
      const id = guidOf(row.get(entity.key) ?? '');
      if (moment === undefined || id === undefined)
        return yield failed(
          feed.organisation.invalid(`Fetch of ${entity.name}`, 'a record has no id or moment of change'),
        );
      last = { t: moment, id };
      const at = entity.version === undefined ? undefined : rowVersionOf(row.get(entity.version) ?? '');
      if (!named.has(id) && (at === undefined || !seen.has(at))) records.push({ id });
      named.add(id);
      if (at !== undefined) seen.add(at);
    }
    if (last !== undefined && last.t > t) ({ t } = last);
    const whole = last === undefined || !page.value.more;
    const next: Cursor = { ...given, t, seen: newest(seen) };
    if (records.length > 0) yield { kind: 'named', records, cursor: whole ? undefined : cursorText(next) };
    if (last === undefined || whole) break;
    after = anyOf(
      is(modifiedOn, 'gt', last.t),
      allOf(is(modifiedOn, 'eq', last.t), is(entity.key, 'gt', last.id)),
    );
  }
  yield* ending(feed, { ...given, t }, bound, seen, undefined);
}

/** What was deleted, then the end. */
async function* ending(
  feed: Feed,
  cursor: Version | Moment,
  { settled, upper }: Bound,
  seen: ReadonlySet<string>,
  reached: bigint | undefined,
): AsyncGenerator<ChangePart> {
  const again = settled === undefined;
  const from = again ? back(BigInt(cursor.d)) : BigInt(cursor.d);
  const known = new Set(cursor.seen);
  const deleted = await feed.deletions.of(feed.entity, { from, upTo: settled, seen: known }, feed.signal);
  if (!deleted.ok) return yield failed(deleted.failure);
  const { records, newest: newestDeletion, seen: gone, read } = deleted.value;
  if (records.length > 0) yield { kind: 'named', records, cursor: undefined };
  // A table that could not be read stays unread from where it was.
  const d = read ? highestOf(BigInt(cursor.d), newestDeletion, settled ?? upper) : BigInt(cursor.d);
  const all = new Set([...seen, ...gone]);
  const lowest = reached === undefined || (read && d < reached) ? d : reached;
  const keptSeen = reached === undefined ? newest(all) : kept(all, lowest, again);
  yield { kind: 'end', cursor: cursorText({ ...cursor, d: String(d), seen: keptSeen }) };
}

const highestOf = (...versions: readonly bigint[]): bigint =>
  versions.reduce((one, other) => (one > other ? one : other), 0n);

const back = (version: bigint): bigint => (version > OVERLAP ? version - OVERLAP : 0n);

/** What is read again next time. */
const kept = (seen: ReadonlySet<string>, reached: bigint, again: boolean): string[] =>
  again ? [...seen].filter((version) => BigInt(version) > back(reached)) : [];

/** As many as are worth keeping: one that is not kept is named again, which does no harm. */
const newest = (seen: ReadonlySet<string>): string[] => [...seen].slice(-Number(OVERLAP));

function idsOf({ organisation, entity }: Feed, page: FetchResult): Result<readonly NamedRecord[]> {
  const records: NamedRecord[] = [];
  for (const row of page.rows) {
    const id = guidOf(row.get(entity.key) ?? '');
    if (id === undefined) return fail(organisation.invalid(`Fetch of ${entity.name}`, 'a record has no id'));
    records.push({ id });
  }
  return ok(records);
}
