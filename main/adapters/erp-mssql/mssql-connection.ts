import sql from 'mssql';
import { momentText } from './moment-text.ts';
import type {
  SqlCall,
  SqlCell,
  SqlColumn,
  SqlConnect,
  SqlConnection,
  SqlFailed,
  SqlLoad,
  SqlNotApplied,
  SqlOutcome,
  SqlRecordset,
  SqlRow,
  SqlServer,
} from './sql-connection.ts';
import { SqlStreamError } from './sql-connection.ts';
import { connectConfig, findServer, type MssqlSettings, type SignInNotes } from './connect-config.ts';
import { bulkLoad } from './mssql-bulk.ts';
import { connectFailure, requestFailure } from './mssql-errors.ts';
import type { BrowserOptions } from './sql-browser.ts';

/** Rows handed up at once: large enough to be cheap, small enough to hold a few of. */
const CHUNK_ROWS = 500;
const CONNECT_TIMEOUT_MS = 15_000;
/** After this the driver gives up on a server that does not answer a cancel, and drops the connection. */
const CANCEL_TIMEOUT_MS = 5_000;

/** The driver's per-request limit, which its typings do not have. */
interface WithRequestTimeout {
  request(options: { requestTimeout: number }): sql.Request;
}
interface DriverColumn {
  readonly name: string;
  readonly type: unknown;
  readonly precision?: number | undefined;
}

/** Sessions over the `mssql` driver. Passwords are asked for at each connect and kept nowhere here. */
export class MssqlServer implements SqlServer {
  readonly #settings: MssqlSettings;
  readonly #password: () => Promise<string>;
  readonly #browser: BrowserOptions;
  #opened = 0;

  constructor(settings: MssqlSettings, password: () => Promise<string>, browser: BrowserOptions = {}) {
    this.#settings = settings;
    this.#password = password;
    this.#browser = browser;
  }

  sessionsOpened(): number {
    return this.#opened;
  }

  async connect(signal: AbortSignal): Promise<SqlConnect> {
    const password = await this.#password();
    if (signal.aborted) return cancelled;
    const found = await findServer(this.#settings, this.#browser, signal);
    if (found.kind === 'not-applied') return found;
    const notes: SignInNotes = { numbers: [] };
    const config = connectConfig(this.#settings, {
      address: found.address,
      password,
      connectMs: CONNECT_TIMEOUT_MS,
      notes,
      signal,
    });
    const pool = new sql.ConnectionPool({
      ...config,
      arrayRowMode: true,
      validateConnection: 'socket',
      // One physical session, never taken away while idle: what it holds must not vanish unnoticed.
      pool: {
        min: 0,
        max: 1,
        idleTimeoutMillis: 2_000_000_000,
        acquireTimeoutMillis: CONNECT_TIMEOUT_MS + 5_000,
      },
      options: {
        ...config.options,
        useUTC: true,
        appName: 'ERP Ferry',
        cancelTimeout: CANCEL_TIMEOUT_MS,
        enableArithAbort: true,
      },
      beforeConnect: (connection) => {
        this.#opened += 1;
        config.beforeConnect?.(connection);
      },
    });
    // Without a listener a connection lost while idle would end the process.
    pool.on('error', () => undefined);
    const connecting = pool.connect();
    const connection = new MssqlConnection(pool);
    let stop = (): void => undefined;
    const over = new Promise<'aborted'>((resolve) => (stop = () => resolve('aborted')));
    signal.addEventListener('abort', stop, { once: true });
    try {
      const first = await Promise.race([connecting, over]);
      if (first === 'aborted') {
        // A pool cannot be closed while it connects; what comes of it is closed when it is there.
        void connecting.then(
          () => connection.close(),
          () => undefined,
        );
        return cancelled;
      }
    } catch (error) {
      return connectFailure(error, notes);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return { kind: 'connected', connection };
  }
}

const cancelled: SqlNotApplied = {
  kind: 'not-applied',
  why: 'cancelled',
  cause: 'cancelled before it was sent',
};

class MssqlConnection implements SqlConnection {
  readonly #pool: sql.ConnectionPool;
  #transaction: sql.Transaction | undefined;
  #closing: Promise<void> | undefined;

  constructor(pool: sql.ConnectionPool) {
    this.#pool = pool;
  }

