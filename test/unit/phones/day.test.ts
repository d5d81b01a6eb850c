import { expect, test } from 'vitest';
import { createControl } from '../../../main/sandbox/clouds/dynamics-mobile/control-endpoint.ts';
import { readPacket } from '../../../main/sandbox/clouds/dynamics-mobile/packet-reader.ts';
import { serveFetch } from '../../../main/sandbox/clouds/serve.ts';
import { playDay, synchronize } from '../../../main/sandbox/day.ts';
import type { OrderMade } from '../../../main/sandbox/phones/journal.ts';
import { readJournal } from '../../../main/sandbox/phones/journal.ts';
import { createPhone } from '../../../main/sandbox/phones/phone.ts';
import { remoteCloud } from '../../../main/sandbox/phones/remote-cloud.ts';
import { seededRandom } from '../../../main/sandbox/sample-erp/seeded-random.ts';
import { MIDNIGHT, staff } from './phones.ts';
import { AREA } from './snapshots.ts';

const ordersOf = (phone: { journal: { entries: readonly { kind: string }[] } }): OrderMade[] =>
  phone.journal.entries.filter((entry): entry is OrderMade => entry.kind === 'order');

test('a day has what a day needs, and repeats with its seed', async () => {
  const play = async () => {
    const { control, phones } = await staff(11);
    const counts = await playDay({ cloud: control, phones, random: seededRandom(11), midnight: MIDNIGHT });
    return { counts, journals: phones.map(({ journal }) => journal.entries), phones };
  };
  const { counts, journals, phones } = await play();
  expect(counts).toMatchObject({ users: 6, orders: 40, payments: 10, visits: 20, redelivered: 5, resent: 5 });
  expect(counts.reversed).toBeGreaterThan(0);
  const lengths = phones.flatMap(ordersOf).map(({ lines }) => lines.length);
  expect(lengths).toHaveLength(40);
  expect(Math.min(...lengths)).toBe(1);
  expect(Math.max(...lengths)).toBe(30);
  expect(phones.every(({ waiting }) => waiting === 0)).toBe(true);
  expect((await play()).journals).toEqual(journals);
});

test('amounts are exact where binary numbers are not', async () => {
  const { control, phones } = await staff(5);
  const [phone] = phones;
  await synchronize(control, phone!);
  const [line] = phone!.order({ hostile: true, lines: 1 }).lines;
  // Nineteen digits, and a product worked out with whole numbers.
  expect(line!.unitPrice).toBe('1234567890123.456789');
  const scaled = (text: string, places: number): bigint => {
    const [whole = '', fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(places, '0'));
  };
  const product = scaled(line!.quantity, 3) * scaled(line!.unitPrice, 6);
  const rounded = (product + 50_000n) / 100_000n;
  expect(scaled(line!.amount, 4) + scaled(line!.discountAmount, 4)).toBe(rounded);
});

test('numbers go on from the snapshot, on a new device too, and never go back by themselves', async () => {
  const { control, phones } = await staff(6);
  const phone = phones[1]!;
  await synchronize(control, phone);
  expect(phone.order({ lines: 1 }).number).toBe('O002-000101');
  await synchronize(control, phone);
  expect(phone.order({ lines: 1 }).number).toBe('O002-000102');
  await phone.send();
  phone.replaceDevice();
  expect(() => phone.order()).toThrow('never synchronized');
  await synchronize(control, phone);
  // The snapshot is the old one: a program that does not write the series back gets the same number again.
  expect(phone.order({ lines: 1 }).number).toBe('O002-000101');
});

