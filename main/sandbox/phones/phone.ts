import { localTimeText } from './device-time.ts';
import { between, chance, pick, seededGuid } from '../sample-erp/seeded-random.ts';
import type { Random } from '../sample-erp/seeded-random.ts';
import type { OutgoingPacket } from './cloud-control.ts';
import { takeSnapshot } from './device-snapshot.ts';
import type { DeviceSnapshot } from './device-snapshot.ts';
import { HOSTILE_TEXTS } from './hostile-texts.ts';
import { openJournal } from './journal.ts';
import type {
  ActivityMade,
  CustomerMade,
  Journal,
  OrderMade,
  PaymentMade,
  StockCountMade,
  TransferMade,
  VisitEnded,
  VisitStarted,
} from './journal.ts';
import { activityPacket, countPacket, customerPacket, transferPacket } from './field-packets.ts';
import {
  makeMovedCustomer,
  makeNewCustomer,
  makeStockCount,
  makeTransfer,
  type Move,
} from './make-field-work.ts';
import { chosenCustomer, fieldOf, makeOrder } from './make-order.ts';
import type { OrderWishes } from './make-order.ts';
import { makePayment } from './make-payment.ts';
import type { Paid, PaymentWishes } from './make-payment.ts';
import { numberSeries } from './number-series.ts';
import {
  PLAIN,
  orderPacket,
  paymentPacket,
  seriesPacket,
  visitEndPacket,
  visitStartPacket,
} from './packets.ts';
import type { PacketShape, PacketTools } from './packets.ts';

export interface PhoneOptions {
  user: string;
  company: string;
  /** Default `SLA`. */
  appCode?: string | undefined;
  random: Random;
  /** Default: drawn from `random`. */
  newId?: (() => string) | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  now: () => number;
  /** Hands a packet to the cloud and gives the id it got there. A rejection leaves the packet in the outbox. */
  deliver: (packet: OutgoingPacket) => Promise<string>;
  /** Set for a device that writes its wall clock although its times end in `Z`. */
  wallClockZone?: string | undefined;
  /** Gets each journal entry as a line, before anything leaves the phone. */
  write?: ((line: string) => void) | undefined;
}

export interface Phone {
  readonly user: string;
  readonly journal: Journal;
  /** Undefined before the first synchronization. */
  readonly snapshot: DeviceSnapshot | undefined;
  /** Packets made and not sent. */
  readonly waiting: number;
  /** Takes a pushed snapshot in place of all it holds. Throws when it is none, or another user's. */
  take(source: AsyncIterable<Uint8Array>): Promise<void>;
  /** The user gets a new device: numbers and snapshot are gone, the journal stays. Send first. */
  replaceDevice(): void;
  startVisit(wishes?: {
    at?: number | undefined;
    customerNo?: string | undefined;
    hostile?: boolean | undefined;
  }): VisitStarted;
  endVisit(visit: VisitStarted, wishes?: { at?: number | undefined }): VisitEnded;
  order(wishes?: Partial<OrderWishes> & { shape?: PacketShape | undefined }): OrderMade;
  /** Several orders in one packet. */
  orders(wishes: readonly Partial<OrderWishes>[], shape?: PacketShape): OrderMade[];
  /** Undefined when no customer owes anything. */
  pay(wishes?: Partial<PaymentWishes> & { shape?: PacketShape | undefined }): PaymentMade | undefined;
  /** Something done that is no document: `5` a visit skipped, `301` a task; a code may be one nobody knows. */
  act(action: string, wishes?: { at?: number | undefined; note?: string | undefined }): ActivityMade;
  /** Somebody new, or new coordinates of somebody known. */
  customer(kind: 'new' | 'moved', wishes?: Shaped): CustomerMade;
  /** Goods between warehouse and van. `elsewhere`: a place the company does not have. */
  transfer(move: Move, wishes?: Shaped & { elsewhere?: string | undefined }): TransferMade;
  /** Undefined when nothing is in the van. */
  count(wishes?: Shaped): StockCountMade | undefined;
  /** Sends everything that waits, then how far the number series are used. Gives the packet ids. */
  send(options?: { reverse?: boolean | undefined }): Promise<string[]>;
  /** Sends the documents of a packet once more under a new packet id, put together anew when a shape is given. */
  resend(packetId: string, shape?: PacketShape): Promise<string>;
  /** Packets sent that hold documents, oldest first. */
  sentPackets(): readonly string[];
}

