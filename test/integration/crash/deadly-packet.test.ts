import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { judgeConnection } from '../../../main/sandbox/program/judge-connection.ts';
import { startWorld, type World } from '../../../main/sandbox/program/world.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { goodsOf, orderPacket } from '../../bench/order-packets.ts';
import { AgentProcess } from '../../crash/agent-process.ts';
import { SiteWatch } from '../../crash/site-watch.ts';

async function pullingWorld(): Promise<World> {
  const world = await startWorld({
    seed: 3,
    mode: 'sticky',
    scale: 'tiny',
    settings: { pullEvery: '10s' },
    now: () => Date.now(),
  });
  onTestFinished(() => world.end());
  const file = join(world.dataDir, 'site.json');
  const settings = JSON.parse(readFileSync(file, 'utf8')) as { links: { push: object }[] };
  for (const { push } of settings.links) Object.assign(push, { enabled: false });
  writeFileSync(file, JSON.stringify(settings));
  return world;
}

test.each([
  ['while it is read is before a person at the third time', 'pull.begin-attempt', 'after'],
  ['while it is applied is before a person at the third time', 'pull.apply', 'before'],
  ['after it was applied is found in the ledger', 'pull.apply', 'after'],
] as const)(
  'a packet that kills the process %s; the others go in, each once',
  async (_when, step, phase) => {
    const world = await pullingWorld();
    const goods = await goodsOf(
      world.erpPort,
      world.phones.map(({ user }) => user),
    );
    const packets = Array.from({ length: 5 }, (_, index) => orderPacket(goods, `K-${index}`, index));
    const deadly = packets[2]?.id ?? '';
    for (const { id, user, xml } of packets)
      await world.cloud.call('deliver', { area: SAMPLE.appArea, id, user, company: SAMPLE.company, xml });
    const clockStart = Date.now();
    const life = (): AgentProcess => {
      const agent = new AgentProcess(
        {
          dataDir: world.dataDir,
          disk: 'node',
          timeFactor: 20,
          clockStart,
          standBy: true,
          deadly: { packet: deadly, step, phase },
        },
        world.env,
      );
      onTestFinished(async () => void (await agent.kill()));
      return agent;
    };
    const written = step === 'pull.apply' && phase === 'after';
    for (let lives = 0; lives < (written ? 1 : 3); lives += 1) {
      const agent = life();
      await agent.start();
      expect(await agent.death).toBe('crash-point');
    }
    const last = life();
    await last.start();
    const watch = await SiteWatch.open(world.dataDir);
    if (watch === undefined) throw new Error('the last life does not answer');
    onTestFinished(() => watch.close());
    const states = async (): Promise<ReadonlyMap<string, string>> => {
      const page = await watch.client.call('queueList', { direction: 'in', limit: 500 });
      return new Map(page.ok ? page.value.items.map(({ externalId, state }) => [externalId, state]) : []);
    };
    const wanted = new Map(
      packets.map(({ id }) => [id, id === deadly && !written ? 'parked' : 'settled'] as const),
    );
    let seen = await states();
    while ([...wanted].some(([id, state]) => seen.get(id) !== state) && (await watch.next()) !== undefined)
      seen = await states();
    expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(wanted));
    expect(last.dead).toBe(false);
    const parked = await watch.client.call('queueList', { states: ['parked'], limit: 5 });
    expect(parked.ok ? parked.value.items.map(({ reason }) => reason?.what.key) : parked).toEqual(
      written ? [] : ['reason.uncleanExits.what'],
    );
    const erp = await judgeConnection(world.erpPort);
    const rows = await erp.query("SELECT MobileNo FROM dbo.SalesOrders WHERE MobileNo LIKE N'K-%'");
    await erp.close();
    const there = packets.filter(({ id }) => wanted.get(id) === 'settled').map(({ number }) => number);
    expect(rows.map((row) => String(row['MobileNo'])).toSorted()).toEqual(there.toSorted());
  },
  90_000,
);
