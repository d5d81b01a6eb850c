import type { ErpQuery } from './values.ts';

export type Damage = 'lost' | 'doubled' | 'changed';
export type DamageTo =
  'order' | 'line' | 'payment' | 'visit' | 'activity' | 'customer' | 'transfer' | 'stock count' | 'photo';

const ORDER =
  'DmsRowId, MobileNo, MobileUser, Company, Origin, DocumentType, CustomerNo, CustomerName, VisitNo, SourceNo, ReturnReason, OrderDate, EnteredAt, DeliveryDate, PaymentTerm, Note, Amount, VatAmount, TotalAmount, DiscountAmount';
const LINE =
  '[Line No], DmsRowId, [Item No], Description, Quantity, [Unit Code], [Unit Factor], [Unit Price], [Discount %], [Discount Amount], [VAT %], [VAT Amount], Amount, [Total Amount], [Is Sample]';
const LOT = 'LineNumber, DmsRowId, ItemNo, Warehouse, LotNo, Quantity';
const PAYMENT =
  'PaymentNo, DmsRowId, MobileNo, MobileUser, CustomerNo, PaymentDate, EnteredAt, Method, PaidAmount, TotalAmount, UnappliedAmount';
const PAYMENT_LINE = 'DmsRowId, EntryNo, Amount';
const VISIT =
  'VisitNo, DmsRowId, MobileUser, CustomerNo, StartedAt, InRoute, Latitude, Longitude, Note, EndedAt, Duration';

const ACTIVITY =
  'DmsRowId, MobileUser, ActionCode, Kind, CustomerNo, DocumentNo, VisitNo, DoneAt, InRoute, Distance, Amount, Latitude, Longitude, Note';
const CUSTOMER =
  'DmsRowId, MobileUser, MobileNo, CustomerNo, IsNew, Name, Address, City, Contact, Phone, Latitude, Longitude, ShipToCode';
const TRANSFER = 'TransferNo, DmsRowId, MobileNo, MobileUser, FromCode, ToCode, PostingDate';
const GOODS = 'DmsRowId, LineNumber, ItemNo, Quantity, UnitCode';
const PHOTO = 'FileId, MobileUser, Entity, DmsRowId, DocumentNo, Picture';
const COUNT = 'DmsRowId, MobileUser, LocationCode, CountedAt';

const copy = (table: string, columns: string, id: string): string =>
  `INSERT INTO ${table} (${columns}) SELECT ${columns} FROM ${table} WHERE ${id} = @id;`;
const copyParts = (table: string, columns: string, owner: string): string =>
  `INSERT INTO ${table} (${owner}, ${columns}) SELECT @new, ${columns} FROM ${table} WHERE ${owner} = @id;`;

