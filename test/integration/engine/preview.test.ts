import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import type { Preview, PreviewFailure } from '../../../main/core/packets/push/preview.ts';
import { PreviewShelf } from '../../../main/core/packets/push/preview-shelf.ts';
import type { SegmentStore } from '../../../main/core/packets/push/segments/segment-store.ts';
import type { StoredBody } from '../../../main/core/runtime/body-store.ts';
import { linkId, type Sha256 } from '../../../shared/model/ids.ts';
import type { Result } from '../../../shared/model/result.ts';
import { PRICE, segmentsBench, STOP, type SegmentsBench } from './segments-bench.ts';

const never = new AbortController().signal;
const LINK = linkId('field');
const PAIR = [
  ['anna', 'R1', 'north'],
  ['bob', 'R2', 'south'],
] as const;

async function bench(users: Parameters<typeof segmentsBench>[0]['users'] = PAIR): Promise<SegmentsBench> {
  const b = await segmentsBench({ snapshot: true, users });
  b.entities([PRICE, STOP]);
  onTestFinished(() => b.close());
  return b;
}
const ask = (b: SegmentsBench, user: string): Promise<Result<Preview, PreviewFailure>> =>
  b.finish(b.link.preview(user, 200, never));
async function preview(b: SegmentsBench, user: string): Promise<Preview> {
  const found = await ask(b, user);
  if (!found.ok) throw new Error(JSON.stringify(found.failure));
  return found.value;
}
async function textOf(b: SegmentsBench, body: StoredBody): Promise<string> {
  if (body.place === 'row') return Buffer.from(body.bytes).toString('utf8');
  const chunks: Uint8Array[] = [];
  for await (const chunk of b.parts.bodies.open(body)) chunks.push(Uint8Array.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}
const comparisons = ({ tables }: Preview): (string | number)[][] =>
  tables.map((one) => [one.table, one.comparison, one.added, one.removed, one.changed]);
const items = (b: SegmentsBench): number => b.store.count({ direction: 'out' });

test('it is the packet that the next push sends, byte for byte, and nothing is stored for sending', async () => {
  const b = await bench();
  const shown = await preview(b, 'anna');
  expect(items(b)).toBe(0);
  expect(comparisons(shown)).toEqual([
    ['Price', 'new', 3, 0, 0],
    ['Stop', 'new', 2, 0, 0],
  ]);
  expect([shown.comparedWith, shown.same, shown.changes, shown.more]).toEqual([undefined, false, [], 5]);
  const text = await textOf(b, shown.body);
  expect(createHash('sha256').update(text).digest('hex')).toBe(shown.body.hash);
  await b.scheduled();
  const item = b.newest('anna');
  expect(item?.state).toBe('settled');
  if (item !== undefined) expect(await b.bytes(item)).toBe(text);
  expect((await b.naiveNow()).get('anna')).toBe(text);
});

test('against what was accepted: same tables are not read, changed rows are told by key', async () => {
  const b = await bench();
  await b.scheduled();
  const before = await preview(b, 'anna');
  expect([before.same, before.more, before.changes]).toEqual([true, 0, []]);
  expect(before.tables.map((one) => one.comparison)).toEqual(['same', 'same']);
  await b.sql("UPDATE dbo.Stop SET n = N'7' WHERE c = N'S-0-2'");
  await b.sql("INSERT INTO dbo.Stop (c, route, area, n) VALUES (N'S-0-9', N'R1', N'A1', N'0')");
  await b.sql("DELETE FROM dbo.Stop WHERE c = N'S-0-1'");
  b.asked.length = 0;
  const after = await preview(b, 'anna');
  expect(b.asked).toEqual(['Stop']);
  expect(comparisons(after)).toEqual([
    ['Price', 'same', 0, 0, 0],
    ['Stop', 'differs', 1, 1, 1],
  ]);
  expect(after.changes).toEqual([
    {
      table: 'Stop',
      row: 'S-0-2',
      change: 'changed',
      fields: [{ field: 'Amount', before: '0', after: '7' }],
    },
    { table: 'Stop', row: 'S-0-9', change: 'added', fields: expect.any(Array) },
    { table: 'Stop', row: 'S-0-1', change: 'removed', fields: expect.any(Array) },
  ]);
  expect([after.same, after.comparedWith !== undefined, after.hold]).toEqual([false, true, undefined]);
});

test('a table that came and one that went are told', async () => {
  const b = await bench();
  await b.scheduled();
  b.entities([STOP, { ...PRICE, entity: 'PriceList' }]);
  expect(comparisons(await preview(b, 'anna'))).toEqual([
    ['Stop', 'same', 0, 0, 0],
    ['PriceList', 'new', 3, 0, 0],
    ['Price', 'gone', 0, 3, 0],
  ]);
});

test('it compares with what was accepted days ago, when the item itself has left for the archive', async () => {
  const b = await bench();
  await b.scheduled();
  await b.runtime.advance(3 * 86_400_000);
  const day = b.runtime.wall() - 86_400_000;
  while (b.store.archiveSome(day).more);
  expect(items(b)).toBe(0);
  b.store.tidySegments({ now: b.runtime.wall(), capBytes: 1e9, usedSince: b.runtime.wall() });
  await b.sql("UPDATE dbo.Stop SET n = N'7' WHERE c = N'S-0-2'");
  expect(comparisons(await preview(b, 'anna'))).toEqual([
    ['Price', 'same', 0, 0, 0],
    ['Stop', 'differs', 0, 0, 1],
  ]);
});

test('what was accepted and is gone, for the room or by damage, is unknown and never the same', async () => {
  const b = await bench();
  await b.scheduled();
  await b.sql("UPDATE dbo.Stop SET n = N'7' WHERE c = N'S-0-2'");
  await b.runtime.advance(1_000);
  b.store.tidySegments({ now: b.runtime.wall(), capBytes: 0, usedSince: b.runtime.wall() });
  const shown = await preview(b, 'anna');
  // The same bytes were read anew, which their hash tells; the others are lost.
  expect(comparisons(shown)).toEqual([
    ['Price', 'same', 0, 0, 0],
    ['Stop', 'unknown', 0, 0, 0],
  ]);
  expect(shown.same).toBe(false);
});

test('nobody, two of one name, a row that cannot be sent and an ERP that is away are told apart', async () => {
  const b = await bench([
    ['anna', 'R1', 'north'],
    ['bob', 'R2', 'south'],
  ]);
  expect(await ask(b, `o'neil"; DROP TABLE dbo.Rep`)).toEqual({ ok: false, failure: { kind: 'unnamed' } });
  await b.sql("UPDATE dbo.Stop SET n = nchar(7) WHERE route = N'R1'");
  expect(await ask(b, 'anna')).toMatchObject({
    ok: false,
    failure: { kind: 'refused', failure: { where: 'Stop row 1', field: 'Amount' } },
  });
  expect((await preview(b, 'bob')).tables).toHaveLength(2);
  // Removed while somebody looks at him.
  await b.sql("DELETE FROM dbo.Rep WHERE UserName = N'bob'");
  expect(await ask(b, 'bob')).toEqual({ ok: false, failure: { kind: 'unnamed' } });
  b.parts.policy = {
    ...b.parts.policy,
    usersList: [
      { name: 'x', values: new Map() },
      { name: 'X', values: new Map() },
    ],
  };
  expect(await ask(b, 'x')).toMatchObject({
    failure: { kind: 'refused', failure: { code: 'duplicate-user' } },
  });
  b.parts.policy = { ...b.parts.policy, usersList: undefined, usersQuery: 'SELECT nothing FROM dbo.Nowhere' };
  expect(await ask(b, 'anna')).toMatchObject({ failure: { kind: 'refused' } });
});

test('an ERP that goes away leaves nothing behind, and its silence is not counted against it twice', async () => {
  const b = await bench();
  b.parts.erp.reader.openView = () =>
    Promise.resolve({ ok: false, failure: { kind: 'unreachable', endpoint: 'erp:main', cause: 'away' } });
  expect(await ask(b, 'anna')).toMatchObject({
    failure: { kind: 'failed', failure: { kind: 'unreachable' } },
  });
  expect([items(b), b.parts.endpoints.restMs('erp:main')]).toEqual([0, 0]);
});

test('why it would not leave now: a pause, a pilot, his own packets, quiet hours', async () => {
  const b = await bench();
  const rules = { pausedUsers: [], zone: 'UTC', minIntervalMs: 0 };
  const hold = async (): Promise<string | undefined> => (await preview(b, 'anna')).hold?.what.key;
  expect(await hold()).toBeUndefined();
  b.parts.policy = { ...b.parts.policy, push: { ...rules, pilot: ['bob'] } };
  expect(await hold()).toBe('reason.pushHeld.pilot.what');
  b.parts.policy = {
    ...b.parts.policy,
    push: { ...rules, quietHours: { from: '00:00', to: '23:59' } as never },
  };
  expect(await hold()).toMatch(/^reason\.pushHeld\.(quiet|alwaysQuiet)\.what$/);
  b.store.setPause({ link: LINK, by: 'person', since: b.runtime.wall(), reason: 'stocktaking' });
  expect(await hold()).toBe('sync.paused.what');
});

test('two at once and one during a cycle disturb neither the cycle nor what it keeps', async () => {
  const b = await bench();
  await b.scheduled();
  await b.sql("UPDATE dbo.Price SET n = N'5'");
  const seen: Result<Preview, PreviewFailure>[] = [];
  let tidied = 0;
  const tidySegments = b.store.tidySegments.bind(b.store);
  const counting: SegmentStore['tidySegments'] = (room) => {
    tidied += 1;
    return tidySegments(room);
  };
  b.parts.store = { ...b.parts.store, tidySegments: counting };
  b.beforeClose(async () => {
    b.beforeClose(() => Promise.resolve());
    // The cycle has built all packets and sent none: somebody changes the ERP, and two people look.
    await b.sql("UPDATE dbo.Price SET n = N'6'");
    seen.push(
      ...(await Promise.all([b.link.preview('anna', 200, never), b.link.preview('bob', 200, never)])),
    );
  });
  await b.scheduled();
  expect(tidied).toBe(1);
  expect(seen.map((one) => one.ok)).toEqual([true, true]);
  for (const one of seen) if (one.ok) expect(await textOf(b, one.value.body)).toContain('<Amount>6</Amount>');
  for (const user of ['anna', 'bob']) {
    const item = b.newest(user);
    expect(item?.state).toBe('settled');
    if (item !== undefined) expect(await b.bytes(item)).toContain('<Amount>5</Amount>');
  }
  // The next cycle finds the ERP as it is.
  await b.scheduled();
  for (const [user, wanted] of await b.naiveNow()) {
    const item = b.newest(user);
    if (item !== undefined) expect(await b.bytes(item)).toBe(wanted);
  }
});

test('bytes are kept ten minutes, the newest few of them, and not removed while an item needs them', async () => {
  const b = await bench();
  const removed: Sha256[] = [];
  const expected = new Set<string>();
  const shelf = new PreviewShelf({
    runtime: b.runtime,
    bodies: { remove: (hashes) => Promise.resolve(void removed.push(...hashes)) },
    store: { isExpected: (hash) => expected.has(hash) },
  });
  const body = (at: number): StoredBody => ({
    place: 'spool',
    hash: String(at).padStart(64, '0') as Sha256,
    size: 1,
  });
  expected.add(body(1).hash);
  const ids: string[] = [];
  for (let at = 0; at < 10; at += 1) ids.push(await shelf.put(body(at), never));
  expect(shelf.get(ids[0] ?? '')).toBeUndefined();
  expect(shelf.get(ids[2] ?? '')).toEqual(body(2));
  expect(removed).toEqual([body(0).hash]);
  // The same bytes under two ids go with the second.
  await shelf.put(body(2), never);
  expect(removed).toEqual([body(0).hash]);
  await b.runtime.advance(10 * 60_000);
  expect(shelf.get(ids[9] ?? '')).toBeUndefined();
  expect(removed).toHaveLength(9);
  expect(new Set(removed).size).toBe(9);
});
