import type { EngineClock } from '../tsql/face.ts';
import { createSqlEngine } from '../tsql/engine.ts';
import type { SandboxSqlEngine } from '../tsql/engine.ts';
import { companyRows } from './company.ts';
import { sampleErpBatches } from './load.ts';
import type { SampleErpOptions } from './load.ts';
import { openSession } from './session.ts';
import type { ErpSession } from './session.ts';
import { seededRandom } from './seeded-random.ts';
import { SAMPLE } from './site-settings.ts';

export interface SampleErpEngineOptions extends SampleErpOptions {
  clock: EngineClock;
  /** Default that of the sample. */
  password?: string | undefined;
  serverName?: string | undefined;
}

export interface SampleErp {
  /** Serve it over the wire, or log in directly. */
  engine: SandboxSqlEngine;
  login: { user: string; password: string; database: string };
  /** A new connection inside the process, for judges and hands behind the scenes. */
  open(): ErpSession;
}

/** A server with the sample company in it: database `SampleErp`, login `ferry`. Same seed and scale, same contents. */
export async function createSampleErp(options: SampleErpEngineOptions): Promise<SampleErp> {
  const { user, password, database } = {
    user: SAMPLE.login,
    password: options.password ?? SAMPLE.password,
    database: SAMPLE.database,
  };
  const engine = createSqlEngine({
    serverName: options.serverName ?? 'SANDBOX',
    clock: options.clock,
    logins: [{ user, password }],
    databases: [database],
    random: seededRandom(`${options.seed}/server`),
  });
  const login = { user, password, database };
  const loader = openSession(engine, login);
  // So that all tables of a snapshot are read as of one moment.
  await loader.query(`ALTER DATABASE [${database}] SET ALLOW_SNAPSHOT_ISOLATION ON`);
  for (const batch of sampleErpBatches(options)) await loader.query(batch);
  // In bulk: parsing the rows as INSERT statements takes several times as long as storing them.
  for (const { table, columns, rows } of companyRows(options))
    await loader.bulk(
      table,
      columns.map(({ name }) => name),
      rows,
    );
  loader.close();
  return { engine, login, open: () => openSession(engine, login) };
}