  async run(call: SqlCall, signal: AbortSignal): Promise<SqlOutcome> {
    if (signal.aborted) return cancelled;
    const request = this.#request(call);
    const cancel = (): void => request.cancel();
    try {
      const answer = request.query<SqlCell[]>(call.text);
      signal.addEventListener('abort', cancel, { once: true });
      const { recordsets, columns } = (await answer) as unknown as {
        recordsets: readonly (readonly unknown[][])[];
        columns: readonly (readonly DriverColumn[])[];
      };
      return {
        kind: 'answered',
        recordsets: recordsets.map((rows, index) => ({
          columns: (columns[index] ?? []).map(columnOf),
          rows: rows.map(cellsOf),
        })),
      };
    } catch (error) {
      return requestFailure(error);
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  async *stream(call: SqlCall, signal: AbortSignal): AsyncIterable<SqlRecordset> {
    if (signal.aborted) throw new SqlStreamError(cancelled);
    const request = this.#request(call);
    request.stream = true;
    let columns: readonly SqlColumn[] | undefined;
    let sets = 0;
    let rows: SqlRow[] = [];
    let ended = false;
    let failed: SqlFailed | undefined;
    let wake = (): void => undefined;
    request.on('recordset', (found: readonly DriverColumn[]) => {
      sets += 1;
      columns ??= found.map(columnOf);
    });
    request.on('row', (row: unknown[]) => {
      if (sets > 1) return;
      rows.push(cellsOf(row));
      if (rows.length < CHUNK_ROWS) return;
      request.pause();
      wake();
    });
    request.on('error', (error: unknown) => (failed ??= requestFailure(error)));
    request.on('done', () => {
      ended = true;
      wake();
    });
    const cancel = (): void => request.cancel();
    request.query(call.text).catch((error: unknown) => {
      failed ??= requestFailure(error);
      ended = true;
      wake();
    });
    signal.addEventListener('abort', cancel, { once: true });
    try {
      // oxlint-disable-next-line no-unmodified-loop-condition -- the driver's events change it
      while (!ended || rows.length > 0) {
        if (!ended && rows.length < CHUNK_ROWS) await new Promise<void>((resolve) => (wake = resolve));
        if (failed !== undefined) break;
        if (rows.length === 0) continue;
        const chunk = rows;
        rows = [];
        yield { columns: columns ?? [], rows: chunk };
        request.resume();
      }
      if (failed !== undefined) throw new SqlStreamError(failed);
    } finally {
      signal.removeEventListener('abort', cancel);
      if (!ended) {
        rows = [];
        const over = new Promise<void>((resolve) => (wake = resolve));
        request.cancel();
        request.resume();
        await over;
      }
    }
  }

  async beginReading(
    _isolation: 'snapshot',
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'begun' } | SqlFailed> {
    if (signal.aborted) return cancelled;
    const transaction = new sql.Transaction(this.#pool);
    // The driver tells of a rollback by the server here; the next request then fails by itself.
    transaction.on('rollback', () => undefined);
    try {
      await transaction.begin(sql.ISOLATION_LEVEL.SNAPSHOT);
    } catch (error) {
      return requestFailure(error);
    }
    this.#transaction = transaction;
    return { kind: 'begun' };
  }

  async load(
    load: SqlLoad,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'loaded' } | SqlFailed> {
    return signal.aborted ? cancelled : bulkLoad(this.#pool, load, timeoutMs, signal);
  }

  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const transaction = this.#transaction;
    try {
      // The pool only ends sessions that are back in it.
      if (transaction !== undefined) await transaction.rollback();
    } catch {
      // The session is gone, and its transaction with it.
    }
    try {
      await this.#pool.close();
    } catch {
      // Nothing is left that could be closed.
    }
  }

  #request(call: SqlCall): sql.Request {
    const parent = (this.#transaction ?? this.#pool) as unknown as WithRequestTimeout;
    const request = parent.request({ requestTimeout: call.timeoutMs });
    for (const { name, type, value } of call.parameters) {
      if (type === 'varbinary')
        request.input(name, sql.VarBinary(sql.MAX), value === null ? null : Buffer.from(value as Uint8Array));
      else if (type === 'int') request.input(name, sql.Int, value);
      else if (type === 'bigint') request.input(name, sql.BigInt, value);
      else
        // Two lengths only, so that the server's plans are found again.
        request.input(
          name,
          sql.NVarChar(typeof value === 'string' && value.length > 4000 ? sql.MAX : 4000),
          value,
        );
    }
    return request;
  }
}

/** A decimal of up to 15 digits survives the driver's binary floating point; a longer one does not. */
const EXACT_DIGITS = 15;

/** Types the driver hands over as a `Date`. */
const MOMENTS: ReadonlySet<unknown> = new Set([sql.Date, sql.DateTime, sql.DateTime2, sql.SmallDateTime]);

function columnOf(column: DriverColumn): SqlColumn {
  const { type, precision = 38 } = column;
  const decimal = type === sql.Decimal || type === sql.Numeric;
  const exact =
    (!decimal || precision <= EXACT_DIGITS) &&
    type !== sql.Money &&
    // Arrives as UTC: the wall clock it was stored with is lost.
    type !== sql.DateTimeOffset;
  return { name: column.name, exact, moments: MOMENTS.has(type) };
}

/** The driver's row is ours alone: what is not a cell yet is replaced in it, because most of it is. */
function cellsOf(row: unknown[]): SqlRow {
  for (let index = 0; index < row.length; index += 1) {
    const value = row[index];
    if (typeof value !== 'string') row[index] = cellOf(value);
  }
  return row as SqlCell[];
}

function cellOf(value: unknown): SqlCell {
  if (value === null || value === undefined) return null;
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'number' || typeof value === 'bigint') return String(value);
  if (value instanceof Date) return momentText(value.getTime());
  if (value instanceof Uint8Array) return value;
  // Columns without a name share one slot in the driver and arrive as a list; nothing here reads them.
  return JSON.stringify(value);
}
