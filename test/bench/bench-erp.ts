import { randomUUID } from 'node:crypto';
import { createPacketErp, type ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import { systemRuntime } from '../../main/adapters/runtime/system-runtime.ts';
import { startChild, type Child } from '../../main/sandbox/program/child.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';
import { sourceId, startId } from '../../shared/model/ids.ts';

const ERP = new URL('./processes/large-erp.ts', import.meta.url);

export const SOURCE = sourceId('dynamics-mobile', 'bench', 'BENCH');

/** What a session of the bench's own is opened with. */
export interface ErpAddress {
  readonly port: number;
  readonly pid: number | undefined;
}

export interface BenchErp extends ErpAddress {
  /** An agent's access to it, ready and with the lease. */
  readonly access: ClosablePacketErp;
  end(): Promise<void>;
}

/** The sample ERP in a process of its own; `rows` in each of its made tables. */
export async function benchErp(rows: number): Promise<BenchErp> {
  const server: Child<{ port: number }> = await startChild(ERP, { rows });
  const { port } = server.said;
  const access = createPacketErp({
    settings: {
      id: SAMPLE.erpId,
      server: '127.0.0.1',
      port,
      database: SAMPLE.database,
      auth: 'sql',
      user: SAMPLE.login,
      timeZone: SAMPLE.timeZone,
      encrypt: false,
      trustServerCertificate: false,
      ledger: { schema: 'ferry' },
    },
    source: SOURCE,
    siteId: randomUUID(),
    startId: startId(randomUUID()),
    password: () => Promise.resolve(SAMPLE.password),
    runtime: systemRuntime(),
    recentLedger: () => [],
    createObjects: true,
  });
  const end = async (): Promise<void> => {
    await access.close();
    await server.end();
  };
  const ready = await access.ready(new AbortController().signal);
  if (!ready.ok) {
    await end();
    throw new Error(`the ERP is not ready: ${JSON.stringify(ready.failure)}`);
  }
  return { access, port, pid: server.process.pid, end };
}

/** For the bare driver: the same server, login and database. */
export const driverSettings = (port: number) =>
  ({
    server: '127.0.0.1',
    port,
    database: SAMPLE.database,
    user: SAMPLE.login,
    password: SAMPLE.password,
    requestTimeout: 600_000,
    pool: { min: 0, max: 1 },
    options: { encrypt: false, useUTC: true },
  }) as const;
