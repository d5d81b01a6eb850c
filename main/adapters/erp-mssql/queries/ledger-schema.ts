import { quoteIdent, quoteLiteral } from '../quote-ident.ts';

/** Raised when an object below changes; an agent refuses a ledger newer than itself. */
export const LEDGER_VERSION = 2;

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

/** Longest reason, in UTF-16 units, that is kept of a refusal or a packet set aside. */
export const REASON_LENGTH = 400;

/**
 * What mappings read of packets and their documents. What is applied is never called parked, however late a notice is taken
 * back. Texts have the database's collation, so that a SELECT may join them with ERP columns.
 */
const outcomeView = (inSchema: (name: string) => string): string => `CREATE VIEW ${inSchema('outcome')} AS
SELECT d.source, l.mobile_user, d.packet_id COLLATE DATABASE_DEFAULT AS packet_id, d.document COLLATE DATABASE_DEFAULT AS document, d.number COLLATE DATABASE_DEFAULT AS number, d.erp_number, CASE WHEN d.standing = N'handed-over' THEN N'handed over' ELSE d.standing END AS state, d.reason, ISNULL(d.standing_at, l.applied_at) AS changed_at
FROM ${inSchema('ledger_document')} AS d INNER JOIN ${inSchema('ledger')} AS l ON l.source = d.source AND l.packet_id = d.packet_id
WHERE l.state = N'applied'
UNION ALL
SELECT n.source, n.mobile_user, n.packet_id COLLATE DATABASE_DEFAULT, n.document COLLATE DATABASE_DEFAULT, n.number COLLATE DATABASE_DEFAULT, NULL, n.state, n.reason, n.changed_at
FROM ${inSchema('notice')} AS n
WHERE NOT EXISTS (SELECT 1 FROM ${inSchema('ledger')} AS a WHERE a.source = n.source AND a.packet_id = n.packet_id AND a.state = N'applied')`;

export interface LedgerObject {
  readonly name: string;
  readonly kind: 'schema' | 'table' | 'column' | 'index' | 'view';
  /** Does nothing where the object exists. */
  readonly statement: string;
}

/** What the ledger needs, in the order of creation. Each statement is a batch of its own and may be repeated. */
export function ledgerObjects(schema: string): readonly LedgerObject[] {
  const inSchema = (name: string): string => `${quoteIdent(schema)}.${quoteIdent(name)}`;
  const table = (name: string, columns: readonly string[]): LedgerObject => ({
    name,
    kind: 'table',
    statement: `IF OBJECT_ID(${quoteLiteral(inSchema(name))}, N'U') IS NULL
CREATE TABLE ${inSchema(name)} (
  ${columns.join(',\n  ')}
)`,
  });
  /** Came with a later version: a new ledger gets its table as it was first and then this, as an old one does. */
  const column = (of: string, name: string, definition: string): LedgerObject => ({
    name: `${of}.${name}`,
    kind: 'column',
    statement: `IF COL_LENGTH(${quoteLiteral(inSchema(of))}, ${quoteLiteral(name)}) IS NULL
ALTER TABLE ${inSchema(of)} ADD ${quoteIdent(name)} ${definition}`,
  });
  const index = (on: string, name: string, columns: string): LedgerObject => ({
    name,
    kind: 'index',
    statement: `IF NOT EXISTS (SELECT 1 FROM sys.indexes WHERE name = ${quoteLiteral(name)} AND object_id = OBJECT_ID(${quoteLiteral(inSchema(on))}, N'U'))
CREATE INDEX ${quoteIdent(name)} ON ${inSchema(on)} (${columns})`,
  });
  const k = KEY_LENGTH;
  return [
    {
      name: schema,
      kind: 'schema',
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
    // Version 2: what the ERP makes of rows handed over, and what is said of packets that are not applied.
    column(
      'ledger_document',
      'standing',
      `nvarchar(20) NOT NULL CONSTRAINT ferry_ledger_document_standing_is DEFAULT N'applied'`,
    ),
    column('ledger_document', 'reason', `nvarchar(${REASON_LENGTH}) NULL`),
    column('ledger_document', 'standing_at', 'datetime2(3) NULL'),
    index('ledger_document', 'ferry_ledger_document_standing', 'source, standing, id'),
    index('ledger', 'ferry_ledger_user', 'source, mobile_user, applied_at'),
    table('notice', [
      `source nvarchar(${k.source}) ${KEY} NOT NULL`,
      `packet_id nvarchar(${k.packetId}) ${KEY} NOT NULL`,
      `mobile_user nvarchar(${k.word}) NOT NULL`,
      `document nvarchar(${k.word}) ${KEY} NULL`,
      `number nvarchar(${k.number}) ${KEY} NULL`,
      `state nvarchar(10) NOT NULL CONSTRAINT ferry_notice_state CHECK (state IN (N'parked', N'discarded'))`,
      `reason nvarchar(${REASON_LENGTH}) NOT NULL`,
      'changed_at datetime2(3) NOT NULL',
      'CONSTRAINT ferry_notice_pk PRIMARY KEY (source, packet_id)',
    ]),
    // Last, so that a ledger that has it has all that came before.
    {
      name: 'outcome',
      kind: 'view',
      statement: `IF OBJECT_ID(${quoteLiteral(inSchema('outcome'))}, N'V') IS NULL
EXEC (${quoteLiteral(outcomeView(inSchema))})`,
    },
  ];
}

/** One row: `found`, how many tables of the first version exist here, and `added`, how much of what came later. */
export const countLedgerTables = (schema: string): string => {
  const named = (name: string): string => quoteLiteral(`${quoteIdent(schema)}.${quoteIdent(name)}`);
  const there = (what: string): string => `CASE WHEN ${what} IS NULL THEN 0 ELSE 1 END`;
  const found = ['site', 'lease', 'ledger', 'ledger_document', 'series'].map((name) =>
    there(`OBJECT_ID(${named(name)}, N'U')`),
  );
  const added = [
    ...['standing', 'reason', 'standing_at'].map((name) =>
      there(`COL_LENGTH(${named('ledger_document')}, ${quoteLiteral(name)})`),
    ),
    there(`OBJECT_ID(${named('notice')}, N'U')`),
    there(`OBJECT_ID(${named('outcome')}, N'V')`),
  ];
  return `SELECT ${found.join(' + ')} AS found, ${added.join(' + ')} AS added`;
};

export const LEDGER_TABLES = 5;
export const LEDGER_ADDITIONS = 5;
