import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createDynamicsMobileCloud } from '../../../main/adapters/dynamics-mobile/dynamics-mobile-cloud.ts';
import { createNodeHttpTransport } from '../../../main/adapters/http/node-http-transport.ts';
import { brokenRule } from '../../rules/broken-rule.ts';
import { field, fieldDay, pullAll, USERS, type Field, type FieldOptions } from '../../rules/dm/field-day.ts';
import { kindOf } from '../../rules/mutants/edits.ts';
import { OF_THE_WAY } from '../../rules/mutants/of-the-way.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import { createTestRuntime, SimulatedCrash } from '../../support/test-runtime.ts';
import { cloudSettings, failure, KEY, never, testRuntime, value } from './client-world.ts';

/** The wrong client, in a run that breaks a rule from 53 on; nothing in every other run. */
const wrong = () => OF_THE_WAY[brokenRule() ?? 0];

function open(options: FieldOptions = {}): Field {
  const made = field(temporaryFolder(), { client: wrong()?.client, ...options });
  onTestFinished(() => made.close());
  return made;
}

const packetsHere = (bench: LinkBench): readonly string[] =>
  bench.store.list({ direction: 'in', limit: 100, offset: 0 }).map((item) => item.externalId);

describe.each(['sticky', 'sqs'] as const)('killed (%s)', (queue) => {
  test('rule 53: at any point between list and done, every packet is in the inbox exactly once', async () => {
    const points: string[] = [];
    for (let point = 1, killed = true; killed; point += 1) {
      killed = false;
      const folder = temporaryFolder();
      const runtime = createTestRuntime({ seed: point });
      const first = linkBench(folder, { runtime, client: theWrong(runtime), switches: { queue } });
      const { cloud, erp } = first;
      const sent = (queue === 'sqs' ? [1, 2] : [1]).map((n) =>
        first.deliver(packet('SalesHeader', `row-${n}`, { no: `SO-${n}` })),
      );
      let step = 0;
      runtime.onStep = (name, phase) => {
        if (killed || (name.startsWith('pull.') && (step += 1) === point)) {
          if (!killed) points.push(`${name} ${phase}`);
          killed = true;
          throw new SimulatedCrash(name, phase);
        }
      };
      await first.run('pull').catch((error: unknown) => {
        if (!(error instanceof SimulatedCrash)) throw error;
      });
      runtime.onStep = undefined;
      first.store.close();
      const second = linkBench(folder, { runtime, cloud, erp, client: theWrong(runtime) });
      for (let round = 0; round < 4; round += 1) {
        await runtime.advance(31_000);
        await second.run('pull');
      }
      expect(packetsHere(second).toSorted(), points.at(-1)).toEqual(sent.toSorted());
      expect(erp.written.toSorted(), points.at(-1)).toEqual(sent.map((_, n) => `order SO-${n + 1}`));
      expect(cloud.control.queueState({ area: AREA })).toMatchObject({ waiting: [], delivered: [] });
      second.close();
    }
    expect(points).toEqual(
      expect.arrayContaining([
        'pull.remember-list after',
        'pull.store-packet before',
        'pull.report-done after',
      ]),
    );
  }, 120_000);
});

const theWrong = (runtime: ReturnType<typeof createTestRuntime>) => {
  const client = wrong()?.client;
  return client === undefined ? undefined : (right: Parameters<typeof client>[0]) => client(right, runtime);
};

test('rule 54: the packets of one visit give the same ERP in any order', async () => {
  const visit = [
    packet('Visit', 'row-V', { no: 'V-1' }),
    packet('SalesHeader', 'row-O', { no: 'SO-1', visitNo: 'V-1' }),
    packet('PaymentHeader', 'row-P', { no: 'P-1', orderNo: 'SO-1' }),
  ];
  const results: string[] = [];
  for (const order of [visit, visit.toReversed(), [visit[1], visit[2], visit[0]]]) {
    const bench = linkBench(temporaryFolder(), { mapping: wrong()?.mapping });
    for (const xml of order) {
      bench.deliver(xml ?? '');
      await bench.run('pull');
    }
    await bench.run('pull');
    results.push(bench.erp.written.join(', '));
    bench.close();
  }
  expect(results).toEqual(Array.from({ length: 3 }, () => 'visit V-1, order SO-1, payment P-1'));
});

