import { randomBytes, randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import sql from 'mssql';
import {
  createPacketErp,
  type ClosablePacketErp,
  type PacketErpOptions,
} from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { Runtime } from '../../../main/core/runtime/runtime.ts';
import { startTdsServer, type TdsServer } from '../../../main/sandbox/tds/server.ts';
import {
  createSqlEngine,
  type SandboxSqlEngine,
  type SqlEngineOptions,
} from '../../../main/sandbox/tsql/engine.ts';
import type { EngineClock } from '../../../main/sandbox/tsql/face.ts';
import { startId } from '../../../shared/model/ids.ts';
import { parseTarget, type TargetAddress } from '../../erp/target-url.ts';
import { SOURCE } from '../../unit/erp-mssql/units.ts';

/** Tests that break the wire need the sandbox server; everything else runs on `ERP_TEST_URL` as well. */
export const onSandbox = process.env['ERP_TEST_URL'] === undefined;

type Settings = PacketErpOptions['settings'];

export interface RawSession {
  /** One batch on this session's one connection; rows of its last result set. */
  query(text: string): Promise<Record<string, unknown>[]>;
  close(): Promise<void>;
}

export interface Bench {
  readonly settings: Settings;
  /** Only on the sandbox. */
  readonly tds: TdsServer | undefined;
  readonly engine: SandboxSqlEngine | undefined;
  /** An agent's access. Its lease is of its own site unless one is named. */
  erp(more?: Partial<PacketErpOptions>): ClosablePacketErp;
  raw(): Promise<RawSession>;
  close(): Promise<void>;
}

/** The clock may be turned on; everything else is real. */
export function testRuntime(): Runtime & { ahead: number } {
  const runtime = {
    ahead: 0,
    wall: () => Date.now(),
    monotonic: () => performance.now() + runtime.ahead,
    sleep: () => Promise.resolve(),
    yield: () => Promise.resolve(),
    random: () => 0.5,
    newId: () => randomUUID(),
    step: () => undefined,
    fault: () => false,
  };
  return runtime;
}

/** A database of its own on the server under test, gone when closed. */
export async function openBench(more: Pick<SqlEngineOptions, 'whileReading'> = {}): Promise<Bench> {
  const server = await openServer(more);
  const database = `ferry_${randomBytes(5).toString('hex')}`;
  const open: { close(): Promise<unknown> }[] = [];
  const config = (name: string): sql.config => ({
    server: server.host,
    port: server.port,
    user: server.user,
    password: server.password,
    database: name,
    pool: { min: 0, max: 1 },
    options: { encrypt: server.encrypt, trustServerCertificate: true },
  });
  const raw = async (name = database): Promise<RawSession> => {
    const pool = new sql.ConnectionPool(config(name));
    pool.on('error', () => undefined);
    await pool.connect();
    const session: RawSession = {
      query: async (text) => {
        const { recordsets } = await pool.request().batch(text);
        return (recordsets as Record<string, unknown>[][]).at(-1) ?? [];
      },
      close: async () => {
        await pool.close();
      },
    };
    open.push(session);
    return session;
  };
  const admin = await raw(server.adminDatabase);
  await admin.query(`CREATE DATABASE ${database}`);
  const settings: Settings = {
    id: 'main',
    server: server.host,
    port: server.port,
    database,
    auth: 'sql',
    user: server.user,
    timeZone: 'Europe/Sofia',
    encrypt: server.encrypt,
    trustServerCertificate: true,
    ledger: { schema: 'ferry' },
  };
  return {
    settings,
    tds: server.tds,
    engine: server.engine,
    raw: () => raw(),
    erp(more = {}) {
      const erp = createPacketErp({
        settings,
        source: SOURCE,
        siteId: randomUUID(),
        startId: startId(randomUUID()),
        password: () => Promise.resolve(server.password),
        runtime: testRuntime(),
        recentLedger: () => [],
        createObjects: true,
        ...more,
      });
      open.push(erp);
      return erp;
    },
    async close() {
      await Promise.all(open.splice(0).map((one) => one.close().catch(() => undefined)));
      if (!onSandbox) {
        const last = await raw(server.adminDatabase);
        await last.query(`DROP DATABASE ${database}`).catch(() => undefined);
        await last.close();
      }
      await server.tds?.close();
    },
  };
}

interface Server extends TargetAddress {
  readonly tds?: TdsServer | undefined;
  readonly engine?: SandboxSqlEngine | undefined;
}

const clock: EngineClock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => undefined),
};

