import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { startWorld, type World } from '../../../main/sandbox/program/world.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { runningSite, type RunningSite } from '../bench-site.ts';
import { median, rounded, type Measured } from '../figure.ts';
import { expectOrders, goodsOf, orderPacket, type Goods } from '../order-packets.ts';

const PACKETS = 100;
/** Every other one, so that what poison costs is more than what the machine drifts by; the figure is scaled to 1 in 100. */
const POISON_EVERY = 2;
const PER_HUNDRED = 100 / POISON_EVERY;
const ROUNDS = 5;

/** What a poisoned packet is: the first two end before a person, the third waits for a visit nobody sends. */
const POISONED = ['unreadable', 'refused', 'waiting'] as const;
type Kind = (typeof POISONED)[number] | 'none';

function poisoned(kind: Kind, goods: Goods, number: string, index: number): ReturnType<typeof orderPacket> {
  switch (kind) {
    case 'none':
      return orderPacket(goods, number, index);
    case 'unreadable': {
      const packet = orderPacket(goods, number, index);
      return { ...packet, xml: packet.xml.replace('</r>', '</s>') };
    }
    case 'refused':
      return orderPacket({ ...goods, items: ['NOTHING'] }, number, index);
    case 'waiting':
      return orderPacket(goods, number, index, `V-${number}`);
  }
}

/** Processor seconds of the agent for one batch, from the command to the last report. */
async function batch(
  world: World,
  site: RunningSite,
  goods: Goods,
  { kind, name }: { readonly kind: Kind; readonly name: string },
): Promise<number> {
  for (let index = 0; index < PACKETS; index += 1) {
    const number = `${name}-${index}`;
    const isPoison = index % POISON_EVERY === POISON_EVERY - 1;
    const { id, user, xml } = poisoned(
      isPoison ? kind : 'none',
      goods,
      isPoison ? `X${number}` : number,
      index,
    );
    await world.cloud.call('deliver', { area: SAMPLE.appArea, id, user, company: SAMPLE.company, xml });
  }
  const before = process.cpuUsage();
  await site.run('pull');
  const { user, system } = process.cpuUsage(before);
  await expectOrders(world.erpPort, `${name}-`, PACKETS - PACKETS / POISON_EVERY, goods.items.length);
  return (user + system) / 1_000_000;
}

export async function measure(): Promise<Measured> {
  const world = await startWorld({
    seed: 1,
    mode: 'sticky',
    scale: 'tiny',
    // Waiting packets are not waited for before they are reported.
    settings: { acknowledge: 'after-store', pullEvery: '24h', orderWindow: '2h' },
    now: () => Date.now(),
  });
  try {
    const file = join(world.dataDir, 'site.json');
    const settings = JSON.parse(readFileSync(file, 'utf8')) as { links: { push: object }[] };
    for (const { push } of settings.links) Object.assign(push, { enabled: false });
    writeFileSync(file, JSON.stringify(settings));
    const goods = await goodsOf(
      world.erpPort,
      world.phones.map(({ user }) => user),
    );
    const site = await runningSite(world.dataDir, world.env);
    await site.run('pull');
    await batch(world, site, goods, { kind: 'none', name: 'W' });
    const costs = new Map<Kind, number[]>(POISONED.map((kind) => [kind, []]));
    let clean = await batch(world, site, goods, { kind: 'none', name: 'C' });
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const kind of POISONED) {
        const poison = await batch(world, site, goods, {
          kind,
          name: `${kind.charAt(0).toUpperCase()}${round}`,
        });
        const after = await batch(world, site, goods, { kind: 'none', name: `N${kind.charAt(0)}${round}` });
        // Between two clean ones, so that what drifts on the machine is not taken for poison.
        costs.get(kind)?.push((100 * (poison / ((clean + after) / 2) - 1)) / PER_HUNDRED);
        clean = after;
      }
    }
    const counts = await site.handle.handlers.status({});
    const link = counts.ok ? counts.value.links[0] : undefined;
    const each = (ROUNDS * PACKETS) / POISON_EVERY;
    if (link?.parked !== 2 * each || link.pendingIn.count !== each)
      throw new Error(`parked ${link?.parked}, waiting ${link?.pendingIn.count}: not what was planned`);
    await site.stop();
    const medians = POISONED.map((kind) => median(costs.get(kind) ?? []));
    return {
      values: [Math.max(...medians)],
      details: {
        packets: PACKETS,
        measured: `1 in ${POISON_EVERY}, scaled to 1 in 100`,
        rounds: ROUNDS,
        spread: POISONED.map((kind) => {
          const all = costs.get(kind) ?? [];
          return `${kind} ${rounded(Math.min(...all))} to ${rounded(Math.max(...all))}`;
        }).join(', '),
        ...Object.fromEntries(POISONED.map((kind, index) => [kind, rounded(medians[index] ?? Number.NaN)])),
      },
    };
  } finally {
    await world.end();
  }
}
