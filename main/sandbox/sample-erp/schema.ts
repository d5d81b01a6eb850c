import { fieldProcedures, fieldTables } from './field-schema.ts';

/**
 * The sample company's tables, triggers and procedures. On purpose nothing in here refuses a double: no unique index on
 * a phone's document number or row id, no such check in a procedure. A program that writes twice shall be seen to.
 */

export interface SchemaOptions {
  /** `rowversion` columns on master data; some servers that speak T-SQL have none. Default true. */
  rowVersions?: boolean | undefined;
}

/** One batch per entry, to be run in order in an empty database. */
export function schemaBatches(options: SchemaOptions = {}): string[] {
  const version = options.rowVersions === false ? '' : ',\n  [Row Version] rowversion NOT NULL';
  return [
    ...masterTables(version),
    ...writtenTables(),
    ...fieldTables(),
    ...triggers(),
    ...procedures(),
    ...fieldProcedures(),
  ];
}

const masterTables = (version: string): string[] => [
  `CREATE TABLE dbo.Locations (
  Code nvarchar(20) NOT NULL CONSTRAINT PK_Locations PRIMARY KEY,
  Name nvarchar(100) NOT NULL
)`,
  `CREATE TABLE dbo.CompanyInfo (
  Code nvarchar(20) NOT NULL CONSTRAINT PK_CompanyInfo PRIMARY KEY,
  Name nvarchar(100) NOT NULL,
  Address nvarchar(100) NULL,
  City nvarchar(100) NULL,
  Country nvarchar(100) NULL,
  Phone nvarchar(100) NULL,
  VatNo nvarchar(30) NULL
)`,
  `CREATE TABLE dbo.Currencies (
  CurrencyCode nvarchar(10) NOT NULL CONSTRAINT PK_Currencies PRIMARY KEY,
  Description nvarchar(50) NOT NULL
)`,
  `CREATE TABLE dbo.PaymentMethods (
  Code nvarchar(10) NOT NULL CONSTRAINT PK_PaymentMethods PRIMARY KEY,
  Description nvarchar(50) NOT NULL,
  PaymentType int NOT NULL
)`,
  `CREATE TABLE dbo.SkipReasons (
  Code nvarchar(10) NOT NULL CONSTRAINT PK_SkipReasons PRIMARY KEY,
  Description nvarchar(100) NOT NULL
)`,
  `CREATE TABLE dbo.MobileUsers (
  UserName nvarchar(50) NOT NULL CONSTRAINT PK_MobileUsers PRIMARY KEY,
  FullName nvarchar(100) NOT NULL,
  Route nvarchar(20) NOT NULL,
  PriceGroup nvarchar(20) NOT NULL,
  VanCode nvarchar(20) NOT NULL,
  Active bit NOT NULL
)`,
  `CREATE TABLE dbo.DeviceSetup (
  UserName nvarchar(50) NOT NULL CONSTRAINT PK_DeviceSetup PRIMARY KEY,
  SalespersonCode nvarchar(20) NOT NULL,
  SalespersonName nvarchar(100) NOT NULL,
  LocationCode nvarchar(20) NOT NULL,
  DeviceRole nvarchar(20) NOT NULL,
  Disabled bit NOT NULL
)`,
  `CREATE TABLE dbo.DeviceSeries (
  UserName nvarchar(50) NOT NULL,
  SeriesKey nvarchar(100) NOT NULL,
  TableName nvarchar(30) NOT NULL,
  DocumentType int NOT NULL,
  Prefix nvarchar(12) NOT NULL,
  StartNo bigint NOT NULL,
  CONSTRAINT PK_DeviceSeries PRIMARY KEY (UserName, SeriesKey)
)`,
  `CREATE TABLE dbo.Customers (
  CustomerNo nvarchar(20) NOT NULL CONSTRAINT PK_Customers PRIMARY KEY,
  Name nvarchar(100) NOT NULL,
  SearchName nvarchar(200) NULL,
  Address nvarchar(200) NULL,
  City nvarchar(30) NULL,
  Country nvarchar(30) NULL,
  Email nvarchar(70) NULL,
  HomePage nvarchar(200) NULL,
  VatNo nvarchar(30) NULL,
  Route nvarchar(20) NOT NULL,
  PriceGroup nvarchar(20) NOT NULL,
  CurrencyCode nvarchar(10) NOT NULL,
  CreditLimit decimal(19,4) NULL,
  Latitude decimal(9,6) NULL,
  Longitude decimal(9,6) NULL,
  Contact nvarchar(100) NULL,
  Phone nvarchar(30) NULL,
  MobileNo nvarchar(30) NULL,
  Blocked bit NOT NULL CONSTRAINT DF_Customers_Blocked DEFAULT 0,
  ModifiedAt datetime2(3) NOT NULL${version}
)`,
  `CREATE INDEX IX_Customers_Route ON dbo.Customers (Route)`,
  `CREATE TABLE dbo.Addresses (
  CustomerNo nvarchar(20) NOT NULL CONSTRAINT FK_Addresses_Customers REFERENCES dbo.Customers (CustomerNo),
  Code nvarchar(10) NOT NULL,
  Name nvarchar(100) NOT NULL,
  Address nvarchar(200) NULL,
  City nvarchar(30) NULL,
  Phone nvarchar(30) NULL,
  Latitude decimal(9,6) NULL,
  Longitude decimal(9,6) NULL,
  CONSTRAINT PK_Addresses PRIMARY KEY (CustomerNo, Code)
)`,
  `CREATE TABLE dbo.Items (
  ItemNo nvarchar(20) NOT NULL CONSTRAINT PK_Items PRIMARY KEY,
  Description nvarchar(100) NOT NULL,
  SearchDescription nvarchar(100) NULL,
  BaseUnit nvarchar(10) NOT NULL,
  UnitPrice decimal(19,6) NOT NULL,
  VatPercent decimal(5,2) NOT NULL,
  Inventory decimal(18,3) NOT NULL,
  PriceIncludesVat bit NOT NULL,
  ModifiedAt datetime2(3) NOT NULL${version}
)`,
  `CREATE TABLE dbo.[Item Unit] (
  ItemNo nvarchar(20) NOT NULL CONSTRAINT FK_ItemUnit_Items REFERENCES dbo.Items (ItemNo),
  [Unit Code] nvarchar(10) NOT NULL,
  Factor decimal(18,6) NOT NULL,
  CONSTRAINT PK_ItemUnit PRIMARY KEY (ItemNo, [Unit Code])
)`,
  `CREATE TABLE dbo.Prices (
  PriceGroup nvarchar(20) NOT NULL,
  ItemNo nvarchar(20) NOT NULL CONSTRAINT FK_Prices_Items REFERENCES dbo.Items (ItemNo),
  UnitCode nvarchar(10) NOT NULL,
  Price decimal(19,6) NOT NULL,
  ValidFrom date NULL${version},
  CONSTRAINT PK_Prices PRIMARY KEY (PriceGroup, ItemNo, UnitCode)
)`,
  `CREATE TABLE dbo.VanStock (
  VanCode nvarchar(20) NOT NULL,
  ItemNo nvarchar(20) NOT NULL CONSTRAINT FK_VanStock_Items REFERENCES dbo.Items (ItemNo),
  LotNo nvarchar(30) NOT NULL,
  Quantity decimal(18,3) NOT NULL,
  ExpiryDate date NULL,
  CONSTRAINT PK_VanStock PRIMARY KEY (VanCode, ItemNo, LotNo)
)`,
  `CREATE TABLE dbo.OpenInvoices (
  EntryNo nvarchar(20) NOT NULL CONSTRAINT PK_OpenInvoices PRIMARY KEY,
  CustomerNo nvarchar(20) NOT NULL CONSTRAINT FK_OpenInvoices_Customers REFERENCES dbo.Customers (CustomerNo),
  DocumentNo nvarchar(20) NOT NULL,
  PostingDate date NOT NULL,
  DueDate date NULL,
  CurrencyCode nvarchar(10) NOT NULL,
  Amount decimal(19,4) NOT NULL,
  Remaining decimal(19,4) NOT NULL
)`,
];

