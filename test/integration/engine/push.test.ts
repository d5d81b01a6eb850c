import { expect, onTestFinished, test } from 'vitest';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import { AREA, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const user = (name: string): ErpUser => ({ name, values: new Map([['UserName', name]]) });

function bench(options: Parameters<typeof linkBench>[1] = {}): LinkBench {
  const made = linkBench(temporaryFolder(), options);
  made.erp.usersOf = [user('anna'), user('bob')];
  made.erp.tables = {
    Setup: [['anna']],
    Company: [['A', 'Acme']],
    Customer: [
      ['C-1', 'Corner & Co'],
      ['C-2', null],
    ],
  };
  made.erp.tables = {
    ...made.erp.tables,
    Customer: [
      ['C-1', 'Corner & Co'],
      ['C-2', 'Ünïcode «x»'],
    ],
  };
  onTestFinished(() => made.close());
  return made;
}
const pushCounts = (b: LinkBench): Readonly<Record<string, number>> =>
  b.store.runs({ limit: 10 }).find((run) => run.flow === 'push')?.counts ?? {};
const snapshot = (b: LinkBench, name: string): ReturnType<LinkBench['cloud']['control']['deviceSnapshot']> =>
  b.cloud.control.deviceSnapshot({ area: AREA, user: name });

test('DM-7 every user gets a whole snapshot, and nothing is sent again while it is unchanged', async () => {
  const b = bench();
  await b.run('push');
  await b.cloud.control.settled();
  expect(pushCounts(b)).toMatchObject({ users: 2, built: 2, accepted: 2 });
  expect(snapshot(b, 'anna')?.tables.find((table) => table.name === 'Customer')?.rows).toBeDefined();
  const uploads = b.cloud.control.statistics().calls.upload;
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ unchanged: 2, accepted: 0 });
  expect(b.cloud.control.statistics().calls.upload).toBe(uploads);
});

test('a changed price goes out, and an unchanged snapshot again after a day', async () => {
  const b = bench();
  await b.run('push');
  b.erp.tables = { ...b.erp.tables, Customer: [['C-1', 'Changed']] };
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ built: 2, accepted: 2 });
  await b.runtime.advance(86_400_000);
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ built: 2, accepted: 2 });
});

test('DM-59 no snapshot for a user whose packet waits for something', async () => {
  const b = bench();
  b.deliver(packet('SalesHeader', 'r1', { no: 'SO-1', visitNo: 'V-9' }));
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ held: 1, accepted: 1 });
  expect(snapshot(b, 'anna')).toBeUndefined();
});

test('a packet that is listed after the ERP was read makes the snapshot void', async () => {
  const b = bench();
  const { reader } = b.erp;
  const read = reader.openView.bind(reader);
  b.erp.reader.openView = async (signal) => {
    const view = await read(signal);
    // While rows are read, anna's phone sends, and another lane lists it.
    b.store.rememberListing(
      b.link.parts.link,
      {
        queue: 'packet',
        format: 'xml',
        raw: '<messages/>',
        entries: [
          {
            id: 'late',
            path: 'p',
            user: 'anna',
            company: 'ACME_LIVE',
            kind: 'data',
            receiptHandle: 'h',
            raw: '<message/>',
          },
        ],
      },
      b.runtime.wall(),
    );
    return view;
  };
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ built: 2, accepted: 1, void: 1 });
  expect(snapshot(b, 'anna')).toBeUndefined();
});

test('DM-13 a link that expired is asked for anew; only a 2xx settles', async () => {
  const b = bench();
  b.cloud.control.faults([{ on: 'upload', kind: 'expired', times: 1 }]);
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ accepted: 2 });
});

test('DM-19 an upload whose answer was lost is repeated with the same packet id, never beside itself', async () => {
  const b = bench();
  b.cloud.control.faults([{ on: 'upload', kind: 'lost-answer', times: 1 }]);
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ accepted: 2 });
  const ids = b.cloud.control.syncLog({ area: AREA }).map((entry) => entry.packetUniqueId);
  expect(new Set(ids).size).toBe(2);
  expect(b.cloud.control.statistics().uploadsAtOnceOnOneLink).toBeLessThanOrEqual(1);
});

test('DM-20 the cloud away: the snapshot stays unsent and visible, and goes out later', async () => {
  const b = bench();
  await b.run('pull');
  b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status: 503, times: 10 }]);
  await b.run('push');
  expect(b.store.counts(b.link.parts.link, b.runtime.wall()).pendingOut).toBeGreaterThan(0);
  b.cloud.control.clearFaults();
  await b.runtime.advance(60_000);
  await b.run('push');
  expect(b.store.counts(b.link.parts.link, b.runtime.wall()).pendingOut).toBe(0);
});

test('DM-24 a snapshot without a required table is refused here, for that user, and seen', async () => {
  const b = bench();
  b.erp.tables = { ...b.erp.tables, Customer: [] };
  await b.run('push');
  expect(pushCounts(b)).toMatchObject({ refused: 2, accepted: 0 });
  expect(b.store.runs({ limit: 5 }).find((run) => run.flow === 'push')).toMatchObject({
    outcome: 'failed',
    failure: { kind: 'rejected', where: 'Customer' },
  });
});
