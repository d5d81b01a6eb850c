import {
  SqlStreamError,
  type SqlCall,
  type SqlCell,
  type SqlConnect,
  type SqlConnection,
  type SqlFailed,
  type SqlLoad,
  type SqlOutcome,
  type SqlParameter,
  type SqlRecordset,
  type SqlServer,
} from '../../main/adapters/erp-mssql/sql-connection.ts';
import { SAMPLE } from '../../main/sandbox/sample-erp/site-settings.ts';
import type {
  SqlColumn as EngineColumn,
  SqlEngine,
  SqlMessage,
  SqlMoment,
  SqlParameter as EngineParameter,
  SqlRequest,
  SqlSession,
  SqlType,
  SqlValue,
} from '../../main/sandbox/tsql/face.ts';

/** What happens to a request on its way. Asked for each one, in order. */
export interface SqlWeather {
  /** The next connection: `down` when the server does not answer. */
  atConnect(): 'up' | 'down';
  atRequest(text: string): SqlStrike;
  /** Between the pieces of whatever crosses the wire; lets the clock of the simulation pass. */
  travel(): Promise<void>;
}

export type SqlStrike =
  | 'none'
  /** The connection breaks before the server sees the request. */
  | 'cut-before'
  /** The request runs, its answer is lost. */
  | 'cut-after'
  /** The answer is lost now, the request runs only later: after whoever asked has looked. */
  | 'late'
  /** The server picks it as a deadlock victim. */
  | 'deadlock';

const DEADLOCK: SqlFailed = {
  kind: 'refused',
  number: 1205,
  state: 51,
  class: 13,
  message: 'deadlock victim',
  procedure: '',
  line: 1,
};

/** The lowest port of the ERP adapter over an engine in this process. */
export class SimSqlServer implements SqlServer {
  readonly #engine: SqlEngine;
  readonly #weather: SqlWeather;
  readonly #open = new Set<SimConnection>();
  #opened = 0;

  constructor(engine: SqlEngine, weather: SqlWeather) {
    this.#engine = engine;
    this.#weather = weather;
  }

  sessionsOpened(): number {
    return this.#opened;
  }

  async connect(signal: AbortSignal): Promise<SqlConnect> {
    await this.#weather.travel();
    if (signal.aborted) return { kind: 'not-applied', why: 'cancelled', cause: 'cancelled' };
    if (this.#weather.atConnect() === 'down')
      return { kind: 'not-applied', why: 'network', cause: 'ECONNREFUSED' };
    const login = this.#engine.login({
      user: SAMPLE.login,
      password: SAMPLE.password,
      database: SAMPLE.database,
    });
    if (!login.ok) return { kind: 'not-applied', why: 'login-refused', cause: login.message.message };
    this.#opened += 1;
    const connection = new SimConnection(login.session, this.#weather, () => this.#open.delete(connection));
    this.#open.add(connection);
    return { kind: 'connected', connection };
  }