const writtenTables = (): string[] => [
  // The document number is computed, so only what comes back from the insert tells it.
  `CREATE TABLE dbo.SalesOrders (
  OrderId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_SalesOrders PRIMARY KEY,
  OrderNo AS (OrderId + 100000),
  DmsRowId uniqueidentifier NULL,
  MobileNo nvarchar(30) NULL,
  MobileUser nvarchar(50) NULL,
  Company nvarchar(30) NULL,
  Origin nvarchar(10) NOT NULL,
  DocumentType nvarchar(10) NOT NULL,
  CustomerNo nvarchar(20) NOT NULL CONSTRAINT FK_SalesOrders_Customers REFERENCES dbo.Customers (CustomerNo),
  CustomerName nvarchar(100) NULL,
  VisitNo nvarchar(30) NULL,
  SourceNo nvarchar(30) NULL,
  ReturnReason nvarchar(20) NULL,
  OrderDate date NOT NULL,
  EnteredAt datetime2(3) NOT NULL,
  DeliveryDate date NULL,
  PaymentTerm nvarchar(20) NULL,
  Note nvarchar(250) NULL,
  Amount decimal(19,4) NOT NULL,
  VatAmount decimal(19,4) NOT NULL,
  TotalAmount decimal(19,4) NOT NULL,
  DiscountAmount decimal(19,4) NULL,
  LinesTotal decimal(19,4) NULL,
  LineCount int NOT NULL CONSTRAINT DF_SalesOrders_LineCount DEFAULT 0,
  CreatedAt datetime2(3) NOT NULL CONSTRAINT DF_SalesOrders_CreatedAt DEFAULT SYSUTCDATETIME()
)`,
  `CREATE TABLE dbo.[Sales Order Line] (
  LineId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_SalesOrderLine PRIMARY KEY,
  OrderId int NOT NULL CONSTRAINT FK_SalesOrderLine_SalesOrders REFERENCES dbo.SalesOrders (OrderId),
  [Line No] int NOT NULL,
  DmsRowId uniqueidentifier NULL,
  [Item No] nvarchar(20) NOT NULL CONSTRAINT FK_SalesOrderLine_Items REFERENCES dbo.Items (ItemNo),
  Description nvarchar(100) NULL,
  Quantity decimal(18,3) NOT NULL,
  [Unit Code] nvarchar(10) NOT NULL,
  [Unit Factor] decimal(18,6) NULL,
  [Unit Price] decimal(19,6) NOT NULL,
  [Discount %] decimal(9,4) NULL,
  [Discount Amount] decimal(19,4) NULL,
  [VAT %] decimal(5,2) NULL,
  [VAT Amount] decimal(19,4) NULL,
  Amount decimal(19,4) NOT NULL,
  [Total Amount] decimal(19,4) NULL,
  [Is Sample] bit NULL
)`,
  `CREATE INDEX IX_SalesOrderLine_OrderId ON dbo.[Sales Order Line] (OrderId)`,
  `CREATE TABLE dbo.SalesOrderLots (
  LotEntryId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_SalesOrderLots PRIMARY KEY,
  OrderId int NOT NULL CONSTRAINT FK_SalesOrderLots_SalesOrders REFERENCES dbo.SalesOrders (OrderId),
  LineNumber int NOT NULL,
  DmsRowId uniqueidentifier NULL,
  ItemNo nvarchar(20) NOT NULL,
  Warehouse nvarchar(20) NULL,
  LotNo nvarchar(30) NULL,
  Quantity decimal(18,3) NOT NULL
)`,
  `CREATE INDEX IX_SalesOrderLots_OrderId ON dbo.SalesOrderLots (OrderId)`,
  `CREATE TABLE dbo.AuditTrail (
  AuditId int IDENTITY(500000,1) NOT NULL CONSTRAINT PK_AuditTrail PRIMARY KEY,
  What nvarchar(20) NOT NULL,
  OrderId int NOT NULL,
  LineCount int NOT NULL
)`,
  `CREATE TABLE dbo.Payments (
  PaymentId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Payments PRIMARY KEY,
  PaymentNo nvarchar(20) NULL,
  DmsRowId uniqueidentifier NULL,
  MobileNo nvarchar(30) NULL,
  MobileUser nvarchar(50) NULL,
  CustomerNo nvarchar(20) NOT NULL,
  PaymentDate date NOT NULL,
  EnteredAt datetime2(3) NOT NULL,
  Method nvarchar(10) NULL,
  PaidAmount decimal(19,4) NOT NULL,
  TotalAmount decimal(19,4) NULL,
  UnappliedAmount decimal(19,4) NOT NULL
)`,
  `CREATE TABLE dbo.PaymentLines (
  PaymentLineId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_PaymentLines PRIMARY KEY,
  PaymentId int NOT NULL CONSTRAINT FK_PaymentLines_Payments REFERENCES dbo.Payments (PaymentId),
  DmsRowId uniqueidentifier NULL,
  EntryNo nvarchar(20) NOT NULL,
  Amount decimal(19,4) NOT NULL
)`,
  `CREATE TABLE dbo.Visits (
  VisitId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Visits PRIMARY KEY,
  VisitNo nvarchar(30) NOT NULL,
  DmsRowId uniqueidentifier NULL,
  MobileUser nvarchar(50) NULL,
  CustomerNo nvarchar(20) NOT NULL,
  StartedAt datetime2(3) NOT NULL,
  InRoute bit NULL,
  Latitude decimal(9,6) NULL,
  Longitude decimal(9,6) NULL,
  Note nvarchar(250) NULL,
  EndedAt datetime2(3) NULL,
  Duration int NULL
)`,
  `CREATE INDEX IX_Visits_VisitNo ON dbo.Visits (VisitNo)`,
  `CREATE TABLE dbo.VisitEnds (
  VisitEndId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_VisitEnds PRIMARY KEY,
  VisitNo nvarchar(30) NOT NULL,
  DmsRowId uniqueidentifier NULL,
  MobileUser nvarchar(50) NULL,
  EndedAt datetime2(3) NOT NULL,
  Duration int NULL,
  Note nvarchar(250) NULL
)`,
];

