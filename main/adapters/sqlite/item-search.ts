import type { ItemQuery } from '../../core/queue/queue-store.ts';
import type { ReadDb } from './connection.ts';
import { findGroups, type ItemGroup } from './statements/counters.ts';
import {
  columnConditions,
  folded,
  globbed,
  isIndexed,
  matchOf,
  trigramsOf,
  type Conditions,
  type ItemFilter,
} from './statements/item-filter.ts';
import {
  findIdBounds,
  groupCountStatement,
  groupsStatement,
  everyRow,
  indexedText,
  knownByStatement,
  partCountStatement,
  readCount,
  readIds,
  userCountStatement,
  userStatement,
  windowCountStatement,
  windowStatement,
  type Source,
  type Walk,
  type Window,
} from './statements/item-walk.ts';

/** Ids of a page in its order, and how many items the same filters find. */
export interface FoundItems {
  readonly ids: readonly number[];
  readonly total: number;
}

/** So many rows are looked at one by one, a few milliseconds' work, rather than asking a larger index for them. */
const FEW = 2_000;
/** The rows of one user that are walked at once. */
const USER_ROWS = 20_000;
/** Ids looked through between two rests: a tenth of a second at most, so that other readers wait no longer. */
const WINDOW_IDS = 20_000;

/** Of one look-up in the text index, in rows looked at; measured with a million items. */
const LOOK_UP_PRICE = 60;

/**
 * Looks for a page. It rests (yields) between steps of a long search, and may be left there; each step sees the store as it
 * is then. Without `withTotal` it stops when the page is full, and `total` says nothing. A text that is an id others know an
 * item by brings that item first.
 */
export function* searchItems(
  db: ReadDb,
  query: ItemQuery,
  withTotal: boolean,
): Generator<undefined, FoundItems> {
  const text = query.text?.trim() ?? '';
  const known = text === '' ? [] : readIds(db, knownByStatement(text, columnConditions(query), query.order));
  if (known.length === 0) return yield* searchText(db, query, withTotal);
  const { limit, offset } = query;
  const ids = known.slice(Math.max(0, offset), Math.max(0, offset) + Math.max(0, limit));
  const rest = {
    ...query,
    limit: Math.max(0, limit) - ids.length,
    offset: Math.max(0, offset - known.length),
  };
  const found = yield* searchText(db, rest, withTotal);
  return { ids: [...ids, ...found.ids], total: known.length + found.total };
}

/** By the text of label, packet id and user. */
function* searchText(db: ReadDb, query: ItemQuery, withTotal: boolean): Generator<undefined, FoundItems> {
  const page = {
    oldestFirst: query.order === 'oldest',
    limit: Math.max(0, query.limit),
    offset: Math.max(0, query.offset),
  };
  const text = query.text?.trim() ?? '';
  const groups = findGroups(db, query);
  const candidates = groups.reduce((total, group) => total + group.n, 0);
  if (candidates === 0) return { ids: [], total: 0 };
  const columns = columnConditions(query);
  if (text === '' && query.user === undefined) return walkGroups(db, query, groups, page, withTotal);
  if (candidates <= FEW) return walkFew(db, query, groups, text, page);
  if (query.user !== undefined && (text === '' || readCount(db, ofUser(query)) <= USER_ROWS)) {
    const conditions = joined(columns, folded(text));
    return turned(page, withTotal ? readCount(db, userCountStatement(conditions)) : undefined, (walk) =>
      readIds(db, userStatement(conditions, walk)),
    );
  }
  const source =
    isIndexed(text) && isRare(db, text, candidates)
      ? indexedText(matchOf(text), columns)
      : everyRow(joined(columns, globbed(text)));
  return yield* scan(db, source, page, withTotal);
}

/**
 * Whether the index is the faster way. It puts a text together from parts of three letters: it takes the items that have the
 * rarest part and looks each up in the lists of the common ones, at the price of about sixty rows looked at in the table.
 */
function isRare(db: ReadDb, text: string, candidates: number): boolean {
  const few = Math.max(FEW, Math.floor(candidates / 100));
  const counts = trigramsOf(text).map((part) => readCount(db, partCountStatement(part, few)));
  const common = counts.filter((n) => n === few).length;
  return Math.min(...counts) * Math.max(1, common) * LOOK_UP_PRICE < candidates;
}

const joined = (one: Conditions, other: Conditions): Conditions => ({
  where: [...one.where, ...other.where],
  values: [...one.values, ...other.values],
});

const ofUser = ({ user }: ItemFilter): ReturnType<typeof userCountStatement> =>
  userCountStatement(columnConditions({ user }));

function walkGroups(
  db: ReadDb,
  query: ItemFilter,
  groups: readonly ItemGroup[],
  page: Walk,
  withTotal: boolean,
): FoundItems {
  const age = columnConditions({ before: query.before });
  const count = (group: ItemGroup): number =>
    query.before === undefined ? group.n : readCount(db, groupCountStatement(group, age));
  const total = withTotal ? groups.reduce((sum, group) => sum + count(group), 0) : undefined;
  return turned(page, total, (walk) => readIds(db, groupsStatement(groups, age, walk)));
}

function walkFew(
  db: ReadDb,
  { user, before }: ItemFilter,
  groups: readonly ItemGroup[],
  text: string,
  page: Walk,
): FoundItems {
  const conditions = joined(columnConditions({ user, before }), folded(text));
  const everything = { ...page, limit: FEW, offset: 0 };
  const ids = readIds(db, groupsStatement(groups, conditions, everything));
  return { ids: ids.slice(page.offset, page.offset + page.limit), total: ids.length };
}

/** A page in the second half is nearer to the other end: it is read from there and turned round. */
function turned(page: Walk, total: number | undefined, read: (walk: Walk) => readonly number[]): FoundItems {
  if (total === undefined) return { ids: read(page), total: 0 };
  const left = Math.max(0, total - page.offset);
  const limit = Math.min(page.limit, left);
  if (limit === 0) return { ids: [], total };
  if (page.offset <= total / 2) return { ids: read({ ...page, limit }), total };
  const fromEnd = { oldestFirst: !page.oldestFirst, limit, offset: left - limit };
  return { ids: read(fromEnd).toReversed(), total };
}

/** Looks through all ids, window by window, in the order of the page. */
function* scan(db: ReadDb, source: Source, page: Walk, withTotal: boolean): Generator<undefined, FoundItems> {
  const ids: number[] = [];
  let total = 0;
  const wanted = page.offset + page.limit;
  for (const window of windows(findIdBounds(db), page.oldestFirst)) {
    if (total >= wanted && !withTotal) break;
    const n = readCount(db, windowCountStatement(source, window));
    if (total < wanted && total + n > page.offset) {
      const found = readIds(db, windowStatement(source, window, page.oldestFirst));
      ids.push(...found.slice(Math.max(0, page.offset - total), wanted - total));
    }
    total += n;
    yield;
  }
  return { ids, total };
}

function* windows(bounds: Window | undefined, oldestFirst: boolean): Generator<Window> {
  if (bounds === undefined) return;
  const { from, to } = bounds;
  for (let done = 0; from + done <= to; done += WINDOW_IDS) {
    const last = Math.min(done + WINDOW_IDS - 1, to - from);
    yield oldestFirst ? { from: from + done, to: from + last } : { from: to - last, to: to - done };
  }
}
