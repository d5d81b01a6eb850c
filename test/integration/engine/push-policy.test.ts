import { expect, onTestFinished, test } from 'vitest';
import { appModelSchema } from '../../../main/core/packets/push/app-model/app-model.ts';
import { FIELD_SALES } from '../../../main/core/packets/push/app-model/field-sales.ts';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import type { PushRules } from '../../../main/core/packets/push/push-plan.ts';
import type { Item } from '../../../main/core/queue/item.ts';
import type { Run } from '../../../main/core/queue/queue-store.ts';
import { startId } from '../../../shared/model/ids.ts';
import { AREA, linkBench, MAPPING, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;
const user = (name: string): ErpUser => ({ name, values: new Map([['UserName', name]]) });
const MODEL = {
  model: appModelSchema.parse(FIELD_SALES),
  file: 'models/field-sales.json',
  mappingFile: 'mappings/field-sales.json',
};
const RULES: PushRules = { pausedUsers: [], zone: 'Europe/Sofia', minIntervalMs: 0 };

/** The bench with the parts of its link changed before anything runs. */
function bench(change: Partial<LinkParts> = {}, rules: Partial<PushRules> = {}): LinkBench {
  const b = linkBench(temporaryFolder());
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  Object.assign(parts, change);
  parts.policy = { ...parts.policy, push: { ...RULES, ...rules } };
  b.erp.usersOf = [user('anna'), user('bob')];
  b.erp.tables = {
    Setup: [['anna']],
    Company: [['A', 'Acme']],
    Customer: [['C-1', 'Corner & Co']],
  };
  onTestFinished(() => b.close());
  return b;
}
const customers = (b: LinkBench, ...names: readonly (string | null)[]): void => {
  b.erp.tables = { ...b.erp.tables, Customer: names.map((name, index) => [`C-${index + 1}`, name]) };
};
const lastPush = (b: LinkBench): Run => {
  const run = b.store.runs({ limit: 20 }).find((one) => one.flow === 'push');
  if (run === undefined) throw new Error('no push ran');
  return run;
};
const scheduled = (b: LinkBench): Promise<void> => b.finish(b.link.sync('push', 'schedule', never).done);
/** Customers on the phone's newest snapshot; undefined: it has none. */
const onPhone = async (b: LinkBench, name: string): Promise<number | undefined> => {
  await b.cloud.control.settled();
  const found = b.cloud.control.deviceSnapshot({ area: AREA, user: name });
  return found?.tables.find((table) => table.name === 'Customer')?.rows;
};
const calls = (b: LinkBench, kind: 'upload' | 'pushLink'): number =>
  b.cloud.control.statistics().calls[kind] ?? 0;
const unsent = (b: LinkBench): readonly Item[] => b.store.unsentSnapshots(b.link.parts.link);

// ---- what may have arrived ----

test('the ERP goes back to what was accepted while an upload is in doubt: it is sent again', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  await b.run('push');
  customers(b, 'Corner & Co', 'A mistake');
  // It arrives, and nobody hears of it; then nothing gets through.
  b.cloud.control.faults([
    { on: 'upload', kind: 'lost-answer', times: 1 },
    { on: 'upload', kind: 'status', status: 503, times: 2 },
  ]);
  await b.run('push');
  expect(await onPhone(b, 'anna')).toBe(2);
  customers(b, 'Corner & Co');
  b.cloud.control.clearFaults();
  await b.run('push');
  expect(await onPhone(b, 'anna')).toBe(1);
  expect(unsent(b)).toEqual([]);
});

test('a packet that is listed while the upload is tried again makes the snapshot void before the next byte', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.faults([{ on: 'upload', kind: 'status', status: 500, times: 1 }]);
  b.runtime.onStep = (name, phase) => {
    if (name !== 'push.upload' || phase !== 'after') return;
    b.runtime.onStep = undefined;
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
  };
  await b.run('push');
  expect(lastPush(b).counts).toMatchObject({ built: 1, void: 1, accepted: 0 });
  expect(await onPhone(b, 'anna')).toBeUndefined();
  expect(calls(b, 'upload')).toBe(1);
});

