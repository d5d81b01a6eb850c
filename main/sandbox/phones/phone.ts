import { localTimeText } from './device-time.ts';
import { chance, seededGuid } from '../sample-erp/seeded-random.ts';
import type { Random } from '../sample-erp/seeded-random.ts';
import { takeSnapshot } from './device-snapshot.ts';
import type { DeviceSnapshot } from './device-snapshot.ts';
import { openJournal } from './journal.ts';
import type {
  ActivityMade,
  CustomerMade,
  Journal,
  OrderMade,
  PaymentMade,
  PhotoMade,
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
import { makePhoto } from './make-photo.ts';
import { makeVisitEnd, makeVisitStart } from './make-visit.ts';
import { numberSeries } from './number-series.ts';
import { Outbox, type OutboxOptions } from './outbox.ts';
import {
  PLAIN,
  orderPacket,
  paymentPacket,
  seriesPacket,
  visitEndPacket,
  visitStartPacket,
} from './packets.ts';
import type { PacketShape, PacketTools } from './packets.ts';

export interface PhoneOptions extends OutboxOptions {
  random: Random;
  /** Default: drawn from `random`. */
  newId?: (() => string) | undefined;
  /** Milliseconds since 1970-01-01 UTC. */
  now: () => number;
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
  /** Packets and photos made and not sent. */
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
  /** A photo of an order whose packet was not sent yet, or of its first line. Its file is sent by `sendPhotos`. */
  photograph(order: OrderMade, wishes?: { at?: number | undefined; line?: boolean | undefined }): PhotoMade;
  /** Sends the files of the photos that wait; gives how many. */
  sendPhotos(): Promise<number>;
  /** Sends all packets that wait, then how far the number series are used. Gives the packet ids. */
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
  const outbox = new Outbox(options, journal);
  const photosOf = new Map<string, PhotoMade[]>();
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
    outbox.put({
      operation: 'Sales Order',
      rowIds: made.map(({ rowId }) => rowId),
      activityRowIds: made.map(({ activityRowId }) => activityRowId),
      shape,
      render: (with_) =>
        orderPacket(
          tools,
          made,
          with_,
          made.flatMap(({ rowId }) => photosOf.get(rowId) ?? []),
        ),
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
    outbox.put({ operation, rowIds: [made.rowId], activityRowIds: [made.activityRowId], shape, render });
    return made;
  };

  return {
    user,
    journal,
    get snapshot() {
      return snapshot;
    },
    get waiting() {
      return outbox.waiting;
    },
    async take(source) {
      const taken = await takeSnapshot(source);
      if (taken.user !== user) throw new Error(`${user} was sent the snapshot of ${taken.user}`);
      snapshot = taken;
      journal.append({ kind: 'snapshot', at: now(), series: series.learn(taken) });
    },
    replaceDevice() {
      if (outbox.waiting > 0) throw new Error('what was not sent would be lost with the device');
      snapshot = undefined;
      series.forget();
    },
    startVisit(wishes = {}) {
      const customer = chosenCustomer(random, held(), wishes.customerNo);
      const numbered = series.next('CustomerActivity', '101');
      const visit = makeVisitStart(draw, customer, numbered, { ...wishes, at: wishes.at ?? now() });
      journal.append(visit);
      outbox.put({
        operation: 'Visit Start',
        rowIds: [visit.rowId],
        shape: PLAIN,
        render: () => visitStartPacket(tools, visit),
      });
      return visit;
    },
    endVisit(visit, wishes = {}) {
      const end = makeVisitEnd(draw, visit, wishes.at ?? now());
      journal.append(end);
      outbox.put({
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
      outbox.put({
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
      outbox.put({ operation: undefined, rowIds: [made.rowId], shape: PLAIN, render });
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
        outbox.put({
          operation: undefined,
          rowIds: [],
          shape: PLAIN,
          render: () => seriesPacket(tools, { ...used, at: now() }),
        });
      return outbox.send(reverse);
    },
    photograph(order, wishes = {}) {
      if (!outbox.holds(order.rowId)) throw new Error(`${user} sent ${order.number} already`);
      const { photo, picture } = makePhoto(draw, order, { ...wishes, at: wishes.at ?? now() });
      journal.append(photo);
      photosOf.set(order.rowId, [...(photosOf.get(order.rowId) ?? []), photo]);
      outbox.putPhoto(photo, picture);
      return photo;
    },
    sendPhotos: () => outbox.sendPhotos(),
    resend: (packetId, shape) => outbox.resend(packetId, shape),
    sentPackets: () => outbox.sentPackets(),
  };
}