test('rule 55: a packet the ERP refuses does not stop the ones behind it, and is shown', async () => {
  const f = open();
  wrong()?.spoil?.(f.erp);
  f.erp.next = [{ kind: 'rejected', code: '547', where: 'dbo.Orders', message: 'no such customer' }];
  for (let n = 0; n < 4; n += 1) f.order();
  await pullAll(f);
  expect(f.erp.written).toHaveLength(3);
  const parked = f.store.list({ direction: 'in', states: ['parked'], limit: 9, offset: 0 });
  expect(parked).toHaveLength(1);
  expect(parked[0]?.reason).toMatchObject({ kind: 'failure', failure: { code: '547' } });
});

/** A morning with another client on the area: what waits is pulled every five minutes, and an order is made before each. */
async function sharedArea(
  queue: 'sticky' | 'sqs',
  guarded: boolean,
): Promise<{ f: Field; lostAfterwards: number }> {
  const f = open({
    switches: { queue, duplicate: 0.2, short: 0.1, empty: 0 },
    guard: guarded ? { gapMs: 30 * 60_000, tolerated: 0 } : undefined,
  });
  const { control } = f.cloud;
  for (let n = 0; n < 4; n += 1) f.order();
  await pullAll(f);
  control.setSwitches({ secondClient: 0.5 });
  const stopped = (): boolean => f.store.pause(f.link.parts.link) !== undefined;
  for (let cycle = 0; cycle < 24 && !stopped(); cycle += 1) {
    f.order();
    await f.runtime.advance(5 * 60_000);
    await f.run('pull');
  }
  const before = f.cloud.control.statistics().calls.list;
  f.order();
  await f.runtime.advance(10 * 60_000);
  f.link.sync('pull', 'manual', never);
  await f.runtime.advance(1_000);
  return { f, lostAfterwards: f.cloud.control.statistics().calls.list - before };
}

test.each(['sticky', 'sqs'] as const)(
  'rule 56: of two clients on one area the second notices, says which numbers are missing, and stops (%s)',
  async (queue) => {
    const { f, lostAfterwards } = await sharedArea(queue, wrong()?.unguarded !== true);
    const taken = f.cloud.control.takenByOthers({ area: AREA });
    expect(taken.length).toBeGreaterThan(0);
    const missing = [...f.sent].filter(([, { id }]) => taken.includes(id)).map(([number]) => number);
    const pause = f.store.pause(f.link.parts.link);
    expect(pause).toMatchObject({ by: 'program', reason: 'another-client', failure: { where: 'anna' } });
    expect(missing.some((number) => JSON.stringify(pause).includes(number.slice(3)))).toBe(true);
    expect(lostAfterwards).toBe(0);
  },
);

test('rule 56, wrong client: one that does not look for another client', async () => {
  const { f, lostAfterwards } = await sharedArea('sqs', false);
  expect(f.store.pause(f.link.parts.link)).toBeUndefined();
  expect(f.cloud.control.takenByOthers({ area: AREA }).length).toBeGreaterThan(2);
  expect(lostAfterwards).toBeGreaterThan(0);
  const right = await sharedArea('sqs', true);
  expect(right.f.store.pause(right.f.link.parts.link)).toBeDefined();
});

test('rule 57: no log line, failure or file name holds a signed link', async () => {
  const said: unknown[] = [];
  const folder = temporaryFolder();
  const note = (event: string, facts: object): void => void said.push(event, facts);
  const f = field(folder, { client: wrong()?.client, log: { info: note, warn: note } });
  const { control } = f.cloud;
  control.faults([{ on: 'upload', kind: 'status', status: 500, times: 9 }]);
  await f.run('push');
  said.push(...f.store.runs({ limit: 9 }), ...f.store.list({ limit: 99, offset: 0 }));
  for (const on of ['upload', 'download', 'link', 'pushLink', 'list', 'done'] as const)
    f.cloud.control.faults([
      { on, kind: 'status', status: 500, times: 3 },
      { on, kind: 'cut', times: 2 },
      { on, kind: 'html', times: 1 },
    ]);
  for (let n = 0; n < 5; n += 1) f.order();
  for (let round = 0; round < 8; round += 1) {
    await f.run('push');
    await f.run('pull');
    said.push(...f.store.runs({ limit: 9 }), ...f.store.list({ limit: 99, offset: 0 }));
    await f.runtime.advance(60_000);
  }
  f.close();
  const text = JSON.stringify([said, readdirSync(folder, { recursive: true })]);
  expect(text).toContain('unreachable');
  for (const secret of ['/transfer/', 'X-Amz', 'Signature']) expect(text).not.toContain(secret);
});