test('the attempt is durable before the first byte leaves', async () => {
  const b = bench();
  const seen: unknown[] = [];
  b.runtime.onStep = (name, phase) => {
    if (name === 'push.upload' && phase === 'before')
      seen.push(...unsent(b).map(({ state, attempts }) => [state, attempts]));
  };
  b.erp.usersOf = [user('anna')];
  await b.run('push');
  expect(seen).toEqual([['working', 1]]);
});

test('killed while the bytes leave: in doubt afterwards, and sent again under the same id', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  let died = false;
  b.runtime.onStep = (name, phase) => {
    if (name !== 'push.upload' || phase !== 'after' || died) return;
    died = true;
    // Another start finds what this one left.
    b.store.releaseClaims(startId('other'), b.runtime.wall());
    throw new Error('killed');
  };
  await b.run('push');
  expect(unsent(b).map(({ state }) => state)).toEqual(['unknown']);
  await b.run('push');
  const ids = b.cloud.control.syncLog({ area: AREA }).map((entry) => entry.packetUniqueId);
  expect(new Set(ids).size).toBe(1);
  expect(unsent(b)).toEqual([]);
});

// ---- what the app would refuse ----

test('what breaks the model of the app is not sent, in words with table, row, field and value; others go on', async () => {
  const entities = MAPPING.push.entities.map((one) =>
    one.entity === 'CompanyInfo' ? { ...one, filter: [{ column: 'u', equalsUser: 'UserName' }] } : one,
  );
  const b = bench({ appModel: MODEL, mapping: { ...MAPPING, push: { entities } } });
  // Bob's rows are Anna's with one that does not fit.
  const read = b.erp.reader.openView.bind(b.erp.reader);
  b.erp.reader.openView = async (signal) => {
    const view = await read(signal);
    if (!view.ok) return view;
    const inner = view.value.read.bind(view.value);
    view.value.read = (request, stop) => {
      const tooLong =
        request.user.name === 'bob' && 'table' in request.from && request.from.table.name === 'Company';
      return tooLong
        ? only([
            ['A', 'x'.repeat(100)],
            ['B', 'Second'],
          ])
        : inner(request, stop);
    };
    return view;
  };
  await b.run('push');
  expect(lastPush(b)).toMatchObject({
    outcome: 'failed',
    counts: { built: 1, accepted: 1, refused: 1, unknownTables: 0 },
    failure: {
      kind: 'rejected',
      code: 'app-model',
      where: 'CompanyInfo row 2, phone user "bob"',
      message: expect.stringContaining('at most 1 row of CompanyInfo'),
    },
  });
  expect(await onPhone(b, 'anna')).toBe(1);
  expect(await onPhone(b, 'bob')).toBeUndefined();
});

// oxlint-disable-next-line require-await -- a stream by its type; what it gives is at hand
async function* only(rows: readonly (readonly string[])[]): AsyncGenerator<readonly (readonly string[])[]> {
  yield rows;
}

test('without DeviceSetup nothing is asked of the cloud, and the words say where to add it', async () => {
  const without = {
    ...MAPPING,
    push: { entities: MAPPING.push.entities.filter(({ entity }) => entity !== 'DeviceSetup') },
  };
  const b = bench({ appModel: MODEL, mapping: without });
  await b.run('push');
  expect(lastPush(b)).toMatchObject({
    counts: { refused: 2, built: 0 },
    failure: {
      code: 'app-model',
      message: expect.stringMatching(/mappings\/field-sales\.json.*add an entity "DeviceSetup"/),
    },
  });
  expect(calls(b, 'pushLink') + calls(b, 'upload')).toBe(0);
});

