import { randomUUID } from 'node:crypto';
import sql from 'mssql';
import type { TargetAddress } from './target-url.ts';

const NO_RIGHT = new Set([262, 15247, 1788]);

interface Answered {
  readonly ok: true;
  /** First line of what the server says of itself. */
  readonly version: string;
}

/** Whether a server answers and lets this login make databases and logins. What is wrong comes in words without the password. */
export async function reachTarget(
  target: TargetAddress,
): Promise<Answered | { readonly ok: false; readonly why: string }> {
  const where = `${target.host}:${target.port}`;
  const pool = poolOf(target);
  let making = 'database';
  try {
    await pool.connect();
  } catch (error) {
    return { ok: false, why: `${where} cannot be reached as ${target.user}: ${wordsOf(error)}` };
  }
  try {
    const { recordset } = await pool
      .request()
      .batch<{ version: string }>(`SELECT CAST(@@VERSION AS nvarchar(300)) AS version`);
    const version = (recordset[0]?.version ?? '').split(/[\r\n]/)[0]?.trim() ?? '';
    // Whether it may is asked by doing it: rights have several sources, and not every server tells.
    const probe = `ferry_probe_${process.pid}_${Date.now()}`;
    await pool.request().batch(`CREATE DATABASE ${probe}`);
    await pool.request().batch(`DROP DATABASE ${probe}`);
    making = 'login';
    await pool.request().batch(`CREATE LOGIN ${probe} WITH PASSWORD = N'Aa1-${randomUUID()}'`);
    await pool.request().batch(`DROP LOGIN ${probe}`);
    return { ok: true, version };
  } catch (error) {
    const number = (error as { number?: unknown }).number;
    const right = typeof number === 'number' && NO_RIGHT.has(number);
    return {
      ok: false,
      why: `${where} lets ${target.user} make no ${making}${right ? ', for want of the right' : ''}: ${wordsOf(error)}`,
    };
  } finally {
    await pool.close();
  }
}

/** Databases with this name that are there. */
export const databasesNamed = (target: TargetAddress, name: string): Promise<number> =>
  counted(target, 'sys.databases', name);

/** Logins with this name that are there. */
export const loginsNamed = (target: TargetAddress, name: string): Promise<number> =>
  counted(target, 'sys.server_principals', name);

async function counted(target: TargetAddress, view: string, name: string): Promise<number> {
  const pool = await poolOf(target).connect();
  try {
    const { recordset } = await pool
      .request()
      .input('name', sql.NVarChar(128), name)
      .query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${view} WHERE name = @name`);
    return recordset[0]?.n ?? 0;
  } finally {
    await pool.close();
  }
}

function poolOf(target: TargetAddress): sql.ConnectionPool {
  const pool = new sql.ConnectionPool({
    server: target.host,
    port: target.port,
    user: target.user,
    password: target.password,
    database: target.adminDatabase,
    connectionTimeout: 15_000,
    pool: { min: 0, max: 1 },
    options: { encrypt: target.encrypt, trustServerCertificate: true },
  });
  pool.on('error', () => undefined);
  return pool;
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
