import { readFileSync, writeFileSync } from 'node:fs';
import { judgeConnection } from '../../main/sandbox/program/judge-connection.ts';

const COLUMNS = 'VisitNo, DmsRowId, MobileUser, CustomerNo, StartedAt, InRoute, Latitude, Longitude, Note';

/** The ERP's routine: what comes into the inbox becomes a visit, and the row says so. */
const INBOX: readonly string[] = [
  `CREATE TABLE dbo.VisitInbox (
    Id int IDENTITY(1,1) NOT NULL CONSTRAINT PK_VisitInbox PRIMARY KEY,
    VisitNo nvarchar(30) NOT NULL,
    DmsRowId uniqueidentifier NULL,
    MobileUser nvarchar(50) NULL,
    CustomerNo nvarchar(20) NOT NULL,
    StartedAt datetime2(3) NOT NULL,
    InRoute bit NULL,
    Latitude decimal(9,6) NULL,
    Longitude decimal(9,6) NULL,
    Note nvarchar(250) NULL,
    Status nvarchar(20) NULL
  )`,
  `CREATE TRIGGER dbo.TakeVisit ON dbo.VisitInbox AFTER INSERT AS
  BEGIN
    SET NOCOUNT ON;
    INSERT INTO dbo.Visits (${COLUMNS}) SELECT ${COLUMNS} FROM inserted;
    UPDATE dbo.VisitInbox SET Status = N'taken' WHERE Id IN (SELECT Id FROM inserted);
  END`,
];

interface Handler {
  readonly document: string;
  readonly write: { to: object };
  returns: object;
  erpStatus?: object;
}

/** Visits go through a staging table of the world's ERP, so that every step of a handover is passed. */
export async function stageVisits(erpPort: number, mappingFile: string): Promise<void> {
  const erp = await judgeConnection(erpPort);
  try {
    for (const batch of INBOX) await erp.query(batch);
  } finally {
    await erp.close();
  }
  const mapping = JSON.parse(readFileSync(mappingFile, 'utf8')) as { pull: { documents: Handler[] } };
  const visits = mapping.pull.documents.find(({ document }) => document === 'visit start');
  if (visits === undefined) throw new Error('the sample mapping has no visits');
  visits.write.to = { staging: { schema: 'dbo', name: 'VisitInbox' } };
  visits.returns = { key: { name: 'Id', type: 'int' } };
  visits.erpStatus = { column: 'Status', accepted: ['taken'], refused: ['refused'] };
  writeFileSync(mappingFile, `${JSON.stringify(mapping, undefined, 2)}\n`);
}