test('a value one character too long, an empty required one, and a table nobody documented', async () => {
  const b = bench({ appModel: MODEL });
  customers(b, 'n'.repeat(101));
  await b.run('push');
  // The mapping's own size is the same: it speaks first.
  expect(lastPush(b).counts).toMatchObject({ refused: 2, built: 0 });
  customers(b, '');
  await b.run('push');
  expect(lastPush(b)).toMatchObject({
    counts: { refused: 2, built: 0 },
    failure: { code: 'app-model', field: 'Name', message: 'Name is empty' },
  });
  customers(b, 'Corner & Co');
  await b.run('push');
  expect(lastPush(b)).toMatchObject({ outcome: 'ok', counts: { accepted: 2 } });
});

// ---- users ----

test('nobody named is a failed run in words, not a success with nothing to do', async () => {
  const b = bench();
  b.erp.usersOf = [];
  await b.run('push');
  expect(lastPush(b)).toMatchObject({ outcome: 'failed', failure: { kind: 'rejected', code: 'no-users' } });
  // It says nothing against the ERP.
  expect(b.store.endpoints().find(({ endpoint }) => endpoint === 'erp:main')?.failure).toBeUndefined();
});

test('a name twice, also in other capitals, gets nothing; others do', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna'), user('bob'), user('Anna')];
  await b.run('push');
  expect(lastPush(b)).toMatchObject({
    outcome: 'failed',
    counts: { users: 2, refused: 1, accepted: 1 },
    failure: { code: 'duplicate-user', where: '"anna"' },
  });
  expect(await onPhone(b, 'anna')).toBeUndefined();
  expect(await onPhone(b, 'bob')).toBe(1);
});

test('a list in the settings is used instead of the query', async () => {
  const b = bench();
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  parts.policy = { ...parts.policy, usersList: [user('bob')] };
  await b.run('push');
  expect(lastPush(b).counts).toMatchObject({ users: 1, accepted: 1 });
  expect(await onPhone(b, 'anna')).toBeUndefined();
});

// ---- pilot and pauses ----

test('outside the pilot nothing is built, read or asked for, by hand neither', async () => {
  const b = bench({}, { pilot: ['ANNA'] });
  await b.run('push');
  expect(lastPush(b)).toMatchObject({ outcome: 'ok', counts: { users: 2, accepted: 1, heldByPilot: 1 } });
  expect(b.erp.reads.map((request) => request.user.name)).not.toContain('bob');
  expect(b.cloud.control.syncLog({ area: AREA }).map((entry) => entry.user)).toEqual(['anna']);
});

test('an empty pilot sends nothing at all', async () => {
  const b = bench({}, { pilot: [] });
  await b.run('push');
  expect(lastPush(b).counts).toMatchObject({ users: 2, heldByPilot: 2, accepted: 0 });
  expect(calls(b, 'pushLink')).toBe(0);
});

test('what was built before the pilot was narrowed does not go out any more', async () => {
  const b = bench();
  await b.run('pull');
  b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status: 503, times: 20 }]);
  await b.run('push');
  expect(unsent(b)).toHaveLength(2);
  b.cloud.control.clearFaults();
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  parts.policy = { ...parts.policy, push: { ...RULES, pilot: ['anna'] } };
  await b.runtime.advance(60_000);
  await b.run('push');
  expect(await onPhone(b, 'anna')).toBe(1);
  expect(await onPhone(b, 'bob')).toBeUndefined();
  expect(unsent(b)).toMatchObject([
    { user: 'bob', state: 'waiting', reason: { kind: 'push-held', why: 'pilot' } },
  ]);
});

test('a user paused in the settings gets nothing, and is counted', async () => {
  const b = bench({}, { pausedUsers: ['Bob'] });
  await b.run('push');
  expect(lastPush(b).counts).toMatchObject({ users: 2, accepted: 1, heldByPause: 1 });
  expect(await onPhone(b, 'bob')).toBeUndefined();
});

// ---- quiet hours and the interval ----

// The bench starts at 10:00 in Sofia.
const QUIET = { from: '09:00', to: '11:00' };

