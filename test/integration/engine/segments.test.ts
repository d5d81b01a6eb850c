import { createHash } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { packet } from '../../support/link-bench.ts';
import { PRICE, REGION, segmentsBench, STOP, type SegmentsBench } from './segments-bench.ts';

const PAIR = [
  ['anna', 'R1', 'north'],
  ['bob', 'R1', 'south'],
] as const;
/** More routes than are read one by one, some of them equal to others only for a server that does not look at capitals. */
const MANY = Array.from(
  { length: 12 },
  (_, at) =>
    [`user${at}`, at === 10 ? 'r1' : at === 11 ? 'R1 ' : `R${at}`, at % 2 === 0 ? 'north' : 'south'] as const,
);

async function bench(options: Parameters<typeof segmentsBench>[0]): Promise<SegmentsBench> {
  const b = await segmentsBench(options);
  onTestFinished(() => b.close());
  return b;
}

async function expectNaive(b: SegmentsBench): Promise<void> {
  for (const [user, wanted] of await b.naiveNow()) {
    const item = b.newest(user);
    expect(item, user).toBeDefined();
    if (item === undefined) continue;
    expect(await b.bytes(item)).toBe(wanted);
    expect(item.body.size).toBe(Buffer.byteLength(wanted));
  }
}

for (const snapshot of [true, false])
  test(`users with equal values share what is read${snapshot ? ' in one view' : ''}`, async () => {
    const b = await bench({ snapshot, users: PAIR });
    await b.scheduled();
    expect(b.asked).toEqual(['Price', 'Stop', 'select', 'select']);
    expect(b.counts()).toMatchObject({ built: 2, bestEffort: 0 });
    await expectNaive(b);
    // One more user costs what only he has.
    await b.sql("INSERT INTO dbo.Rep (UserName, Route, Region) VALUES (N'carl', N'R9', N'north')");
    b.asked.length = 0;
    await b.scheduled();
    expect(b.asked).toEqual(['Stop']);
    expect(b.counts()).toMatchObject({ built: 1 });
    await expectNaive(b);
  });

test('a row that moves to another user while a cycle begins is in one packet, not in two', async () => {
  const b = await bench({
    snapshot: true,
    users: [
      ['anna', 'R1', 'north'],
      ['bob', 'R2', 'north'],
    ],
  });
  b.entities([STOP, PRICE]);
  await b.scheduled();
  const { reader } = b.parts.erp;
  const openView = reader.openView.bind(reader);
  // After the look at the tables, by which nothing of anna's has to be read, and before the view that bob's new values need.
  reader.openView = async (signal) => {
    await b.sql("UPDATE dbo.Stop SET route = N'R3' WHERE c = N'S-0-1'");
    return openView(signal);
  };
  await b.sql("UPDATE dbo.Rep SET Route = N'R3' WHERE UserName = N'bob'");
  await b.scheduled();
  await expectNaive(b);
});

test('a table that moved makes only its own segments be read, through a view over others too', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await b.sql(
    'CREATE TABLE dbo.Note (c nvarchar(20) NOT NULL PRIMARY KEY, n nvarchar(100) NULL, v rowversion)',
  );
  await b.sql("INSERT INTO dbo.Note (c, n) VALUES (N'S-0-1', N'first')");
  await b.sql(
    'CREATE VIEW dbo.Three AS SELECT s.c, t.n FROM dbo.StopView AS s INNER JOIN dbo.Note AS t ON t.c = s.c',
  );
  const three = { ...PRICE, entity: 'Three', from: { table: { name: 'Three' } } };
  b.entities([PRICE, STOP, three]);
  await b.scheduled();
  for (const [change, reads] of [
    ["UPDATE dbo.Price SET n = N'1'", ['Price']],
    ["UPDATE dbo.Note SET n = N'second'", ['Three']],
    ["UPDATE dbo.Area SET region = N'west' WHERE area = N'A1'", ['Three']],
    ["UPDATE dbo.Stop SET n = N'1'", ['Stop', 'Three']],
    ['DELETE FROM dbo.Area', ['Three']],
  ] as const) {
    b.asked.length = 0;
    await b.sql(change);
    await b.scheduled();
    expect([change, b.asked]).toEqual([change, reads]);
    await expectNaive(b);
    b.asked.length = 0;
    await b.scheduled();
    expect([change, b.asked]).toEqual([change, []]);
  }
  // By hand everything is read.
  await b.run('push');
  expect(b.asked).toEqual(['Price', 'Stop', 'Three']);
  expect(b.counts()).toMatchObject({ unchanged: 2, built: 0 });
});

