import { describe, expect, test } from 'vitest';
import { sourceId } from '../../../shared/model/ids.ts';
import {
  A,
  HOUR,
  LINK,
  T,
  body,
  entry,
  hashOf,
  listing,
  packet,
  rawDatabase,
  store,
  storePacket,
} from './sample.ts';

const SOURCE = sourceId('dynamics-mobile', 'cloud.example', 'acme');
const settled = (id: string, number: string | null = null) => ({
  source: SOURCE,
  outcome: 'applied' as const,
  label: `Order ${number ?? id}`,
  documents: [
    {
      document: 'order',
      rowId: `row-${id}`,
      number,
      erpKey: '7',
      erpNumber: 'SO-7',
      standing: 'applied' as const,
      reason: null,
    },
  ],
  payloadHash: hashOf(`bytes of ${id}`),
});

describe('storing a pulled packet', () => {
  test('keeps body and row together', () => {
    const queue = store();
    const item = storePacket(queue, 'p1');
    expect(item).toMatchObject({ state: 'ready', externalId: 'p1', attempts: 0, createdAt: T, dueAt: T });
    expect(Buffer.from(queue.rowBody(item.body.hash) ?? []).toString()).toBe('bytes of p1');
  });

  test('without its bytes is refused whole', () => {
    const queue = store();
    const { bytes: _, ...bodyless } = body('never seen');
    const item = { ...packet('p1'), body: bodyless };
    expect(() => queue.storePacket(item, { queue: 'packet', entry: entry('p1') }, undefined, T)).toThrow(
      'FOREIGN KEY',
    );
    expect(queue.counts(LINK, T).pendingIn).toBe(0);
  });

  test('the same packet twice is one item', () => {
    const queue = store();
    const first = storePacket(queue, 'p1');
    const again = queue.storePacket(
      packet('p1'),
      { queue: 'packet', entry: entry('p1', 'p1-2') },
      undefined,
      T + HOUR,
    );
    expect(again).toEqual(first);
    expect(queue.count({})).toBe(1);
  });

  test('the same packet twice is one item even after it was applied', () => {
    const queue = store();
    const { id } = storePacket(queue, 'p1');
    queue.claim(LINK, 'in', A, T);
    queue.settlePacket(id, settled('p1'), T);
    expect(storePacket(queue, 'p1', T + HOUR)).toMatchObject({ id, state: 'settled' });
    expect(queue.claim(LINK, 'in', A, T + HOUR)).toBeUndefined();
  });

  test('other bytes under a known id are an item of their own, parked as a conflict', () => {
    const queue = store();
    const first = storePacket(queue, 'p1');
    const other = storePacket(queue, 'p1', T, 'other bytes');
    expect(other.id).not.toBe(first.id);
    expect(other).toMatchObject({
      state: 'parked',
      reason: { kind: 'failure', failure: { kind: 'conflict' } },
    });
    expect(queue.get(first.id)?.state).toBe('ready');
    expect(queue.known(LINK, 'packet', entry('p1')).items.map((item) => item.id)).toEqual([
      first.id,
      other.id,
    ]);
  });

  test('two packets with the same bytes share one body', () => {
    const queue = store();
    storePacket(queue, 'p1', T, 'same');
    storePacket(queue, 'p2', T, 'same');
    expect(queue.count({})).toBe(2);
    expect(rawDatabase(queue.file).prepare('SELECT count(*) FROM body').pluck().get()).toBe(1);
  });

  test('can be parked from the start', () => {
    const queue = store();
    const reason = { kind: 'person', note: 'of a company this link does not list' } as const;
    const item = queue.storePacket(packet('p1'), { queue: 'packet', entry: entry('p1') }, reason, T);
    expect(item).toMatchObject({ state: 'parked', reason });
    expect(queue.openPacketsOf(LINK, 'anna')).toEqual({ pending: 0, parkedSince: T });
  });
});