/** What is done to the newest row, `@id`. Every change is the smallest the column can show. */
const DAMAGE: Readonly<Record<DamageTo, { newest: string } & Readonly<Record<Damage, string>>>> = {
  order: {
    newest: 'SELECT MAX(OrderId) FROM dbo.SalesOrders',
    lost: `DELETE FROM dbo.SalesOrderLots WHERE OrderId = @id;
DELETE FROM dbo.[Sales Order Line] WHERE OrderId = @id;
DELETE FROM dbo.SalesOrders WHERE OrderId = @id;`,
    doubled: `${copy('dbo.SalesOrders', ORDER, 'OrderId')}
DECLARE @new int = SCOPE_IDENTITY();
${copyParts('dbo.[Sales Order Line]', LINE, 'OrderId')}
${copyParts('dbo.SalesOrderLots', LOT, 'OrderId')}`,
    changed: 'UPDATE dbo.SalesOrders SET OrderDate = DATEADD(day, -1, OrderDate) WHERE OrderId = @id;',
  },
  line: {
    newest: 'SELECT MAX(LineId) FROM dbo.[Sales Order Line]',
    lost: 'DELETE FROM dbo.[Sales Order Line] WHERE LineId = @id;',
    doubled: copy('dbo.[Sales Order Line]', `OrderId, ${LINE}`, 'LineId'),
    changed: 'UPDATE dbo.[Sales Order Line] SET [Unit Price] = [Unit Price] + 0.000001 WHERE LineId = @id;',
  },
  payment: {
    newest: 'SELECT MAX(PaymentId) FROM dbo.Payments',
    lost: `DELETE FROM dbo.PaymentLines WHERE PaymentId = @id;
DELETE FROM dbo.Payments WHERE PaymentId = @id;`,
    doubled: `${copy('dbo.Payments', PAYMENT, 'PaymentId')}
DECLARE @new int = SCOPE_IDENTITY();
${copyParts('dbo.PaymentLines', PAYMENT_LINE, 'PaymentId')}`,
    changed: 'UPDATE dbo.Payments SET PaidAmount = PaidAmount + 0.0001 WHERE PaymentId = @id;',
  },
  visit: {
    newest: 'SELECT MAX(VisitId) FROM dbo.Visits',
    lost: 'DELETE FROM dbo.Visits WHERE VisitId = @id;',
    doubled: copy('dbo.Visits', VISIT, 'VisitId'),
    changed: 'UPDATE dbo.Visits SET StartedAt = DATEADD(hour, 1, StartedAt) WHERE VisitId = @id;',
  },
  activity: {
    newest: 'SELECT MAX(ActivityId) FROM dbo.Activities',
    lost: 'DELETE FROM dbo.Activities WHERE ActivityId = @id;',
    doubled: copy('dbo.Activities', ACTIVITY, 'ActivityId'),
    changed: "UPDATE dbo.Activities SET Kind = N'other' WHERE ActivityId = @id;",
  },
  customer: {
    newest: 'SELECT MAX(ChangeId) FROM dbo.CustomerChanges',
    lost: 'DELETE FROM dbo.CustomerChanges WHERE ChangeId = @id;',
    doubled: copy('dbo.CustomerChanges', CUSTOMER, 'ChangeId'),
    changed: 'UPDATE dbo.CustomerChanges SET Latitude = Latitude + 0.000001 WHERE ChangeId = @id;',
  },
  transfer: {
    newest: 'SELECT MAX(TransferId) FROM dbo.Transfers',
    lost: `DELETE FROM dbo.TransferLines WHERE TransferId = @id;
DELETE FROM dbo.Transfers WHERE TransferId = @id;`,
    doubled: `${copy('dbo.Transfers', TRANSFER, 'TransferId')}
DECLARE @new int = SCOPE_IDENTITY();
${copyParts('dbo.TransferLines', GOODS, 'TransferId')}`,
    changed: 'UPDATE dbo.Transfers SET PostingDate = DATEADD(day, 1, PostingDate) WHERE TransferId = @id;',
  },
  photo: {
    newest: 'SELECT MAX(PhotoId) FROM dbo.Photos',
    lost: 'DELETE FROM dbo.Photos WHERE PhotoId = @id;',
    doubled: copy('dbo.Photos', PHOTO, 'PhotoId'),
    changed: 'UPDATE dbo.Photos SET Picture = Picture + 0x00 WHERE PhotoId = @id;',
  },
  'stock count': {
    newest: 'SELECT MAX(CountId) FROM dbo.StockCounts',
    lost: `DELETE FROM dbo.StockCountLines WHERE CountId = @id;
DELETE FROM dbo.StockCounts WHERE CountId = @id;`,
    doubled: `${copy('dbo.StockCounts', COUNT, 'CountId')}
DECLARE @new int = SCOPE_IDENTITY();
${copyParts('dbo.StockCountLines', `${GOODS}, LotNo, Calculated, Difference`, 'CountId')}`,
    changed: 'UPDATE dbo.StockCounts SET CountedAt = DATEADD(minute, 1, CountedAt) WHERE CountId = @id;',
  },
};

/**
 * Falsifies the ERP behind everyone's back, to show that the judge would notice. Throws when there is nothing to
 * falsify.
 */
export async function plant(erp: ErpQuery, damage: Damage, to: DamageTo = 'order'): Promise<void> {
  const { newest, [damage]: harm } = DAMAGE[to];
  const [row] = await erp.query(`SELECT COUNT(*) AS n FROM (${newest}) AS found (id) WHERE id IS NOT NULL`);
  if (String(row?.['n']) !== '1') throw new Error(`the ERP holds no ${to} that could be ${damage}`);
  await erp.query(`SET NOCOUNT ON; DECLARE @id int = (${newest});\n${harm}`);
}
