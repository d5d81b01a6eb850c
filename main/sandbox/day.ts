import { doFieldWork } from './field-work.ts';
import type { CloudControl } from './phones/cloud-control.ts';
import { anyShape } from './phones/phone.ts';
import type { Phone } from './phones/phone.ts';
import type { VisitStarted } from './phones/journal.ts';
import { between, chance, pick } from './sample-erp/seeded-random.ts';
import type { Random } from './sample-erp/seeded-random.ts';

export interface DayOptions {
  cloud: CloudControl;
  phones: readonly Phone[];
  random: Random;
  /** The moment it is midnight where the phones are: one order is entered half an hour later. */
  midnight: number;
  /** Orders in all; default 40. */
  orders?: number | undefined;
  payments?: number | undefined;
  visits?: number | undefined;
  /** Deliveries of a packet a second time, and resends under a new id; default 5 of each. */
  redeliveries?: number | undefined;
  resends?: number | undefined;
  /** Phones also load vans, count stock, find customers, deliver and invoice. Default false. */
  fieldWork?: boolean | undefined;
  /** Some orders are photographed; the files leave before their packets, after them, or hours later. Default false. */
  photos?: boolean | undefined;
  /** All phones take the newest snapshot before each round, not only in the morning. Default false. */
  resync?: boolean | undefined;
  /** Called between the rounds of a day, for a program that shall work meanwhile. */
  between?: ((round: number) => Promise<void>) | undefined;
}

export interface DayCounts {
  users: number;
  orders: number;
  lines: number;
  payments: number;
  visits: number;
  /** Documents and activities besides those: transfers, counts, customers and what else is done on the road. */
  fieldWork: number;
  photos: number;
  packets: number;
  redelivered: number;
  resent: number;
  /** Times a phone sent what it had in reverse order. */
  reversed: number;
}

const HOUR = 3_600_000;
const ROUNDS = 4;

/**
 * One working day. All phones synchronize (each must have a snapshot waiting), then work offline in rounds and send in
 * between, with everything that goes wrong between phones and clouds. Same random and phones, same day.
 */
export async function playDay(options: DayOptions): Promise<DayCounts> {
  const { phones, random, cloud } = options;
  const counts: DayCounts = {
    users: phones.length,
    orders: 0,
    lines: 0,
    payments: 0,
    visits: 0,
    fieldWork: 0,
    photos: 0,
    packets: 0,
    redelivered: 0,
    resent: 0,
    reversed: 0,
  };
  const wanted = {
    orders: options.orders ?? 40,
    payments: options.payments ?? 10,
    visits: options.visits ?? 20,
  };
  for (const phone of phones) await synchronize(cloud, phone);

  const sent: { phone: Phone; packetId: string }[] = [];
  const send = async (phone: Phone, reverse: boolean): Promise<void> => {
    const documents = new Set(phone.sentPackets());
    const ids = await phone.send({ reverse });
    counts.packets += ids.length;
    if (reverse) counts.reversed += 1;
    for (const packetId of phone.sentPackets()) if (!documents.has(packetId)) sent.push({ phone, packetId });
  };

  nightOrder(options, counts);
  for (let round = 0; round < ROUNDS; round++) {
    if (round > 0 && options.resync === true) for (const phone of phones) await synchronize(cloud, phone);
    const due = (total: number): number => Math.ceil((total * (round + 1)) / ROUNDS);
    const at = options.midnight + (7 + 3 * round) * HOUR;
    workRound({ ...options, at }, counts, {
      orders: due(wanted.orders),
      payments: due(wanted.payments),
      visits: due(wanted.visits),
    });
    if (options.fieldWork === true)
      phones.forEach((phone, index) => {
        counts.fieldWork += doFieldWork(phone, random, { at: at + HOUR, turn: round + index });
      });
    for (const phone of phones) {
      // Without a network for a while; the last round leaves nothing behind.
      if (round < ROUNDS - 1 && chance(random, 0.3)) continue;
      const photosFirst = options.photos === true && chance(random, 0.4);
      if (photosFirst) await phone.sendPhotos();
      await send(phone, round === 1 || chance(random, 0.3));
      if (options.photos === true && chance(random, 0.4)) await phone.sendPhotos();
    }
    await options.between?.(round);
    await disturb(options, counts, sent, round);
    await options.between?.(round);
  }
  // What was held back all day: its packets are in the ERP by now.
  if (options.photos === true) for (const phone of phones) await phone.sendPhotos();
  return counts;
}