const triggers = (): string[] => [
  // Its own identity makes @@IDENTITY wrong after an order was inserted, and OUTPUT without INTO an error.
  `CREATE TRIGGER dbo.SalesOrders_Inserted ON dbo.SalesOrders AFTER INSERT AS
BEGIN
  SET NOCOUNT ON;
  INSERT INTO dbo.AuditTrail (What, OrderId, LineCount) SELECT N'order', OrderId, 1 FROM inserted;
END`,
  `CREATE TRIGGER dbo.SalesOrderLine_Changed ON dbo.[Sales Order Line] AFTER INSERT, UPDATE, DELETE AS
BEGIN
  SET NOCOUNT ON;
  UPDATE dbo.SalesOrders
  SET LinesTotal = (SELECT SUM(l.Amount) FROM dbo.[Sales Order Line] l WHERE l.OrderId = dbo.SalesOrders.OrderId),
      LineCount = (SELECT COUNT(*) FROM dbo.[Sales Order Line] l WHERE l.OrderId = dbo.SalesOrders.OrderId)
  WHERE OrderId IN (SELECT OrderId FROM inserted UNION SELECT OrderId FROM deleted);
END`,
];

const procedures = (): string[] => [
  `CREATE PROCEDURE dbo.PostPayment
  @DmsRowId uniqueidentifier,
  @MobileNo nvarchar(30),
  @MobileUser nvarchar(50),
  @CustomerNo nvarchar(20),
  @PaymentDate date,
  @EnteredAt datetime2(3),
  @Method nvarchar(10) = NULL,
  @PaidAmount decimal(19,4),
  @TotalAmount decimal(19,4) = NULL,
  @PaymentId int OUTPUT,
  @PaymentNo nvarchar(20) OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  IF @PaidAmount = 0 THROW 51001, N'A payment of nothing cannot be posted.', 1;
  IF NOT EXISTS (SELECT 1 FROM dbo.Customers WHERE CustomerNo = @CustomerNo)
    THROW 51002, N'The paying customer does not exist.', 1;
  INSERT INTO dbo.Payments (DmsRowId, MobileNo, MobileUser, CustomerNo, PaymentDate, EnteredAt, Method, PaidAmount, TotalAmount, UnappliedAmount)
  VALUES (@DmsRowId, @MobileNo, @MobileUser, @CustomerNo, @PaymentDate, @EnteredAt, @Method, @PaidAmount, @TotalAmount, @PaidAmount);
  SET @PaymentId = SCOPE_IDENTITY();
  SET @PaymentNo = N'PAY-' + CAST(200000 + @PaymentId AS nvarchar(10));
  UPDATE dbo.Payments SET PaymentNo = @PaymentNo WHERE PaymentId = @PaymentId;
END`,
  `CREATE PROCEDURE dbo.PostPaymentLine
  @PaymentId int,
  @DmsRowId uniqueidentifier,
  @EntryNo nvarchar(20),
  @Amount decimal(19,4)
AS
BEGIN
  SET NOCOUNT ON;
  IF NOT EXISTS (SELECT 1 FROM dbo.OpenInvoices WHERE EntryNo = @EntryNo)
    THROW 51003, N'The open entry to be paid does not exist.', 1;
  INSERT INTO dbo.PaymentLines (PaymentId, DmsRowId, EntryNo, Amount) VALUES (@PaymentId, @DmsRowId, @EntryNo, @Amount);
  UPDATE dbo.OpenInvoices SET Remaining = Remaining - @Amount WHERE EntryNo = @EntryNo;
  UPDATE dbo.Payments SET UnappliedAmount = UnappliedAmount - @Amount WHERE PaymentId = @PaymentId;
END`,
  `CREATE PROCEDURE dbo.EndVisit
  @VisitNo nvarchar(30),
  @DmsRowId uniqueidentifier,
  @MobileUser nvarchar(50),
  @EndedAt datetime2(3),
  @Duration int = NULL,
  @Note nvarchar(250) = NULL
AS
BEGIN
  SET NOCOUNT ON;
  IF NOT EXISTS (SELECT 1 FROM dbo.Visits WHERE VisitNo = @VisitNo)
    THROW 51004, N'The visit to be ended was never started.', 1;
  UPDATE dbo.Visits SET EndedAt = @EndedAt, Duration = @Duration WHERE VisitNo = @VisitNo;
  INSERT INTO dbo.VisitEnds (VisitNo, DmsRowId, MobileUser, EndedAt, Duration, Note)
  VALUES (@VisitNo, @DmsRowId, @MobileUser, @EndedAt, @Duration, @Note);
END`,
];