test('in quiet hours what is built waits, and goes out at their end', async () => {
  const b = bench({}, { quietHours: QUIET });
  await scheduled(b);
  expect(calls(b, 'upload')).toBe(0);
  expect(
    unsent(b).map(({ state, reason, dueAt }) => [state, reason, dueAt - b.runtime.wall() > 3_000_000]),
  ).toEqual(
    Array.from({ length: 2 }, () => [
      'waiting',
      { kind: 'push-held', why: 'quiet', until: Date.UTC(2026, 2, 2, 9) },
      true,
    ]),
  );
  // It is not late: nobody is to be alarmed of it.
  await b.runtime.advance(30 * 60_000);
  const counts = b.store.counts(b.link.parts.link, b.runtime.wall());
  expect(counts.pendingOut).toBe(2);
  expect(counts.oldestPendingOut).toBeUndefined();
  await b.runtime.advance(31 * 60_000);
  await scheduled(b);
  expect(lastPush(b).counts).toMatchObject({ accepted: 2 });
});

test('by hand it goes out in quiet hours, also what waits already', async () => {
  const b = bench({}, { quietHours: QUIET });
  await scheduled(b);
  expect(unsent(b)).toHaveLength(2);
  await b.run('push');
  expect(lastPush(b).counts).toMatchObject({ accepted: 2 });
  expect(unsent(b)).toEqual([]);
});

test('the schedule waits for the end of quiet hours, and nobody calls that late', async () => {
  const b = bench({}, { quietHours: QUIET });
  expect(b.link.nextRun('push')).toBe(Date.UTC(2026, 2, 2, 9));
  expect(b.link.nextRun('pull')).toBe(b.runtime.wall());
  await b.run('pull');
  await b.runtime.advance(59 * 60_000);
  await b.run('pull');
  expect(b.link.isOverdue(10_000)).toBe(false);
});

test('two snapshots for one user are apart by the least interval, unless by hand', async () => {
  const b = bench({}, { minIntervalMs: 900_000 });
  await scheduled(b);
  expect(lastPush(b).counts).toMatchObject({ accepted: 2 });
  customers(b, 'Corner & Co', 'Second');
  await b.runtime.advance(300_000);
  await scheduled(b);
  expect(lastPush(b).counts).toMatchObject({ built: 2, accepted: 0 });
  expect(unsent(b)).toMatchObject([{ reason: { why: 'interval' } }, { reason: { why: 'interval' } }]);
  // The newest content goes out, not the first that waited.
  customers(b, 'Corner & Co', 'Second', 'Third');
  await b.runtime.advance(660_000);
  await scheduled(b);
  expect(await onPhone(b, 'anna')).toBe(3);
  customers(b, 'Corner & Co');
  await b.run('push');
  expect(await onPhone(b, 'anna')).toBe(1);
});

test('what is in doubt stays in doubt while it waits for the end of quiet hours', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.faults([{ on: 'upload', kind: 'status', status: 500, times: 3 }]);
  await scheduled(b);
  expect(unsent(b)).toMatchObject([{ state: 'unknown' }]);
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  parts.policy = { ...parts.policy, push: { ...RULES, quietHours: QUIET } };
  await b.runtime.advance(30_000);
  await scheduled(b);
  expect(unsent(b)).toMatchObject([{ state: 'unknown', dueAt: Date.UTC(2026, 2, 2, 9) }]);
});

// ---- answers of the cloud ----

test.each([400, 404, 413, 422])(
  'a link refused with %i sets this packet aside and no other',
  async (status) => {
    const b = bench();
    b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status, times: 1 }]);
    await b.run('push');
    expect(lastPush(b).counts).toMatchObject({ accepted: 1, failed: 1 });
    expect(unsent(b).map(({ state }) => state)).toEqual(['parked']);
    const asked = calls(b, 'pushLink');
    // Unchanged it is not tried again.
    await b.runtime.advance(3_600_000);
    await b.run('push');
    expect(calls(b, 'pushLink')).toBe(asked);
    expect(unsent(b).map(({ state }) => state)).toEqual(['parked']);
  },
);