/** The user synchronizes; throws when nothing was pushed to him yet. */
export async function synchronize(cloud: CloudControl, phone: Phone): Promise<void> {
  const packet = await cloud.synchronize(phone.user);
  if (packet === undefined) throw new Error(`no snapshot waits for ${phone.user}`);
  await phone.take(packet);
}

/** Entered at 00:30: its day depends on whose clock one looks at. */
function nightOrder({ phones, midnight }: DayOptions, counts: DayCounts): void {
  const [phone] = phones;
  if (phone === undefined) throw new Error('a day needs phones');
  const order = phone.order({ at: midnight + HOUR / 2, lines: 3 });
  counts.orders += 1;
  counts.lines += order.lines.length;
}

function workRound(
  { phones, random, at, photos }: DayOptions & { at: number },
  counts: DayCounts,
  due: { orders: number; payments: number; visits: number },
): void {
  const clock = new Map(phones.map((phone) => [phone, at + between(random, 0, 59) * 60_000]));
  const open = new Map<Phone, VisitStarted>();
  const tick = (phone: Phone): number => {
    const time = (clock.get(phone) ?? at) + between(random, 1, 9) * 60_000 + between(random, 0, 59_999);
    clock.set(phone, time);
    return time;
  };
  const leave = (phone: Phone): void => {
    const visit = open.get(phone);
    if (visit !== undefined) phone.endVisit(visit, { at: tick(phone) });
    open.delete(phone);
  };
  let turn = 0;
  let refusals = 0;
  const next = (): Phone => phones[turn++ % phones.length] ?? pick(random, phones);

  while (counts.visits < due.visits || counts.orders < due.orders || counts.payments < due.payments) {
    const phone = next();
    if (counts.visits < due.visits) {
      leave(phone);
      open.set(phone, phone.startVisit({ at: tick(phone), hostile: chance(random, 0.2) }));
      counts.visits += 1;
    }
    const visit = open.get(phone);
    if (counts.orders < due.orders) {
      const wishes = () => ({
        at: tick(phone),
        hostile: chance(random, 0.25),
        customerNo: visit?.customerNo,
        visitNo: visit?.visitNo,
        documentType: chance(random, 0.1) ? ('2' as const) : ('0' as const),
        // Once a day the longest, once the shortest; else what comes.
        lines: counts.orders === 1 ? 30 : counts.orders === 2 ? 1 : undefined,
      });
      const together =
        due.orders - counts.orders > 1 && chance(random, 0.15) ? [wishes(), wishes()] : [wishes()];
      for (const order of phone.orders(together, anyShape(random))) {
        counts.orders += 1;
        counts.lines += order.lines.length;
        if (photos === true && chance(random, 0.3)) {
          phone.photograph(order, { at: tick(phone), line: chance(random, 0.3) });
          counts.photos += 1;
        }
      }
    }
    if (counts.payments < due.payments && (chance(random, 0.5) || counts.orders >= due.orders)) {
      const payment = phone.pay({ at: tick(phone), shape: anyShape(random) });
      if (payment !== undefined) counts.payments += 1;
      else if (++refusals > phones.length * 20)
        throw new Error('too few open entries for that many payments');
    }
  }
  for (const phone of phones) leave(phone);
}

/** What clouds and phones do to those who trust them: the same packet again, the same documents under a new id. */
async function disturb(
  { cloud, random, redeliveries = 5, resends = 5 }: DayOptions,
  counts: DayCounts,
  sent: readonly { phone: Phone; packetId: string }[],
  round: number,
): Promise<void> {
  if (sent.length === 0) return;
  const due = (total: number): number => Math.ceil((total * (round + 1)) / ROUNDS);
  while (counts.redelivered < due(redeliveries)) {
    await cloud.redeliver(pick(random, sent).packetId);
    counts.redelivered += 1;
  }
  while (counts.resent < due(resends)) {
    const { phone, packetId } = pick(random, sent);
    await phone.resend(packetId, chance(random, 0.5) ? anyShape(random) : undefined);
    counts.resent += 1;
    counts.packets += 1;
  }
}
