import { randomUUID } from 'node:crypto';
import type { ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import type { ErpRow, ReadRequest } from '../../main/core/packets/erp.ts';
import { makeDailyLogin, type DailyLogin } from './daily-login.ts';
import { grantingErp } from './granting-erp.ts';
import { SOURCE } from '../unit/erp-mssql/units.ts';
import { ERP_OBJECTS, openBench, type Bench, type RawSession } from '../integration/erp/bench.ts';

/**
 * What all cases share: one database of their own, one agent that holds its lease, one connection beside it. The product
 * signs in with a login that has the rights of the generated script; the connections beside it are the setup's.
 */
export interface ErpWorld {
  readonly bench: Bench;
  /** The same with the setup's rights, for what the daily login may not do. */
  readonly setup: Bench;
  /** The product's login. */
  readonly login: DailyLogin;
  readonly erp: ClosablePacketErp;
  /** Not the product's: what it sees is what is there. */
  readonly beside: RawSession;
  /** A name nobody used before. */
  fresh(what: string): string;
  /** How many rows a table or a table with a condition has, as seen beside. */
  count(from: string): Promise<number>;
  read(request: Partial<ReadRequest> & Pick<ReadRequest, 'from' | 'columns' | 'orderBy'>): Promise<ErpRow[]>;
  close(): Promise<void>;
}

export interface ContractCase {
  readonly group: string;
  readonly name: string;
  /** What SQL Server's documentation says happens: the judge. */
  readonly documented: string;
  /** A server may lack it: the product has a way without. A difference is told and is no failure. */
  readonly optional?: true | undefined;
  /** Throws where the server, or the product on it, does something else. */
  readonly run: (world: ErpWorld) => Promise<void>;
}

export const signal = new AbortController().signal;

export async function openWorld(): Promise<ErpWorld> {
  const bench = await openBench();
  try {
    return await furnish(bench);
  } catch (error) {
    await bench.close();
    throw error;
  }
}

async function furnish(bench: Bench): Promise<ErpWorld> {
  const setup = await bench.raw();
  for (const batch of ERP_OBJECTS) await setup.query(batch);
  const login = await makeDailyLogin(bench, setup);
  try {
    return await furnishAs(bench, setup, login);
  } catch (error) {
    await login.drop().catch(() => undefined);
    throw error;
  }
}

/** The bench as the product meets it. */
function underLogin(bench: Bench, login: DailyLogin): Bench {
  const settings = { ...bench.settings, user: login.user };
  const opened: ClosablePacketErp[] = [];
  return {
    ...bench,
    settings,
    erp(more = {}) {
      const erp = bench.erp({ settings, password: () => Promise.resolve(login.password), ...more });
      opened.push(erp);
      return grantingErp(erp, login);
    },
    async close() {
      await Promise.all(opened.map((one) => one.close().catch(() => undefined)));
      // A login that is still signed in cannot be dropped, and neither can one with a user in the database.
      try {
        await login.drop();
      } finally {
        await bench.close();
      }
    },
  };
}

async function furnishAs(made: Bench, setup: RawSession, login: DailyLogin): Promise<ErpWorld> {
  const bench = underLogin(made, login);
  const beside: RawSession = {
    ...setup,
    query(text) {
      if (/\b(CREATE|DROP)\b/i.test(text)) login.schemaChanged();
      return setup.query(text);
    },
  };
  const erp = bench.erp();
  const ready = await erp.ready(signal);
  if (!ready.ok) throw new Error(`the ERP cannot be made ready: ${JSON.stringify(ready.failure)}`);
  return {
    bench,
    setup: made,
    login,
    erp,
    beside,
    fresh: (what) => `${what}-${randomUUID()}`,
    count: async (from) => Number((await beside.query(`SELECT COUNT(*) AS n FROM ${from}`))[0]?.['n']),
    async read(request) {
      const view = await erp.reader.openView(signal);
      if (!view.ok) throw new Error(JSON.stringify(view.failure));
      try {
        const rows: ErpRow[] = [];
        const whole = { where: [], user: { name: 'ANNA', values: new Map() }, source: SOURCE, ...request };
        for await (const chunk of view.value.read(whole, signal)) rows.push(...chunk);
        return rows;
      } finally {
        await view.value.close();
      }
    },
    close: () => bench.close(),
  };
}
