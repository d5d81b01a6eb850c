/**
 * What the sample company keeps of its field staff besides orders, payments and visits. As with those, nothing refuses a
 * double. Transfers come in through a table of their own, and a routine of the ERP decides about them.
 */

export const fieldTables = (): string[] => [
  `CREATE TABLE dbo.Activities (
  ActivityId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Activities PRIMARY KEY,
  DmsRowId uniqueidentifier NULL,
  MobileUser nvarchar(50) NULL,
  ActionCode int NOT NULL,
  Kind nvarchar(40) NOT NULL,
  CustomerNo nvarchar(20) NULL,
  DocumentNo nvarchar(30) NULL,
  VisitNo nvarchar(30) NULL,
  DoneAt datetime2(3) NOT NULL,
  InRoute bit NULL,
  Distance decimal(18,3) NULL,
  Amount decimal(19,4) NULL,
  Latitude decimal(9,6) NULL,
  Longitude decimal(9,6) NULL,
  Note nvarchar(250) NULL
)`,
  `CREATE TABLE dbo.Photos (
  PhotoId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Photos PRIMARY KEY,
  FileId nvarchar(40) NOT NULL,
  MobileUser nvarchar(50) NULL,
  Entity nvarchar(40) NOT NULL,
  DmsRowId uniqueidentifier NULL,
  DocumentNo nvarchar(30) NULL,
  Picture varbinary(max) NOT NULL
)`,
  `CREATE TABLE dbo.CustomerChanges (
  ChangeId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_CustomerChanges PRIMARY KEY,
  DmsRowId uniqueidentifier NULL,
  MobileUser nvarchar(50) NULL,
  MobileNo nvarchar(30) NOT NULL,
  CustomerNo nvarchar(20) NOT NULL,
  IsNew bit NOT NULL,
  Name nvarchar(100) NULL,
  Address nvarchar(200) NULL,
  City nvarchar(30) NULL,
  Contact nvarchar(100) NULL,
  Phone nvarchar(30) NULL,
  Latitude decimal(9,6) NULL,
  Longitude decimal(9,6) NULL,
  ShipToCode nvarchar(10) NULL
)`,
  `CREATE TABLE dbo.TransferInbox (
  InboxId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_TransferInbox PRIMARY KEY,
  DmsRowId uniqueidentifier NULL,
  MobileNo nvarchar(30) NULL,
  MobileUser nvarchar(50) NULL,
  FromCode nvarchar(20) NOT NULL,
  ToCode nvarchar(20) NOT NULL,
  PostingDate date NOT NULL,
  Status nvarchar(10) NOT NULL,
  TransferNo nvarchar(20) NULL,
  ErrorText nvarchar(250) NULL
)`,
  `CREATE TABLE dbo.TransferInboxLine (
  InboxLineId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_TransferInboxLine PRIMARY KEY,
  InboxId int NOT NULL CONSTRAINT FK_TransferInboxLine_Inbox REFERENCES dbo.TransferInbox (InboxId),
  DmsRowId uniqueidentifier NULL,
  LineNumber int NOT NULL,
  ItemNo nvarchar(20) NOT NULL,
  Quantity decimal(18,3) NOT NULL,
  UnitCode nvarchar(10) NULL
)`,
  `CREATE INDEX IX_TransferInboxLine_InboxId ON dbo.TransferInboxLine (InboxId)`,
  `CREATE TABLE dbo.Transfers (
  TransferId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_Transfers PRIMARY KEY,
  TransferNo nvarchar(20) NULL,
  DmsRowId uniqueidentifier NULL,
  MobileNo nvarchar(30) NULL,
  MobileUser nvarchar(50) NULL,
  FromCode nvarchar(20) NOT NULL,
  ToCode nvarchar(20) NOT NULL,
  PostingDate date NOT NULL
)`,
  `CREATE TABLE dbo.TransferLines (
  TransferLineId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_TransferLines PRIMARY KEY,
  TransferId int NOT NULL CONSTRAINT FK_TransferLines_Transfers REFERENCES dbo.Transfers (TransferId),
  DmsRowId uniqueidentifier NULL,
  LineNumber int NOT NULL,
  ItemNo nvarchar(20) NOT NULL,
  Quantity decimal(18,3) NOT NULL,
  UnitCode nvarchar(10) NULL
)`,
  `CREATE TABLE dbo.StockCounts (
  CountId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_StockCounts PRIMARY KEY,
  DmsRowId uniqueidentifier NULL,
  MobileUser nvarchar(50) NULL,
  LocationCode nvarchar(20) NOT NULL,
  CountedAt datetime2(3) NOT NULL
)`,
  `CREATE TABLE dbo.StockCountLines (
  CountLineId int IDENTITY(1,1) NOT NULL CONSTRAINT PK_StockCountLines PRIMARY KEY,
  CountId int NOT NULL CONSTRAINT FK_StockCountLines_Counts REFERENCES dbo.StockCounts (CountId),
  DmsRowId uniqueidentifier NULL,
  LineNumber int NOT NULL,
  ItemNo nvarchar(20) NOT NULL,
  LotNo nvarchar(30) NULL,
  Quantity decimal(18,3) NOT NULL,
  Calculated decimal(18,3) NULL,
  Difference decimal(18,3) NULL,
  UnitCode nvarchar(10) NULL
)`,
];

