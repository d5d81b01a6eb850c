import { renderDevicePacket } from '../clouds/dynamics-mobile/device-packet.ts';
import type { DeviceRow } from '../clouds/dynamics-mobile/device-packet.ts';
import type { OrderMade, PaymentMade, PhotoMade, VisitEnded, VisitStarted } from './journal.ts';

/** How a packet is put together: all of these are legal and mean the same. */
export interface PacketShape {
  /** Tables in the opposite order: lines before their header. */
  backwards: boolean;
  /** A table and fields nobody described. */
  extras: boolean;
  /** Without the activity that usually comes with an order. */
  bare: boolean;
}

export const PLAIN: PacketShape = { backwards: false, extras: false, bare: false };

type Field = readonly [name: string, text: string];
type Fields = readonly (readonly [name: string, text: string | undefined])[];

export interface PacketTools {
  user: string;
  /** Text of a moment, as this device writes it. */
  time: (at: number) => string;
  newId: () => string;
}

export interface Table {
  name: string;
  rows: DeviceRow[];
}

const ACTION = { order: '0', payment: '7', visitStart: '101', visitEnd: '105' } as const;
/** Of documents that are no plain order. */
const ACTION_OF: Readonly<Record<string, string>> = { '1': '1', '2': '9' };

export const row = (fields: Fields, withRowId = true): DeviceRow => ({
  status: 'insert',
  withRowId,
  fields: fields.filter((field): field is Field => field[1] !== undefined),
});

const bool = (value: boolean): string => (value ? 'true' : 'false');

/** What the activity beside a sales document says was done. */
export const orderAction = (documentType: string): string => ACTION_OF[documentType] ?? ACTION.order;

/** One or several orders in one packet. */
export function orderPacket(
  tools: PacketTools,
  orders: readonly OrderMade[],
  shape: PacketShape,
  photos: readonly PhotoMade[] = [],
): string {
  const tables: Table[] = [
    {
      name: 'CustomerActivity',
      rows: shape.bare ? [] : orders.map((order) => orderActivity(tools, order)),
    },
    { name: 'SalesHeader', rows: orders.map((order) => salesHeader(tools, order, shape)) },
    { name: 'SalesLine', rows: orders.flatMap((order) => salesLines(tools, order, shape)) },
    { name: 'SalesLineInventory', rows: orders.flatMap((order) => salesLots(tools, order)) },
    { name: 'Snapshot', rows: photos.map(photoRow) },
  ];
  if (shape.extras)
    tables.push({
      name: 'XLoyaltyScan',
      rows: [
        row([
          ['DMS_ROWID', tools.newId()],
          ['card', '0042'],
          ['__proto__', 'points'],
          ['scannedText', '<&>"]]>'],
        ]),
      ],
    });
  return render(tools, tables, shape);
}

/** What a packet says of a photo, whose file comes by itself. */
const photoRow = (photo: PhotoMade): DeviceRow =>
  row([
    ['DMS_ROWID', photo.snapshotRowId],
    ['imageName', `dms://${photo.rowId}`],
    ['entityName', photo.entity],
    ['entityDMSROWID', photo.ownerRowId],
  ]);

const orderActivity = (tools: PacketTools, order: OrderMade): DeviceRow =>
  row([
    ['DMS_ROWID', order.activityRowId],
    ['Action', orderAction(order.documentType)],
    ['CustomerNo', order.customerNo],
    ['CustomerTitle', order.customerName],
    ['DocumentNo', order.number],
    ['VisitNo', order.visitNo],
    ['OnDate', tools.time(order.at)],
    ['InRoute', '1'],
    ['Amount', order.totalAmount],
  ]);

const salesHeader = (tools: PacketTools, order: OrderMade, shape: PacketShape): DeviceRow =>
  row([
    ['DMS_ROWID', order.rowId],
    ['no', order.number],
    ['documentType', order.documentType],
    ['status', '0'],
    ['dateCreated', tools.time(order.at)],
    ['customerNo', order.customerNo],
    ['customerName', order.customerName],
    ['invoiceAccount', order.customerNo],
    ['visitNo', order.visitNo],
    ['SourceDocumentNo', order.sourceNo],
    ['reason', order.reason],
    ['amount', order.amount],
    ['vatAmount', order.vatAmount],
    ['totalAmount', order.totalAmount],
    ['discountAmount', order.discountAmount],
    ['paymentTerm', order.paymentTerm],
    [
      'RequestedDeliveryDate',
      order.deliveryDate === undefined ? undefined : `${order.deliveryDate}T00:00:00.000Z`,
    ],
    ['comment', order.note],
    ['isDeliveryNoteOnly', 'false'],
    ['xAppVersion', shape.extras ? '7.3 "beta"' : undefined],
  ]);