async function openServer(more: Pick<SqlEngineOptions, 'whileReading'>): Promise<Server> {
  const url = process.env['ERP_TEST_URL'];
  if (url !== undefined) return parseTarget(url);
  const password = 'Sandbox-1';
  const engine = createSqlEngine({
    serverName: 'SANDBOX',
    clock,
    logins: [{ user: 'sa', password }],
    ...more,
  });
  const tds = await startTdsServer({ engine });
  return {
    host: '127.0.0.1',
    port: tds.port,
    user: 'sa',
    password,
    encrypt: false,
    adminDatabase: 'master',
    tds,
    engine,
  };
}

/** Names that need brackets, a number given by a trigger, procedures that behave and that do not. */
export const ERP_OBJECTS: readonly string[] = [
  `CREATE TABLE dbo.[Sales Order] (
    Id int IDENTITY(100,1) NOT NULL CONSTRAINT sales_order_pk PRIMARY KEY,
    No nvarchar(20) NULL,
    [Customer]]No] nvarchar(20) NOT NULL,
    Amount decimal(18,4) NULL,
    Ordered datetime2(3) NULL
  )`,
  `CREATE TABLE dbo.[Sales Order Line] (
    LineId int IDENTITY(1,1) NOT NULL CONSTRAINT sales_order_line_pk PRIMARY KEY,
    OrderId int NOT NULL,
    Item nvarchar(20) NOT NULL,
    Quantity decimal(18,3) NOT NULL
  )`,
  `CREATE TRIGGER dbo.[Sales Order Number] ON dbo.[Sales Order] AFTER INSERT AS
   BEGIN
     SET NOCOUNT ON;
     UPDATE dbo.[Sales Order] SET No = N'SO-' + CAST(Id AS nvarchar(10)) WHERE Id IN (SELECT Id FROM inserted);
   END`,
  `CREATE TABLE dbo.Payments (
    PaymentId int IDENTITY(1,1) NOT NULL CONSTRAINT payments_pk PRIMARY KEY,
    Amount money NOT NULL,
    Note nvarchar(50) NULL
  )`,
  `CREATE PROCEDURE dbo.PostPayment @Amount money, @Note nvarchar(50), @Id int OUTPUT AS
   BEGIN
     SET NOCOUNT ON;
     BEGIN TRANSACTION;
     INSERT INTO dbo.Payments (Amount, Note) VALUES (@Amount, @Note);
     SET @Id = SCOPE_IDENTITY();
     SELECT N'noise' AS Noise;
     COMMIT TRANSACTION;
   END`,
  `CREATE PROCEDURE dbo.PostAndCommit @Amount money AS
   BEGIN SET NOCOUNT ON; INSERT INTO dbo.Payments (Amount, Note) VALUES (@Amount, N'committed'); COMMIT TRANSACTION; END`,
  `CREATE PROCEDURE dbo.PostAndRollBack @Amount money AS
   BEGIN SET NOCOUNT ON; INSERT INTO dbo.Payments (Amount, Note) VALUES (@Amount, N'rolled back'); ROLLBACK TRANSACTION; END`,
  `CREATE PROCEDURE dbo.RollBackAndBegin @Amount money AS
   BEGIN SET NOCOUNT ON; ROLLBACK TRANSACTION; BEGIN TRANSACTION; INSERT INTO dbo.Payments (Amount, Note) VALUES (@Amount, N'other transaction'); END`,
  `CREATE PROCEDURE dbo.Refuse @Amount money AS
   BEGIN SET NOCOUNT ON; THROW 50123, N'credit limit exceeded', 1; END`,
];
