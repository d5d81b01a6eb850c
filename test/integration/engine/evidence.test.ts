import { expect, onTestFinished, test } from 'vitest';
import type { PacketListing } from '../../../main/core/packets/packet-cloud.ts';
import { linkBench, MAPPING, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { createTestRuntime } from '../../support/test-runtime.ts';

const MINUTE = 60_000;
const guard = { gapMs: 30 * MINUTE, tolerated: 0 };

type Options = NonNullable<Parameters<typeof linkBench>[1]>;

function open(options: Options = {}, folder = temporaryFolder()): LinkBench {
  const made = linkBench(folder, { guard, ...options });
  onTestFinished(() => made.close());
  return made;
}

const order = (n: number, user?: string): string =>
  packet('SalesHeader', `row-${n}`, { no: `SO-${String(n).padStart(4, '0')}` }, user);

const pauseOf = ({ store, link }: LinkBench) => store.pause(link.parts.link);

/** Pulls every five minutes. */
async function pulls(bench: LinkBench, minutes: number): Promise<void> {
  for (let past = 0; past < minutes; past += 5) {
    await bench.runtime.advance(5 * MINUTE);
    await bench.run('pull');
  }
}

/** Another client lists what waits, fetches it and reports it done. */
async function steal({ link }: LinkBench): Promise<number> {
  const never = new AbortController().signal;
  const { cloud } = link.parts;
  const listing = await cloud.list('packet', never);
  if (!listing.ok) throw new Error(listing.failure.kind);
  const listed: PacketListing = listing.value;
  await cloud.reportDone(listed, never);
  return listed.entries.length;
}

test('a number that was passed over and never comes stops the link, and says who and which', async () => {
  const b = open();
  b.deliver(order(11));
  await b.run('pull');
  b.deliver(order(12));
  expect(await steal(b)).toBe(1);
  b.deliver(order(13));
  await b.run('pull');
  await pulls(b, 25);
  expect(pauseOf(b)).toBeUndefined();
  await pulls(b, 10);
  expect(pauseOf(b)).toMatchObject({
    by: 'program',
    reason: 'another-client',
    failure: { code: 'another-client', where: 'anna', message: 'anna: order SO-0012' },
  });
  // It takes nothing more away from the other client, and gives no phone anything.
  const { calls } = b.cloud.control.statistics();
  const before = { ...calls };
  expect(b.link.sync('push', 'manual', new AbortController().signal)).toMatchObject({
    answer: { outcome: 'refused' },
  });
  expect(b.link.nextRun('pull')).toBeUndefined();
  expect(b.cloud.control.statistics().calls).toEqual(before);
});

test('a push that waits for the pull that found it does not go out', async () => {
  const b = open();
  b.deliver(order(11));
  await b.run('pull');
  b.deliver(order(12));
  await steal(b);
  b.deliver(order(13));
  await b.run('pull');
  await pulls(b, 25);
  await b.runtime.advance(6 * MINUTE);
  await b.run('push');
  expect(pauseOf(b)).toMatchObject({ reason: 'another-client' });
  expect(b.cloud.control.statistics().calls.upload).toBe(0);
});

test('what a person knows is not told again, what comes after it is', async () => {
  const b = open();
  for (const n of [11, 13]) b.deliver(order(n));
  await b.run('pull');
  await pulls(b, 35);
  expect(pauseOf(b)).toMatchObject({ failure: { message: 'anna: order SO-0012' } });
  b.link.resume();
  await pulls(b, 90);
  expect(pauseOf(b)).toBeUndefined();
  b.deliver(order(16));
  await b.run('pull');
  await pulls(b, 35);
  expect(pauseOf(b)).toMatchObject({ failure: { message: 'anna: order SO-0014 to SO-0015' } });
});

test('no gap: what came late, what is parked, what was here before a restart, the first of a user', async () => {
  const folder = temporaryFolder();
  const runtime = createTestRuntime({ seed: 3 });
  const first = linkBench(folder, { guard, runtime });
  for (const n of [500, 502]) first.deliver(order(n));
  first.erp.next = [{ kind: 'rejected', code: '547', where: 'dbo.Orders', message: 'no such customer' }];
  await first.run('pull');
  expect(first.store.list({ states: ['parked'], limit: 9, offset: 0 })).toHaveLength(1);
  await pulls(first, 25);
  first.deliver(order(501));
  await first.run('pull');
  first.store.close();
  runtime.clock.jumpWall(-3_600_000);
  const { cloud, erp } = first;
  const second = open({ runtime, cloud, erp }, folder);
  await second.run('pull');
  second.deliver(order(503));
  second.deliver(order(77, 'bob'), { user: 'bob' });
  await pulls(second, 90);
  expect(pauseOf(second)).toBeUndefined();
});

test('no gap: a packet that is listed and cannot be had, or that cannot be read', async () => {
  const b = open();
  b.deliver(order(1));
  await b.run('pull');
  b.cloud.control.vanishBody({ area: 'ACME', id: b.deliver(order(2)) });
  await b.run('pull');
  b.deliver(order(3));
  await pulls(b, 60);
  expect(pauseOf(b)).toBeUndefined();
  b.deliver('<NavMobileSync salesmancode="anna"><table');
  await b.run('pull');
  b.deliver(order(5));
  await pulls(b, 60);
  expect(pauseOf(b)).toBeUndefined();
  // It explains what is missing of its own time only.
  b.deliver(order(6));
  await b.run('pull');
  b.deliver(order(8));
  await pulls(b, 60);
  expect(pauseOf(b)).toMatchObject({ failure: { message: 'anna: order SO-0007' } });
});

test('no gap: what the ERP has of this source, so that a restored store finds its own packets', async () => {
  const runtime = createTestRuntime({ seed: 3 });
  const old = linkBench(temporaryFolder(), { guard, runtime });
  const [first = ''] = [1, 2, 3].map((n) => old.deliver(order(n)));
  await old.run('pull');
  old.store.close();
  // A store that was made before the second and third came.
  const { cloud, erp } = old;
  const b = open({ runtime, cloud, erp });
  cloud.control.redeliver({ area: 'ACME', id: first });
  await b.run('pull');
  b.deliver(order(4));
  await pulls(b, 90);
  expect(pauseOf(b)).toBeUndefined();
});

test('a device that says less than it said, after our snapshot told it how far it was, was told so by somebody else', async () => {
  const mapping = {
    ...MAPPING,
    push: {
      entities: MAPPING.push.entities.map((one) =>
        one.entity === 'DeviceSetup'
          ? { ...one, from: { select: 'SELECT c FROM ferry.series WHERE source = @source' } }
          : one,
      ),
    },
    pull: {
      ...MAPPING.pull,
      series: [{ entity: 'DocumentSerieUpdate', key: ['tableName', 'documentType'], current: 'current' }],
    },
  };
  const b = open({ mapping });
  b.erp.usersOf = [{ name: 'anna', values: new Map() }];
  b.erp.tables = { select: [['x']], Company: [['A', 'Acme']], Customer: [['C-1', 'Corner']] };
  const says = (current: number, at: string): string =>
    b.deliver(
      `<NavMobileSync salesmancode="anna"><table tablename="DocumentSerieUpdate"><r status="insert"><tableName>SalesHeader</tableName><documentType>0</documentType><current>${current}</current><onDate>2026-03-02T${at}.000Z</onDate></r></table></NavMobileSync>`,
    );
  says(50, '08:00:00');
  await b.run('pull');
  await b.run('push');
  expect(b.store.lastAccepted(b.link.parts.link, 'anna')).toBeDefined();
  await pulls(b, 35);
  // Said before, and late on its way.
  says(48, '07:59:00');
  await b.run('pull');
  expect(pauseOf(b)).toBeUndefined();
  says(20, '08:30:00');
  await b.run('pull');
  expect(pauseOf(b)).toMatchObject({ failure: { message: 'anna: salesheader/0 went back from 50 to 20' } });
  b.link.resume();
  says(21, '09:00:00');
  await pulls(b, 60);
  expect(pauseOf(b)).toBeUndefined();
});

test('a device that says it has used numbers that never came', async () => {
  const mapping = {
    ...MAPPING,
    pull: {
      ...MAPPING.pull,
      series: [{ entity: 'DocumentSerieUpdate', key: ['tableName', 'documentType'], current: 'current' }],
    },
  };
  const b = open({ mapping });
  const typed = (n: number): string =>
    packet('SalesHeader', `row-${n}`, { no: `SO-${n}`, documentType: '0' });
  b.deliver(typed(10));
  await b.run('pull');
  b.deliver(
    '<NavMobileSync salesmancode="anna"><table tablename="DocumentSerieUpdate"><r status="insert"><tableName>SalesHeader</tableName><documentType>0</documentType><current>12</current></r></table></NavMobileSync>',
  );
  await b.run('pull');
  await pulls(b, 35);
  expect(pauseOf(b)).toMatchObject({ failure: { message: 'anna: order SO-11' } });
});

test('as many as the settings say may be missing', async () => {
  const b = open({ guard: { ...guard, tolerated: 2 } });
  for (const n of [1, 3, 5]) b.deliver(order(n));
  await b.run('pull');
  await pulls(b, 60);
  expect(pauseOf(b)).toBeUndefined();
  b.deliver(order(7));
  await pulls(b, 40);
  expect(pauseOf(b)).toMatchObject({
    failure: { message: 'anna: order SO-0002, SO-0004, SO-0006' },
  });
});

test.each(['erp-copied', 'erp-restored'] as const)(
  'an ERP that is not the one known here (%s): nothing is pulled and nothing pushed',
  async (reason) => {
    const b = open();
    b.erp.away = { kind: 'fenced', endpoint: 'erp:main', reason, detail: 'other server' };
    b.deliver(order(1));
    await b.run('pull');
    await b.run('push');
    expect(b.cloud.log).toEqual([]);
    expect(b.store.runs({ limit: 9 }).map(({ outcome, failure }) => [outcome, failure?.kind])).toEqual(
      Array.from({ length: 2 }, () => ['failed', 'fenced']),
    );
  },
);