interface Shaped {
  at?: number | undefined;
  shape?: PacketShape | undefined;
}

interface Outgoing {
  operation: string | undefined;
  rowIds: readonly string[];
  /** Of activities beside the documents, unless the shape leaves them out. */
  activityRowIds?: readonly string[] | undefined;
  shape: PacketShape;
  render: (shape: PacketShape) => string;
}

/** Some shape a packet may have. */
export const anyShape = (random: Random): PacketShape => ({
  backwards: chance(random, 0.3),
  extras: chance(random, 0.3),
  bare: chance(random, 0.2),
});

/** A phone that works offline from its last snapshot. Same options and calls, same documents. */
export function createPhone(options: PhoneOptions): Phone {
  const { user, random, now } = options;
  const newId = options.newId ?? (() => seededGuid(random));
  const journal = openJournal(user, options.write);
  const series = numberSeries();
  const paid: Paid = new Map();
  const sent = new Map<string, Outgoing>();
  let outbox: Outgoing[] = [];
  let snapshot: DeviceSnapshot | undefined;

  const draw = { random, newId };
  const tools: PacketTools = {
    user,
    newId,
    time: (at) => localTimeText(at, options.wallClockZone ?? 'UTC'),
  };
  const held = (): DeviceSnapshot => {
    if (snapshot === undefined) throw new Error(`${user} never synchronized`);
    return snapshot;
  };
  const enqueue = (outgoing: Outgoing): void => void outbox.push(outgoing);

  const deliver = async (outgoing: Outgoing, again: boolean): Promise<string> => {
    const packetId = await options.deliver({
      user,
      company: options.company,
      appCode: options.appCode ?? 'SLA',
      operation: outgoing.operation,
      xml: outgoing.render(outgoing.shape),
    });
    const beside = outgoing.shape.bare ? [] : (outgoing.activityRowIds ?? []);
    journal.append({ kind: 'sent', packetId, rowIds: [...outgoing.rowIds, ...beside], again });
    if (outgoing.rowIds.length > 0) sent.set(packetId, outgoing);
    return packetId;
  };

  const makeOne = (wishes: Partial<OrderWishes>): OrderMade => {
    const documentType = wishes.documentType ?? '0';
    const known = held();
    const numbered = series.next('SalesHeader', documentType);
    const order = makeOrder(draw, known, numbered, { ...wishes, documentType, at: wishes.at ?? now() });
    journal.append(order);
    return order;
  };
  const orders = (wishes: readonly Partial<OrderWishes>[], shape = PLAIN): OrderMade[] => {
    const made = wishes.map(makeOne);
    enqueue({
      operation: 'Sales Order',
      rowIds: made.map(({ rowId }) => rowId),
      activityRowIds: made.map(({ activityRowId }) => activityRowId),
      shape,
      render: (with_) => orderPacket(tools, made, with_),
    });
    return made;
  };

  const put = <M extends CustomerMade | TransferMade | StockCountMade>(
    made: M,
    operation: string | undefined,
    shape: PacketShape,
    render: (with_: PacketShape) => string,
  ): M => {
    journal.append(made);
    enqueue({ operation, rowIds: [made.rowId], activityRowIds: [made.activityRowId], shape, render });
    return made;
  };

  return {
    user,
    journal,
    get snapshot() {
      return snapshot;
    },
    get waiting() {
      return outbox.length;
    },
    async take(source) {
      const taken = await takeSnapshot(source);
      if (taken.user !== user) throw new Error(`${user} was sent the snapshot of ${taken.user}`);
      snapshot = taken;
      journal.append({ kind: 'snapshot', at: now(), series: series.learn(taken) });
    },
    replaceDevice() {
      if (outbox.length > 0) throw new Error('what was not sent would be lost with the device');
      snapshot = undefined;
      series.forget();
    },
    startVisit(wishes = {}) {
      const customer = chosenCustomer(random, held(), wishes.customerNo);
      const { series: key, number } = series.next('CustomerActivity', '101');
      const visit: VisitStarted = {
        kind: 'visit start',
        rowId: newId(),
        series: key,
        visitNo: number,
        customerNo: fieldOf(customer, 'No'),
        at: wishes.at ?? now(),
        inRoute: chance(random, 0.8),
        latitude: `42.${between(random, 100_000, 999_999)}`,
        longitude: `23.${between(random, 100_000, 999_999)}`,
        note: wishes.hostile === true ? pick(random, HOSTILE_TEXTS) : undefined,
      };
      journal.append(visit);
      enqueue({
        operation: 'Visit Start',
        rowIds: [visit.rowId],
        shape: PLAIN,
        render: () => visitStartPacket(tools, visit),
      });
      return visit;
    },
    endVisit(visit, wishes = {}) {
      const at = wishes.at ?? now();
      const end: VisitEnded = {
        kind: 'visit end',
        rowId: newId(),
        visitNo: visit.visitNo,
        customerNo: visit.customerNo,
        at,
        duration: Math.max(0, Math.round((at - visit.at) / 60_000)),
        note: chance(random, 0.2) ? pick(random, HOSTILE_TEXTS) : undefined,
      };
      journal.append(end);
      enqueue({
        operation: 'Visit End',
        rowIds: [end.rowId],
        shape: PLAIN,
        render: () => visitEndPacket(tools, end),
      });
      return end;
    },
    order({ shape, ...wishes } = {}) {
      const [order] = orders([wishes], shape);
      if (order === undefined) throw new Error('no order was made');
      return order;
    },
    orders,
    pay({ shape = PLAIN, ...wishes } = {}) {
      const payment = makePayment(draw, held(), paid, () => series.next('PaymentHeader', '0'), {
        ...wishes,
        at: wishes.at ?? now(),
      });
      if (payment === undefined) return undefined;
      journal.append(payment);
      enqueue({
        operation: undefined,
        rowIds: [payment.rowId],
        activityRowIds: [payment.activityRowId],
        shape,
        render: (with_) => paymentPacket(tools, payment, with_),
      });
      return payment;
    },
    act(action, wishes = {}) {
      const customer = chosenCustomer(random, held(), undefined);
      const made: ActivityMade = {
        kind: 'activity',
        rowId: newId(),
        action,
        customerNo: fieldOf(customer, 'No'),
        at: wishes.at ?? now(),
        note: wishes.note,
      };
      journal.append(made);
      const render = () => activityPacket(tools, made);
      enqueue({ operation: undefined, rowIds: [made.rowId], shape: PLAIN, render });
      return made;
    },
    customer(kind, { at = now(), shape = PLAIN } = {}) {
      const made =
        kind === 'new'
          ? makeNewCustomer(draw, series.next('Customer', '0'), at)
          : makeMovedCustomer(draw, held(), at);
      return put(made, undefined, shape, (with_) => customerPacket(tools, made, with_));
    },
    transfer(move, { at = now(), shape = PLAIN, elsewhere } = {}) {
      const known = held();
      const made = makeTransfer(draw, known, series.next('TransferHeader', '0'), { move, elsewhere, at });
      return put(made, 'Transfer', shape, (with_) => transferPacket(tools, made, with_));
    },
    count({ at = now(), shape = PLAIN } = {}) {
      const made = makeStockCount(draw, held(), at);
      if (made === undefined) return undefined;
      return put(made, 'Stock Count', shape, (with_) => countPacket(tools, made, with_));
    },
    async send({ reverse = false } = {}) {
      for (const used of series.unreported())
        enqueue({
          operation: undefined,
          rowIds: [],
          shape: PLAIN,
          render: () => seriesPacket(tools, { ...used, at: now() }),
        });
      if (reverse) outbox = outbox.toReversed();
      const ids: string[] = [];
      for (let next = outbox[0]; next !== undefined; next = outbox[0]) {
        ids.push(await deliver(next, false));
        outbox.shift();
      }
      return ids;
    },
    async resend(packetId, shape) {
      const before = sent.get(packetId);
      if (before === undefined) throw new Error(`${user} sent no documents in ${packetId}`);
      return deliver(shape === undefined ? before : { ...before, shape }, true);
    },
    sentPackets: () => [...sent.keys()],
  };
}
