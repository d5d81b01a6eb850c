import type { Kind } from './values.ts';

/** A document, as its phone made it or as the ERP holds it: fields in one spelling, parts below it. */
export interface Document {
  kind: 'order' | 'payment' | 'visit start' | 'visit end';
  rowId: string;
  number: string;
  user: string;
  fields: Fields;
  parts: Part[];
}

export interface Part {
  kind: 'line' | 'lot' | 'payment line';
  rowId: string;
  label: string;
  fields: Fields;
}

export type Fields = Readonly<Record<string, string | null>>;

/** Which ERP column holds what, and how it is to be read. Names are those of the judge's report. */
export type Columns = Readonly<Record<string, readonly [expression: string, kind: Kind]>>;

export const ORDER_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['MobileNo', 'text'],
  documentType: ['DocumentType', 'text'],
  customerNo: ['CustomerNo', 'text'],
  customerName: ['CustomerName', 'text'],
  visitNo: ['VisitNo', 'text'],
  orderDate: ['OrderDate', 'day'],
  enteredAt: ['EnteredAt', 'moment'],
  deliveryDate: ['DeliveryDate', 'day'],
  paymentTerm: ['PaymentTerm', 'text'],
  note: ['Note', 'text'],
  amount: ['Amount', 'decimal'],
  vatAmount: ['VatAmount', 'decimal'],
  totalAmount: ['TotalAmount', 'decimal'],
  discountAmount: ['DiscountAmount', 'decimal'],
} as const satisfies Columns;

export const LINE_COLUMNS = {
  lineNo: ['[Line No]', 'decimal'],
  itemNo: ['[Item No]', 'text'],
  name: ['Description', 'text'],
  quantity: ['Quantity', 'decimal'],
  unit: ['[Unit Code]', 'text'],
  unitFactor: ['[Unit Factor]', 'decimal'],
  unitPrice: ['[Unit Price]', 'decimal'],
  discountPercent: ['[Discount %]', 'decimal'],
  discountAmount: ['[Discount Amount]', 'decimal'],
  vatPercent: ['[VAT %]', 'decimal'],
  vatAmount: ['[VAT Amount]', 'decimal'],
  amount: ['Amount', 'decimal'],
  totalAmount: ['[Total Amount]', 'decimal'],
  isSample: ['[Is Sample]', 'bool'],
} as const satisfies Columns;

export const LOT_COLUMNS = {
  lineNo: ['LineNumber', 'decimal'],
  itemNo: ['ItemNo', 'text'],
  warehouse: ['Warehouse', 'text'],
  lotNo: ['LotNo', 'text'],
  quantity: ['Quantity', 'decimal'],
} as const satisfies Columns;

export const PAYMENT_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['MobileNo', 'text'],
  customerNo: ['CustomerNo', 'text'],
  paymentDate: ['PaymentDate', 'day'],
  enteredAt: ['EnteredAt', 'moment'],
  method: ['Method', 'text'],
  paidAmount: ['PaidAmount', 'decimal'],
  totalAmount: ['TotalAmount', 'decimal'],
} as const satisfies Columns;

export const PAYMENT_LINE_COLUMNS = {
  entryNo: ['EntryNo', 'text'],
  amount: ['Amount', 'decimal'],
} as const satisfies Columns;

export const VISIT_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['VisitNo', 'text'],
  customerNo: ['CustomerNo', 'text'],
  startedAt: ['StartedAt', 'moment'],
  inRoute: ['InRoute', 'bool'],
  latitude: ['Latitude', 'decimal'],
  longitude: ['Longitude', 'decimal'],
  note: ['Note', 'text'],
} as const satisfies Columns;

export const VISIT_END_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['VisitNo', 'text'],
  endedAt: ['EndedAt', 'moment'],
  duration: ['Duration', 'decimal'],
  note: ['Note', 'text'],
} as const satisfies Columns;

export const keyOf = (document: { kind: string; rowId: string }): string =>
  `${document.kind} ${document.rowId}`;
