import type { Kind } from './values.ts';

/** A document, as its phone made it or as the ERP holds it: fields in one spelling, parts below it. */
export interface Document {
  kind:
    | 'order'
    | 'payment'
    | 'visit start'
    | 'visit end'
    | 'activity'
    | 'customer'
    | 'transfer'
    | 'stock count'
    | 'photo';
  rowId: string;
  number: string;
  user: string;
  fields: Fields;
  parts: Part[];
}

export interface Part {
  kind: 'line' | 'lot' | 'payment line' | 'transfer line' | 'count line';
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
  sourceNo: ['SourceNo', 'text'],
  reason: ['ReturnReason', 'text'],
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

export const ACTIVITY_COLUMNS = {
  user: ['MobileUser', 'text'],
  action: ['ActionCode', 'decimal'],
  meaning: ['Kind', 'text'],
  customerNo: ['CustomerNo', 'text'],
  number: ['DocumentNo', 'text'],
  doneAt: ['DoneAt', 'moment'],
  amount: ['Amount', 'decimal'],
  latitude: ['Latitude', 'decimal'],
  longitude: ['Longitude', 'decimal'],
  note: ['Note', 'text'],
} as const satisfies Columns;

export const CUSTOMER_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['MobileNo', 'text'],
  isNew: ['IsNew', 'bool'],
  name: ['Name', 'text'],
  address: ['Address', 'text'],
  city: ['City', 'text'],
  contact: ['Contact', 'text'],
  phone: ['Phone', 'text'],
  latitude: ['Latitude', 'decimal'],
  longitude: ['Longitude', 'decimal'],
  shipToCode: ['ShipToCode', 'text'],
} as const satisfies Columns;

export const TRANSFER_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['MobileNo', 'text'],
  from: ['FromCode', 'text'],
  to: ['ToCode', 'text'],
  postingDate: ['PostingDate', 'day'],
} as const satisfies Columns;

export const GOODS_COLUMNS = {
  lineNo: ['LineNumber', 'decimal'],
  itemNo: ['ItemNo', 'text'],
  quantity: ['Quantity', 'decimal'],
  unit: ['UnitCode', 'text'],
} as const satisfies Columns;

export const COUNT_COLUMNS = {
  user: ['MobileUser', 'text'],
  number: ['LocationCode', 'text'],
  countedAt: ['CountedAt', 'moment'],
} as const satisfies Columns;

export const COUNT_LINE_COLUMNS = {
  ...GOODS_COLUMNS,
  lotNo: ['LotNo', 'text'],
  calculated: ['Calculated', 'decimal'],
  difference: ['Difference', 'decimal'],
} as const satisfies Columns;

/** Known by its file's id: `DmsRowId` is the row it belongs to. */
export const PHOTO_COLUMNS = {
  user: ['MobileUser', 'text'],
  entity: ['Entity', 'text'],
  owner: ['DmsRowId', 'guid'],
  picture: ['Picture', 'bytes'],
} as const satisfies Columns;

export const keyOf = (document: { kind: string; rowId: string }): string =>
  `${document.kind} ${document.rowId}`;
