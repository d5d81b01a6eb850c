import { beforeAll, describe, expect, test } from 'vitest';
import { playDay, synchronize } from '../../../main/sandbox/day.ts';
import { judgeSnapshots } from '../../../main/sandbox/judge/judge-snapshots.ts';
import { judge } from '../../../main/sandbox/judge/judge.ts';
import { plant } from '../../../main/sandbox/judge/plant.ts';
import type { Damage, DamageTo } from '../../../main/sandbox/judge/plant.ts';
import type { Journal, OrderMade } from '../../../main/sandbox/phones/journal.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import type { ErpSession } from '../../../main/sandbox/sample-erp/session.ts';
import { seededRandom } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import { applyPackets } from './apply-packets.ts';
import { COMPANY, MIDNIGHT, staff } from './phones.ts';
import type { Staff } from './phones.ts';

const clock = { now: () => MIDNIGHT, sleep: () => Promise.resolve() };

let day: Staff;
let journals: Journal[];
let fresh: () => Promise<ErpSession>;

beforeAll(async () => {
  day = await staff(21);
  await playDay({
    cloud: day.control,
    phones: day.phones,
    random: seededRandom(21),
    midnight: MIDNIGHT,
    fieldWork: true,
    photos: true,
  });
  journals = day.phones.map(({ journal }) => journal);
  fresh = async () => {
    const erp = (await createSampleErp({ clock, ...COMPANY })).open();
    await applyPackets(erp, day.packets, day.files);
    return erp;
  };
});

test('a day written rightly is clean, with every document counted', async () => {
  const verdict = await judge({ journals, erp: await fresh() });
  expect(verdict.details).toEqual([]);
  expect(verdict).toMatchObject({
    clean: true,
    // Four rounds of six phones; each sixth brings an invoice and a delivery.
    orders: 48,
    payments: 10,
    visits: 20,
    customers: 8,
    transfers: 12,
    stockCounts: 4,
    lost: 0,
    duplicated: 0,
    changed: 0,
  });
  expect(verdict.lines).toBeGreaterThan(200);
  expect(verdict.photos).toBe(day.files.length);
  expect(verdict.photos).toBeGreaterThan(5);
});

describe.each<DamageTo>([
  'order',
  'line',
  'payment',
  'visit',
  'activity',
  'customer',
  'transfer',
  'stock count',
  'photo',
])('damage to one %s is found', (to) => {
  test.each<[Damage, 'lost' | 'duplicated' | 'changed']>([
    ['lost', 'lost'],
    ['doubled', 'duplicated'],
    ['changed', 'changed'],
  ])('%s', async (damage, found) => {
    const erp = await fresh();
    await plant(erp, damage, to);
    const verdict = await judge({ journals, erp });
    expect(verdict.details).toHaveLength(1);
    expect(verdict.details[0]).toMatchObject({ kind: found, what: to === 'visit' ? 'visit start' : to });
    expect(verdict).toMatchObject({ clean: false, [found]: 1 });
  });
});

test('an order of 00:30 that landed on the day before is a change of its date', async () => {
  const erp = await fresh();
  const night = journals[0]!.entries.find((entry): entry is OrderMade => entry.kind === 'order')!;
  const [row] = await erp.query(
    `SELECT CAST(OrderDate AS nvarchar(10)) AS d FROM dbo.SalesOrders WHERE MobileNo = N'${night.number}'`,
  );
  expect(row).toEqual({ d: '2026-03-16' });
  await erp.query(`UPDATE dbo.SalesOrders SET OrderDate = '2026-03-15' WHERE MobileNo = N'${night.number}'`);
  const { details } = await judge({ journals, erp });
  expect(details).toMatchObject([
    { kind: 'changed', field: 'orderDate', phone: '20260316', erp: '20260315' },
  ]);
});

test('an order nobody made, a half-done payment and a number given twice are told apart', async () => {
  const erp = await fresh();
  expect((await judge({ journals: journals.slice(1), erp })).invented).toBeGreaterThan(0);
  await erp.query(`UPDATE dbo.OpenInvoices SET Remaining = Remaining + 0.01 WHERE EntryNo = N'OI-000001'`);
  expect((await judge({ journals, erp })).details).toMatchObject([
    { kind: 'changed', what: 'open entry', label: 'OI-000001' },
  ]);
  const [first, ...rest] = journals;
  const order = first!.entries.find((entry): entry is OrderMade => entry.kind === 'order')!;
  const again: Journal = {
    user: first!.user,
    entries: [...first!.entries, { ...order, rowId: order.activityRowId }],
  };
  expect((await judge({ journals: [again, ...rest], erp })).reused).toBe(1);
});

test('what is openly parked is not lost, and what was never sent is not missed', async () => {
  const erp = (await createSampleErp({ clock, ...COMPANY })).open();
  const parked = journals.flatMap(({ entries }) =>
    entries.flatMap((entry) => [
      ...('rowId' in entry ? [entry.rowId] : []),
      ...('activityRowId' in entry ? [entry.activityRowId] : []),
    ]),
  );
  expect(await judge({ journals, erp, parked })).toMatchObject({ clean: true, lost: 0 });
  const unsent = journals.map(({ user, entries }) => ({
    user,
    entries: entries.filter(({ kind }) => kind !== 'sent'),
  }));
  expect(await judge({ journals: unsent, erp })).toMatchObject({ clean: true, orders: 0 });
  expect((await judge({ journals, erp })).lost).toBeGreaterThan(70);
});

describe('snapshots', () => {
  test('on the phones equal the ERP, until one changes', async () => {
    const erp = (await createSampleErp({ clock, ...COMPANY })).open();
    const { control, phones } = await staff(22);
    for (const phone of phones) await synchronize(control, phone);
    const snapshots = phones.map(({ snapshot }) => snapshot!);
    const verdict = await judgeSnapshots({ snapshots, erp });
    expect(verdict.details).toEqual([]);
    expect(verdict.rows).toBeGreaterThan(1000);

    await erp.query(
      `UPDATE dbo.Prices SET Price = Price + 0.000001 WHERE ItemNo = N'I00001' AND PriceGroup = N'PG1'`,
    );
    await erp.query(`UPDATE dbo.Customers SET Route = N'ROUTE-002' WHERE CustomerNo = N'C-10001'`);
    await erp.query(
      `INSERT INTO dbo.Visits (VisitNo, MobileUser, CustomerNo, StartedAt) VALUES (N'V001-000009', N'anna', N'C-10001', '2026-03-16T10:00:00')`,
    );
    const { details } = await judgeSnapshots({ snapshots, erp });
    const kinds = Object.groupBy(details, ({ table, kind }) => `${table} ${kind}`);
    // Three of six users have that price group.
    expect(kinds['Price different']).toHaveLength(3);
    expect(kinds['Customer extra']).toMatchObject([{ user: 'anna', label: 'C-10001' }]);
    expect(kinds['Customer missing']).toMatchObject([{ user: 'boris.k', label: 'C-10001' }]);
    expect(kinds['NumberSeries behind']).toMatchObject([{ user: 'anna', erp: '9', phone: '0' }]);
  });
});
