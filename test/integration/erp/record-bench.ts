import { randomUUID } from 'node:crypto';
import { knownFiles } from '../../../main/adapters/erp-mssql/feeds/known-files.ts';
import { RecordErp, type RecordErpOptions } from '../../../main/adapters/erp-mssql/records/record-erp.ts';
import type { RecordTable } from '../../../main/adapters/erp-mssql/records/record-table.ts';
import type { SqlServer } from '../../../main/adapters/erp-mssql/sql-connection.ts';
import { SAMPLE } from '../../../main/sandbox/sample-erp/site-settings.ts';
import { createSqlEngine } from '../../../main/sandbox/tsql/engine.ts';
import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import { startId } from '../../../shared/model/ids.ts';
import { SimSqlServer } from '../../simulation/sim-sql-server.ts';
import { createForgetfulDisk } from '../../support/forgetful-disk.ts';
import { SOURCE } from '../../unit/erp-mssql/units.ts';
import { openBench, testRuntime, type Bench } from './bench.ts';

export type RowOf = Record<string, unknown>;

/** A database with tables of records, and somebody else who works in it. */
export interface RecordBench {
  query(text: string): Promise<RowOf[]>;
  /** An agent with a lease of its own, if it is given another start. */
  store(tables: readonly RecordTable[], more?: Partial<RecordErpOptions>): RecordErp;
  /** The next batch of writes: its answer is lost before the server ran it, or after. */
  lose(when: 'before' | 'after'): void;
  close(): Promise<void>;
}

export const tableOf = (
  name: string,
  key: readonly string[],
  types: Readonly<Record<string, string>>,
  more: Partial<RecordTable> = {},
): RecordTable => ({
  table: { schema: 'dbo', name },
  key,
  assigned: [],
  types: new Map(
    Object.entries(types).map(([column, text]): [string, FieldType] => {
      const type = parseFieldType(text);
      if (type === undefined) throw new Error(text);
      return [column, type];
    }),
  ),
  ...more,
});

const optionsOf = (settings: Bench['settings'], password: string): Omit<RecordErpOptions, 'tables'> => {
  const disk = createForgetfulDisk();
  return {
    settings,
    source: SOURCE,
    siteId: 'site',
    startId: startId(randomUUID()),
    password: () => Promise.resolve(password),
    runtime: testRuntime(),
    createObjects: true,
    known: ({ schema, name }) => knownFiles(disk, `/known/${schema}.${name}`),
  };
};

/** Over the wire, against the server under test. Answers are lost on the sandbox only. */
export async function openWire(): Promise<RecordBench> {
  const bench = await openBench();
  const raw = await bench.raw();
  const password = process.env['ERP_TEST_URL'] === undefined ? 'Sandbox-1' : '';
  return {
    query: (text) => raw.query(text),
    store: (tables, more = {}) => new RecordErp({ ...optionsOf(bench.settings, password), tables, ...more }),
    lose: (when) => {
      bench.tds?.faults.arm({
        kind: 'cut',
        at: when === 'before' ? 'before-execution' : 'after-execution',
        match: 'ferry_write_0',
      });
    },
    close: () => bench.close(),
  };
}

/** The same engine in this process, without a wire. */
export async function openInside(): Promise<RecordBench> {
  const engine = createSqlEngine({
    serverName: 'SANDBOX',
    clock: { now: () => Date.now(), sleep: () => Promise.resolve() },
    logins: [{ user: SAMPLE.login, password: SAMPLE.password }],
    databases: [SAMPLE.database],
  });
  let lost: 'cut-before' | 'cut-after' | undefined;
  const server: SqlServer = new SimSqlServer(engine, {
    travel: () => Promise.resolve(),
    atConnect: () => 'up',
    atRequest: (text) => {
      if (lost === undefined || !text.includes('ferry_write_0')) return 'none';
      const strike = lost;
      lost = undefined;
      return strike;
    },
  });
  const session = engine.open(SAMPLE.database);
  const signal = new AbortController().signal;
  return {
    query: async (text) => {
      const rows: RowOf[] = [];
      let names: readonly string[] = [];
      for await (const event of session.execute({ kind: 'batch', text }, signal)) {
        if (event.kind === 'message' && event.message.class > 10)
          throw new Error(JSON.stringify(event.message));
        if (event.kind === 'columns') names = event.columns.map(({ name }) => name);
        if (event.kind === 'row')
          rows.push(Object.fromEntries(names.map((name, at) => [name, event.values[at]])));
      }
      return rows;
    },
    store: (tables, more = {}) =>
      new RecordErp({
        ...optionsOf(
          {
            id: 'main',
            server: 'inside',
            database: SAMPLE.database,
            auth: 'sql',
            user: SAMPLE.login,
            timeZone: 'Europe/Sofia',
            encrypt: false,
            trustServerCertificate: true,
            ledger: { schema: 'ferry' },
          },
          SAMPLE.password,
        ),
        tables,
        server,
        ...more,
      }),
    lose: (when) => {
      lost = when === 'before' ? 'cut-before' : 'cut-after';
    },
    close: () => {
      session.close();
      return Promise.resolve();
    },
  };
}
