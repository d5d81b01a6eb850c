import { rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ReadDb } from '../../../main/adapters/sqlite/connection.ts';
import { migrate } from '../../../main/adapters/sqlite/migrate.ts';
import { openForWriting } from '../../../main/adapters/sqlite/connection.ts';
import { MIGRATIONS } from '../../../main/adapters/sqlite/migrations/all.ts';
import { openReadStore, openStore, type SqliteStore } from '../../../main/adapters/sqlite/open-store.ts';
import { quickCheck } from '../../../main/adapters/sqlite/quick-check.ts';
import { findWrongCounters } from '../../../main/adapters/sqlite/statements/counters.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import { linkId, sourceId } from '../../../shared/model/ids.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import {
  A,
  HOUR,
  LINK,
  T,
  entry,
  hashOf,
  listing,
  meta,
  packet,
  rawDatabase,
  snapshot,
  store,
  storePacket,
} from './sample.ts';

const OTHER = linkId('van-sales');
const SOURCE = sourceId('dynamics-mobile', 'cloud', 'ACME');
const HASH = hashOf('x');

interface World {
  readonly queue: SqliteStore;
  now: number;
  archived: number;
}
type Step = (world: World) => void;

const linkOf = (n: number): typeof LINK => (n % 2 === 0 ? LINK : OTHER);
const idOf = (n: number): string => `p${String(n % 6)}`;

const claimed = ({ queue, now }: World, n: number, direction: 'in' | 'out'): Item | undefined =>
  queue.claim(linkOf(n), direction, A, now);

/** What happens to a queue, whole lives of items among it. */
const steps: Readonly<Record<string, (n: number) => Step>> = {
  list: (n) => (world) => {
    const handle = `${idOf(n)}-${String(n % 3)}`;
    world.queue.rememberListing(linkOf(n), listing(entry(idOf(n), handle), entry(idOf(n + 1))), world.now);
  },
  store: (n) => (world) => {
    const item = { ...packet(idOf(n), `${idOf(n)}/${String(n % 3)}`), link: linkOf(n) };
    world.queue.storePacket(item, { queue: 'packet', entry: entry(idOf(n)) }, undefined, world.now);
  },
  settle: (n) => (world) => {
    const item = claimed(world, n, 'in');
    if (item === undefined) return;
    const settled = {
      source: SOURCE,
      outcome: 'applied',
      label: '',
      documents: [],
      payloadHash: item.body.hash,
    } as const;
    world.queue.settlePacket(item.id, settled, world.now);
  },
  fail: (n) => (world) => {
    const item = claimed(world, n, 'in');
    if (item === undefined) return;
    const failure = { kind: 'unknown-outcome', endpoint: 'erp:main', operation: 'write' } as const;
    const reason = { kind: 'person', note: '' } as const;
    if (n % 3 === 0) world.queue.record(item.id, { kind: 'park', reason }, world.now);
    else
      world.queue.record(
        item.id,
        { kind: n % 3 === 1 ? 'retry' : 'unknown', dueAt: world.now, failure },
        world.now,
      );
  },
  report: (n) => (world) => {
    const handle = `${idOf(n)}-${String(n % 3)}`;
    world.queue.settleReport(linkOf(n), 'packet', [{ id: idOf(n), receiptHandle: handle }], world.now);
  },
  discard: (n) => (world) => {
    const [parked] = world.queue.list({ states: ['parked'], limit: 1, offset: n % 2 });
    if (parked !== undefined) world.queue.discard(parked.id, '', world.now);
  },
  snapshot: (n) => (world) => {
    const item = { ...snapshot(`U${String(n % 3)}`, String(n)), link: linkOf(n) };
    world.queue.storeSnapshot(item, meta(`U${String(n % 3)}`), world.now);
  },
  accept: (n) => (world) => {
    const item = claimed(world, n, 'out');
    if (item !== undefined) world.queue.settleSnapshot(item.id, { syncLogId: '' }, world.now);
  },
  void: (n) => (world) => {
    const item = claimed(world, n, 'out');
    if (item !== undefined) world.queue.discardSnapshot(item.id, '', world.now);
  },
  archive: () => (world) => {
    world.archived += world.queue.archiveSome(world.now - HOUR).moved;
  },
  replay: (n) => (world) => {
    world.queue.replay(linkOf(n), SOURCE, [idOf(n)], world.now);
  },
  forget: () => (world) => {
    world.queue.forgetOld(world.now - 3 * HOUR);
  },
  wait: (n) => (world) => {
    world.now += (n % 4) * 20 * 60_000;
  },
};

const step = fc
  .tuple(fc.constantFrom(...Object.keys(steps)), fc.nat({ max: 30 }))
  .map(([name, n]) => Object.assign(steps[name]!(n), { [fc.toStringMethod]: () => `${name} ${String(n)}` }));