test.each([401, 403])('%i on the link stops the area for a quarter of an hour', async (status) => {
  const b = bench();
  await b.run('pull');
  b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status, times: 9 }]);
  await b.run('push');
  expect(b.link.parts.endpoints.restMs('cloud:field')).toBeGreaterThan(14 * 60_000);
  expect(b.store.endpoints().find(({ endpoint }) => endpoint === 'cloud:field')?.failure?.kind).toBe(
    'unauthorized',
  );
  expect(calls(b, 'upload')).toBe(0);
  expect(unsent(b).map(({ state }) => state)).toEqual(['ready', 'ready']);
});

test('429 waits as long as it says', async () => {
  const b = bench();
  await b.run('pull');
  b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status: 429, retryAfterSeconds: 300, times: 1 }]);
  await b.run('push');
  expect(b.link.parts.endpoints.heldMs('cloud:field')).toBeGreaterThan(240_000);
});

test('429 without a time waits about a minute', async () => {
  const b = bench();
  await b.run('pull');
  b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status: 429, times: 2 }]);
  await b.run('push');
  const held = b.link.parts.endpoints.heldMs('cloud:field');
  expect(held).toBeGreaterThan(40_000);
  expect(held).toBeLessThanOrEqual(120_000);
});

test.each([500, 502, 503, 504])('%i on the link backs off and asks again', async (status) => {
  const b = bench();
  await b.run('pull');
  b.cloud.control.faults([{ on: 'pushLink', kind: 'status', status, times: 1 }]);
  await b.run('push');
  expect(unsent(b).length).toBeGreaterThan(0);
  await b.runtime.advance(60_000);
  await b.run('push');
  expect(unsent(b)).toEqual([]);
});

test('403 on the upload: a fresh link twice, then a person', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.faults([{ on: 'upload', kind: 'expired', times: 99 }]);
  await b.run('push');
  expect([calls(b, 'pushLink'), calls(b, 'upload')]).toEqual([3, 3]);
  expect(unsent(b)).toMatchObject([
    { state: 'parked', reason: { kind: 'failure', failure: { code: 'link-expired' } } },
  ]);
});

test.each([400, 411, 413])('%i on the upload is for good', async (status) => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.faults([{ on: 'upload', kind: 'status', status, times: 99 }]);
  await b.run('push');
  expect(calls(b, 'upload')).toBe(1);
  expect(unsent(b)).toMatchObject([{ state: 'parked' }]);
});

test('5xx on the upload: the same link again while it is young, also at the next turn; then a fresh one', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.faults([{ on: 'upload', kind: 'status', status: 500, times: 3 }]);
  await b.run('push');
  expect([calls(b, 'pushLink'), calls(b, 'upload')]).toEqual([1, 3]);
  expect(unsent(b)).toMatchObject([{ state: 'unknown' }]);
  await b.runtime.advance(60_000);
  b.cloud.control.faults([{ on: 'upload', kind: 'status', status: 500, times: 3 }]);
  await b.run('push');
  expect([calls(b, 'pushLink'), calls(b, 'upload')]).toEqual([1, 6]);
  await b.runtime.advance(12 * 60_000);
  b.cloud.control.clearFaults();
  await b.run('push');
  expect([calls(b, 'pushLink'), calls(b, 'upload')]).toEqual([2, 7]);
  expect(unsent(b)).toEqual([]);
  const ids = b.cloud.control.syncLog({ area: AREA }).map((entry) => entry.packetUniqueId);
  expect(new Set(ids).size).toBe(1);
});

test('success false, a page and a link that leads nowhere are no success', async () => {
  const b = bench();
  b.erp.usersOf = [user('anna')];
  b.cloud.control.setSwitches({ successFalse: true });
  await b.run('push');
  expect(calls(b, 'upload')).toBe(0);
  expect(unsent(b)).toMatchObject([{ state: 'parked' }]);
});
