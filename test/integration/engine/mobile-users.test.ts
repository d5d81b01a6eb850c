import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { inlineReads } from '../../../main/adapters/sqlite/inline-reads.ts';
import { userReading } from '../../../main/agent/handlers/user-reading.ts';
import type { ErpUser } from '../../../main/core/packets/erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import type { PushRules } from '../../../main/core/packets/push/push-plan.ts';
import type { MobileUserView } from '../../../shared/contract/user-requests.ts';
import { linkId, sha256 } from '../../../shared/model/ids.ts';
import { AREA, COMPANY, linkBench, packet, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;
const user = (name: string): ErpUser => ({ name, values: new Map([['UserName', name]]) });
const RULES: PushRules = { pausedUsers: [], zone: 'Europe/Sofia', minIntervalMs: 0 };

type Ask = { text?: string; open?: boolean; limit?: number; offset?: number };
interface Users {
  readonly b: LinkBench;
  /** As a viewer gets them. */
  list(ask?: Ask): Promise<{ users: MobileUserView[]; total: number }>;
  readonly ask: ReturnType<typeof userReading>;
}

function bench(names: readonly string[], rules: Partial<PushRules> = {}): Users {
  const folder = temporaryFolder();
  const b = linkBench(folder);
  const parts: { -readonly [K in keyof LinkParts]: LinkParts[K] } = b.link.parts;
  parts.policy = { ...parts.policy, push: { ...RULES, ...rules } };
  b.erp.usersOf = names.map(user);
  b.erp.tables = { Setup: [['anna']], Company: [['A', 'Acme']], Customer: [['C-1', 'Corner & Co']] };
  const reads = inlineReads({
    file: join(folder, 'ferry.sqlite'),
    spool: join(folder, 'spool'),
    zone: 'UTC',
  });
  onTestFinished(() => {
    void reads.close();
    b.close();
  });
  const ask = userReading(reads, () => [linkId('field')], never);
  return {
    b,
    ask,
    list: async (wanted = {}) => {
      const reply = await ask.usersList({ limit: 100, offset: 0, ...wanted });
      if (!reply.ok) throw new Error(reply.error.message);
      return reply.value;
    },
  };
}
const named = async (u: Users, name: string): Promise<MobileUserView> => {
  const found = (await u.list()).users.find((one) => one.user === name);
  if (found === undefined) throw new Error(`${name} is not listed`);
  return found;
};
const shown = async (u: Users, name: string) => {
  const reply = await u.ask.userShow({ link: 'field', user: name });
  if (!reply.ok) throw new Error(reply.error.message);
  return reply.value;
};

test('a push leaves what each user got, with rows, and since when it is unchanged', async () => {
  const u = bench(['bob', 'anna']);
  expect(await u.list()).toEqual({ users: [], total: 0 });
  await u.b.run('push');
  const first = await u.list();
  expect(first.total).toBe(2);
  expect(first.users.map((one) => one.user)).toEqual(['anna', 'bob']);
  expect(first.users[0]).toMatchObject({
    link: 'field',
    named: true,
    accepted: { state: 'accepted', rows: 3, consistency: 'snapshot' },
    pendingIn: 0,
    parkedIn: 0,
  });
  expect(first.users[0]?.accepted?.syncLogId).not.toBe('');
  expect(first.users[0]?.unchangedSince).toBeUndefined();
  expect(first.users[0]?.waitsFor).toBeUndefined();

  await u.b.run('push');
  const unchangedAt = (await named(u, 'anna')).unchangedSince;
  expect(unchangedAt).toBeDefined();
  await u.b.runtime.advance(60_000);
  await u.b.run('push');
  expect((await named(u, 'anna')).unchangedSince).toBe(unchangedAt);

  u.b.erp.tables = {
    ...u.b.erp.tables,
    Customer: [
      ['C-1', 'Corner & Co'],
      ['C-2', 'New'],
    ],
  };
  await u.b.run('push');
  expect((await named(u, 'anna')).unchangedSince).toBeUndefined();
  const { tables, history } = await shown(u, 'anna');
  expect(tables).toEqual([
    { table: 'DeviceSetup', rows: 1, before: 1 },
    { table: 'CompanyInfo', rows: 1, before: 1 },
    { table: 'Customer', rows: 2, before: 1 },
  ]);
  expect(history.map((one) => one.rows)).toEqual([4, 3]);
});

test('everybody who gets none has the reason: pilot, pause, a name twice, own packets', async () => {
  const u = bench(['anna', 'bob', 'carl', 'dora', 'Dora'], {
    pilot: ['anna', 'carl', 'dora'],
    pausedUsers: ['carl'],
  });
  u.b.deliver(packet('SalesHeader', 'r1', { no: 'SO-1', visitNo: 'V-9' }));
  await u.b.run('push');
  expect((await named(u, 'bob')).waitsFor?.what.key).toBe('reason.pushHeld.pilot.what');
  expect((await named(u, 'carl')).waitsFor?.what.key).toBe('reason.pushHeld.paused.what');
  const twice = await named(u, 'dora');
  expect(twice.waitsFor).toMatchObject({ owner: 'integrator', what: { key: 'failure.duplicateUser.what' } });
  expect(await named(u, 'anna')).toMatchObject({
    pendingIn: 1,
    waitsFor: { what: { key: 'reason.ownPending.what', params: { pending: 1, parked: 0 } } },
    lastOrder: { label: 'order SO-1' },
  });
  expect((await u.list({ open: true })).users.map((one) => one.user)).toEqual(['anna', 'dora']);
});

test('the last order is a packet with a document, not one that moves a number series on, nor one nobody has read', async () => {
  const u = bench(['anna']);
  const deliver = (table: string, fields: Readonly<Record<string, string>>, operation: string): void => {
    u.b.cloud.control.deliver({
      area: AREA,
      user: 'anna',
      company: COMPANY,
      operation,
      xml: packet(table, `row-${Object.values(fields).join('-')}`, fields),
    });
  };
  deliver('SalesHeader', { no: 'SO-1' }, 'SalesOrder');
  await u.b.run('pull');
  await u.b.runtime.advance(60_000);
  deliver('Extra', { current: '1' }, 'DocumentSerieUpdate');
  await u.b.run('pull');
  await u.b.run('push');
  const items = u.b.store.list({ direction: 'in', limit: 10, offset: 0 });
  expect(items.map(({ label, state }) => [label, state])).toContainEqual(['Extra', 'settled']);
  expect((await named(u, 'anna')).lastOrder?.label).toBe('order SO-1');
  u.b.erp.away = { kind: 'unreachable', endpoint: 'erp:main', cause: 'ECONNREFUSED' };
  await u.b.runtime.advance(60_000);
  deliver('SalesHeader', { no: 'SO-2' }, 'SalesOrder');
  await u.b.run('pull');
  expect((await named(u, 'anna')).lastOrder?.label).toBe('order SO-1');
  u.b.erp.away = undefined;
  await u.b.runtime.advance(60_000);
  await u.b.run('pull');
  expect((await named(u, 'anna')).lastOrder?.label).toBe('order SO-2');
});

test('a refused row is said with its table; others get theirs', async () => {
  const u = bench(['anna']);
  await u.b.run('push');
  u.b.erp.tables = { ...u.b.erp.tables, Customer: [['C-1', 'bell \u0007']] };
  await u.b.run('push');
  const { waitsFor, accepted } = await named(u, 'anna');
  expect(accepted?.rows).toBe(3);
  expect(waitsFor?.what.key).toBe('failure.rejected.what');
  expect(waitsFor?.what.params).toMatchObject({ where: 'Customer row 1', field: 'Name' });
  u.b.erp.tables = { ...u.b.erp.tables, Customer: [['C-1', 'Corner & Co']] };
  await u.b.run('push');
  expect((await named(u, 'anna')).waitsFor).toBeUndefined();
});

test('who is named no more stays known, and whose names only packets tell is known too', async () => {
  const u = bench(['anna', 'bob']);
  await u.b.run('push');
  u.b.deliver(packet('Visit', 'r7', { no: 'V-7' }, 'zoe'), { user: 'zoe' });
  u.b.erp.usersOf = [user('bob')];
  await u.b.run('push');
  expect((await u.list()).users.map((one) => [one.user, one.named])).toEqual([
    ['anna', false],
    ['bob', true],
    ['zoe', false],
  ]);
  expect((await named(u, 'anna')).accepted?.rows).toBe(3);
  expect((await shown(u, 'zoe')).user.lastOrder).toBeDefined();
  expect(await u.ask.userShow({ link: 'field', user: 'nobody' })).toMatchObject({
    ok: false,
    error: { code: 'not-found' },
  });
});

test('hostile names are only names: pages, filters and details hold', async () => {
  const hostile = [`o'neil`, '%', '"; DROP TABLE item; --', 'a\u202eb', 'ИВАН', '__proto__'];
  const u = bench(hostile);
  await u.b.run('push');
  expect((await u.list()).total).toBe(hostile.length);
  expect((await u.list({ text: '%' })).users.map((one) => one.user)).toEqual(['%']);
  expect((await u.list({ text: 'иван' })).users.map((one) => one.user)).toEqual(['ИВАН']);
  for (const name of hostile) expect((await shown(u, name)).user.user).toBe(name);
  const page = await u.list({ limit: 2, offset: 4 });
  expect([page.users.length, page.total]).toEqual([2, hostile.length]);
  expect(await u.list({ offset: 50 })).toEqual({ users: [], total: hostile.length });
});

test('five hundred users are written down in one transaction that is cheap', async () => {
  const u = bench(['anna']);
  const findings = Array.from({ length: 500 }, (_, index) => ({
    user: `user${index}`,
    found: 'unchanged' as const,
  }));
  const link = linkId('field');
  const began = performance.now();
  u.b.store.noteUsers(link, findings, 1);
  u.b.store.noteUsers(link, findings, 2);
  expect(performance.now() - began).toBeLessThan(2_000);
  expect((await u.list({ limit: 500 })).users.every((one) => one.unchangedSince === 1)).toBe(true);
});

test('a part of a spooled body is read at its place; one that is gone or cut is none', async () => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, 'spool'));
  const hash = sha256('a'.repeat(64));
  writeFileSync(join(folder, 'spool', hash), '0123456789');
  linkBench(folder).close();
  const reads = inlineReads({
    file: join(folder, 'ferry.sqlite'),
    spool: join(folder, 'spool'),
    zone: 'UTC',
  });
  const part = async (size: number, offset: number): Promise<string | undefined> => {
    const found = await reads.spooled({ hash, size, offset, limit: 4 }, never);
    if (!found.ok) throw new Error(found.failure.message);
    return found.value === undefined ? undefined : Buffer.from(found.value).toString('utf8');
  };
  expect([await part(10, 0), await part(10, 8), await part(10, 20), await part(11, 0)]).toEqual([
    '0123',
    '89',
    '',
    undefined,
  ]);
  await reads.close();
});