  /** The process behind this port died: the server notices and rolls back. */
  async die(): Promise<void> {
    await Promise.all([...this.#open].map((connection) => connection.close()));
  }
}

class SimConnection implements SqlConnection {
  readonly #session: SqlSession;
  readonly #weather: SqlWeather;
  readonly #onClose: () => void;
  readonly #closed = new AbortController();
  #broken = false;
  /** Requests that run although nobody hears of them any more. */
  #late: Promise<unknown> = Promise.resolve();

  constructor(session: SqlSession, weather: SqlWeather, onClose: () => void) {
    this.#session = session;
    this.#weather = weather;
    this.#onClose = onClose;
  }

  async run(call: SqlCall, signal: AbortSignal): Promise<SqlOutcome> {
    if (signal.aborted) return { kind: 'not-applied', why: 'cancelled', cause: 'cancelled' };
    if (this.#broken) return { kind: 'not-applied', why: 'network', cause: 'the connection is gone' };
    const strike = this.#weather.atRequest(call.text);
    await this.#weather.travel();
    switch (strike) {
      case 'deadlock':
        return DEADLOCK;
      case 'cut-before':
        return this.#break();
      case 'cut-after':
        await this.#collect(call);
        return this.#break();
      case 'late':
        this.#late = this.#weather.travel().then(() => this.#collect(call));
        return this.#break();
      case 'none': {
        const outcome = await this.#collect(call);
        await this.#weather.travel();
        return outcome;
      }
    }
  }

  async *stream(call: SqlCall, signal: AbortSignal): AsyncIterable<SqlRecordset> {
    const outcome = await this.run(call, signal);
    if (outcome.kind !== 'answered') throw new SqlStreamError(outcome);
    const [first] = outcome.recordsets;
    if (first !== undefined) yield first;
  }

  async beginReading(
    isolation: 'snapshot',
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'begun' } | SqlFailed> {
    if (this.#broken || signal.aborted)
      return { kind: 'not-applied', why: 'network', cause: 'the connection is gone' };
    for await (const event of this.#session.execute(
      { kind: 'transaction', verb: 'begin', name: '', isolation },
      this.#closed.signal,
    ))
      if (event.kind === 'message' && event.message.class > 10) return refused(event.message);
    return { kind: 'begun' };
  }

  async load(
    { create, table, columns, rows }: SqlLoad,
    _timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'loaded' } | SqlFailed> {
    if (signal.aborted) return { kind: 'not-applied', why: 'cancelled', cause: 'cancelled' };
    if (this.#broken) return { kind: 'not-applied', why: 'network', cause: 'the connection is gone' };
    const strike = this.#weather.atRequest(create);
    await this.#weather.travel();
    if (strike === 'deadlock') return DEADLOCK;
    // A table of a session goes with it: whether its rows arrived makes no difference.
    if (strike !== 'none') return this.#break();
    const all: EngineColumn[] = [
      { name: 'n', type: { name: 'int' }, nullable: false, identity: false },
      ...columns.map(({ name, type, length }): EngineColumn => ({
        name,
        type: { name: type, length },
        nullable: true,
        identity: false,
      })),
    ];
    const declared = columns.map(({ name, type, length }) => `[${name}] ${type}(${length})`).join(', ');
    async function* numbered(): AsyncGenerator<readonly SqlValue[]> {
      for (const [index, row] of rows.entries()) yield [index + 1, ...row];
    }
    const requests: readonly SqlRequest[] = [
      { kind: 'batch', text: create },
      { kind: 'batch', text: `insert bulk [${table}] ([n] int, ${declared})` },
      { kind: 'bulk', columns: all, rows: numbered() },
    ];
    for (const request of requests)
      for await (const event of this.#session.execute(request, this.#closed.signal))
        if (event.kind === 'message' && event.message.class > 10) return refused(event.message);
    return { kind: 'loaded' };
  }

  async close(): Promise<void> {
    this.#onClose();
    this.#broken = true;
    // What was sent runs to its end on a real server, too: only then the session's end rolls back what is open.
    await this.#late;
    this.#closed.abort();
    this.#session.close();
  }

  #break(): SqlFailed {
    this.#broken = true;
    return { kind: 'unknown', cause: 'ECONNRESET' };
  }

  async #collect(call: SqlCall): Promise<SqlOutcome> {
    const recordsets: { columns: { name: string; exact: boolean }[]; rows: SqlCell[][] }[] = [];
    let error: SqlMessage | undefined;
    const parameters: EngineParameter[] = [
      { name: '@stmt', type: NVARCHAR_MAX, value: call.text, output: false },
      ...(call.parameters.length === 0
        ? []
        : [
            {
              name: '@params',
              type: NVARCHAR_MAX,
              value: call.parameters.map(declared).join(', '),
              output: false,
            },
          ]),
      ...call.parameters.map(engineParameter),
    ];
    let types: readonly EngineColumn[] = [];
    for await (const event of this.#session.execute(
      { kind: 'procedure', name: 'sp_executesql', parameters },
      this.#closed.signal,
    )) {
      if (event.kind === 'columns') {
        types = event.columns;
        recordsets.push({
          columns: types.map(({ name, type }) => ({ name, exact: !INEXACT.has(type.name) })),
          rows: [],
        });
      } else if (event.kind === 'row')
        recordsets.at(-1)?.rows.push(event.values.map((value, index) => cell(value, types[index]?.type)));
      else if (event.kind === 'message' && event.message.class > 10) error = event.message;
    }
    return error === undefined ? { kind: 'answered', recordsets } : refused(error);
  }
}

const refused = ({ number, state, class: severity, message, procedure, line }: SqlMessage): SqlFailed => ({
  kind: 'refused',
  number,
  state,
  class: severity,
  message,
  procedure,
  line,
});

const NVARCHAR_MAX: SqlType = { name: 'nvarchar', length: 'max' };
const INEXACT = new Set(['decimal', 'numeric', 'money', 'smallmoney', 'float', 'real']);

const declared = ({ name, type }: SqlParameter): string =>
  `@${name} ${type === 'nvarchar' || type === 'varbinary' ? `${type}(max)` : type}`;

function engineParameter({ name, type, value }: SqlParameter): EngineParameter {
  const converted: SqlValue =
    value === null || typeof value !== 'string'
      ? value
      : type === 'int'
        ? Number(value)
        : type === 'bigint'
          ? BigInt(value)
          : value;
  const engineType: SqlType =
    type === 'nvarchar' || type === 'varbinary' ? { name: type, length: 'max' } : { name: type };
  return { name: `@${name}`, type: engineType, value: converted, output: false };
}

const DAY_MS = 86_400_000;

function cell(value: SqlValue, type: SqlType | undefined): SqlCell {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return value;
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (typeof value === 'object') return momentText(value, type);
  return String(value);
}

/** `2025-03-10T00:30:00.000`, the wall clock as stored. */
function momentText({ days, ticks }: SqlMoment, type: SqlType | undefined): string {
  const epoch = new Date(0);
  epoch.setUTCFullYear(1, 0, 1);
  const text = new Date(epoch.getTime() + days * DAY_MS + Math.floor(ticks / 10_000))
    .toISOString()
    .slice(0, 23);
  return type?.name === 'date' ? `${text.slice(0, 10)}T00:00:00.000` : text;
}
