import { setTimeout as delay } from 'node:timers/promises';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { PASSWORD, bench } from './client.ts';
import type { Bench } from './client.ts';

/** The real engine behind the wire, with one empty database. */
export async function sandbox(): Promise<Bench> {
  const engine = createSqlEngine({
    serverName: 'SANDBOX',
    logins: [{ user: 'sa', password: PASSWORD }],
    databases: ['erp'],
    clock: {
      now: () => Date.now(),
      sleep: (ms, signal) => delay(ms, undefined, { signal }).catch(() => {}),
    },
  });
  return await bench({ engine, database: 'erp' });
}
