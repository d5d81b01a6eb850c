import sql from 'mssql';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';

/** Somebody else's open transaction in the ERP, which every unit that writes an order waits for. */
export interface HeldOrders {
  /** Ends it. Idempotent. */
  release(): Promise<void>;
}

export async function holdOrders(port: number): Promise<HeldOrders> {
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
  const transaction = new sql.Transaction(pool);
  await transaction.begin();
  await transaction.request().query('SELECT COUNT(*) AS held FROM dbo.SalesOrders WITH (TABLOCKX, HOLDLOCK)');
  let held = true;
  return {
    release: async () => {
      if (!held) return;
      held = false;
      await transaction.rollback();
      await pool.close();
    },
  };
}
