import { expect, onTestFinished, test } from 'vitest';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import type { SyncAnswer } from '../../../main/core/packets/link-turns.ts';
import type { PushRules } from '../../../main/core/packets/push/push-plan.ts';
import type { Run } from '../../../main/core/queue/queue-store.ts';
import { linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;
const user = (name: string): ErpUser => ({ name, values: new Map([['UserName', name]]) });
const RULES: PushRules = { pausedUsers: [], zone: 'UTC', minIntervalMs: 0 };

function bench(rules: Partial<PushRules> = {}): LinkBench {
  const b = linkBench(temporaryFolder());
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  parts.policy = { ...parts.policy, push: { ...RULES, ...rules } };
  b.erp.usersOf = [user('anna'), user('bob')];
  b.erp.tables = { Setup: [['anna']], Company: [['A', 'Acme']], Customer: [['C-1', 'Corner & Co']] };
  onTestFinished(() => b.close());
  return b;
}
const customers = (b: LinkBench, count: number): void => {
  b.erp.tables = {
    ...b.erp.tables,
    Customer: Array.from({ length: count }, (_, at) => [`C-${at + 1}`, 'one']),
  };
};
const pushes = (b: LinkBench): readonly Run[] =>
  b.store.runs({ limit: 50 }).filter((run) => run.flow === 'push');
const rowsOf = (b: LinkBench, name: string): number | undefined =>
  b.store.acceptedPacket(b.link.parts.link, name)?.rows?.['Customer'];
async function pushed(b: LinkBench, name: string): Promise<SyncAnswer> {
  const { answer, done } = b.link.pushUser(name, never);
  await b.finish(done);
  return answer;
}

test('one user gets his now, after pulling; nobody else does, and nothing is said of them', async () => {
  const b = bench();
  await b.run('push');
  customers(b, 2);
  b.deliver(packet('Visit', 'r1', { no: 'V-1' }));
  expect(await pushed(b, 'anna')).toMatchObject({ outcome: 'started' });
  expect([rowsOf(b, 'anna'), rowsOf(b, 'bob')]).toEqual([2, 1]);
  expect(b.erp.written).not.toEqual([]);
  expect(pushes(b)[0]).toMatchObject({
    outcome: 'ok',
    counts: { oneUser: 1, built: 1, users: 0, accepted: 1 },
  });
});

test('it does not put off the schedule of the others', async () => {
  const b = bench();
  await b.run('push');
  const due = b.link.nextRun('push');
  await b.runtime.advance(60_000);
  await pushed(b, 'anna');
  expect(b.link.nextRun('push')).toBe(due);
});

test('asked by hand it ends his quiet hours and interval, and nobody else his', async () => {
  const b = bench({ minIntervalMs: 3_600_000 });
  await b.run('push');
  customers(b, 3);
  await b.finish(b.link.sync('push', 'schedule', never).done);
  expect([rowsOf(b, 'anna'), rowsOf(b, 'bob')]).toEqual([1, 1]);
  await pushed(b, 'anna');
  expect([rowsOf(b, 'anna'), rowsOf(b, 'bob')]).toEqual([3, 1]);
});

test('a pilot, a pause of the user and a pause of the link refuse it with the reason', async () => {
  const b = bench({ pilot: ['anna', 'bob'], pausedUsers: ['bob'] });
  expect((await pushed(b, 'carl')).reason?.what.key).toBe('reason.pushHeld.pilot.what');
  expect((await pushed(b, 'BOB')).reason?.what.key).toBe('reason.pushHeld.paused.what');
  b.store.setPause({ link: b.link.parts.link, by: 'person', since: b.runtime.wall(), reason: 'stocktaking' });
  expect(await pushed(b, 'anna')).toMatchObject({
    outcome: 'refused',
    reason: { what: { key: 'sync.paused.what' } },
  });
  expect(pushes(b)).toEqual([]);
});

test('his own packets hold it as always, and who is named by nobody fails the run alone', async () => {
  const b = bench();
  b.deliver(packet('SalesHeader', 'r1', { no: 'SO-1', visitNo: 'V-9' }));
  await pushed(b, 'anna');
  expect(rowsOf(b, 'anna')).toBeUndefined();
  expect(pushes(b)[0]?.counts).toMatchObject({ held: 1, built: 0 });
  await pushed(b, `o'neil`);
  expect(pushes(b)[0]).toMatchObject({
    outcome: 'failed',
    failure: { kind: 'rejected', code: 'unnamed-user' },
  });
});

test('asked twice it is one; while another push runs it is the next one; a sync of all follows too', async () => {
  const b = bench();
  const first = b.link.pushUser('anna', never);
  const same = b.link.pushUser('Anna', never);
  const other = b.link.pushUser('bob', never);
  const again = b.link.pushUser('bob', never);
  const all = b.link.sync('push', 'manual', never);
  expect([first, same, other, again, all].map((one) => one.answer.outcome)).toEqual([
    'started',
    'joined',
    'started',
    'joined',
    'started',
  ]);
  expect(same.answer.run).toBe(first.answer.run);
  expect(again.answer.run).toBe(other.answer.run);
  await b.finish(Promise.all([first.done, other.done, all.done]));
  expect(new Set(pushes(b).map((run) => run.outcome))).toEqual(new Set(['ok']));
  expect(pushes(b)).toHaveLength(3);
  expect([rowsOf(b, 'anna'), rowsOf(b, 'bob')]).toEqual([1, 1]);
});

test('a push that has not begun to build is joined, one that builds is followed', async () => {
  const b = bench();
  const all = b.link.sync('push', 'manual', never);
  expect(b.link.pushUser('anna', never).answer).toEqual({ outcome: 'joined', run: all.answer.run });
  const openView = b.erp.reader.openView.bind(b.erp.reader);
  let late: SyncAnswer | undefined;
  b.erp.reader.openView = async (signal) => {
    b.erp.reader.openView = openView;
    const { answer, done } = b.link.pushUser('anna', never);
    late = answer;
    void done;
    return openView(signal);
  };
  await b.finish(all.done);
  expect(late?.outcome).toBe('started');
  while (b.link.running('push') !== undefined) await b.runtime.advance(250);
  expect(pushes(b).map((run) => run.counts['oneUser'])).toEqual([1, undefined]);
});

test('what a push had to hold back is pushed soon by the next life, not at the next turn of the schedule', async () => {
  for (const held of [true, false]) {
    const b = bench();
    if (held) b.deliver(packet('SalesHeader', 'r1', { no: 'SO-1', visitNo: 'V-9' }));
    await b.run('push');
    expect(pushes(b)[0]?.counts['held']).toBe(held ? 1 : 0);
    // A new life begins: the same store, nothing in memory. Long before the next turn of the schedule.
    await b.runtime.advance(20 * 60_000);
    const before = pushes(b).length;
    const life = new AbortController();
    const running = b.link.run(life.signal);
    for (let turn = 0; turn < 40; turn += 1) await b.runtime.advance(250);
    life.abort();
    await b.finish(running);
    expect(pushes(b).length > before, held ? 'held' : 'nothing held').toBe(held);
  }
});