export const fieldProcedures = (): string[] => [
  // A number the company knows changes its place on the map only; another one is a new customer, whom somebody must look at.
  `CREATE PROCEDURE dbo.TakeCustomer
  @DmsRowId uniqueidentifier,
  @MobileUser nvarchar(50),
  @MobileNo nvarchar(30),
  @Route nvarchar(20),
  @PriceGroup nvarchar(20),
  @Name nvarchar(100) = NULL,
  @Address nvarchar(200) = NULL,
  @City nvarchar(30) = NULL,
  @Contact nvarchar(100) = NULL,
  @Phone nvarchar(30) = NULL,
  @Latitude decimal(9,6) = NULL,
  @Longitude decimal(9,6) = NULL,
  @ShipToCode nvarchar(10) = NULL,
  @CustomerNo nvarchar(20) OUTPUT
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @IsNew bit;
  DECLARE @ChangeId int;
  SET @IsNew = 0;
  SET @CustomerNo = (SELECT CustomerNo FROM dbo.Customers WHERE CustomerNo = @MobileNo);
  INSERT INTO dbo.CustomerChanges (DmsRowId, MobileUser, MobileNo, CustomerNo, IsNew, Name, Address, City, Contact, Phone, Latitude, Longitude, ShipToCode)
  VALUES (@DmsRowId, @MobileUser, @MobileNo, N'', 0, @Name, @Address, @City, @Contact, @Phone, @Latitude, @Longitude, @ShipToCode);
  SET @ChangeId = SCOPE_IDENTITY();
  IF @CustomerNo IS NULL
  BEGIN
    IF @Name IS NULL THROW 51005, N'A new customer needs a name.', 1;
    SET @IsNew = 1;
    SET @CustomerNo = N'N-' + CAST(70000 + @ChangeId AS nvarchar(10));
    INSERT INTO dbo.Customers (CustomerNo, Name, Address, City, Route, PriceGroup, CurrencyCode, Latitude, Longitude, Contact, Phone, MobileNo, Blocked, ModifiedAt)
    VALUES (@CustomerNo, @Name, @Address, @City, @Route, @PriceGroup, N'EUR', @Latitude, @Longitude, @Contact, @Phone, @MobileNo, 1, SYSUTCDATETIME());
  END
  ELSE IF @ShipToCode IS NOT NULL
    UPDATE dbo.Addresses SET Latitude = @Latitude, Longitude = @Longitude WHERE CustomerNo = @CustomerNo AND Code = @ShipToCode;
  ELSE
    UPDATE dbo.Customers SET Latitude = @Latitude, Longitude = @Longitude WHERE CustomerNo = @CustomerNo;
  UPDATE dbo.CustomerChanges SET CustomerNo = @CustomerNo, IsNew = @IsNew WHERE ChangeId = @ChangeId;
END`,
  // The company's own routine: takes what waits in the inbox, one by one, or says why not.
  `CREATE PROCEDURE dbo.ProcessTransfers
AS
BEGIN
  SET NOCOUNT ON;
  DECLARE @InboxId int;
  DECLARE @TransferId int;
  DECLARE @TransferNo nvarchar(20);
  DECLARE @Why nvarchar(250);
  SET @InboxId = (SELECT MIN(InboxId) FROM dbo.TransferInbox WHERE Status = N'NEW');
  WHILE @InboxId IS NOT NULL
  BEGIN
    SET @Why = NULL;
    IF NOT EXISTS (SELECT 1 FROM dbo.TransferInbox h INNER JOIN dbo.Locations l ON l.Code = h.FromCode WHERE h.InboxId = @InboxId)
      SET @Why = N'The place the goods come from does not exist.';
    IF NOT EXISTS (SELECT 1 FROM dbo.TransferInbox h INNER JOIN dbo.Locations l ON l.Code = h.ToCode WHERE h.InboxId = @InboxId)
      SET @Why = N'The place the goods go to does not exist.';
    BEGIN TRANSACTION;
    IF @Why IS NULL
    BEGIN
      INSERT INTO dbo.Transfers (DmsRowId, MobileNo, MobileUser, FromCode, ToCode, PostingDate)
      SELECT DmsRowId, MobileNo, MobileUser, FromCode, ToCode, PostingDate FROM dbo.TransferInbox WHERE InboxId = @InboxId;
      SET @TransferId = SCOPE_IDENTITY();
      SET @TransferNo = N'TR-' + CAST(300000 + @TransferId AS nvarchar(10));
      UPDATE dbo.Transfers SET TransferNo = @TransferNo WHERE TransferId = @TransferId;
      INSERT INTO dbo.TransferLines (TransferId, DmsRowId, LineNumber, ItemNo, Quantity, UnitCode)
      SELECT @TransferId, DmsRowId, LineNumber, ItemNo, Quantity, UnitCode FROM dbo.TransferInboxLine WHERE InboxId = @InboxId;
      UPDATE dbo.TransferInbox SET Status = N'DONE', TransferNo = @TransferNo WHERE InboxId = @InboxId;
    END
    ELSE
      UPDATE dbo.TransferInbox SET Status = N'ERROR', ErrorText = @Why WHERE InboxId = @InboxId;
    COMMIT;
    SET @InboxId = (SELECT MIN(InboxId) FROM dbo.TransferInbox WHERE Status = N'NEW');
  END
END`,
];
