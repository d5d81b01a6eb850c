import { expect, onTestFinished, test } from 'vitest';
import { warningsOf } from '../../../main/core/alerts/warnings-of.ts';
import type { Light } from '../../../shared/contract/status.ts';
import { twoSites, type Computer, type TwoSites } from '../../takeovers/two-sites.ts';

async function world(): Promise<TwoSites> {
  const made = await twoSites();
  onTestFinished(() => made.close());
  return made;
}

const light = (one: Computer): Light | undefined => one.status().links[0]?.lights.erp;
const carries = (one: Computer): boolean => ['fine', 'working'].includes(light(one)?.state ?? '');
const says = (one: Computer): string | undefined => light(one)?.fact.key;
const STANDS_BY = 'failure.fenced.lease-held.what';
const FENCED = /^failure\.fenced\.(lease-held|fence-raised)\.what$/;

/** Simulated milliseconds until it holds; endless when it does not within ten minutes. */
async function until({ runtime }: TwoSites, holds: () => boolean): Promise<number> {
  const from = runtime.monotonic();
  for (let turn = 0; turn < 6_000; turn += 1) {
    if (holds()) return runtime.monotonic() - from;
    await runtime.advance(100);
  }
  return Number.POSITIVE_INFINITY;
}

async function order(w: TwoSites): Promise<void> {
  w.phone.orders([{ lines: 1 }]);
  await w.phone.send();
}

test.each([
  { other: 'of another site', siteId: 'b', who: /^another site/ },
  { other: 'that is a copy', siteId: 'a', who: /^this computer or a copy of it/ },
])(
  'a computer $other stands by and says so; takes over within 60 s; the first one says within 10 s that it lost',
  async ({ siteId, who }) => {
    const w = await world();
    const first = w.computer('a');
    await w.runtime.advance(90_000);
    expect(carries(first)).toBe(true);
    await w.synchronize();

    const second = w.computer(siteId);
    await w.runtime.advance(20_000);
    expect(light(second)).toMatchObject({ state: 'attention', fact: { key: STANDS_BY } });
    expect(light(second)?.fact.params['detail']).toMatch(who);
    const [warning] = warningsOf(second.status()).filter(({ code }) => code === 'erp-fenced');
    expect(warning).toMatchObject({
      variant: 'lease-held',
      owner: 'erp-administrator',
      next: { key: 'failure.fenced.lease-held.next' },
    });
    // What a stand-by takes from the cloud would lie there: it takes nothing.
    for (let sent = 0; sent < 3; sent += 1) await order(w);
    await w.runtime.advance(60_000);
    expect(await w.orders()).toHaveLength(3);
    expect(second.status().links[0]?.pendingIn.count).toBe(0);
    expect(carries(first)).toBe(true);

    first.way.erp = 'frozen';
    expect(await until(w, () => carries(second))).toBeLessThanOrEqual(60_000);
    await order(w);
    await until(w, () => second.status().links[0]?.settledToday !== 0);
    first.way.erp = 'up';
    // It has to hear from the ERP first; from then on it is at most ten seconds.
    await until(w, () => FENCED.test(says(first) ?? ''));
    expect(light(first)?.state).toBe('attention');
    expect(await until(w, () => says(first) === STANDS_BY)).toBeLessThanOrEqual(60_000);
    // No taking turns.
    for (let minute = 0; minute < 5; minute += 1) {
      await w.runtime.advance(60_000);
      expect([carries(first), carries(second)]).toEqual([false, true]);
    }
    const orders = await w.orders();
    expect(new Set(orders).size).toBe(orders.length);
  },
);

test('one whose lease was taken while it had nothing to write says so within ten seconds, whenever that happens', async () => {
  const w = await world();
  const first = w.computer('a');
  await w.runtime.advance(90_000);
  const second = w.computer('b');
  for (const offset of [0, 1_300, 4_100, 7_900]) {
    await w.runtime.advance(60_000 + offset);
    const [owner, other] = carries(first) ? [first, second] : [second, first];
    // The server's clock goes forward while the stand-by is the first to look.
    let taken = false;
    for (let turn = 0; !taken && turn < 600; turn += 1) {
      w.runtime.clock.jumpWall(31_000);
      await w.runtime.advance(100);
      taken = carries(other);
    }
    expect(taken).toBe(true);
    expect(await until(w, () => FENCED.test(says(owner) ?? ''))).toBeLessThanOrEqual(10_000);
  }
});

test('given back at a clean end: the other one goes on at its next look', async () => {
  const w = await world();
  const first = w.computer('a');
  await w.runtime.advance(90_000);
  const second = w.computer('b');
  await w.runtime.advance(30_000);
  await first.stop();
  expect(await until(w, () => carries(second))).toBeLessThanOrEqual(15_000);
});
