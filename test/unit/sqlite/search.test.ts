import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { ItemQuery } from '../../../main/core/queue/queue-store.ts';
import {
  columnConditions,
  globbed,
  registerSearch,
} from '../../../main/adapters/sqlite/statements/item-filter.ts';
import {
  everyRow,
  groupCountStatement,
  groupsStatement,
  indexedText,
  userCountStatement,
  userStatement,
  windowCountStatement,
  windowStatement,
  type Statement,
} from '../../../main/adapters/sqlite/statements/item-walk.ts';
import type { ReadDb } from '../../../main/adapters/sqlite/connection.ts';
import { linkId } from '../../../shared/model/ids.ts';
import {
  A,
  LINK,
  T,
  entry,
  hashOf,
  meta,
  packet,
  rawDatabase,
  snapshot,
  store,
  storePacket,
} from './sample.ts';

const page = { limit: 10, offset: 0 };

describe('the list', () => {
  const filled = () => {
    const queue = store();
    const put = (id: string, label: string, user: string): void => {
      queue.storePacket({ ...packet(id), label, user }, { queue: 'packet', entry: entry(id) }, undefined, T);
    };
    put('1001', 'Sales Order SO-1042', 'ANNA');
    put('1002', 'Поръчка SO-77', 'БОРИС');
    put('1003', 'Visit 5%_"x"', 'ANNA');
    queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
    const found = (query: Omit<ItemQuery, 'limit' | 'offset'>): string[] => {
      const items = queue.list({ ...query, ...page });
      expect(queue.count(query)).toBe(items.length);
      return items.map((item) => item.externalId);
    };
    return { queue, found };
  };

  test('finds parts of label, packet id and user, whatever their case', () => {
    const { found } = filled();
    expect(found({})).toEqual(['out-ANNA-one', '1003', '1002', '1001']);
    expect(found({ text: 'so-10' })).toEqual(['1001']);
    expect(found({ text: 'поръч' })).toEqual(['1002']);
    expect(found({ text: 'борис' })).toEqual(['1002']);
    expect(found({ text: '100' })).toEqual(['1003', '1002', '1001']);
    expect(found({ text: 'nowhere' })).toEqual([]);
  });

  test('finds short texts and texts that mean something to SQL', () => {
    const { found } = filled();
    expect(found({ text: 'бо' })).toEqual(['1002']);
    expect(found({ text: '%' })).toEqual(['1003']);
    expect(found({ text: '5%_"x"' })).toEqual(['1003']);
    expect(found({ text: `' OR 1=1 --` })).toEqual([]);
    expect(found({ text: '  ' })).toHaveLength(4);
  });

  test('combines filters', () => {
    const { queue, found } = filled();
    queue.claim(LINK, 'in', A, T);
    expect(found({ states: ['working'] })).toEqual(['1001']);
    expect(found({ states: [] })).toEqual([]);
    expect(found({ states: ['ready', 'settled'], direction: 'in' })).toEqual(['1003', '1002']);
    expect(found({ user: 'anna', direction: 'in', text: 'visit' })).toEqual(['1003']);
    expect(found({ states: ['ready'], text: 'visit', link: LINK })).toEqual(['1003']);
    expect(found({ link: linkId('another') })).toEqual([]);
  });

  test('finds an item by its new label and not by its old one', () => {
    const { queue, found } = filled();
    const item = queue.claim(LINK, 'in', A, T);
    queue.record(item!.id, { kind: 'settle', outcome: '{}', label: 'Payment 9' }, T);
    expect([found({ text: 'payment' }), found({ text: 'SO-1042' })]).toEqual([['1001'], []]);
  });

  test('gives pages', () => {
    const queue = store();
    for (let n = 0; n < 25; n += 1) storePacket(queue, `p${String(n)}`);
    const ids = [0, 10, 20].flatMap((offset) =>
      queue.list({ limit: 10, offset }).map((item) => item.externalId),
    );
    expect(ids).toEqual(Array.from({ length: 25 }, (_, n) => `p${String(24 - n)}`));
  });
});