test('whatever happens, each counter says what a full count finds', () => {
  const folder = temporaryFolder();
  let run = 0;
  const seen = { settled: 0, unreported: 0, archived: 0 };
  fc.assert(
    fc.property(fc.array(step, { minLength: 20, maxLength: 120 }), (history) => {
      const own = join(folder, String((run += 1)));
      const file = `${own}.sqlite`;
      const queue = openStore({ file });
      const db = new Database(file, { readonly: true }) as unknown as ReadDb;
      const world: World = { queue, now: T, archived: 0 };
      try {
        for (const act of history) {
          act(world);
          expect(findWrongCounters(db)).toEqual([]);
        }
        seen.settled += Number(db.prepare('SELECT coalesce(sum(n), 0) FROM settled_minute').pluck().get());
        seen.unreported += queue.counts(LINK, world.now).unreported;
        seen.archived += world.archived;
      } finally {
        db.close();
        queue.close();
        rmSync(file, { force: true });
        rmSync(join(folder, 'archive'), { recursive: true, force: true });
      }
    }),
    { numRuns: 40 },
  );
  // A history in which nothing of this happens would prove nothing.
  for (const [what, times] of Object.entries(seen)) expect(times, what).toBeGreaterThan(0);
});

describe('a store of version 1', () => {
  /** As the first version left it: its rows, in its format. */
  function old(): string {
    const file = join(temporaryFolder(), 'ferry.sqlite');
    const db = openForWriting(file);
    migrate(db, file, MIGRATIONS.slice(0, 1));
    db.prepare('INSERT INTO body VALUES (?, ?)').run(HASH, Buffer.from('x'));
    const insert = db.prepare(
      `INSERT INTO item (link, direction, queue, external_id, user, company, label, state, state_since, reason, body_place,
         body_hash, body_size, created_at, due_at, settled_at, outcome)
       VALUES (?, 'in', 'packet', ?, 'ANNA', 'ACME', '', ?, 0, ?, 'row', ?, 1, ?, 0, ?, ?)`,
    );
    const reason = '{"kind":"person","note":""}';
    insert.run(LINK, 'a', 'ready', null, HASH, T - 5_000, null, null);
    insert.run(LINK, 'b', 'ready', null, HASH, T - 4_000, null, null);
    insert.run(LINK, 'c', 'parked', reason, HASH, T - 9_000, null, null);
    insert.run(LINK, 'd', 'settled', null, HASH, T - 8_000, T - 2_000, '{}');
    insert.run(LINK, 'e', 'settled', null, HASH, T - 8_000, T - 48 * HOUR, '{}');
    insert.run(LINK, 'f', 'discarded', reason, HASH, T - 8_000, T - 1_000, null);
    insert.run(OTHER, 'a', 'unknown', reason, HASH, T - 1_000, null, null);
    db.exec(
      `INSERT INTO listing (link, queue, format, raw, listed_at) VALUES ('${LINK}', 'packet', 'xml', '', 0)`,
    );
    const delivery = db.prepare(
      `INSERT INTO delivery (listing, position, link, queue, packet_id, receipt_handle, path, user, company, kind, raw, reported)
       VALUES (1, ?, '${LINK}', 'packet', ?, '', '', '', '', '', '', ?)`,
    );
    delivery.run(0, 'a', 0);
    delivery.run(1, 'd', 1);
    delivery.run(2, 'never stored', 0);
    db.close();
    return file;
  }

  test('has the right counters as soon as it is upgraded', () => {
    const file = old();
    const queue = store(file);
    expect(queue.counts(LINK, T)).toEqual({
      pendingIn: 2,
      oldestPendingIn: T - 5_000,
      pendingOut: 0,
      oldestPendingOut: undefined,
      parked: 1,
      unknown: 0,
      settledToday: 1,
      unreported: 1,
      lastSettledIn: undefined,
      lastAcceptedOut: undefined,
    });
    expect(queue.counts(OTHER, T)).toMatchObject({ pendingIn: 1, unknown: 1 });
    expect(queue.count({})).toBe(7);
    expect(findWrongCounters(rawDatabase(file) as unknown as ReadDb)).toEqual([]);
    expect(queue.claim(LINK, 'in', A, T)?.externalId).toBe('a');
    expect(findWrongCounters(rawDatabase(file) as unknown as ReadDb)).toEqual([]);
  });

  test('is not read before its agent has upgraded it: what it lacks would look like nothing', () => {
    const file = old();
    expect(() => openReadStore(file)).toThrow(expect.objectContaining({ name: 'StoreError', code: 'older' }));
    store(file);
    expect(openReadStore(file).counts(LINK, T).parked).toBe(1);
  });
});

describe('a counter that is wrong', () => {
  test('is found by the check, with what it says and what there is', () => {
    const queue = store();
    storePacket(queue, 'p1');
    expect(quickCheck(queue.file)).toEqual([]);
    rawDatabase(queue.file).exec('UPDATE item_count SET n = 7');
    expect(quickCheck(queue.file)).toEqual([`items ${LINK} in ready: counted 7, there are 1`]);
  });
});
