import type { ErpQuery } from './values.ts';

export type Damage = 'lost' | 'doubled' | 'changed';
export type DamageTo = 'order' | 'line' | 'payment' | 'visit';

const ORDER =
  'DmsRowId, MobileNo, MobileUser, Company, Origin, DocumentType, CustomerNo, CustomerName, VisitNo, OrderDate, EnteredAt, DeliveryDate, PaymentTerm, Note, Amount, VatAmount, TotalAmount, DiscountAmount';
const LINE =
  '[Line No], DmsRowId, [Item No], Description, Quantity, [Unit Code], [Unit Factor], [Unit Price], [Discount %], [Discount Amount], [VAT %], [VAT Amount], Amount, [Total Amount], [Is Sample]';
const LOT = 'LineNumber, DmsRowId, ItemNo, Warehouse, LotNo, Quantity';
const PAYMENT =
  'PaymentNo, DmsRowId, MobileNo, MobileUser, CustomerNo, PaymentDate, EnteredAt, Method, PaidAmount, TotalAmount';
const PAYMENT_LINE = 'DmsRowId, EntryNo, Amount';
const VISIT =
  'VisitNo, DmsRowId, MobileUser, CustomerNo, StartedAt, InRoute, Latitude, Longitude, Note, EndedAt, Duration';

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