test('what leaves a phone reads back as what its journal says, in every shape and order', async () => {
  const { cloud, control, phones } = await staff(8);
  const packets: string[] = [];
  for (const one of phones.slice(0, 2)) await synchronize(control, one);
  const phone = createPhone({
    user: phones[0]!.user,
    company: '',
    random: seededRandom(1),
    now: () => MIDNIGHT,
    deliver: (packet) => {
      packets.push(packet.xml);
      return Promise.resolve(`p${packets.length}`);
    },
  });
  await phone.take(cloud.control.device({ area: AREA, user: phone.user })!.read());
  const plain = { backwards: false, extras: false, bare: false };
  const made = [
    phone.order({ hostile: true, shape: { backwards: true, extras: true, bare: false } }),
    ...phone.orders([{ hostile: true }, {}], { ...plain, bare: true }),
  ];
  const ids = await phone.send({ reverse: true });
  await phone.resend(ids.at(-1)!, plain);
  const read = async (xml: string) => {
    const rows: { table: string; fields: Record<string, string> }[] = [];
    await readPacket(
      (async function* () {
        yield new TextEncoder().encode(xml);
      })(),
      {
        row: (table, _status, fields) => rows.push({ table, fields: Object.fromEntries(fields) }),
      },
    );
    return rows;
  };
  const all = (await Promise.all(packets.map(read))).map((rows) =>
    rows.filter(({ table }) => table.startsWith('Sales')),
  );
  // Series first when reversed, then the two orders, then the one; the resend repeats that one in another order.
  expect(all.map((rows) => rows.filter(({ table }) => table === 'SalesHeader').length)).toEqual([0, 2, 1, 1]);
  const byTable = (rows: (typeof all)[number]) => Object.groupBy(rows, ({ table }) => table);
  expect(byTable(all[3]!)['SalesHeader']).toEqual(
    byTable(all[2]!)['SalesHeader']!.map(({ table, fields }) => {
      const { xAppVersion: _dropped, ...rest } = fields;
      return { table, fields: rest };
    }),
  );
  const rows = [...all[2]!, ...all[1]!];
  for (const order of made) {
    const header = rows.find(({ fields }) => fields['DMS_ROWID'] === order.rowId)!.fields;
    expect(header).toMatchObject({
      no: order.number,
      totalAmount: order.totalAmount,
      customerName: order.customerName,
    });
    expect(header['comment']).toBe(order.note);
    const lines = rows.filter(
      ({ table, fields }) => table === 'SalesLine' && fields['documentNo'] === order.number,
    );
    expect(
      lines.map(({ fields }) => [
        fields['DMS_ROWID'],
        fields['quantity'],
        fields['unitPrice'],
        fields['name'],
      ]),
    ).toEqual(order.lines.map((line) => [line.rowId, line.quantity, line.unitPrice, line.name]));
  }
});

test('a phone without a network keeps its packets and sends them later once', async () => {
  const { cloud, control, phones } = await staff(9);
  let online = false;
  const lines: string[] = [];
  const phone = createPhone({
    user: phones[2]!.user,
    company: '',
    random: seededRandom(1),
    now: () => MIDNIGHT,
    deliver: (packet) => (online ? control.deliver(packet) : Promise.reject(new Error('no network'))),
    write: (line) => lines.push(line),
  });
  await synchronize(control, phone);
  const visit = phone.startVisit();
  phone.order({ visitNo: visit.visitNo });
  phone.endVisit(visit);
  await expect(phone.send()).rejects.toThrow('no network');
  // Two series were used, so two reports wait with the three packets.
  expect(phone.waiting).toBe(5);
  online = true;
  const ids = await phone.send();
  expect(cloud.control.queueState({ area: AREA }).waiting).toEqual(ids);
  expect(ids).toHaveLength(5);
  expect(readJournal(phone.user, lines).entries).toEqual(phone.journal.entries);
});

test('the same day plays against a cloud on the other end of a wire', async () => {
  const { cloud, phones: names } = await staff(12);
  const server = await serveFetch(createControl(cloud));
  const control = remoteCloud({ controlUrl: server.url, area: AREA });
  const phones = names.slice(0, 5).map(({ user }) =>
    createPhone({
      user,
      company: '',
      random: seededRandom(user),
      now: () => MIDNIGHT,
      deliver: (packet) => control.deliver(packet),
    }),
  );
  await control.setSwitch('queue', 'sticky');
  await expect(control.setSwitch('queue', 'nonsense')).rejects.toThrow('400');
  const counts = await playDay({ cloud: control, phones, random: seededRandom(2), midnight: MIDNIGHT });
  await server.close();
  expect(counts).toMatchObject({ users: 5, orders: 40, payments: 10, visits: 20 });
  expect(cloud.switches.queue).toBe('sticky');
  // Redelivered packets stand in the queue twice under their own id.
  const { waiting } = cloud.control.queueState({ area: AREA });
  expect(waiting).toHaveLength(counts.packets + counts.redelivered);
  expect(new Set(waiting).size).toBe(counts.packets);
});