test.each([1, -1])(
  'rule 58: links work with a clock that jumps by %i hour after each of them',
  async (hours) => {
    const jumping: { clock?: Field['runtime']['clock'] } = {};
    const f = open({
      switches: { duplicate: 0 },
      wire: async (request, send) => {
        const answer = await send(request);
        if (kindOf(request) === 'link' || kindOf(request) === 'pushLink')
          jumping.clock?.jumpWall(hours * 3_600_000);
        return answer;
      },
    });
    jumping.clock = f.runtime.clock;
    await f.run('push');
    await f.cloud.control.settled();
    expect(f.cloud.control.notifications({ area: AREA })).toHaveLength(USERS.length);
    for (let n = 0; n < 3; n += 1) f.order(USERS[n]);
    await pullAll(f);
    expect(packetsHere(f).toSorted()).toEqual([...f.sent.values()].map(({ id }) => id).toSorted());
    // Not one link was asked for twice.
    expect(f.cloud.control.statistics().calls).toMatchObject({
      pushLink: USERS.length,
      upload: USERS.length,
      link: 3,
      download: 3,
    });
  },
);

test('rule 59: no push starts while packets of that user are unprocessed', async () => {
  const f = open({ switches: { duplicate: 0, short: 0, empty: 0 } });
  f.order('anna', { visitNo: 'V-still-on-the-road' });
  await f.run('push');
  await f.cloud.control.settled();
  const has = (user: string): boolean => f.cloud.control.deviceSnapshot({ area: AREA, user }) !== undefined;
  expect(USERS.map(has)).toEqual([false, true, true]);
});

test('rule 59: nor while packets are listed that could not be fetched', async () => {
  const f = open({ switches: { duplicate: 0, short: 0, empty: 0 } });
  f.order('anna');
  f.cloud.control.faults([{ on: 'download', kind: 'status', status: 503, times: 99 }]);
  await f.run('push');
  expect(f.cloud.control.statistics().calls.upload).toBe(0);
});

test('rule 60: 99,999,999 bytes go through in bounded memory, 100,000,001 are refused before any call', async () => {
  const child = spawn(
    process.execPath,
    [
      'main/sandbox/clouds/dynamics-mobile/main.ts',
      JSON.stringify({
        areas: [{ code: 'ACME', keys: [KEY], users: ['anna'] }],
        switches: { processing: 'hold' },
      }),
    ],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  onTestFinished(async () => {
    child.stdin.end();
    await once(child, 'exit');
  });
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  const { url, control } = JSON.parse(line) as { url: string; control: string };
  const runtime = testRuntime();
  const right = createDynamicsMobileCloud({
    settings: cloudSettings(url),
    apiKey: () => Promise.resolve(KEY),
    http: createNodeHttpTransport(runtime),
    runtime,
    maxPacketBytes: 1_000_000,
  });
  const client = wrong()?.client?.(right, createTestRuntime({ seed: 1 })) ?? right;
  const ask = (size: number) => client.requestUpload({ user: 'anna', packetUniqueId: 'big', size }, never);
  expect(failure(await ask(100_000_001))).toMatchObject({ kind: 'rejected', code: 'packet-too-large' });
  const size = 99_999_999;
  const ticket = value(await ask(size));
  const piece = Buffer.alloc(65_536, 'x');
  const inUse = (): number => process.memoryUsage().arrayBuffers;
  const before = inUse();
  let peak = 0;
  const body = {
    size,
    // oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
    open: async function* () {
      for (let left = size; left > 0; left -= piece.length) {
        yield piece.subarray(0, Math.min(left, piece.length));
        peak = Math.max(peak, inUse() - before);
      }
    },
  };
  value(await client.upload(ticket, body, never));
  expect(peak).toBeLessThan(50_000_000);
  const statistics = (await (await fetch(`${control}/statistics`, { method: 'POST' })).json()) as {
    calls: Record<string, number>;
  };
  expect(statistics.calls).toMatchObject({ pushLink: 1, upload: 1 });
}, 60_000);

test.each(['sticky', 'sqs'] as const)(
  'a whole day with a strict cloud leaves nothing to find (%s)',
  async (queue) => {
    for (const listFormat of ['xml', 'json'] as const)
      expect(await fieldDay(temporaryFolder(), { switches: { queue }, listFormat })).toEqual([]);
  },
);
