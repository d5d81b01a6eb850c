import { setTimeout as delay } from 'node:timers/promises';
import sql from 'mssql';
import type { PacketErpOptions } from '../../main/adapters/erp-mssql/packet-erp.ts';
import { ledgerObjects } from '../../main/adapters/erp-mssql/queries/ledger-schema.ts';
import { startTdsServer } from '../../main/sandbox/tds/server.ts';
import { createSqlEngine } from '../../main/sandbox/tsql/engine.ts';
import { ERP_OBJECTS } from '../integration/erp/bench.ts';

export const PASSWORD = 'Sandbox-1';
const DATABASE = 'Company';

export interface ErpWorld {
  readonly settings: PacketErpOptions['settings'];
  /** Sets the server's UTC by this much, forward or back. */
  setClock(byMs: number): void;
  /** Over a connection of its own. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

/** Notes with each order which fence the lease had at that moment: a witness that no batch of ours can talk to. */
const WITNESS: readonly string[] = [
  `CREATE TABLE dbo.Witness (OrderId int NOT NULL CONSTRAINT witness_pk PRIMARY KEY, Ref nvarchar(20) NOT NULL, Fence bigint NOT NULL)`,
  `CREATE TRIGGER dbo.[Sales Order Witness] ON dbo.[Sales Order] AFTER INSERT AS
   BEGIN
     SET NOCOUNT ON;
     INSERT INTO dbo.Witness (OrderId, Ref, Fence) SELECT i.Id, i.[Customer]]No], l.fence FROM inserted i CROSS JOIN ferry.lease l;
   END`,
];

/** An ERP with ledger on loopback, whose clock tests set. */
export async function openErpWorld(): Promise<ErpWorld> {
  let ahead = 0;
  const engine = createSqlEngine({
    serverName: 'SANDBOX',
    clock: {
      now: () => Date.now() + ahead,
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
    },
    logins: [{ user: 'sa', password: PASSWORD }],
    databases: [DATABASE],
  });
  const objects = ledgerObjects('ferry').map(({ statement }) => statement);
  for (const batch of [...objects, ...ERP_OBJECTS, ...WITNESS]) await engine.script(DATABASE, batch);
  const tds = await startTdsServer({ engine });
  const pool = new sql.ConnectionPool({
    server: '127.0.0.1',
    port: tds.port,
    user: 'sa',
    password: PASSWORD,
    database: DATABASE,
    pool: { min: 0, max: 1 },
    options: { encrypt: false },
  });
  await pool.connect();
  return {
    settings: {
      id: 'main',
      server: '127.0.0.1',
      port: tds.port,
      database: DATABASE,
      auth: 'sql',
      user: 'sa',
      timeZone: 'Europe/Sofia',
      encrypt: false,
      trustServerCertificate: true,
      ledger: { schema: 'ferry' },
    },
    setClock: (byMs) => {
      ahead += byMs;
    },
    query: async (text) => {
      const { recordsets } = await pool.request().batch(text);
      return (recordsets as Record<string, unknown>[][]).at(-1) ?? [];
    },
    close: async () => {
      await pool.close();
      await tds.close();
    },
  };
}
