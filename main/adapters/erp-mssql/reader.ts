import type { Endpoint } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import type {
  ErpReader,
  ErpUser,
  ErpView,
  LookupAnswer,
  LookupQuestion,
  SqlDefinition,
  TablePositions,
} from '../../core/packets/erp.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { Definitions } from './definitions.ts';
import { ledgerNames, type LedgerNames } from './ledger-names.ts';
import { LockWatch } from './lock-watch.ts';
import { askLookups } from './lookup.ts';
import { Positions } from './positions.ts';
import { rowExists, snapshotAllowed, touchSnapshot, WITH_LOCK_TIMEOUT } from './queries/read.ts';
import { numberOf, rowsWith } from './recordset.ts';
import type { SqlCall, SqlConnection, SqlServer } from './sql-connection.ts';
import { SqlStreamError } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';
import { named, View, type ViewMode } from './view.ts';

const SHORT_TIMEOUT_MS = 60_000;

export class Reader implements ErpReader {
  readonly #server: SqlServer;
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #names: LedgerNames;
  readonly #runtime: Pick<Runtime, 'sleep'>;
  readonly #positions: Positions;
  readonly #definitions: Definitions;

  constructor(options: {
    server: SqlServer;
    sessions: SqlSessions;
    endpoint: Endpoint;
    schema: string;
    runtime: Pick<Runtime, 'sleep'>;
  }) {
    this.#server = options.server;
    this.#sessions = options.sessions;
    this.#endpoint = options.endpoint;
    this.#runtime = options.runtime;
    this.#positions = new Positions(options.sessions, options.endpoint);
    this.#definitions = new Definitions(options.sessions, options.endpoint);
    this.#names = ledgerNames(options.schema);
  }

  async users(query: string, signal: AbortSignal): Promise<Result<readonly ErpUser[]>> {
    const where = 'the query of the users';
    const call: SqlCall = {
      text: `${WITH_LOCK_TIMEOUT}${query}`,
      parameters: [],
      timeoutMs: SHORT_TIMEOUT_MS,
    };
    const outcome = await this.#sessions.run(call, signal);
    if (outcome.kind !== 'answered')
      return fail(failureOf(outcome, { endpoint: this.#endpoint, where, changes: false }, signal));
    const set = outcome.recordsets[0];
    const rejected = (code: string, message: string, field?: string): Result<never> =>
      fail({ kind: 'rejected', code, where, field, message });
    if (set === undefined || set.columns.length === 0)
      return rejected('no-columns', 'The query returns no columns.');
    const inexact = set.columns.find((column) => !column.exact);
    if (inexact !== undefined)
      return rejected(
        'inexact-column',
        'The column cannot be read without loss: convert it to text.',
        inexact.name,
      );
    const users: ErpUser[] = [];
    for (const row of set.rows) {
      const name = row[0];
      if (typeof name !== 'string' || name === '')
        return rejected('no-name', 'A row has no name in its first column.');
      const values = new Map<string, string | null>();
      set.columns.forEach((column, index) => {
        const cell = row[index] ?? null;
        values.set(column.name, cell instanceof Uint8Array ? Buffer.from(cell).toString('base64') : cell);
      });
      users.push({ name, values });
    }
    return ok(users);
  }

  async openView(signal: AbortSignal): Promise<Result<ErpView>> {
    const opened = await this.#server.connect(signal);
    const asked = { endpoint: this.#endpoint, where: 'opening a view', changes: false };
    if (opened.kind !== 'connected') return fail(failureOf(opened, asked, signal));
    const { connection } = opened;
    try {
      const mode = await this.#mode(connection, signal);
      if (signal.aborted) {
        await connection.close();
        return fail({ kind: 'cancelled' });
      }
      return ok(new View(connection, mode, this.#endpoint));
    } catch (error) {
      await connection.close();
      if (error instanceof SqlStreamError) return fail(failureOf(error.outcome, asked, signal));
      throw error;
    }
  }

  /** What the server cannot or may not do is left out; throws when the connection is what failed. */
  async #mode(connection: SqlConnection, signal: AbortSignal): Promise<ViewMode> {
    const probe = await connection.run(plain(snapshotAllowed), signal);
    if (probe.kind !== 'answered' && probe.kind !== 'refused') throw new SqlStreamError(probe);
    const state = probe.kind === 'answered' ? rowsWith(probe, 'snapshot_state')?.[0] : undefined;
    if (state !== undefined && numberOf(state, 'snapshot_state') === 1) {
      const begun = await connection.beginReading('snapshot', signal);
      if (begun.kind !== 'begun') throw new SqlStreamError(begun);
      const touched = await connection.run(plain(touchSnapshot(this.#names)), signal);
      if (touched.kind !== 'answered') throw new SqlStreamError(touched);
      return { by: 'snapshot' };
    }
    if (state !== undefined && numberOf(state, 'versions') === 1) return { by: 'versions' };
    const others = { server: this.#server, runtime: this.#runtime, endpoint: this.#endpoint };
    return { by: 'locks', watch: await LockWatch.over(connection, others, signal) };
  }

  positions(tables: readonly SqlName[], signal: AbortSignal): Promise<Result<TablePositions>> {
    return this.#positions.read(tables, signal);
  }

  definitions(names: readonly SqlName[], signal: AbortSignal): Promise<Result<readonly SqlDefinition[]>> {
    return this.#definitions.read(names, signal);
  }

  lookups(
    questions: readonly LookupQuestion[],
    signal: AbortSignal,
  ): Promise<Result<readonly LookupAnswer[]>> {
    return askLookups(this.#sessions, this.#endpoint, questions, signal);
  }

  async exists(
    table: { readonly schema: string; readonly name: string },
    column: string,
    value: string,
    signal: AbortSignal,
  ): Promise<Result<boolean>> {
    const where = `${table.schema}.${table.name}`;
    const text = named(where, () => rowExists(table, column));
    if (!text.ok) return text;
    const outcome = await this.#sessions.run(
      {
        text: text.value,
        parameters: [{ name: 'value', type: 'nvarchar', value }],
        timeoutMs: SHORT_TIMEOUT_MS,
      },
      signal,
    );
    if (outcome.kind !== 'answered')
      return fail(failureOf(outcome, { endpoint: this.#endpoint, where, changes: false }, signal));
    const row = rowsWith(outcome, 'found')?.[0];
    return ok(row !== undefined && numberOf(row, 'found') === 1);
  }
}

const plain = (text: string): SqlCall => ({ text, parameters: [], timeoutMs: SHORT_TIMEOUT_MS });