describe('a large table', () => {
  // What SQLite decides is looked at instead of a clock: a table scan with a sort is slow everywhere, a machine only today.
  const groups = ['in', 'out'].flatMap((direction) =>
    ['ready', 'parked', 'settled'].map((state) => ({ link: LINK, direction, state, n: 1_000 })),
  );
  const walk = { oldestFirst: false, limit: 10, offset: 0 };
  const planOf = ({ sql, values }: Statement): string => {
    const queue = store();
    const db = new Database(queue.file) as ReadDb;
    registerSearch(db);
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...values) as { detail: string }[];
    db.close();
    return plan.map((step) => step.detail).join('\n');
  };
  const none = columnConditions({});
  const age = columnConditions({ before: T });
  const ofUser = columnConditions({ user: 'ANNA', states: ['parked'], before: T });
  const window = { from: 1, to: 20_000 };

  test.each<[string, Statement]>([
    ['everything', groupsStatement(groups, none, walk)],
    ['everything, the oldest first', groupsStatement(groups, none, { ...walk, oldestFirst: true })],
    ['one group', groupsStatement(groups.slice(0, 1), none, walk)],
    ['what is older than a moment', groupsStatement(groups, age, walk)],
    ['one user', userStatement(columnConditions({ user: 'ANNA' }), walk)],
    ['the older parked ones of a user', userStatement(ofUser, { ...walk, oldestFirst: true })],
    ['a text in the index', windowStatement(indexedText('"order"', none), window, false)],
    [
      'a text in the index in one link',
      windowStatement(indexedText('"order"', columnConditions({ link: LINK })), window, true),
    ],
    ['a short text', windowStatement(everyRow(globbed('s')), window, false)],
  ])('is not sorted for %s', (_, statement) => {
    expect(planOf(statement)).not.toContain('TEMP B-TREE');
  });

  test.each<[string, Statement, RegExp]>([
    [
      'groups',
      groupsStatement(groups, none, walk),
      /^(?!.*SCAN i)[^]*USING COVERING INDEX item_listed \(link=\? AND direction=\? AND state=\?\)/,
    ],
    [
      'an age',
      groupsStatement(groups.slice(0, 1), age, walk),
      /USING COVERING INDEX item_listed \(link=\? AND direction=\? AND state=\? AND created_at<\?\)/,
    ],
    [
      'the total of an age',
      groupCountStatement(groups[0]!, age),
      /USING COVERING INDEX item_listed \(link=\? AND direction=\? AND state=\? AND created_at<\?\)/,
    ],
    ['a user', userStatement(ofUser, walk), /USING INDEX item_listed_user \(user=\? AND created_at<\?\)/],
    ['the total of a user', userCountStatement(ofUser), /item_listed_user \(user=\? AND created_at<\?\)/],
    ['a text', windowStatement(indexedText('"order"', none), window, false), /VIRTUAL TABLE INDEX/],
    [
      'a window of ids',
      windowCountStatement(everyRow(globbed('s')), window),
      /USING INTEGER PRIMARY KEY \(rowid>\? AND rowid<\?\)/,
    ],
  ])('is not walked for %s', (_, statement, expected) => {
    expect(planOf(statement)).toMatch(expected);
  });

  test.each([
    [
      'the newest runs of a link',
      'SELECT id FROM run WHERE link = ? AND id < ? ORDER BY id DESC LIMIT ?',
      'run_by_link',
    ],
    [
      'when a snapshot was accepted last',
      'SELECT max(accepted_at) FROM accepted_snapshot WHERE link = ?',
      'accepted_snapshot_at',
    ],
    [
      'the claims of another start',
      `SELECT i.id FROM item AS i WHERE i.state = 'working' AND i.claimed_by <> ? ORDER BY i.id`,
      'item_working',
    ],
    [
      'the bodies in the spool',
      `SELECT DISTINCT body_hash FROM item WHERE body_place = 'spool'`,
      'item_spool',
    ],
    [
      'the snapshots of a link that were not sent',
      `SELECT i.id FROM item AS i INDEXED BY item_out_unsent
       WHERE i.direction = 'out' AND i.state NOT IN ('settled', 'discarded') AND i.link = ?`,
      'item_out_unsent',
    ],
    [
      'what is due',
      `SELECT i.id FROM item AS i
       WHERE i.state IN ('ready', 'waiting', 'unknown') AND i.link = ? AND i.direction = ? AND i.due_at <= ?
       ORDER BY i.due_at, i.id LIMIT 1`,
      'item_due (link=? AND direction=? AND due_at<?)',
    ],
    [
      'when something is due',
      `SELECT min(i.due_at) FROM item AS i
       WHERE i.state IN ('ready', 'waiting', 'unknown') AND i.link = ? AND i.direction = ?`,
      'item_due (link=? AND direction=?)',
    ],
    [
      'old documents',
      'DELETE FROM document INDEXED BY document_day WHERE at < ? AND item IS NULL',
      'document_day (at<?)',
    ],
    [
      'a packet to be written again',
      `SELECT id FROM item
       WHERE link = ? AND direction = 'in' AND queue IN ('packet', 'file') AND external_id = ? AND body_hash = ?`,
      'item_in_identity (link=? AND queue=? AND external_id=? AND body_hash=?)',
    ],
  ])('has an index for %s', (_, sql, index) => {
    const plan = planOf({ sql, values: Array.from(sql.matchAll(/\?/g), () => 1) });
    expect(plan).toContain(index);
    expect(plan).not.toContain('TEMP B-TREE');
  });
});

