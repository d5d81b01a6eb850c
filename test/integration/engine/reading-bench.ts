import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { createPacketErp } from '../../../main/adapters/erp-mssql/packet-erp.ts';
import type { LinkParts } from '../../../main/core/packets/link-parts.ts';
import { createSampleErp } from '../../../main/sandbox/sample-erp/sample-erp.ts';
import { SAMPLE, siteSettings } from '../../../main/sandbox/sample-erp/site-settings.ts';
import type { SandboxSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { settingsSchema } from '../../../shared/model/settings.ts';
import { mappingSchema } from '../../../shared/model/mapping.ts';
import { SimSqlServer } from '../../simulation/sim-sql-server.ts';
import { linkBench, MAPPING, type LinkBench } from '../../support/link-bench.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const never = new AbortController().signal;

type Backup = ReturnType<SandboxSqlEngine['backup']>;

export interface ReadingBench extends LinkBench {
  readonly engine: SandboxSqlEngine;
  /** The store's. */
  readonly file: string;
  /** SELECTs of rows for snapshots sent so far. */
  readonly rowReads: () => number;
  /** Called wherever a request may be on its way; what somebody else does meanwhile. */
  meanwhile(act: (() => Promise<void>) | undefined): void;
  /** As somebody in the ERP, in a session of its own; throws the number of an error. */
  sql(text: string): Promise<void>;
  /** A push as the schedule starts it. */
  scheduled(): Promise<void>;
  counts(): Readonly<Record<string, number>>;
  /** The database goes back to the backup; a person says that it is to be used. */
  restore(backup: Backup): Promise<void>;
}

/** Two tables that belong together, read apart: `Head.n` and `Line.n` are changed in one transaction. */
const READING_SCHEMA = [
  'DROP TABLE dbo.Visits',
  'DROP TABLE dbo.PaymentLines',
  'DROP TABLE dbo.Payments',
  'CREATE TABLE dbo.Setup (c nvarchar(20) NOT NULL PRIMARY KEY, n nvarchar(100) NULL, v rowversion)',
  'CREATE TABLE dbo.Company (c nvarchar(20) NOT NULL PRIMARY KEY, n nvarchar(100) NULL, v rowversion)',
  'CREATE TABLE dbo.Client (c nvarchar(20) NOT NULL PRIMARY KEY, n nvarchar(100) NULL, v rowversion)',
  'CREATE VIEW dbo.Customer AS SELECT x.c, x.n FROM dbo.Client AS x',
  'CREATE TABLE dbo.Orders (No nvarchar(20) NOT NULL)',
  'CREATE TABLE dbo.Payments (No nvarchar(20) NULL)',
  'CREATE TABLE dbo.Visits (No nvarchar(20) NOT NULL)',
  "INSERT INTO dbo.Setup (c, n) VALUES (N'S', N'0')",
  "INSERT INTO dbo.Company (c, n) VALUES (N'A', N'0')",
  "INSERT INTO dbo.Client (c, n) VALUES (N'C-1', N'0')",
];

/** The engine over the real reader and the sandbox's server in this process, without snapshot isolation. */
export async function readingBench(
  options: { readonly select?: string | undefined } = {},
): Promise<ReadingBench> {
  const folder = temporaryFolder();
  const b = linkBench(folder);
  const sample = await createSampleErp({
    seed: 1,
    scale: 'tiny',
    clock: { now: () => b.runtime.wall(), sleep: (ms, signal) => b.runtime.sleep(ms, signal) },
  });
  const { engine } = sample;
  const state = { reads: 0, busy: false, meanwhile: undefined as (() => Promise<void>) | undefined };
  const sql = async (text: string): Promise<void> => {
    const session = engine.open(SAMPLE.database);
    try {
      for await (const event of session.execute({ kind: 'batch', text }, never))
        if (event.kind === 'message' && event.message.class > 10)
          throw new Error(`${event.message.number}: ${event.message.message} (${text})`);
    } finally {
      session.close();
    }
  };
  const off = `ALTER DATABASE [${SAMPLE.database}] SET`;
  for (const text of [
    `${off} ALLOW_SNAPSHOT_ISOLATION OFF`,
    `${off} READ_COMMITTED_SNAPSHOT OFF`,
    ...READING_SCHEMA,
  ])
    await sql(text);
  const server = new SimSqlServer(engine, {
    travel: async () => {
      if (state.busy || state.meanwhile === undefined) return;
      state.busy = true;
      await state.meanwhile();
      state.busy = false;
    },
    atConnect: () => 'up',
    atRequest: (text) => {
      if (text.includes('AS c0')) state.reads += 1;
      return 'none';
    },
  });
  const [settings] = settingsSchema.parse(
    siteSettings({ erpPort: 1, cloudUrl: 'http://127.0.0.1:9', pullEvery: '1m', pushEvery: '1h' }),
  ).erps;
  if (settings === undefined) throw new Error('the sample has no ERP');
  const parts = b.link.parts as { -readonly [Part in keyof LinkParts]: LinkParts[Part] };
  parts.mapping = mappingFor(options.select);
  const erp = createPacketErp({
    settings,
    source: parts.source,
    siteId: randomUUID(),
    startId: parts.startId,
    password: () => Promise.resolve(''),
    runtime: b.runtime,
    recentLedger: () => [],
    createObjects: true,
    server,
  });
  parts.erp = erp;
  parts.policy = {
    ...parts.policy,
    usersQuery: "SELECT u.UserName FROM (VALUES (N'anna'), (N'bob')) AS u (UserName)",
  };
  return Object.assign(b, {
    engine,
    file: join(folder, 'ferry.sqlite'),
    rowReads: () => state.reads,
    meanwhile: (act: (() => Promise<void>) | undefined) => {
      state.meanwhile = act;
    },
    sql,
    scheduled: () => b.finish(b.link.sync('push', 'schedule', never).done),
    restore: async (backup: Backup) => {
      await erp.renewSessions();
      engine.restore(SAMPLE.database, backup);
      await erp.rebind(never);
    },
    counts: () => b.store.runs({ limit: 10 }).find((run) => run.flow === 'push')?.counts ?? {},
  });
}

function mappingFor(select: string | undefined): LinkParts['mapping'] {
  const text = { type: 'text(100)' };
  const fields = { Code: { column: 'c', ...text }, Name: { column: 'n', ...text } };
  return mappingSchema.parse({
    ...MAPPING,
    push: {
      entities: [
        { entity: 'DeviceSetup', from: { table: { name: 'Setup' } }, fields, orderBy: ['c'] },
        { entity: 'CompanyInfo', from: { table: { name: 'Company' } }, fields, orderBy: ['c'] },
        {
          entity: 'Customer',
          from: { select: select ?? "SELECT q.c, q.n FROM dbo.Customer AS q WHERE q.c LIKE N'C%'" },
          fields,
          orderBy: ['c'],
        },
      ],
    },
  });
}