for (const snapshot of [true, false])
  test(`many of one table are read by one statement and go to whom the server says${snapshot ? '' : ' (copied)'}`, async () => {
    const b = await bench({ snapshot, users: MANY });
    await b.scheduled();
    expect(b.asked).toEqual(['Price', 'Stop', 'select', 'select']);
    expect(b.counts()).toMatchObject({ built: 12, bestEffort: 0 });
    await expectNaive(b);
    // Equal for the server: the same rows; different keys all the same.
    const own = await Promise.all(
      ['user1', 'user10', 'user11'].map(async (user) => {
        const item = b.newest(user);
        return item === undefined
          ? ''
          : /<table tablename="Stop">.*?<\/table>/s.exec(await b.bytes(item))?.[0];
      }),
    );
    expect(new Set(own).size).toBe(1);
    expect(own[0]).toContain('S-1-1');
    // A customer moves to another route; one user to a route that nobody serves, one to none.
    await b.sql("UPDATE dbo.Stop SET route = N'R5' WHERE c = N'S-4-1'");
    await b.sql("UPDATE dbo.Rep SET Route = N'nowhere' WHERE UserName = N'user7'");
    await b.sql("UPDATE dbo.Rep SET Route = NULL WHERE UserName = N'user8'");
    b.asked.length = 0;
    await b.scheduled();
    expect(b.asked.filter((one) => one === 'Stop')).toHaveLength(2);
    await expectNaive(b);
  });

test('where one statement for many is refused, each is asked for alone', async () => {
  const b = await bench({ snapshot: true, users: MANY });
  const { reader } = b.parts.erp;
  const openView = reader.openView.bind(reader);
  let refused = 0;
  reader.openView = async (signal) => {
    const opened = await openView(signal);
    if (!opened.ok) return opened;
    const view = opened.value;
    return {
      ok: true,
      value: {
        consistency: view.consistency,
        close: () => view.close(),
        read: (request, stop) => {
          if (request.groups === undefined) return view.read(request, stop);
          refused += 1;
          return view.read({ ...request, groups: { ...request.groups, columns: ['no such column'] } }, stop);
        },
      },
    };
  };
  await b.scheduled();
  expect(refused).toBe(1);
  expect(b.counts()).toMatchObject({ built: 12, refused: 0 });
  await expectNaive(b);
});

test('what looks at the clock is read each cycle: a price valid from tomorrow, an invoice of ninety days', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await b.sql(
    'CREATE TABLE dbo.Dated (c nvarchar(20) NOT NULL PRIMARY KEY, n nvarchar(100) NULL, d datetime NOT NULL, v rowversion)',
  );
  await b.sql("INSERT INTO dbo.Dated (c, n, d) VALUES (N'tomorrow', N'9', DATEADD(day, 1, GETDATE()))");
  await b.sql(
    "INSERT INTO dbo.Dated (c, n, d) VALUES (N'old', N'8', DATEADD(hour, 1, DATEADD(day, -90, GETDATE())))",
  );
  const dated = (entity: string, where: string) => ({
    ...PRICE,
    entity,
    from: { select: `SELECT c, n FROM dbo.Dated WHERE ${where}` },
  });
  b.entities([STOP, dated('Price', 'd <= GETDATE()'), dated('Invoice', 'd >= DATEADD(day, -90, GETDATE())')]);
  const holds = async (): Promise<string> => {
    const item = b.newest('anna');
    if (item === undefined) return '';
    return [...(await b.bytes(item)).matchAll(/<table tablename="(\w+)">|<ItemNo>(\w+)</g)]
      .map(([, table, no]) => table ?? no)
      .join(' ');
  };
  await b.scheduled();
  expect(await holds()).toBe('Stop Price old Invoice old tomorrow');
  await b.runtime.advance(2 * 3_600_000);
  b.asked.length = 0;
  await b.scheduled();
  expect(b.asked).toEqual(['select', 'select']);
  expect(await holds()).toBe('Stop Price old Invoice tomorrow');
  await b.runtime.advance(22.5 * 3_600_000);
  await b.scheduled();
  expect(await holds()).toBe('Stop Price old tomorrow Invoice tomorrow');
  await expectNaive(b);
});

