import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { ErpReader, ErpRow, ErpUser, ErpView, ReadRequest } from '../../core/packets/erp.ts';
import { BodyStreamError } from '../../core/runtime/body-stream-error.ts';
import { ledgerNames, storedSource, type LedgerNames } from './ledger-names.ts';
import { readStatement, rowExists, snapshotAllowed, touchSnapshot } from './queries/read.ts';
import { NotAnIdentifier } from './quote-ident.ts';
import { canonicalText } from './read-value.ts';
import { numberOf, rowsWith } from './recordset.ts';
import type { SqlCall, SqlConnection, SqlRow, SqlServer } from './sql-connection.ts';
import { SqlStreamError } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';
import type { SqlSessions } from './sql-sessions.ts';

/** A large table over a slow line; a server that has gone silent is found by the socket, not by this. */
const READ_TIMEOUT_MS = 15 * 60_000;
const SHORT_TIMEOUT_MS = 60_000;

export class Reader implements ErpReader {
  readonly #server: SqlServer;
  readonly #sessions: SqlSessions;
  readonly #endpoint: Endpoint;
  readonly #names: LedgerNames;

  constructor(options: { server: SqlServer; sessions: SqlSessions; endpoint: Endpoint; schema: string }) {
    this.#server = options.server;
    this.#sessions = options.sessions;
    this.#endpoint = options.endpoint;
    this.#names = ledgerNames(options.schema);
  }

  async users(query: string, signal: AbortSignal): Promise<Result<readonly ErpUser[]>> {
    const where = 'the query of the users';
    const call: SqlCall = { text: query, parameters: [], timeoutMs: SHORT_TIMEOUT_MS };
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
      const consistency = (await this.#snapshot(connection, signal)) ? 'snapshot' : 'moving';
      if (signal.aborted) {
        await connection.close();
        return fail({ kind: 'cancelled' });
      }
      return ok(new View(connection, consistency, this.#endpoint));
    } catch (error) {
      await connection.close();
      if (error instanceof SqlStreamError) return fail(failureOf(error.outcome, asked, signal));
      throw error;
    }
  }

  /** False where the server cannot or may not; throws when the connection is what failed. */
  async #snapshot(connection: SqlConnection, signal: AbortSignal): Promise<boolean> {
    const probe = await connection.run(plain(snapshotAllowed), signal);
    if (probe.kind === 'refused') return false;
    if (probe.kind !== 'answered') throw new SqlStreamError(probe);
    const state = rowsWith(probe, 'snapshot_state')?.[0];
    if (state === undefined || numberOf(state, 'snapshot_state') !== 1) return false;
    const begun = await connection.beginReading('snapshot', signal);
    if (begun.kind !== 'begun') throw new SqlStreamError(begun);
    const touched = await connection.run(plain(touchSnapshot(this.#names)), signal);
    if (touched.kind !== 'answered') throw new SqlStreamError(touched);
    return true;
  }

  async positions(): Promise<Result<never>> {
    return Promise.resolve(notYet('positions'));
  }

  async definitions(): Promise<Result<never>> {
    return Promise.resolve(notYet('definitions'));
  }

  async lookups(): Promise<Result<never>> {
    return Promise.resolve(notYet('lookups'));
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

const notYet = (what: string): Result<never> =>
  fail({ kind: 'rejected', code: 'not-supported', message: `${what} cannot be asked yet` });

const plain = (text: string): SqlCall => ({ text, parameters: [], timeoutMs: SHORT_TIMEOUT_MS });

/** A mapping may hold a name that nothing can have: refused as one that nothing has. */
function named<T>(where: string, make: () => T): Result<T> {
  try {
    return ok(make());
  } catch (error) {
    if (!(error instanceof NotAnIdentifier)) throw error;
    return fail({ kind: 'rejected', code: 'not-an-identifier', where, message: error.message });
  }
}

class View implements ErpView {
  readonly consistency: 'snapshot' | 'moving';
  readonly #connection: SqlConnection;
  readonly #endpoint: Endpoint;

  constructor(connection: SqlConnection, consistency: 'snapshot' | 'moving', endpoint: Endpoint) {
    this.#connection = connection;
    this.consistency = consistency;
    this.#endpoint = endpoint;
  }

  async *read(request: ReadRequest, signal: AbortSignal): AsyncIterable<readonly ErpRow[]> {
    const where =
      'table' in request.from ? `${request.from.table.schema}.${request.from.table.name}` : 'a SELECT';
    const statement = named(where, () => readStatement(request, storedSource(request.source)));
    if (!statement.ok) throw new BodyStreamError(statement.failure);
    const { text, values } = statement.value;
    const call: SqlCall = {
      text,
      parameters: values.map(({ name, value }) => ({ name, type: 'nvarchar', value })),
      timeoutMs: READ_TIMEOUT_MS,
    };
    try {
      for await (const { columns, rows } of this.#connection.stream(call, signal)) {
        const inexact = columns.findIndex((column) => !column.exact);
        if (inexact >= 0) throw new BodyStreamError(this.#invalid(where, request, inexact));
        yield rows.map((row) => this.#row(row, request, where));
      }
    } catch (error) {
      if (!(error instanceof SqlStreamError)) throw error;
      throw new BodyStreamError(
        failureOf(error.outcome, { endpoint: this.#endpoint, where, changes: false }, signal),
      );
    }
  }

  #row(row: SqlRow, request: ReadRequest, where: string): ErpRow {
    return request.columns.map(({ type }, index) => {
      const value = canonicalText(row[index] ?? null, type);
      if (value === undefined) throw new BodyStreamError(this.#invalid(where, request, index));
      return value;
    });
  }

  #invalid(where: string, request: ReadRequest, index: number): SyncFailure {
    const column = request.columns[index];
    return {
      kind: 'rejected',
      code: 'not-of-its-type',
      where,
      field: column?.column,
      message: `A value of the column cannot be read as ${column?.type.kind ?? 'its type'}: correct its type in the mapping.`,
    };
  }

  close(): Promise<void> {
    return this.#connection.close();
  }
}
