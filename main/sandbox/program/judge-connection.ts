import sql from 'mssql';
import type { ErpQuery } from '../judge/values.ts';
import { SAMPLE } from '../sample-erp/site-settings.ts';

export interface JudgeConnection extends ErpQuery {
  close(): Promise<void>;
}

/** A connection of the judge's own, which nothing of the product has touched. */
export async function judgeConnection(port: number): Promise<JudgeConnection> {
  const pool = new sql.ConnectionPool({
    server: '127.0.0.1',
    port,
    database: SAMPLE.database,
    user: SAMPLE.login,
    password: SAMPLE.password,
    options: { encrypt: false, trustServerCertificate: true },
    pool: { max: 1 },
  });
  await pool.connect();
  return {
    query: async (text) => {
      const answer = await pool.request().batch<Record<string, unknown>>(text);
      return answer.recordset ?? [];
    },
    close: () => pool.close(),
  };
}
