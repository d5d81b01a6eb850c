import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { archiveFiles, type ArchiveFiles } from '../../../main/adapters/sqlite/archive-files.ts';
import { openForWriting } from '../../../main/adapters/sqlite/connection.ts';
import type { SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import { copyToArchive } from '../../../main/adapters/sqlite/retention.ts';
import { writeContext, type WriteContext } from '../../../main/adapters/sqlite/store-context.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import { sourceId } from '../../../shared/model/ids.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  A,
  entry,
  hashOf,
  HOUR,
  LINK,
  listing,
  meta,
  packet,
  rawDatabase,
  snapshot,
  store,
  storePacket,
  T,
} from './sample.ts';

const SOURCE = sourceId('dynamics-mobile', 'h', 'a');
const LATER = T + HOUR;

function settled(queue: SqliteStore, id: string, at = T, text?: string): Item {
  const { id: item } = storePacket(queue, id, at, text);
  queue.claim(LINK, 'in', A, at);
  return queue.settlePacket(
    item,
    {
      source: SOURCE,
      outcome: 'applied',
      label: `Order ${id}`,
      documents: [
        {
          document: 'order',
          rowId: id,
          number: `N-${id}`,
          erpKey: null,
          erpNumber: null,
          standing: 'applied',
          reason: null,
        },
      ],
      payloadHash: hashOf(id),
    },
    at,
  );
}

const folderOf = (file: string): string => join(dirname(file), 'archive');
const months = (file: string): readonly string[] =>
  existsSync(folderOf(file)) ? readdirSync(folderOf(file)).sort() : [];
const column = (file: string, sql: string): readonly unknown[] =>
  rawDatabase(file).prepare(sql).pluck().all();
const archivedIds = (file: string): readonly unknown[] =>
  months(file).flatMap((name) =>
    column(join(folderOf(file), name), 'SELECT external_id FROM item ORDER BY entry'),
  );

/** The parts of a store that a test interrupts between the two halves of moving. */
function opened(file: string): { context: WriteContext; archive: ArchiveFiles } {
  const db = openForWriting(file);
  onTestFinished(() => {
    db.close();
  });
  const context = writeContext(db, { zone: 'UTC', onDamaged: () => undefined, fault: () => false });
  return { context, archive: archiveFiles(folderOf(file), 'UTC') };
}

function moveAll(queue: SqliteStore, before: number): number {
  let moved = 0;
  for (let more = true; more;) {
    const batch = queue.archiveSome(before);
    moved += batch.moved;
    more = batch.more;
  }
  return moved;
}

test('a settled packet moves with bytes, outcome and history; what is open or newer stays', () => {
  const queue = store();
  const old = settled(queue, 'old');
  const newer = settled(queue, 'newer', LATER);
  const open = storePacket(queue, 'open');
  expect(moveAll(queue, LATER)).toBe(1);
  expect(queue.get(old.id)).toBeUndefined();
  expect(queue.rowBody(old.body.hash)).toBeUndefined();
  expect([queue.get(open.id), queue.get(newer.id)]).toEqual([open, newer]);
  const month = rawDatabase(join(folderOf(queue.file), '2026-03.sqlite'));
  expect(month.prepare('SELECT * FROM item').all()).toMatchObject([
    {
      id: old.id,
      external_id: 'old',
      label: 'Order old',
      state: 'settled',
      settled_at: T,
      outcome: old.outcome,
    },
  ]);
  expect(month.prepare('SELECT bytes FROM body WHERE hash = ?').pluck().get(old.body.hash)).toEqual(
    Buffer.from('bytes of old'),
  );
  const history = JSON.parse(String(month.prepare('SELECT history FROM item').pluck().get())) as {
    events: { event: string }[];
    attempts: unknown[];
  };
  expect(history.events.map(({ event }) => event)).toEqual(['stored', 'claimed', 'applied']);
  expect(history.attempts).toHaveLength(1);
});

test('a kill between the commit of the archive and the deletion loses nothing and doubles nothing', () => {
  const queue = store();
  const ids = ['a', 'b', 'c'].map((id) => settled(queue, id));
  queue.close();
  const killed = opened(queue.file);
  expect(copyToArchive(killed.context, killed.archive, LATER).ids).toEqual(ids.map(({ id }) => id));
  killed.context.db.close();
  expect(archivedIds(queue.file)).toEqual(['a', 'b', 'c']);

  const next = store(queue.file);
  expect(next.list({ limit: 9, offset: 0 })).toHaveLength(3);
  settled(next, 'd');
  expect(moveAll(next, LATER)).toBe(4);
  expect(next.list({ limit: 9, offset: 0 })).toEqual([]);
  expect(archivedIds(queue.file)).toEqual(['a', 'b', 'c', 'd']);
});

