import { randomUUID } from 'node:crypto';
import type { ClosablePacketErp } from '../../main/adapters/erp-mssql/packet-erp.ts';
import type { ErpRow, ReadRequest } from '../../main/core/packets/erp.ts';
import { SOURCE } from '../unit/erp-mssql/units.ts';
import { ERP_OBJECTS, openBench, type Bench, type RawSession } from '../integration/erp/bench.ts';

/** What all cases share: one database of their own, one agent that holds its lease, one connection beside it. */
export interface ErpWorld {
  readonly bench: Bench;
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
  const beside = await bench.raw();
  for (const batch of ERP_OBJECTS) await beside.query(batch);
  const erp = bench.erp();
  const ready = await erp.ready(signal);
  if (!ready.ok) throw new Error(`the ERP cannot be made ready: ${JSON.stringify(ready.failure)}`);
  return {
    bench,
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