test('an edited mapping makes its entity be read, and no other', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await b.scheduled();
  b.asked.length = 0;
  b.entities([{ ...PRICE, fields: { ItemNo: PRICE.fields.ItemNo } }, STOP, REGION]);
  await b.scheduled();
  expect(b.asked).toEqual(['Price']);
  await expectNaive(b);
});

test('a row with the time in it is told of, and not twice a cycle', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  const now = {
    ...PRICE,
    entity: 'DeviceSetup',
    from: { select: 'SELECT c, CONVERT(nvarchar(40), GETDATE(), 121) AS n FROM dbo.Setup' },
  };
  b.entities([now, STOP]);
  for (let round = 0; round < 3; round += 1) {
    await b.scheduled();
    await b.runtime.advance(60_000);
  }
  expect(b.said.filter(({ event }) => event.includes('every reading'))).toEqual([
    { event: expect.any(String), facts: { entity: 'DeviceSetup' } },
  ]);
});

test('one row id in two tables of a packet: refused, both named', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  const withId = (entity: typeof PRICE | typeof STOP) => ({
    ...entity,
    fields: { ...entity.fields, DMS_ROWID: { column: 'c', type: 'text(20)' } },
  });
  b.entities([withId(PRICE), withId(STOP)]);
  await b.scheduled();
  expect(b.counts()).toMatchObject({ built: 2, refused: 0 });
  await b.sql("INSERT INTO dbo.Price (c, n) VALUES (N's-0-2', N'0')");
  await b.scheduled();
  expect(b.counts()).toMatchObject({ built: 0, refused: 2 });
  expect(b.store.runs({ limit: 5 }).find(({ flow }) => flow === 'push')?.failure).toMatchObject({
    kind: 'rejected',
    code: 'row-id-twice',
    where: 'Price and Stop',
  });
});

/** Enough rows for files in the spool. */
async function withLargePrices(b: SegmentsBench): Promise<void> {
  const text = 'x'.repeat(90);
  for (let from = 0; from < 4_000; from += 500)
    await b.sql(
      `INSERT INTO dbo.Price (c, n) VALUES ${Array.from({ length: 500 }, (_, at) => `(N'L-${from + at}', N'${text}')`).join(', ')}`,
    );
}
const files = async (b: SegmentsBench): Promise<readonly string[]> =>
  (await b.disk.list('/spool')).filter((name) => !name.endsWith('.part'));

for (const damage of ['lost', 'changed', 'cut'] as const)
  test(`a segment ${damage} on disk is never sent: it is read again`, async () => {
    const b = await bench({ snapshot: true, users: PAIR });
    await withLargePrices(b);
    await b.scheduled();
    const [name, ...more] = await files(b);
    expect(more).toEqual([]);
    const path = `/spool/${name ?? ''}`;
    await damaged(b, path, damage);
    // Only the stops moved: the prices would be taken from what is kept.
    await b.sql("UPDATE dbo.Stop SET n = N'1'");
    b.asked.length = 0;
    await b.scheduled();
    expect(b.asked.toSorted()).toEqual(['Price', 'Stop', 'select', 'select']);
    expect(b.said.filter(({ event }) => event.includes('lost'))).toHaveLength(1);
    expect(b.counts()).toMatchObject({ accepted: 2 });
    await expectNaive(b);
    expect(await files(b)).toEqual([name]);
  });

