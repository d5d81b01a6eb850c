import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connectPipe, type PipeClient } from '../../../main/console/pipe-client.ts';
import { startChild } from '../../../main/sandbox/program/child.ts';
import { remoteCloud } from '../../../main/sandbox/program/remote-cloud.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { RunView } from '../../../shared/contract/status.ts';
import { largeWorld, type LargeWorld } from '../bench-site.ts';
import { buildProgram, CLI } from '../built-agent.ts';
import { rounded, type Measured } from '../figure.ts';
import { rowsFor } from '../large-rows.ts';
import { expectOrders, goodsOf, orderPacket } from '../order-packets.ts';

const PACKETS = 1_000;
const LINES = 2;
const LARGE_BYTES = 50_000_000;
const HOOK = fileURLToPath(new URL('../processes/loop-hook.mjs', import.meta.url));
const FEED = new URL('../processes/feed-packet.ts', import.meta.url);
const LOOK_MS = 50;

interface Late {
  readonly p50: number;
  readonly p99: number;
  readonly most: number;
  readonly looks: number;
}

async function deliverAll(world: LargeWorld): Promise<void> {
  const goods = await goodsOf(world.erpPort, [world.user]);
  const cloud = remoteCloud(world.control, SAMPLE.appArea);
  const orders = Array.from({ length: PACKETS - 1 }, (_, index) => orderPacket(goods, `L-${index}`, index));
  const deliver = async (some: typeof orders): Promise<void> => {
    for (const { id, user, xml } of some)
      await cloud.call('deliver', { area: SAMPLE.appArea, id, user, company: SAMPLE.company, xml });
  };
  await deliver(orders.slice(0, PACKETS / 2));
  const to = new URLSearchParams({ area: SAMPLE.appArea, user: world.user, company: SAMPLE.company });
  const fed = await startChild<{ bytes: number }>(FEED, {
    address: `${world.control}/deliver?${to.toString()}`,
    user: world.user,
    bytes: LARGE_BYTES,
  });
  if (fed.said.bytes !== LARGE_BYTES) throw new Error(`the packet has ${fed.said.bytes} bytes`);
  await fed.end();
  await deliver(orders.slice(PACKETS / 2));
}

async function reached(dataDir: string): Promise<PipeClient> {
  for (;;) {
    const client = await connectPipe(dataDir);
    if (client.ok) return client.value;
    await after(LOOK_MS);
  }
}

/** A run from its beginning to its end. Looked for seldom enough to be no work of its own. */
async function run(client: PipeClient, flow: 'pull' | 'push'): Promise<RunView> {
  const asked = await client.call('sync', { flow });
  const id = asked.ok ? asked.value.flows[0]?.run : undefined;
  if (id === undefined) throw new Error(`no ${flow} was started`);
  for (;;) {
    const reply = await client.call('runsList', { limit: 20 });
    const ended = reply.ok
      ? reply.value.runs.find((one) => one.id === id && one.endedAt !== undefined)
      : undefined;
    if (ended !== undefined) return ended;
    await after(10 * LOOK_MS);
  }
}

/** The agent that is shipped, in a process of its own: what it does is what delays its loop. */
export async function measure(): Promise<Measured> {
  buildProgram();
  const world = await largeWorld(rowsFor(LARGE_BYTES));
  try {
    const file = join(world.dataDir, 'site.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as { links: { pull: object }[] };
    for (const { pull } of settings.links) Object.assign(pull, { acknowledge: 'after-store' });
    writeFileSync(file, JSON.stringify(settings));
    const profile = process.env['BENCH_CPU_PROFILE'];
    const child = spawn(
      process.execPath,
      [
        ...(profile === undefined ? [] : ['--cpu-prof', '--cpu-prof-dir', profile]),
        '--import',
        HOOK,
        CLI,
        '--data-dir',
        world.dataDir,
        'run',
      ],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], env: { ...process.env, ...world.env } },
    );
    const exited = once(child, 'exit');
    const client = await reached(world.dataDir);
    const late = async (work: () => Promise<void>): Promise<Late> => {
      child.send('from');
      await work();
      const answer = once(child, 'message');
      child.send('said');
      const [said] = (await answer) as [Late];
      return said;
    };
    await run(client, 'pull');
    // First: a packet that needs a person holds its user's snapshot back.
    const push = await late(async () => {
      const { counts } = await run(client, 'push');
      if (counts['accepted'] !== 1)
        throw new Error(`the snapshot was not accepted: ${JSON.stringify(counts)}`);
    });
    await deliverAll(world);
    const pull = await late(async () => {
      await run(client, 'pull');
    });
    client.close();
    child.kill('SIGTERM');
    await exited;
    await expectOrders(world.erpPort, 'L-', PACKETS - 1, LINES);
    return {
      values: [Math.max(pull.p99, push.p99)],
      details: {
        packets: PACKETS,
        oneOf: `${LARGE_BYTES} bytes`,
        pullP50: rounded(pull.p50),
        pullP99: rounded(pull.p99),
        pullLongest: rounded(pull.most),
        pushP50: rounded(push.p50),
        pushP99: rounded(push.p99),
        pushLongest: rounded(push.most),
      },
    };
  } finally {
    await world.end();
  }
}
