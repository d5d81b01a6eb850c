import { expect, onTestFinished, test } from 'vitest';
import type { SiteStatus } from '../../../shared/contract/status.ts';
import { sandboxSite, type SandboxSite } from '../../support/sandbox-site.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';
import type { WireTap } from '../../simulation/truth/wires.ts';

const quiet: WireTap = {
  connecting: () => () => undefined,
  sqlSent: () => () => undefined,
  httpSent: () => () => undefined,
};

async function site(tap?: WireTap): Promise<SandboxSite> {
  const made = await sandboxSite(temporaryFolder(), { tap, pullEvery: '5m' });
  onTestFinished(() => made.close());
  return made;
}
const erpLight = (s: SandboxSite): string | undefined => s.site.agent.status().links[0]?.lights.erp.state;

/** Simulated milliseconds until a status that viewers are told of says so. */
async function until(s: SandboxSite, said: (status: SiteStatus) => boolean): Promise<number> {
  let at: number | undefined;
  const end = s.site.agent.events.subscribe(({ status }) => {
    if (said(status)) at ??= s.runtime.monotonic();
  });
  const from = s.runtime.monotonic();
  // oxlint-disable-next-line no-unmodified-loop-condition -- the listener changes it
  for (let turn = 0; at === undefined && turn < 600; turn += 1) await s.runtime.advance(100);
  end();
  return (at ?? Number.POSITIVE_INFINITY) - from;
}

test.each(['away', 'frozen'] as const)(
  'an idle ERP that is %s turns its light within ten seconds, whenever it happens, and back when it is there again',
  async (reach) => {
    const s = await site();
    expect(erpLight(s)).toBe('fine');
    for (const offset of [0, 700, 1_900, 2_990]) {
      await s.runtime.advance(offset);
      s.reach.erp = reach;
      const seen = await until(s, ({ links }) => links[0]?.lights.erp.state === 'attention');
      expect(seen).toBeLessThanOrEqual(10_000);
      s.reach.erp = 'up';
      const back = await until(s, ({ links }) => links[0]?.lights.erp.state === 'fine');
      // The longest rest, the rest of a renewal that hangs, and a beat.
      expect(back).toBeLessThanOrEqual(60_000);
      await s.runtime.advance(60_000);
    }
  },
);

test('a beat is one tiny statement every three seconds, and the lease is renewed as often as before', async () => {
  const texts: string[] = [];
  const s = await site({
    ...quiet,
    sqlSent: (call) => {
      texts.push(call.text);
      return () => undefined;
    },
  });
  await s.runtime.advance(5_000);
  texts.length = 0;
  await s.runtime.advance(120_000);
  const beats = texts.filter((text) => text.startsWith('SELECT 1')).length;
  const renewals = texts.filter((text) => text.includes('lease')).length;
  expect(beats).toBeGreaterThanOrEqual(30);
  expect(beats).toBeLessThanOrEqual(41);
  expect(renewals).toBeGreaterThanOrEqual(11);
  expect(texts.length - beats - renewals).toBeLessThanOrEqual(4);
});

test('a clock set forward, or a computer that slept, makes what was heard before old until it is heard again', async () => {
  const s = await site();
  s.runtime.clock.jumpWall(8 * 3_600_000);
  expect(erpLight(s)).toBe('unknown');
  expect(s.site.agent.status().links[0]?.lights.cloud.state).toBe('unknown');
  await s.runtime.advance(20_000);
  expect(erpLight(s)).toBe('fine');
  expect(s.site.agent.status().links[0]?.lights.cloud.state).toBe('fine');
});

test('a run shows how far it is, and how long it takes at this pace', async () => {
  const s = await site();
  s.reach.erp = 'away';
  for (let order = 0; order < 30; order += 1) {
    s.phone.orders([{ lines: 1 }]);
    await s.phone.send();
  }
  s.reach.erp = 'up';
  const seen: {
    stage: string;
    done: number | undefined;
    total: number | undefined;
    leftMs: number | undefined;
  }[] = [];
  const events: number[] = [];
  const end = s.site.agent.events.subscribe(({ status }) => {
    events.push(s.runtime.monotonic());
    const running = status.links[0]?.flows.find(({ flow }) => flow === 'push')?.running;
    if (running !== undefined)
      seen.push({
        stage: running.stage.key,
        done: running.done,
        total: running.total,
        leftMs: running.leftMs,
      });
  });
  await s.site.handlers.sync({ flow: 'push' });
  await s.runtime.advance(120_000);
  end();
  const drained = seen.filter(({ stage, total }) => stage === 'stage.drain' && total !== undefined);
  expect(drained.length).toBeGreaterThan(3);
  for (const { done = 0, total = 0 } of drained) expect(done).toBeLessThanOrEqual(total);
  expect(drained.some(({ done = 0, leftMs }) => done > 0 && leftMs !== undefined)).toBe(true);
  // At most four a second, however many packets there are.
  const gaps = events.slice(1).map((at, index) => at - (events[index] ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThanOrEqual(250);
});
