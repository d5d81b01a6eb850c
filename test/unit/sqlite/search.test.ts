import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import type { ItemQuery } from '../../../main/core/queue/queue-store.ts';
import { registerSearch, searchStatement } from '../../../main/adapters/sqlite/statements/item-search.ts';
import type { ReadDb } from '../../../main/adapters/sqlite/connection.ts';
import { linkId } from '../../../shared/model/ids.ts';
import { A, LINK, T, entry, meta, packet, snapshot, store, storePacket } from './sample.ts';

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
  test.each<[string, Omit<ItemQuery, 'limit' | 'offset'>]>([
    ['everything', {}],
    ['one link', { link: LINK }],
    ['one link, one direction', { link: LINK, direction: 'in' }],
    ['one user', { user: 'ANNA' }],
    ['one ended state', { states: ['settled'] }],
    ['mixed states', { states: ['settled', 'parked'] }],
    ['a text', { text: 'order' }],
    ['a text in one link', { text: 'order', link: LINK, states: ['settled'] }],
  ])('is not sorted for %s', (_, query) => {
    const queue = store();
    const db = new Database(queue.file) as ReadDb;
    registerSearch(db);
    const statement = searchStatement({ ...query, ...page });
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${statement!.sql}`).all(...statement!.values) as {
      detail: string;
    }[];
    db.close();
    expect(plan.map((step) => step.detail).filter((detail) => detail.includes('TEMP B-TREE'))).toEqual([]);
  });

  test.each<[string, Omit<ItemQuery, 'limit' | 'offset'>]>([
    ['unsettled', { states: ['ready', 'parked'] }],
    ['unsettled of a user', { states: ['parked'], user: 'ANNA' }],
    ['unsettled of a direction', { states: ['parked'], direction: 'in' }],
    ['unsettled of a link', { link: LINK, states: ['parked', 'unknown'] }],
    ['unsettled of a link with a text', { link: LINK, states: ['parked'], text: 'order' }],
  ])('is not walked for %s', (_, query) => {
    const queue = store();
    const db = new Database(queue.file) as ReadDb;
    registerSearch(db);
    const statement = searchStatement({ ...query, ...page });
    const plan = db.prepare(`EXPLAIN QUERY PLAN ${statement!.sql}`).all(...statement!.values) as {
      detail: string;
    }[];
    db.close();
    expect(plan.map((step) => step.detail).join('\n')).toContain('USING INDEX item_open');
  });
});
