import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { ErpRow, ErpView, ReadRequest } from '../../core/packets/erp.ts';
import { BodyStreamError } from '../../core/runtime/body-stream-error.ts';
import { storedSource } from './ledger-names.ts';
import type { LockWatch } from './lock-watch.ts';
import { readStatement } from './queries/read.ts';
import { NotAnIdentifier } from './quote-ident.ts';
import { rowReader } from './read-value.ts';
import type { SqlCall, SqlConnection } from './sql-connection.ts';
import { SqlStreamError } from './sql-connection.ts';
import { failureOf } from './sql-failure.ts';

/** A large table over a slow line; a server that has gone silent is found by the socket, not by this. */
const READ_TIMEOUT_MS = 15 * 60_000;

/** The number of a row's group stands behind its values. */
const GROUP = { type: { kind: 'int' } } as const;

/** A mapping may hold a name that nothing can have: refused as one that nothing has. */
export function named<T>(where: string, make: () => T): Result<T> {
  try {
    return ok(make());
  } catch (error) {
    if (!(error instanceof NotAnIdentifier)) throw error;
    return fail({ kind: 'rejected', code: 'not-an-identifier', where, message: error.message });
  }
}

/**
 * How this database lets us read: one moment for all; each statement of one moment; or with locks that writers wait on, so
 * that the server copies the rows first and somebody watches who waits.
 */
export type ViewMode =
  | { readonly by: 'snapshot' }
  | { readonly by: 'versions' }
  | { readonly by: 'locks'; readonly watch: LockWatch };

export class View implements ErpView {
  readonly consistency: 'snapshot' | 'moving';
  readonly #connection: SqlConnection;
  readonly #endpoint: Endpoint;
  readonly #mode: ViewMode;

  constructor(connection: SqlConnection, mode: ViewMode, endpoint: Endpoint) {
    this.#connection = connection;
    this.consistency = mode.by === 'snapshot' ? 'snapshot' : 'moving';
    this.#endpoint = endpoint;
    this.#mode = mode;
  }

  async *read(request: ReadRequest, signal: AbortSignal): AsyncIterable<readonly ErpRow[]> {
    const where =
      'table' in request.from ? `${request.from.table.schema}.${request.from.table.name}` : 'a SELECT';
    const copied = this.#mode.by === 'locks';
    const statement = named(where, () => readStatement(request, storedSource(request.source), copied));
    if (!statement.ok) throw new BodyStreamError(statement.failure);
    const { text, values } = statement.value;
    const call: SqlCall = {
      text,
      parameters: values.map(({ name, value }) => ({ name, type: 'nvarchar', value })),
      timeoutMs: READ_TIMEOUT_MS,
    };
    const asked = request.groups === undefined ? request.columns : [...request.columns, GROUP];
    let read: ReturnType<typeof rowReader> | undefined;
    const watched = this.#mode.by === 'locks' ? this.#mode.watch.begin(signal) : undefined;
    try {
      for await (const { columns, rows } of this.#connection.stream(call, watched?.signal ?? signal)) {
        const inexact = columns.findIndex((column) => !column.exact);
        if (inexact >= 0) throw new BodyStreamError(this.#invalid(where, request, inexact));
        const reader = (read ??= rowReader(asked, columns));
        yield rows.map((row) => {
          const texts = reader(row);
          if (typeof texts === 'number') throw new BodyStreamError(this.#invalid(where, request, texts));
          return texts;
        });
      }
    } catch (error) {
      if (!(error instanceof SqlStreamError)) throw error;
      throw new BodyStreamError(
        watched?.failure() ??
          failureOf(error.outcome, { endpoint: this.#endpoint, where, changes: false }, signal),
      );
    } finally {
      watched?.end();
    }
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

  async close(): Promise<void> {
    if (this.#mode.by === 'locks') await this.#mode.watch.close();
    await this.#connection.close();
  }
}