const salesLines = (tools: PacketTools, order: OrderMade, shape: PacketShape): DeviceRow[] =>
  order.lines.map((line) =>
    row([
      ['DMS_ROWID', line.rowId],
      ['documentNo', order.number],
      ['lineNo', String(line.lineNo)],
      ['no', line.itemNo],
      ['name', line.name],
      ['quantity', line.quantity],
      ['unitOfMeasure', line.unit],
      ['salesUnitFactor', line.unitFactor],
      ['unitPrice', line.unitPrice],
      ['lineDiscountPercent', line.discountPercent],
      ['lineDiscountAmount', line.discountAmount],
      ['vatPercent', line.vatPercent],
      ['vatAmount', line.vatAmount],
      ['amount', line.amount],
      ['totalAmount', line.totalAmount],
      ['dateCreated', tools.time(order.at)],
      // Both spellings of a truth value occur in one packet.
      ['isSample', line.lineNo % 20_000 === 0 ? (line.isSample ? '1' : '0') : bool(line.isSample)],
      ['isSuppItem', '0'],
      ['actionType', '1'],
      ['xShelf', shape.extras ? 'A/3' : undefined],
    ]),
  );

const salesLots = (tools: PacketTools, order: OrderMade): DeviceRow[] =>
  order.lots.map((lot) =>
    row([
      ['DMS_ROWID', lot.rowId],
      ['dateCreated', tools.time(order.at)],
      ['itemNo', lot.itemNo],
      ['lineNo', String(lot.lineNo)],
      ['documentNo', order.number],
      ['quantity', lot.quantity],
      ['inventWarehouseId', lot.warehouse],
      ['inventBatchId', lot.lotNo],
      ['actionType', '1'],
    ]),
  );

export function paymentPacket(tools: PacketTools, payment: PaymentMade, shape: PacketShape): string {
  const activity = row([
    ['DMS_ROWID', payment.activityRowId],
    ['Action', ACTION.payment],
    ['CustomerNo', payment.customerNo],
    ['DocumentNo', payment.number],
    ['OnDate', tools.time(payment.at)],
    ['Amount', payment.paidAmount],
  ]);
  const header = row([
    ['DMS_ROWID', payment.rowId],
    ['no', payment.number],
    ['customerNo', payment.customerNo],
    ['dateCreated', tools.time(payment.at)],
    ['DocumentType', '0'],
    ['paymentMethod', payment.method],
    ['paidAmount', payment.paidAmount],
    ['totalAmount', payment.totalAmount],
  ]);
  const lines = payment.lines.map((line) =>
    row([
      ['DMS_ROWID', line.rowId],
      ['documentNo', payment.number],
      ['openTransId', line.entryNo],
      ['amount', line.amount],
    ]),
  );
  const tables: Table[] = [
    { name: 'CustomerActivity', rows: shape.bare ? [] : [activity] },
    { name: 'PaymentHeader', rows: [header] },
    { name: 'PaymentLine', rows: lines },
  ];
  return render(tools, tables, shape);
}

export const visitStartPacket = (tools: PacketTools, visit: VisitStarted): string =>
  single(
    tools,
    'CustomerActivity',
    row([
      ['DMS_ROWID', visit.rowId],
      ['Action', ACTION.visitStart],
      ['CustomerNo', visit.customerNo],
      ['DocumentNo', visit.visitNo],
      ['VisitNo', visit.visitNo],
      ['OnDate', tools.time(visit.at)],
      ['InRoute', visit.inRoute ? '1' : '0'],
      ['cLong', visit.longitude],
      ['Longitude', visit.longitude],
      ['Lat', visit.latitude],
      ['Latitude', visit.latitude],
      ['Comment', visit.note],
    ]),
  );

export const visitEndPacket = (tools: PacketTools, visit: VisitEnded): string =>
  single(
    tools,
    'CustomerActivity',
    row([
      ['DMS_ROWID', visit.rowId],
      ['Action', ACTION.visitEnd],
      ['CustomerNo', visit.customerNo],
      ['DocumentNo', visit.visitNo],
      ['VisitNo', visit.visitNo],
      ['OnDate', tools.time(visit.at)],
      ['Duration', String(visit.duration)],
      ['Comment', visit.note],
    ]),
  );

/** How far a number series is used; the one table whose rows have no row id. */
export const seriesPacket = (
  tools: PacketTools,
  series: { table: string; documentType: string; current: string; at: number },
): string =>
  single(
    tools,
    'DocumentSerieUpdate',
    row(
      [
        ['appName', 'SLA'],
        ['tableName', series.table],
        ['boName', series.table],
        ['documentType', series.documentType],
        ['current', series.current],
        ['sync', 'false'],
        ['onDate', tools.time(series.at)],
      ],
      false,
    ),
  );

export const single = (tools: PacketTools, name: string, only: DeviceRow): string =>
  renderDevicePacket({ user: tools.user, tables: [{ name, rows: [only] }] });

export function render(tools: PacketTools, tables: readonly Table[], shape: PacketShape): string {
  const filled = tables.filter(({ rows }) => rows.length > 0);
  return renderDevicePacket({ user: tools.user, tables: shape.backwards ? filled.toReversed() : filled });
}