test('an archive that refuses leaves the store as it was', () => {
  const queue = store();
  const old = settled(queue, 'old');
  mkdirSync(folderOf(queue.file));
  writeFileSync(
    join(folderOf(queue.file), '2026-03.sqlite'),
    'no database, but long enough to be looked at'.repeat(50),
  );
  expect(() => queue.archiveSome(LATER)).toThrow(
    expect.objectContaining({ name: 'StoreError', code: 'corrupt' }),
  );
  expect(queue.get(old.id)).toEqual(old);
  // A month that cannot be read may name any body: nothing may be swept.
  expect(() => queue.spoolHashes()).toThrow(expect.objectContaining({ code: 'corrupt' }));
});

test('after a store was restored from a copy the same number may come again, and both items are kept', () => {
  const first = store();
  const one = settled(first, 'one');
  moveAll(first, LATER);
  first.close();
  const restored = store(join(temporaryFolder(), 'ferry.sqlite'));
  const two = settled(restored, 'two');
  expect(two.id).toBe(one.id);
  restored.close();
  const { context } = opened(restored.file);
  copyToArchive(context, archiveFiles(folderOf(first.file), 'UTC'), LATER);
  expect(archivedIds(first.file)).toEqual(['one', 'two']);
});

test('the month is that of the wall clock at the site', () => {
  const queue = store(undefined, { zone: 'Europe/Sofia' });
  // Midnight of 1 April in Sofia is 21:00 UTC of 31 March: summer time.
  const midnight = Date.UTC(2026, 2, 31, 21);
  settled(queue, 'march', midnight - 1);
  settled(queue, 'april', midnight);
  expect(queue.archiveSome(midnight + HOUR)).toEqual({ moved: 1, more: true });
  expect(moveAll(queue, midnight + HOUR)).toBe(1);
  const inMonth = (name: string): unknown =>
    column(join(folderOf(queue.file), name), 'SELECT external_id FROM item');
  expect([inMonth('2026-03.sqlite'), inMonth('2026-04.sqlite')]).toEqual([['march'], ['april']]);
  expect(queue.dropMonths(midnight - 1)).toEqual([]);
  expect(queue.dropMonths(midnight)).toEqual(['2026-03']);
  expect(months(queue.file)).toEqual(['2026-04.sqlite']);
});

test('moves in small steps', () => {
  const queue = store();
  for (let n = 0; n < 51; n += 1) settled(queue, `p${String(n)}`);
  expect(queue.archiveSome(LATER)).toEqual({ moved: 50, more: true });
  expect(queue.archiveSome(LATER)).toEqual({ moved: 1, more: false });
  for (let n = 0; n < 12; n += 1)
    settled(queue, `large${String(n)}`, T, `${String.fromCharCode(97 + n)} `.repeat(120_000));
  expect(queue.archiveSome(LATER).moved).toBeLessThan(12);
});

test('an archived packet is known when it is listed again: no second item, and it is reported', () => {
  const queue = store();
  const old = settled(queue, 'p1');
  moveAll(queue, LATER);
  const again = entry('p1', 'p1-2');
  const mark = queue.inboundMark(LINK, 'ANNA');
  queue.rememberListing(LINK, listing(again), LATER);
  expect(queue.inboundMark(LINK, 'ANNA')).toBe(mark);
  expect(queue.known(LINK, 'packet', again)).toMatchObject({
    checked: false,
    items: [{ id: old.id, state: 'settled', body: { hash: old.body.hash } }],
  });
  expect(queue.storePacket(packet('p1'), { queue: 'packet', entry: again }, undefined, LATER).id).toBe(
    old.id,
  );
  expect(queue.list({ limit: 9, offset: 0 })).toEqual([]);
  expect(queue.counts(LINK, LATER).unreported).toBe(1);
  expect(queue.openListings(LINK)[0]?.entries[0]).toMatchObject({
    reported: false,
    items: [{ state: 'settled' }],
  });
  // Forgotten only once it is reported, whatever its age.
  queue.forgetOld(LATER + HOUR);
  expect(queue.known(LINK, 'packet', again).items).toHaveLength(1);
  queue.settleReport(LINK, 'packet', [again], LATER);
  queue.forgetOld(LATER + HOUR);
  expect(queue.known(LINK, 'packet', again).items).toEqual([]);
});

test('the same packet id with other bytes after archiving is an item of its own, parked', () => {
  const queue = store();
  settled(queue, 'p1');
  moveAll(queue, LATER);
  const other = queue.storePacket(
    packet('p1', 'other bytes'),
    { queue: 'packet', entry: entry('p1', 'p1-2') },
    undefined,
    LATER,
  );
  expect(other).toMatchObject({ state: 'parked', reason: { failure: { kind: 'conflict' } } });
});