describe('lists', () => {
  test('are kept as they came until all of it is reported', () => {
    const queue = store();
    const list = listing(entry('p1'), entry('p2'));
    const id = queue.rememberListing(LINK, list, T);
    storePacket(queue, 'p1', T);
    expect(queue.openListings(LINK)).toEqual([
      {
        id,
        queue: 'packet',
        format: 'xml',
        raw: list.raw,
        listedAt: T,
        entries: [
          { entry: entry('p1'), checked: true, reported: false, items: [{ state: 'ready', createdAt: T }] },
          { entry: entry('p2'), checked: false, reported: false, items: [] },
        ],
      },
    ]);
    expect(queue.counts(LINK, T).unreported).toBe(1);
    queue.settleReport(LINK, 'packet', [entry('p1')], T);
    expect(queue.counts(LINK, T).unreported).toBe(0);
    expect(queue.openListings(LINK)[0]?.entries.map((one) => one.reported)).toEqual([true, false]);
    queue.settleReport(LINK, 'packet', [entry('p2')], T);
    expect(queue.openListings(LINK)).toEqual([]);
  });

  test('an unchanged list is remembered once, an empty one not at all', () => {
    const queue = store();
    const id = queue.rememberListing(LINK, listing(entry('p1')), T);
    expect(queue.rememberListing(LINK, listing(entry('p1')), T + HOUR)).toBe(id);
    expect(queue.rememberListing(LINK, listing(), T + HOUR)).toBe(0);
    expect(queue.openListings(LINK)).toHaveLength(1);
  });

  test('a report of the newest delivery closes older lists of the same packets', () => {
    const queue = store();
    queue.rememberListing(LINK, listing(entry('p1', 'h1'), entry('p2', 'h2')), T);
    queue.rememberListing(LINK, listing(entry('p1', 'h3')), T);
    queue.rememberListing(LINK, listing(entry('p2', 'h4')), T);
    queue.settleReport(LINK, 'packet', [{ id: 'p1', receiptHandle: 'h3' }], T);
    expect(queue.openListings(LINK)).toHaveLength(2);
    queue.settleReport(LINK, 'packet', [{ id: 'p2', receiptHandle: 'h4' }], T);
    expect(queue.openListings(LINK)).toEqual([]);
  });

  test('a report of an old delivery leaves a newer one open', () => {
    const queue = store();
    queue.rememberListing(LINK, listing(entry('p1', 'h1')), T);
    queue.rememberListing(LINK, listing(entry('p1', 'h2')), T);
    queue.settleReport(LINK, 'packet', [{ id: 'p1', receiptHandle: 'h1' }], T);
    expect(queue.openListings(LINK).map((one) => one.entries[0]?.entry.receiptHandle)).toEqual(['h2']);
  });

  test('what was reported and is listed again is open again, and known to be checked only under the same handle', () => {
    const queue = store();
    queue.rememberListing(LINK, listing(entry('p1', 'h1')), T);
    queue.storePacket(packet('p1'), { queue: 'packet', entry: entry('p1', 'h1') }, undefined, T);
    queue.settleReport(LINK, 'packet', [{ id: 'p1', receiptHandle: 'h1' }], T);
    queue.rememberListing(LINK, listing(entry('p1', 'h1')), T + 1);
    queue.rememberListing(LINK, listing(entry('p1', 'h2')), T + 2);
    expect(queue.openListings(LINK).map((one) => one.entries[0]?.checked)).toEqual([true, false]);
    expect(queue.known(LINK, 'packet', entry('p1', 'h2')).checked).toBe(false);
    queue.markChecked(LINK, 'packet', entry('p1', 'h2'));
    expect(queue.known(LINK, 'packet', entry('p1', 'h2')).checked).toBe(true);
  });
});

describe('the inbound mark of a user', () => {
  test('rises with new entries and applied packets, not with repetition', () => {
    const queue = store();
    const mark = (): number => queue.inboundMark(LINK, 'ANNA');
    expect(mark()).toBe(0);
    queue.rememberListing(LINK, listing(entry('p1'), entry('p2'), entry('p3', 'h', 'BORIS')), T);
    expect([mark(), queue.inboundMark(LINK, 'boris')]).toEqual([2, 1]);
    queue.rememberListing(LINK, listing(entry('p1', 'again')), T);
    expect(mark()).toBe(2);
    const { id } = storePacket(queue, 'p1');
    expect(mark()).toBe(2);
    queue.claim(LINK, 'in', A, T);
    queue.settlePacket(id, settled('p1'), T);
    expect(mark()).toBe(3);
  });
});

describe('settling a packet', () => {
  test('remembers its documents and its ledger row, and wakes who waits for them', () => {
    const queue = store();
    const waiting = storePacket(queue, 'p1', T);
    const other = storePacket(queue, 'p2', T);
    queue.claim(LINK, 'in', A, T);
    queue.claim(LINK, 'in', A, T);
    const waitsFor = (number: string) =>
      ({ kind: 'waits-for', what: 'order', number, until: T + HOUR }) as const;
    queue.record(waiting.id, { kind: 'wait', dueAt: T + HOUR, reason: waitsFor('N1') }, T);
    queue.record(other.id, { kind: 'wait', dueAt: T + HOUR, reason: waitsFor('N2') }, T);
    const order = storePacket(queue, 'p3', T);
    queue.claim(LINK, 'in', A, T);
    expect(queue.documentKnown(LINK, 'order', 'N1')).toBe(false);
    expect(queue.settlePacket(order.id, settled('p3', 'N1'), T + 5)).toMatchObject({
      state: 'settled',
      label: 'Order N1',
      settledAt: T + 5,
    });
    expect(queue.documentKnown(LINK, 'order', 'N1')).toBe(true);
    expect(queue.recentLedger(SOURCE, 5)).toEqual([{ packetId: 'p3', payloadHash: hashOf('bytes of p3') }]);
    expect([queue.get(waiting.id)?.dueAt, queue.get(other.id)?.dueAt]).toEqual([T + 5, T + HOUR]);
    expect(queue.counts(LINK, T + 5)).toMatchObject({ pendingIn: 2, settledToday: 1, lastSettledIn: T + 5 });
  });

  test('gives the newest ledger rows first', () => {
    const queue = store();
    for (const id of ['p1', 'p2', 'p3']) {
      const item = storePacket(queue, id);
      queue.claim(LINK, 'in', A, T);
      queue.settlePacket(item.id, settled(id), T);
    }
    expect(queue.recentLedger(SOURCE, 2).map((row) => row.packetId)).toEqual(['p3', 'p2']);
  });
});

describe('counting', () => {
  test('today begins at midnight of the site', () => {
    // 22:30 UTC on the first is 00:30 of the second in Sofia.
    const late = Date.UTC(2026, 2, 1, 22, 30);
    const zones = ['Europe/Sofia', 'UTC'];
    const counted = zones.map((zone) => {
      const queue = store(undefined, { zone });
      const { id } = storePacket(queue, 'p1', late);
      queue.claim(LINK, 'in', A, late);
      queue.record(id, { kind: 'settle', outcome: '{}' }, late);
      return queue.counts(LINK, T).settledToday;
    });
    expect(counted).toEqual([1, 0]);
  });
});