describe('many items', () => {
  // Enough that the ways for large queues are taken: more than are looked at one by one, several windows of ids.
  const filled = () => {
    const queue = store();
    const db = rawDatabase(queue.file);
    db.prepare('INSERT INTO body VALUES (?, ?)').run(hashOf('x'), Buffer.from('x'));
    const insert = db.prepare(
      `INSERT INTO item (link, direction, queue, external_id, user, company, label, state, state_since, reason, body_place,
         body_hash, body_size, created_at, due_at, settled_at, outcome)
       VALUES (?, 'in', 'packet', ?, ?, 'ACME', ?, ?, 0, ?, 'row', '${hashOf('x')}', 1, ?, 0, ?, ?)`,
    );
    const rows = Array.from({ length: 45_000 }, (_, n) => ({
      n,
      link: n % 3 === 0 ? 'north' : 'south',
      user: `USER${String(n % 9)}`,
      label: n % 1_000 === 7 ? `Поръчка ПР-${String(n)}` : `Order SO-${String(n)}`,
      state: n % 2 === 0 ? 'settled' : n % 5 === 0 ? 'parked' : 'ready',
      // The clock was set back on the way.
      at: T + (n < 30_000 ? n : n - 10_000),
    }));
    db.transaction(() => {
      for (const { n, link, user, label, state, at } of rows) {
        const settled = state === 'settled';
        const reason = state === 'parked' ? '{"kind":"person","note":""}' : null;
        insert.run(
          link,
          `P${String(n)}`,
          user,
          label,
          state,
          reason,
          at,
          settled ? at : null,
          settled ? '{}' : null,
        );
      }
    })();
    return { queue, rows };
  };

  test('each way finds what a plain look at every row finds, page by page, from both ends', () => {
    const { queue, rows } = filled();
    const queries: Omit<ItemQuery, 'limit' | 'offset'>[] = [
      {},
      { link: linkId('north') },
      { states: ['parked', 'ready'], direction: 'in' },
      { states: ['settled', 'parked'], before: T + 12_000 },
      { user: 'user3' },
      { user: 'USER3', states: ['ready'], before: T + 25_000 },
      { text: 'so-4' },
      { text: 'order', link: linkId('south') },
      { text: 'ПОРЪЧКА' },
      { text: 'р-2', before: T + 30_000 },
      { text: 'пр' },
      { text: '7', states: ['parked'] },
      { text: '99', user: 'USER4' },
      { text: '[x' },
    ];
    for (const query of queries) {
      const text = query.text?.toLowerCase() ?? '';
      const matching = rows.filter(
        (row) =>
          (query.link === undefined || row.link === query.link) &&
          (query.states === undefined || query.states.some((state) => state === row.state)) &&
          (query.before === undefined || row.at < query.before) &&
          (query.user === undefined || row.user === query.user.toUpperCase()) &&
          `${row.label}\nP${String(row.n)}\n${row.user}`.toLowerCase().includes(text),
      );
      // Texts are given in the order of their numbers, everything else by when it was stored.
      const byAge = text === '' || (query.user !== undefined && text !== '');
      const oldest = matching
        .toSorted((a, b) => (byAge ? a.at - b.at : 0) || a.n - b.n)
        .map(({ n }) => n + 1);
      expect([query, queue.count(query)]).toEqual([query, oldest.length]);
      for (const order of ['oldest', 'newest'] as const) {
        const expected = order === 'oldest' ? oldest : oldest.toReversed();
        for (const offset of [
          0,
          Math.floor(oldest.length * 0.7),
          Math.max(0, oldest.length - 3),
          oldest.length + 5,
        ]) {
          const found = queue.list({ ...query, order, limit: 7, offset }).map(({ id }) => Number(id));
          expect([query, order, offset, found]).toEqual([
            query,
            order,
            offset,
            expected.slice(offset, offset + 7),
          ]);
        }
      }
    }
  });
});
