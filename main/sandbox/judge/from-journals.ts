import type { Journal, Made, OrderMade, PaymentMade } from '../phones/journal.ts';
import {
  LINE_COLUMNS,
  LOT_COLUMNS,
  ORDER_COLUMNS,
  PAYMENT_COLUMNS,
  PAYMENT_LINE_COLUMNS,
  PHOTO_COLUMNS,
  VISIT_COLUMNS,
  VISIT_END_COLUMNS,
} from './document.ts';
import type { Document } from './document.ts';
import { activitiesOf, fieldDocument } from './field-work.ts';
import { fieldsOf, headOf, part } from './expected-fields.ts';
import { wallClock, wallDay } from './values.ts';

export interface Expected extends Document {
  /** False while it never left the phone: then it need not be in the ERP. */
  sent: boolean;
  series: string | undefined;
}

/** The sample ERP's words for the phone's codes. */
const DOCUMENT_TYPES: Readonly<Record<string, string>> = {
  '0': 'order',
  '1': 'invoice',
  '2': 'return',
  '8': 'delivery',
};

/** Every document the phones say they made, as the ERP ought to hold it. */
export function expectedDocuments(journals: Iterable<Journal>, zone: string): Expected[] {
  const documents: Expected[] = [];
  for (const { user, entries } of journals) {
    const sent = new Set(
      entries.flatMap((entry) =>
        entry.kind === 'sent' ? entry.rowIds.map((rowId) => rowId.toUpperCase()) : [],
      ),
    );
    for (const entry of entries) {
      if (entry.kind === 'sent' || entry.kind === 'snapshot') continue;
      const series = 'series' in entry ? entry.series : undefined;
      const owner = entry.kind === 'photo' ? entry.orderRowId.toUpperCase() : undefined;
      for (const [index, document] of documentsOf(entry, user, zone).entries())
        documents.push({
          ...document,
          // A photo is nobody's before the row it belongs to is there.
          sent: sent.has(document.rowId) && (owner === undefined || sent.has(owner)),
          // A number is the document's, not that of the activity beside it.
          series: index === 0 ? series : undefined,
        });
    }
  }
  return documents;
}

/** The document first, then the activity that goes with it. */
function documentsOf(made: Made, user: string, zone: string): Document[] {
  switch (made.kind) {
    case 'order':
      return [orderOf(made, user, zone), ...activitiesOf(made, user, zone)];
    case 'payment':
      return [paymentOf(made, user, zone), ...activitiesOf(made, user, zone)];
    case 'activity':
      return activitiesOf(made, user, zone);
    case 'customer':
    case 'transfer':
    case 'stock count':
      return [fieldDocument(made, user, zone), ...activitiesOf(made, user, zone)];
    case 'photo':
      return [
        {
          ...headOf(made.kind, made.rowId, '', user),
          fields: {
            ...fieldsOf(PHOTO_COLUMNS, {
              user,
              entity: made.entity,
              owner: made.ownerRowId,
              picture: undefined,
            }),
            picture: made.hash,
          },
          parts: [],
        },
      ];
    case 'visit start':
      return [
        {
          ...headOf(made.kind, made.rowId, made.visitNo, user),
          fields: fieldsOf(VISIT_COLUMNS, {
            user,
            number: made.visitNo,
            customerNo: made.customerNo,
            startedAt: wallClock(made.at, zone),
            inRoute: made.inRoute ? '1' : '0',
            latitude: made.latitude,
            longitude: made.longitude,
            note: made.note,
          }),
          parts: [],
        },
      ];
    case 'visit end':
      return [
        {
          ...headOf(made.kind, made.rowId, made.visitNo, user),
          fields: fieldsOf(VISIT_END_COLUMNS, {
            user,
            number: made.visitNo,
            endedAt: wallClock(made.at, zone),
            duration: String(made.duration),
            note: made.note,
          }),
          parts: [],
        },
      ];
    default:
      return made satisfies never;
  }
}

function orderOf(order: OrderMade, user: string, zone: string): Document {
  const lines = order.lines.map((line) =>
    part('line', line.rowId, `${order.number} line ${line.lineNo}`, LINE_COLUMNS, {
      ...line,
      lineNo: String(line.lineNo),
      isSample: line.isSample ? '1' : '0',
    }),
  );
  const lots = order.lots.map((lot) =>
    part('lot', lot.rowId, `${order.number} lot of line ${lot.lineNo}`, LOT_COLUMNS, {
      ...lot,
      lineNo: String(lot.lineNo),
    }),
  );
  return {
    ...headOf('order', order.rowId, order.number, user),
    fields: fieldsOf(ORDER_COLUMNS, {
      user,
      number: order.number,
      documentType: DOCUMENT_TYPES[order.documentType] ?? order.documentType,
      customerNo: order.customerNo,
      customerName: order.customerName,
      visitNo: order.visitNo,
      sourceNo: order.sourceNo,
      reason: order.reason,
      orderDate: wallDay(order.at, zone),
      enteredAt: wallClock(order.at, zone),
      deliveryDate: order.deliveryDate?.replaceAll('-', ''),
      paymentTerm: order.paymentTerm,
      note: order.note,
      amount: order.amount,
      vatAmount: order.vatAmount,
      totalAmount: order.totalAmount,
      discountAmount: order.discountAmount,
    }),
    parts: [...lines, ...lots],
  };
}

const paymentOf = (payment: PaymentMade, user: string, zone: string): Document => ({
  ...headOf('payment', payment.rowId, payment.number, user),
  fields: fieldsOf(PAYMENT_COLUMNS, {
    user,
    number: payment.number,
    customerNo: payment.customerNo,
    paymentDate: wallDay(payment.at, zone),
    enteredAt: wallClock(payment.at, zone),
    method: payment.method,
    paidAmount: payment.paidAmount,
    totalAmount: payment.totalAmount,
  }),
  parts: payment.lines.map((line) =>
    part('payment line', line.rowId, `${payment.number} for ${line.entryNo}`, PAYMENT_LINE_COLUMNS, line),
  ),
});
