import sql from 'mssql';
import { startTdsServer } from '../../../main/sandbox/tds/server.ts';
import type { TdsServer, TdsServerOptions } from '../../../main/sandbox/tds/server.ts';

export const PASSWORD = 'pässwörd "1"';

export interface Bench {
  readonly server: TdsServer;
  readonly log: string[];
  config(overrides?: Partial<sql.config>): sql.config;
  /** A pool of one connection, closed with the bench. */
  pool(overrides?: Partial<sql.config>): Promise<sql.ConnectionPool>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** A server and the pools opened on it, closed together. */
export async function bench({
  database,
  ...options
}: TdsServerOptions & { database?: string }): Promise<Bench> {
  const log: string[] = [];
  const server = await startTdsServer({
    log: ({ connection, event, detail }) => log.push(`${connection} ${event} ${detail ?? ''}`.trimEnd()),
    ...options,
  });
  const pools: sql.ConnectionPool[] = [];
  const config = (overrides: Partial<sql.config> = {}): sql.config => ({
    server: '127.0.0.1',
    port: server.port,
    user: 'sa',
    password: PASSWORD,
    ...(database === undefined ? {} : { database }),
    connectionTimeout: 5000,
    requestTimeout: 20_000,
    validateConnection: 'socket',
    pool: { min: 0, max: 1 },
    ...overrides,
    options: { encrypt: false, trustServerCertificate: true, useUTC: true, ...overrides.options },
  });
  return {
    server,
    log,
    config,
    async pool(overrides) {
      const pool = new sql.ConnectionPool(config(overrides));
      pool.on('error', () => {});
      pools.push(pool);
      return await pool.connect();
    },
    async [Symbol.asyncDispose]() {
      await server.close();
      // Not waited for: a pool waits for borrowed connections, which a failed test never gives back.
      for (const pool of pools) void pool.close().catch(() => {});
    },
  };
}

/** The error of a promise that must fail. */
export async function failure(promise: Promise<unknown>): Promise<Error & Record<string, unknown>> {
  try {
    await promise;
  } catch (error) {
    return error as Error & Record<string, unknown>;
  }
  throw new Error('a failure was expected');
}
