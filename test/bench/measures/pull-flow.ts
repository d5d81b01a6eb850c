import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWorld, type World } from '../../../main/sandbox/program/world.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { runningSite } from '../bench-site.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { expectOrders, goodsOf, orderPacket } from '../order-packets.ts';
import { plainFlow } from '../plain-flow.ts';

const PACKETS = 1_000;
const LINES = 2;
/** The plain flow does one call after the other, so that each packet takes it the same time: fewer of them tell it. */
const PLAIN_PACKETS = 100;
const CALL_MS = 50;
const REPEATS = 2;

export type Mode = 'sqs' | 'sticky';
type Acknowledge = 'auto' | 'after-store';

interface Settings {
  readonly links: readonly { readonly cloud: { readonly baseUrl: string }; push: object; pull: object }[];
}

const settingsOf = (world: World): Settings =>
  JSON.parse(readFileSync(join(world.dataDir, 'site.json'), 'utf8')) as Settings;

/** Nothing runs that was not asked for, and every packet of a world is the same as in the others. */
async function stagedWorld(mode: Mode, acknowledge: Acknowledge): Promise<World> {
  const world = await startWorld({
    seed: 1,
    mode,
    scale: 'tiny',
    // The cloud's own numbers: its queue hides what it listed for 30 s.
    switches: { visibility: 30 },
    settings: { pullEvery: '24h', acknowledge },
    now: () => Date.now(),
  });
  const settings = settingsOf(world);
  for (const { push } of settings.links) Object.assign(push, { enabled: false });
  writeFileSync(join(world.dataDir, 'site.json'), JSON.stringify(settings));
  return world;
}

async function deliverAll(world: World): Promise<void> {
  const goods = await goodsOf(
    world.erpPort,
    world.phones.map(({ user }) => user),
  );
  for (let index = 0; index < PACKETS; index += 1) {
    const { id, user, xml } = orderPacket(goods, `F-${index}`, index);
    await world.cloud.call('deliver', {
      area: SAMPLE.appArea,
      id,
      user,
      company: SAMPLE.company,
      operation: 'Sales Order',
      xml,
    });
  }
  await world.cloud.call('faults', [{ on: 'any', kind: 'delay', ms: CALL_MS, times: 1_000_000 }]);
}

/** Packets that were reported at least once. A queue of this kind shows some of them again all the same. */
async function reported(world: World): Promise<number> {
  const { done } = await world.cloud.call<{ done: string[] }>('queueState', { area: SAMPLE.appArea });
  return new Set(done).size;
}

/** Seconds the plain flow takes for as many packets as ours. The queue is as full, so that its last lists are not counted. */
async function plain(mode: Mode): Promise<number> {
  const world = await stagedWorld(mode, 'auto');
  try {
    await deliverAll(world);
    const from = performance.now();
    const { packets } = await plainFlow(
      {
        url: settingsOf(world).links[0]?.cloud.baseUrl ?? '',
        area: SAMPLE.appArea,
        key: Object.entries(world.env).find(([name]) => name.endsWith('APIKEY'))?.[1] ?? '',
      },
      world.erpPort,
      PLAIN_PACKETS,
    );
    const seconds = (performance.now() - from) / 1000;
    await expectOrders(world.erpPort, 'F-', packets, LINES);
    return (seconds / packets) * PACKETS;
  } finally {
    await world.end();
  }
}

interface Ours {
  readonly seconds: number;
  readonly runs: number;
  readonly lists: number;
  readonly agentCpu: number;
}

/** From the command to the last report: each packet durable, applied and reported. */
async function ours(mode: Mode, acknowledge: Acknowledge): Promise<Ours> {
  const world = await stagedWorld(mode, acknowledge);
  try {
    const site = await runningSite(world.dataDir, world.env);
    await site.run('pull');
    await deliverAll(world);
    const cpu = process.cpuUsage();
    const from = performance.now();
    let [runs, lists] = [0, 0];
    do {
      const run = await site.run('pull');
      runs += 1;
      lists += run.counts['lists'] ?? 0;
    } while ((await reported(world)) < PACKETS);
    const seconds = (performance.now() - from) / 1000;
    const { user, system } = process.cpuUsage(cpu);
    await site.stop();
    await expectOrders(world.erpPort, 'F-', PACKETS, LINES);
    return { seconds, runs, lists, agentCpu: (user + system) / 1_000_000 / seconds };
  } finally {
    await world.end();
  }
}

/**
 * The plain flow waits for answers nearly all the time, so one run of it is enough; ours is repeated. From a queue that shows the
 * same ten, packets are reported as soon as they are durable; the details tell the same where the ERP decides first.
 */
export async function measureFlow(mode: Mode): Promise<Measured> {
  const theirs = await plain(mode);
  const acknowledge = mode === 'sqs' ? 'auto' : 'after-store';
  const runs: Ours[] = [];
  for (let repeat = 0; repeat < REPEATS; repeat += 1) runs.push(await ours(mode, acknowledge));
  const decided = mode === 'sqs' ? undefined : await ours(mode, 'auto');
  const of = (value: (run: Ours) => number): number => rounded(median(runs.map(value)));
  return {
    values: runs.map(({ seconds }) => theirs / seconds),
    details: {
      switches:
        mode === 'sqs'
          ? `queue=sqs visibility=30 duplicate=0.05 short=0.3 empty=0.1 rate=0, ${CALL_MS} ms a call, acknowledge auto`
          : `queue=sticky rate=0, ${CALL_MS} ms a call, acknowledge after-store`,
      packets: PACKETS,
      plainPackets: `${PLAIN_PACKETS} of them, scaled`,
      plainSeconds: rounded(theirs),
      ourSeconds: of(({ seconds }) => seconds),
      ...(decided === undefined ? {} : { whereTheErpDecidesFirst: `${rounded(theirs / decided.seconds)} x` }),
      ourRuns: of((run) => run.runs),
      ourLists: of(({ lists }) => lists),
      agentCpu: of(({ agentCpu }) => agentCpu),
    },
  };
}

export const measure = (): Promise<Measured> => measureFlow('sqs');
