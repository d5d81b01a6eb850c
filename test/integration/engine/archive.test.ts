import { expect, onTestFinished, test } from 'vitest';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import { withheldWhile } from '../../../main/core/queue/withheld.ts';
import { ROW_BODY_BYTES } from '../../../main/core/runtime/body-store.ts';
import { createBodyStore } from '../../../main/adapters/spool/body-store.ts';
import { PacketLink } from '../../../main/core/packets/packet-link.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const user = (name: string): ErpUser => ({ name, values: new Map([['UserName', name]]) });
const DAY = 86_400_000;
const never = new AbortController().signal;

function bench(options: Parameters<typeof linkBench>[1] = {}): LinkBench {
  const made = linkBench(temporaryFolder(), options);
  onTestFinished(() => made.close());
  return made;
}
const order = (no: string, more: Record<string, string> = {}): string =>
  packet('SalesHeader', `row-${no}`, { no, ...more });
const spooled = (b: LinkBench): Promise<readonly string[]> => b.disk.list('/spool');
const sweep = (b: LinkBench): Promise<readonly string[]> =>
  // A store of a later start: it protects nothing that it received itself.
  createBodyStore({
    disk: b.disk,
    folder: '/spool',
    reserveBytes: 0,
    rowBody: (hash) => b.store.rowBody(hash),
    newId: () => b.runtime.newId(),
  }).sweep(() => b.store.spoolHashes());

test.each(['archived', 'forgotten'] as const)(
  'a packet that is delivered again once it is %s is not applied again, and is reported done',
  async (how) => {
    const b = bench({ switches: { queue: 'sqs' } });
    const id = b.deliver(order('SO-1'));
    await b.run('pull');
    const later = b.runtime.wall() + DAY;
    expect(b.store.archiveSome(later)).toEqual({ moved: 1, more: false });
    if (how === 'forgotten') b.store.forgetOld(later);
    b.cloud.control.redeliver({ area: AREA, id });
    await b.run('pull');
    expect(b.erp.written).toEqual(['order SO-1']);
    expect(b.cloud.control.queueState({ area: AREA })).toMatchObject({ waiting: [], delivered: [] });
    // Known: nothing new. Forgotten: stored again, and the ERP's ledger says that it is there already.
    expect(b.store.list({ limit: 9, offset: 0 })).toMatchObject(
      how === 'archived' ? [] : [{ state: 'settled' }],
    );
  },
);

test('a spooled body stays until its month is dropped, and goes with it alone', async () => {
  const b = bench();
  const large = 'x'.repeat(ROW_BODY_BYTES);
  b.deliver(order('SO-1', { text: large }));
  await b.run('pull');
  const [first] = await spooled(b);
  const moved = b.runtime.wall() + 1;
  expect(b.store.archiveSome(moved)).toEqual({ moved: 1, more: false });
  expect(await sweep(b)).toEqual([]);

  b.runtime.clock.jumpWall(40 * DAY);
  b.deliver(order('SO-2', { text: `${large}y` }));
  await b.run('pull');
  b.store.archiveSome(b.runtime.wall() + 1);
  expect(await spooled(b)).toHaveLength(2);
  expect(b.store.dropMonths(b.runtime.wall() - 5 * DAY)).toEqual(['2026-03']);
  expect(await sweep(b)).toEqual([first]);
  expect(await spooled(b)).toHaveLength(1);
});

test('while the store is damaged orders still reach the ERP, but nothing is reported done and no snapshot leaves', async () => {
  const b = bench();
  let damaged = true;
  const link = new PacketLink({ ...b.link.parts, store: withheldWhile(b.store, () => damaged) }, b.link.plan);
  b.erp.usersOf = [user('anna')];
  b.erp.tables = { Setup: [['anna']], Company: [['A', 'Acme']], Customer: [['C-1', 'One']] };
  b.deliver(order('SO-1'));
  await b.finish(link.sync('pull', 'manual', never).done);
  expect(b.erp.written).toEqual(['order SO-1']);
  const waiting = (): number => {
    const state = b.cloud.control.queueState({ area: AREA });
    return state.waiting.length + state.delivered.length;
  };
  expect(waiting()).toBe(1);
  await b.finish(link.sync('push', 'manual', never).done);
  expect(b.store.unsentSnapshots(b.link.parts.link)).toMatchObject([{ state: 'ready' }]);
  damaged = false;
  await b.finish(link.sync('push', 'manual', never).done);
  expect(waiting()).toBe(0);
  expect(b.store.unsentSnapshots(b.link.parts.link)).toEqual([]);
});
