import { z } from 'zod';
import type { ReadDb } from '../connection.ts';
import type { ItemGroup } from './counters.ts';
import { decode } from './decode.ts';
import type { Conditions } from './item-filter.ts';
import { prepared } from './prepared.ts';

export interface Statement {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

/** Rows in the order of when they were stored. */
export interface Walk {
  readonly oldestFirst: boolean;
  readonly limit: number;
  readonly offset: number;
}

/** As many groups as one statement merges; beyond, it sorts. A site would need a dozen links for that. */
const MOST_MERGED = 60;
const OF_GROUP = 'i.link = ? AND i.direction = ? AND i.state = ?';

const all = (where: readonly string[]): string => (where.length === 0 ? '' : ` WHERE ${where.join(' AND ')}`);

/**
 * Ids of the items of these groups. Each group lies in order in the index, so SQLite merges them and stops at the end of the
 * page: nothing is collected, nothing sorted. Apart, so that a test can look at the plan.
 */
export function groupsStatement(groups: readonly ItemGroup[], extra: Conditions, walk: Walk): Statement {
  const way = walk.oldestFirst ? 'ASC' : 'DESC';
  const page = ` ORDER BY created_at ${way}, id ${way} LIMIT ? OFFSET ?`;
  const last = [walk.limit, walk.offset];
  if (groups.length > MOST_MERGED) {
    const tuples = groups.map(() => '(?, ?, ?)').join(', ');
    const where = [`(i.link, i.direction, i.state) IN (VALUES ${tuples})`, ...extra.where];
    return {
      sql: `SELECT i.id AS id, i.created_at AS created_at FROM item AS i${all(where)}${page}`,
      values: [...groups.flatMap(keyOf), ...extra.values, ...last],
    };
  }
  const arm = `SELECT i.id AS id, i.created_at AS created_at FROM item AS i INDEXED BY item_listed${all([OF_GROUP, ...extra.where])}`;
  return {
    sql: groups.map(() => arm).join(' UNION ALL ') + page,
    values: [...groups.flatMap((group) => [...keyOf(group), ...extra.values]), ...last],
  };
}

export const groupCountStatement = (group: ItemGroup, extra: Conditions): Statement => ({
  sql: `SELECT count(*) AS n FROM item AS i INDEXED BY item_listed${all([OF_GROUP, ...extra.where])}`,
  values: [...keyOf(group), ...extra.values],
});

/** Ids of the items of a user; the user is among the conditions. */
export function userStatement(conditions: Conditions, walk: Walk): Statement {
  const way = walk.oldestFirst ? 'ASC' : 'DESC';
  return {
    sql: `SELECT i.id FROM item AS i INDEXED BY item_listed_user${all(conditions.where)} ORDER BY i.created_at ${way}, i.id ${way} LIMIT ? OFFSET ?`,
    values: [...conditions.values, walk.limit, walk.offset],
  };
}

export const userCountStatement = (conditions: Conditions): Statement => ({
  sql: `SELECT count(*) AS n FROM item AS i INDEXED BY item_listed_user${all(conditions.where)}`,
  values: conditions.values,
});

/** Ids between two, both among them. */
export interface Window {
  readonly from: number;
  readonly to: number;
}

/** How many items have this part in their text, counted up to a limit. */
export const partCountStatement = (match: string, limit: number): Statement => ({
  sql: 'SELECT count(*) AS n FROM (SELECT 1 FROM item_text WHERE item_text MATCH ? LIMIT ?)',
  values: [match, limit],
});

/** Where items are looked for, and how; `id` is their number there. */
export interface Source {
  readonly from: string;
  readonly id: string;
  readonly conditions: Conditions;
}

export const everyRow = (conditions: Conditions): Source => ({
  from: 'item AS i NOT INDEXED',
  id: 'i.id',
  conditions,
});

export const indexedText = (match: string, { where, values }: Conditions): Source => ({
  from: where.length === 0 ? 'item_text AS t' : 'item_text AS t CROSS JOIN item AS i ON i.id = t.rowid',
  id: 't.rowid',
  conditions: { where: ['item_text MATCH ?', ...where], values: [match, ...values] },
});

export function windowStatement(
  { from, id, conditions }: Source,
  window: Window,
  oldestFirst: boolean,
): Statement {
  const { where, values } = conditions;
  return {
    sql: `SELECT ${id} AS id FROM ${from}${all([...where, `${id} BETWEEN ? AND ?`])} ORDER BY ${id} ${oldestFirst ? 'ASC' : 'DESC'}`,
    values: [...values, window.from, window.to],
  };
}

export function windowCountStatement({ from, id, conditions }: Source, window: Window): Statement {
  const { where, values } = conditions;
  return {
    sql: `SELECT count(*) AS n FROM ${from}${all([...where, `${id} BETWEEN ? AND ?`])}`,
    values: [...values, window.from, window.to],
  };
}

export const readIds = (db: ReadDb, { sql, values }: Statement): readonly number[] =>
  prepared(db, sql)
    .all(...values)
    .map((row) => decode(idRow, row, 'item').id);

export const readCount = (db: ReadDb, { sql, values }: Statement): number =>
  decode(countRow, prepared(db, sql).get(...values), 'item').n;

const idRow = z.object({ id: z.int() });
const countRow = z.object({ n: z.int() });
const boundsRow = z.object({ from: z.int().nullable(), to: z.int().nullable() });

/** All ids there are lie in it; undefined when there are none. */
export function findIdBounds(db: ReadDb): Window | undefined {
  const row: unknown = prepared(
    db,
    `SELECT (SELECT min(id) FROM item) AS "from", (SELECT max(id) FROM item) AS "to"`,
  ).get();
  const { from, to } = decode(boundsRow, row, 'item');
  return from === null || to === null ? undefined : { from, to };
}

const keyOf = (group: ItemGroup): readonly string[] => [group.link, group.direction, group.state];

/** Items known by one id are few: one document, the packets of a visit. */
const MOST_KNOWN = 200;

/**
 * Ids of items that have the text as row id, number or ERP number of a document, or as id in the cloud's log of a snapshot;
 * those left out that have it in what every search looks at. Each part is one look into an index.
 */
export function knownByStatement(
  text: string,
  { where, values }: Conditions,
  order: 'newest' | 'oldest' | undefined,
): Statement {
  const way = order === 'oldest' ? 'ASC' : 'DESC';
  const conditions = [
    `i.id IN (
       SELECT item FROM document INDEXED BY document_by_row WHERE item IS NOT NULL AND row_id = ? COLLATE NOCASE
       UNION SELECT item FROM document INDEXED BY document_by_number
         WHERE item IS NOT NULL AND number IS NOT NULL AND number = ? COLLATE NOCASE
       UNION SELECT item FROM document INDEXED BY document_by_erp_number
         WHERE item IS NOT NULL AND erp_number IS NOT NULL AND erp_number = ? COLLATE NOCASE
       UNION SELECT id FROM item INDEXED BY item_by_sync_log WHERE direction = 'out' AND outcome IS NOT NULL
         AND (CASE WHEN json_valid(outcome) THEN json_extract(outcome, '$.syncLogId') END) = ? COLLATE NOCASE)`,
    'NOT contains_folded(?, i.label, i.external_id, i.user)',
    ...where,
  ];
  return {
    sql: `SELECT i.id FROM item AS i${all(conditions)} ORDER BY i.created_at ${way}, i.id ${way} LIMIT ${String(MOST_KNOWN)}`,
    values: [text, text, text, text, text, ...values],
  };
}
