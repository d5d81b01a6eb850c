import { quoteIdent, quoteLiteral } from '../quote-ident.ts';

/** Raised when an object below changes; an agent refuses a ledger newer than itself. */
export const LEDGER_VERSION = 1;

/** Longest texts the unique keys hold: an index key has 900 bytes at most on SQL Server 2012. */
export const KEY_LENGTH = {
  source: 200,
  packetId: 200,
  entity: 128,
  rowId: 100,
  word: 128,
  number: 100,
  user: 100,
  series: 150,
} as const;

/**
 * Keys compare byte by byte: two packets whose ids differ in case only are two packets. A SELECT that joins these
 * columns with ERP columns needs `COLLATE DATABASE_DEFAULT` on them; a comparison with a parameter does not.
 */
const KEY = 'COLLATE Latin1_General_BIN2';

export interface LedgerObject {
  readonly name: string;
  /** Does nothing where the object exists. */
  readonly statement: string;
}

/** What the ledger needs, in the order of creation. Each statement is a batch of its own and may be repeated. */
export function ledgerObjects(schema: string): readonly LedgerObject[] {
  const inSchema = (name: string): string => `${quoteIdent(schema)}.${quoteIdent(name)}`;
  const table = (name: string, columns: readonly string[]): LedgerObject => ({
    name,
    statement: `IF OBJECT_ID(${quoteLiteral(inSchema(name))}, N'U') IS NULL
CREATE TABLE ${inSchema(name)} (
  ${columns.join(',\n  ')}
)`,
  });
  const index = (on: string, name: string, columns: string): LedgerObject => ({
    name,
    statement: `IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = ${quoteLiteral(name)} AND object_id = OBJECT_ID(${quoteLiteral(inSchema(on))}, N'U'))
CREATE INDEX ${quoteIdent(name)} ON ${inSchema(on)} (${columns})`,
  });
  const k = KEY_LENGTH;
  return [
    {
      name: schema,
      statement: `IF SCHEMA_ID(${quoteLiteral(schema)}) IS NULL EXEC (${quoteLiteral(`CREATE SCHEMA ${quoteIdent(schema)}`)})`,
    },
    table('site', [
      'only_row int NOT NULL CONSTRAINT ferry_site_pk PRIMARY KEY CONSTRAINT ferry_site_one CHECK (only_row = 1)',
      'ledger_id nvarchar(40) NOT NULL',
      'server_name nvarchar(128) NOT NULL',
      'database_name nvarchar(128) NOT NULL',
      'database_created nvarchar(40) NOT NULL',
      'recovery_fork nvarchar(40) NULL',
      'schema_version int NOT NULL',
    ]),
    table('lease', [
      `source nvarchar(${k.source}) ${KEY} NOT NULL CONSTRAINT ferry_lease_pk PRIMARY KEY`,
      'fence bigint NOT NULL',
      'site_id nvarchar(100) NOT NULL',
      'start_id nvarchar(100) NOT NULL',
      'beat bigint NOT NULL',
      'expires_at datetime2(3) NOT NULL',
    ]),
    table('ledger', [
      'id bigint IDENTITY(1,1) NOT NULL CONSTRAINT ferry_ledger_pk PRIMARY KEY',
      `source nvarchar(${k.source}) ${KEY} NOT NULL`,
      `packet_id nvarchar(${k.packetId}) ${KEY} NOT NULL`,
      `state nvarchar(10) NOT NULL CONSTRAINT ferry_ledger_state CHECK (state IN (N'applied', N'void'))`,
      'revision int NOT NULL',
      'payload_hash nvarchar(64) NOT NULL',
      'mapping_hash nvarchar(64) NULL',
      'fence bigint NOT NULL',
      'mobile_user nvarchar(128) NULL',
      'company nvarchar(128) NULL',
      'applied_at datetime2(3) NOT NULL',
      // Filled in last: an applied row without it was committed by somebody else than its own batch.
      'finished_at datetime2(3) NULL',
      'CONSTRAINT ferry_ledger_key UNIQUE (source, packet_id)',
    ]),
    table('ledger_document', [
      'id bigint IDENTITY(1,1) NOT NULL CONSTRAINT ferry_ledger_document_pk PRIMARY KEY',
      `source nvarchar(${k.source}) ${KEY} NOT NULL`,
      `entity nvarchar(${k.entity}) ${KEY} NOT NULL`,
      `row_id nvarchar(${k.rowId}) ${KEY} NOT NULL`,
      `document nvarchar(${k.word}) ${KEY} NOT NULL`,
      `number nvarchar(${k.number}) ${KEY} NULL`,
      'content_hash nvarchar(64) NOT NULL',
      `packet_id nvarchar(${k.packetId}) ${KEY} NOT NULL`,
      'erp_key nvarchar(400) NULL',
      'erp_number nvarchar(400) NULL',
      'readback_hash varbinary(32) NULL',
      'CONSTRAINT ferry_ledger_document_key UNIQUE (source, entity, row_id)',
    ]),
    index('ledger_document', 'ferry_ledger_document_packet', 'source, packet_id'),
    index('ledger_document', 'ferry_ledger_document_number', 'source, document, number'),
    table('series', [
      `source nvarchar(${k.source}) ${KEY} NOT NULL`,
      `mobile_user nvarchar(${k.user}) ${KEY} NOT NULL`,
      `series nvarchar(${k.series}) ${KEY} NOT NULL`,
      'current_value decimal(38,0) NOT NULL',
      'CONSTRAINT ferry_series_pk PRIMARY KEY (source, mobile_user, series)',
    ]),
  ];
}

/** The script a database administrator reviews and runs; may be run again. */
export function ledgerScript(schema: string): string {
  return ledgerObjects(schema)
    .map((object) => `${object.statement};\nGO\n`)
    .join('\n');
}

/** Tables of the ledger that exist here: one row with the count. */
export const countLedgerTables = (schema: string): string =>
  `SELECT ${['site', 'lease', 'ledger', 'ledger_document', 'series']
    .map(
      (name) =>
        `CASE WHEN OBJECT_ID(${quoteLiteral(`${quoteIdent(schema)}.${quoteIdent(name)}`)}, N'U') IS NULL THEN 0 ELSE 1 END`,
    )
    .join(' + ')} AS found`;

export const LEDGER_TABLES = 5;