test('a packet that is not reported yet stays, whatever its age', () => {
  const queue = store();
  queue.rememberListing(LINK, listing(entry('p1')), T);
  settled(queue, 'p1');
  expect(moveAll(queue, LATER)).toBe(0);
  queue.settleReport(LINK, 'packet', [entry('p1')], T);
  expect(moveAll(queue, LATER)).toBe(1);
});

test('documents, ledger rows, the newest accepted snapshot and the last times outlive their items', () => {
  const queue = store();
  settled(queue, 'p1');
  const sent = queue.storeSnapshot(snapshot('ANNA', 'one'), meta('ANNA'), T);
  queue.claim(LINK, 'out', A, T);
  queue.settleSnapshot(sent.id, { syncLogId: 's' }, T);
  queue.storeSnapshot(snapshot('BOB', 'void'), meta('BOB'), T);
  queue.storeSnapshot(snapshot('BOB', 'open'), meta('BOB'), T);
  expect(moveAll(queue, LATER)).toBe(3);
  expect(queue.documentKnown(LINK, 'order', 'N-p1')).toBe(true);
  expect(queue.recentLedger(SOURCE, 50)).toHaveLength(1);
  expect(queue.lastAccepted(LINK, 'ANNA')).toMatchObject({ contentHash: sent.body.hash });
  expect(queue.counts(LINK, LATER).lastSettledIn).toBe(T);
  expect(queue.list({ limit: 9, offset: 0 })).toMatchObject([{ user: 'BOB', state: 'ready' }]);
  // Snapshots are archived without their bytes.
  const month = join(folderOf(queue.file), '2026-03.sqlite');
  expect(column(month, `SELECT DISTINCT body_place FROM item WHERE direction = 'out'`)).toEqual(['dropped']);
  expect(column(month, 'SELECT count(*) FROM body')).toEqual([1]);
  queue.forgetOld(LATER);
  expect(queue.documentKnown(LINK, 'order', 'N-p1')).toBe(false);
  // The proof that an ERP was restored must not age away.
  expect(queue.recentLedger(SOURCE, 50)).toHaveLength(1);
});

test('bytes that another item still names stay', () => {
  const queue = store();
  settled(queue, 'p1', T, 'the same');
  const open = storePacket(queue, 'p2', T, 'the same');
  moveAll(queue, LATER);
  expect(queue.rowBody(open.body.hash)).toEqual(Buffer.from('the same'));
});

test('a packet that came back from the archive goes there again', () => {
  const queue = store();
  const old = settled(queue, 'p1');
  moveAll(queue, LATER);
  const raw = rawDatabase(queue.file);
  const kept: unknown = raw.prepare('SELECT * FROM archived_packet').get();
  raw.exec('DELETE FROM archived_packet');
  const again = settled(queue, 'p1', LATER);
  // As if it had come back while it was known.
  raw
    .prepare(
      `INSERT INTO archived_packet VALUES (:item, :link, :queue, :packet_id, :user, :company, :state, :body_place, :body_hash,
         :body_size, :created_at, :settled_at)`,
    )
    .run(kept);
  expect(moveAll(queue, LATER + HOUR)).toBe(1);
  expect(archivedIds(queue.file)).toEqual(['p1', 'p1']);
  const { items } = queue.known(LINK, 'packet', entry('p1'));
  expect(items.map(({ id }) => id)).toEqual([again.id]);
  expect(again.id).not.toBe(old.id);
});

test('old ledger rows are forgotten, but never the newest 500 of a source', () => {
  const queue = store();
  const raw = rawDatabase(queue.file);
  const insert = raw.prepare(
    'INSERT INTO known_ledger (source, packet_id, payload_hash, at) VALUES (?, ?, ?, ?)',
  );
  raw.transaction(() => {
    for (let n = 0; n < 600; n += 1) insert.run('busy', `p${String(n)}`, '', T + n);
    for (let n = 0; n < 9; n += 1) insert.run('quiet', `p${String(n)}`, '', T);
  })();
  const left = () =>
    raw.prepare('SELECT source, count(*), min(at) FROM known_ledger GROUP BY source').raw().all();
  queue.forgetOld(T + 40);
  expect(left()).toEqual([
    ['busy', 560, T + 40],
    ['quiet', 9, T],
  ]);
  queue.forgetOld(T + 1_000);
  expect(left()).toEqual([
    ['busy', 500, T + 100],
    ['quiet', 9, T],
  ]);
});