async function damaged(b: SegmentsBench, path: string, how: 'lost' | 'changed' | 'cut'): Promise<void> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of b.disk.read(path)) chunks.push(Uint8Array.from(chunk));
  await b.disk.remove(path);
  if (how === 'lost') return;
  const bytes = Buffer.concat(chunks);
  if (how === 'changed') bytes[bytes.length - 40] = 0x41;
  const file = await b.disk.create(path);
  await file.write(how === 'cut' ? bytes.subarray(0, bytes.length - 1) : bytes);
  await file.close();
}

test('at the cap the oldest unused segments go, and are read again when they are needed', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await withLargePrices(b);
  await b.scheduled();
  const first = await files(b);
  b.parts.policy = { ...b.parts.policy, segmentCapBytes: 600_000 };
  await b.sql("UPDATE dbo.Price SET n = N'other' WHERE c = N'P-1'");
  await b.runtime.advance(1_000);
  await b.scheduled();
  const second = await files(b);
  expect(second).toHaveLength(1);
  expect(second).not.toEqual(first);
  await expectNaive(b);
  // What an accepted packet was made of is gone; what the newest is made of is not.
  await b.sql("UPDATE dbo.Price SET n = N'0' WHERE c = N'P-1'");
  await b.runtime.advance(1_000);
  await b.scheduled();
  expect(await files(b)).toEqual(first);
  await expectNaive(b);
});

test('a cap smaller than the segments of one cycle holds up no packet of it', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await withLargePrices(b);
  b.parts.policy = { ...b.parts.policy, segmentCapBytes: 1 };
  for (const price of ['1', '2']) {
    await b.sql(`UPDATE dbo.Price SET n = N'${price}' WHERE c = N'P-1'`);
    await b.runtime.advance(1_000);
    await b.scheduled();
    expect(b.counts()).toMatchObject({ built: 2, accepted: 2 });
    await expectNaive(b);
    expect(await files(b)).toHaveLength(1);
  }
});

test('below the reserve of the disk nothing is built, and packets of phones still come in', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await withLargePrices(b);
  const MB = 1024 * 1024;
  b.parts.bodies = createBodyStore({
    disk: b.disk,
    folder: '/spool',
    reserveBytes: 256 * MB,
    againReserveBytes: 1024 * MB,
    rowBody: (hash) => b.store.rowBody(hash),
    newId: () => b.runtime.newId(),
  });
  b.disk.capacity = 600 * MB;
  await b.scheduled();
  expect(b.counts()).toMatchObject({ built: 0, accepted: 0 });
  expect(b.store.runs({ limit: 5 }).find(({ flow }) => flow === 'push')?.failure).toMatchObject({
    kind: 'disk',
  });
  expect(await files(b)).toEqual([]);
  const id = b.deliver(packet('SalesHeader', 'A1', { no: 'O-1', comment: 'x'.repeat(400_000) }));
  await b.run('pull');
  const [item] = b.store.list({ direction: 'in', limit: 5, offset: 0 });
  expect(item).toMatchObject({ externalId: id, body: { place: 'spool' } });
  b.disk.capacity = 4096 * MB;
  await b.runtime.advance(600_000);
  await b.scheduled();
  expect(b.counts()).toMatchObject({ built: 2 });
  await expectNaive(b);
});

test('what people see of a packet and save of it are its bytes, and their hash', async () => {
  const b = await bench({ snapshot: true, users: PAIR });
  await b.scheduled();
  const item = b.newest('anna');
  if (item === undefined) throw new Error('no packet');
  const bytes = Buffer.from(await b.bytes(item));
  const reads = inlineReads({ file: b.file, spool: '/nowhere', zone: 'UTC' });
  const ask = async (offset: number, limit: number) => {
    const part = await reads.bodyPart({ item: item.id, offset, limit }, new AbortController().signal);
    if (!part.ok || part.value === undefined) throw new Error('no part');
    return part.value;
  };
  for (const [offset, limit] of [
    [0, 10_000],
    [0, 7],
    [60, 200],
    [bytes.length - 20, 100],
  ] as const) {
    const { body, bytes: part } = await ask(offset, limit);
    expect(Buffer.from(part)).toEqual(bytes.subarray(offset, offset + limit));
    expect(body).toMatchObject({
      size: bytes.length,
      hash: createHash('sha256').update(bytes).digest('hex'),
    });
  }
  await reads.close();
});
