import { z } from 'zod';
import { ITEM_STATES } from '../../../core/queue/item.ts';
import type { ItemState } from '../../../core/queue/item.ts';
import type { ItemQuery } from '../../../core/queue/queue-store.ts';
import type { ReadDb } from '../connection.ts';
import { decode } from './decode.ts';
import { ITEM_COLUMNS } from './item-row.ts';
import { prepared } from './prepared.ts';

type Filters = Omit<ItemQuery, 'limit' | 'offset'>;

const ENDED: readonly ItemState[] = ['settled', 'discarded'];
/** The trigram index answers from three characters on. */
const INDEXED_LENGTH = 3;

/**
 * Rows of a page, newest first. The text is looked up in the trigram index when it is long enough; an unsettled-only
 * query walks the small partial index; every other one walks the ids downwards and stops at the end of the page.
 */
export function searchItems(db: ReadDb, query: ItemQuery): readonly unknown[] {
  const statement = searchStatement(query);
  return statement === undefined ? [] : prepared(db, statement.sql).all(...statement.values);
}

/** Undefined when nothing can match. Apart, so that a test can look at the plan SQLite makes of it. */
export function searchStatement(
  query: ItemQuery,
): { readonly sql: string; readonly values: readonly (string | number)[] } | undefined {
  const found = filter(query);
  if (found === undefined) return undefined;
  const { from, condition, order, values } = found;
  return {
    sql: `SELECT ${ITEM_COLUMNS} FROM ${from} ${condition} ORDER BY ${order} DESC LIMIT ? OFFSET ?`,
    values: [...values, Math.max(0, query.limit), Math.max(0, query.offset)],
  };
}

export function countItems(db: ReadDb, query: Filters): number {
  const found = filter(query);
  if (found === undefined) return 0;
  const row: unknown = prepared(db, `SELECT count(*) AS n FROM ${found.from} ${found.condition}`).get(
    ...found.values,
  );
  return decode(z.object({ n: z.int() }), row, 'item').n;
}

interface Filter {
  readonly from: string;
  readonly condition: string;
  readonly order: string;
  readonly values: readonly (string | number)[];
}

/** Undefined when nothing can match. */
function filter(query: Filters): Filter | undefined {
  const where: string[] = [];
  const values: (string | number)[] = [];
  const states = query.states;
  const openOnly = states !== undefined && states.every((state) => !ENDED.includes(state));
  // Named, because SQLite has no statistics to see that the unsettled are few.
  let from = openOnly ? 'item AS i INDEXED BY item_open' : 'item AS i';
  let order = 'i.id';
  const text = query.text?.trim() ?? '';
  if (text !== '' && !openOnly && Array.from(text).length >= INDEXED_LENGTH) {
    from = 'item_text AS t CROSS JOIN item AS i ON i.id = t.rowid';
    order = 't.rowid';
    where.push('item_text MATCH ?');
    values.push(`"${text.replaceAll('"', '""')}"`);
  } else if (text !== '') {
    where.push('contains_folded(?, i.label, i.external_id, i.user)');
    values.push(text);
  }
  if (query.link !== undefined) {
    where.push('i.link = ?');
    values.push(query.link);
  }
  if (query.direction !== undefined) {
    where.push('i.direction = ?');
    values.push(query.direction);
  }
  if (query.user !== undefined) {
    where.push('i.user = ? COLLATE NOCASE');
    values.push(query.user);
  }
  if (states !== undefined) {
    // The states in the order of the type, so that equal sets make one statement text. With several states the plus keeps
    // SQLite from collecting and sorting every row of them.
    const asked = ITEM_STATES.filter((state) => states.includes(state));
    if (asked.length === 0) return undefined;
    if (openOnly) where.push(`i.state NOT IN ('settled', 'discarded')`);
    const column = asked.length === 1 && !openOnly ? 'i.state' : '+i.state';
    where.push(`${column} IN (${asked.map(() => '?').join(', ')})`);
    values.push(...asked);
  }
  const condition = where.length === 0 ? '' : `WHERE ${where.join(' AND ')}`;
  return { from, condition, order, values };
}

/** Case folding as JavaScript knows it, for texts too short for the trigram index. */
export function registerSearch(db: ReadDb): void {
  db.function('contains_folded', { deterministic: true, varargs: true }, (part, ...texts) => {
    const wanted = String(part).toLowerCase();
    return texts.some((text) => String(text).toLowerCase().includes(wanted)) ? 1 : 0;
  });
}
