import { expect, onTestFinished, test } from 'vitest';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { readingBench, type ReadingBench } from './reading-bench.ts';

async function bench(options: Parameters<typeof readingBench>[0] = {}): Promise<ReadingBench> {
  const b = await readingBench(options);
  onTestFinished(() => b.close());
  return b;
}

test('an unchanged ERP is not read again; a change in any base table goes out', async () => {
  const b = await bench();
  await b.scheduled();
  expect(b.counts()).toMatchObject({ users: 2, built: 2, bestEffort: 0 });
  const whole = b.rowReads();
  await b.scheduled();
  expect(b.counts()).toMatchObject({ users: 2, unchanged: 2, built: 0 });
  expect(b.rowReads()).toBe(whole);
  for (const change of [
    "UPDATE dbo.Setup SET n = N'1'",
    "INSERT INTO dbo.Company (c, n) VALUES (N'B', N'0')",
    "UPDATE dbo.Client SET n = N'under the view' WHERE c = N'C-1'",
    "DELETE FROM dbo.Company WHERE c = N'B'",
    "DELETE FROM dbo.Client; INSERT INTO dbo.Client (c, n) VALUES (N'C-2', N'another')",
    "DROP VIEW dbo.Customer; EXEC sp_executesql N'CREATE VIEW dbo.Customer AS SELECT c, UPPER(n) AS n FROM dbo.Client'",
    'TRUNCATE TABLE dbo.Client',
  ]) {
    for (const text of change.split('; ')) await b.sql(text.startsWith('EXEC') ? VIEW : text);
    await b.scheduled();
    expect([change, b.counts()]).toEqual([change, expect.objectContaining({ built: 2, bestEffort: 0 })]);
    const reads = b.rowReads();
    await b.scheduled();
    expect([change, b.counts()]).toEqual([change, expect.objectContaining({ unchanged: 2 })]);
    expect(b.rowReads(), change).toBe(reads);
  }
});
const VIEW = 'CREATE VIEW dbo.Customer AS SELECT c, UPPER(n) AS n FROM dbo.Client';

test('everything is read by hand, after a day, with another clock and after a restore', async () => {
  const b = await bench();
  const backup = b.engine.backup(SAMPLE.database);
  await b.scheduled();
  let reads = b.rowReads();
  const read = (): boolean => {
    const more = b.rowReads() > reads;
    reads = b.rowReads();
    return more;
  };
  await b.run('push');
  expect(read(), 'by hand').toBe(true);
  await b.scheduled();
  expect(read(), 'unchanged').toBe(false);
  await b.runtime.advance(86_400_000);
  await b.scheduled();
  expect(read(), 'after a day').toBe(true);
  await b.scheduled();
  expect(read(), 'the day after').toBe(false);
  b.runtime.clock.jumpWall(-3_600_000);
  await b.scheduled();
  expect(read(), 'clock set back').toBe(true);
  b.runtime.clock.jumpWall(3_600_000);
  await b.scheduled();
  expect(read(), 'settled').toBe(false);
  await b.restore(backup);
  await b.scheduled();
  expect(read(), 'restored').toBe(true);
});

test('what looks at the clock is read each time; what is not understood is never called validated', async () => {
  const clock = await bench({ select: 'SELECT c, n FROM dbo.Customer WHERE GETDATE() > 0' });
  await clock.scheduled();
  const reads = clock.rowReads();
  await clock.scheduled();
  expect(clock.counts()).toMatchObject({ unchanged: 2, bestEffort: 0 });
  expect(clock.rowReads()).toBeGreaterThan(reads);
  const dirty = await bench({ select: 'SELECT c, n FROM dbo.Customer WITH (NOLOCK)' });
  await dirty.scheduled();
  expect(dirty.counts()).toMatchObject({ built: 2, bestEffort: 2 });
});

const ids = (b: ReadingBench) =>
  b.store.list({ direction: 'out', limit: 5_000, offset: 0 }).map(({ id }) => id);

/** Pairs of what two tables said in one packet, by the consistency it is marked with. */
async function mismatches(b: ReadingBench): Promise<Record<string, [right: number, torn: number]>> {
  const found: Record<string, [number, number]> = {};
  for (const id of ids(b)) {
    const meta = b.store.snapshotMeta(id);
    const item = b.store.get(id);
    if (meta === undefined || item === undefined) continue;
    const text = await bodyText(b, id);
    const said = new Set([...text.matchAll(/<Name>([^<]*)<\/Name>/g)].map(([, name]) => name));
    const count = (found[meta.consistency] ??= [0, 0]);
    count[said.size === 1 ? 0 : 1] += 1;
  }
  return found;
}
async function bodyText(b: ReadingBench, id: number): Promise<string> {
  const item = b.store.get(id as never);
  if (item === undefined) return '';
  const parts: Buffer[] = [];
  for await (const part of b.link.parts.bodies.open(item.body)) parts.push(Buffer.from(part));
  return Buffer.concat(parts).toString('utf8');
}

for (const planted of [false, true])
  test(`two tables changed in one transaction while they are read${planted ? ': the test sees a comparison left out' : ' never go out torn'}`, async () => {
    const b = await bench();
    if (planted) {
      const { reader } = b.link.parts.erp;
      const positions = reader.positions.bind(reader);
      let noted: Awaited<ReturnType<typeof positions>> | undefined;
      reader.positions = async (tables, signal) => (noted ??= await positions(tables, signal));
    }
    let n = 0;
    let left = 0;
    b.meanwhile(async () => {
      if (left === 0 || b.runtime.random() > 0.15) return;
      left -= 1;
      n += 1;
      await b.sql(
        `SET XACT_ABORT ON; BEGIN TRANSACTION; UPDATE dbo.Setup SET n = N'${n}'; UPDATE dbo.Company SET n = N'${n}'; UPDATE dbo.Client SET n = N'${n}'; COMMIT TRANSACTION`,
      );
    });
    for (let round = 0; round < (planted ? 25 : 100); round += 1) {
      left = 1 + (round % 4);
      await b.run('push');
    }
    const found = await mismatches(b);
    if (planted) expect(found['validated']?.[1] ?? 0).toBeGreaterThan(0);
    else {
      expect(found['validated']?.[0]).toBeGreaterThan(100);
      expect(found['validated']?.[1]).toBe(0);
    }
  });
