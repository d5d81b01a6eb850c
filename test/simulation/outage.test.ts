import { expect, onTestFinished, test } from 'vitest';
import { AREA, linkBench, packet } from '../support/link-bench.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const DAY_MS = 86_400_000;
const DAYS = 30;
const ORDERS_A_DAY = 50;
const USERS = ['anna', 'bob'];
/** Of real time, for the whole backlog: more than ten times what a quiet computer needs. */
const DRAIN_MS = 60_000;

test(
  'thirty days without the ERP, lists and reports going on: all of it reaches the ERP once, documents after what they name',
  { timeout: 180_000 },
  async () => {
    const b = linkBench(temporaryFolder(), { switches: { queue: 'sqs' } });
    onTestFinished(() => b.close());
    const { store, link } = b.link.parts;
    const queue = (): ReturnType<typeof b.cloud.control.queueState> =>
      b.cloud.control.queueState({ area: AREA });
    b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
    const sent: string[] = [];
    for (let day = 0; day < DAYS; day += 1) {
      for (let n = 0; n < ORDERS_A_DAY; n += 1) {
        const user = USERS[n % USERS.length] ?? '';
        const no = `${day}-${n}`;
        // The first order of a user's day belongs to a visit that arrives after it.
        const visitNo = n < USERS.length ? `V-${no}` : undefined;
        b.deliver(
          packet('SalesHeader', `row-${no}`, { no, ...(visitNo === undefined ? {} : { visitNo }) }, user),
          { user },
        );
        sent.push(`order ${no}`);
        if (visitNo === undefined) continue;
        b.deliver(packet('Visit', `row-${visitNo}`, { no: visitNo }, user), { user });
        sent.push(`visit ${visitNo}`);
      }
      await b.run('pull');
      await b.runtime.advance(60_000);
      await b.run('pull');
      // Nothing is left with the cloud, which would delete it after four days.
      expect(queue()).toMatchObject({ waiting: [], delivered: [], vanished: [] });
      await b.runtime.advance(DAY_MS - 60_000);
    }
    expect(b.erp.written).toEqual([]);
    expect(store.counts(link, b.runtime.wall())).toMatchObject({ pendingIn: sent.length, parked: 0 });
    b.erp.away = undefined;
    const began = performance.now();
    for (let run = 0; run < 5 && b.erp.written.length < sent.length; run += 1) {
      await b.run('pull');
      await b.runtime.advance(60_000);
    }
    const tookMs = performance.now() - began;
    expect(b.erp.written.toSorted()).toEqual(sent.toSorted());
    expect(store.counts(link, b.runtime.wall())).toMatchObject({ pendingIn: 0, parked: 0, unknown: 0 });
    const at = new Map(b.erp.written.map((one, index) => [one, index]));
    for (const one of sent.filter((name) => name.startsWith('visit')))
      expect(at.get(one)).toBeLessThan(at.get(one.replace('visit V-', 'order ')) ?? -1);
    expect(tookMs).toBeLessThan(DRAIN_MS);
  },
);
