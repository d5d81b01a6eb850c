import type { SqlEngine, SqlEvent, SqlRequest, SqlSession, SqlType, SqlValue } from '../tsql/face.ts';

/** An error the engine reported, as a driver would throw it. */
export class SqlFailure extends Error {
  readonly number: number;
  constructor(number: number, message: string) {
    super(message);
    this.number = number;
  }
}

/** A connection inside the process: what a driver gives, without the wire. */
export interface ErpSession {
  /** Runs a batch and gives the rows of its last result set. Rejects with SqlFailure. */
  query(batch: string): Promise<Record<string, SqlValue>[]>;
  /** Loads rows of texts, which the engine converts. `table` is quoted as in SQL. Rejects with SqlFailure. */
  bulk(table: string, columns: readonly string[], rows: Iterable<readonly (string | null)[]>): Promise<void>;
  close(): void;
}

/** Throws SqlFailure when the engine refuses the login. */
export function openSession(
  engine: SqlEngine,
  login: { user: string; password: string; database: string },
): ErpSession {
  const outcome = engine.login(login);
  if (!outcome.ok) throw new SqlFailure(outcome.message.number, outcome.message.message);
  const { session } = outcome;
  return {
    query: (batch) => run(session, { kind: 'batch', text: batch }),
    async bulk(table, names, rows) {
      const list = names.map((name) => `[${name.replaceAll(']', ']]')}] nvarchar(4000)`).join(', ');
      await run(session, { kind: 'batch', text: `INSERT BULK ${table} (${list})` });
      const columns = names.map((name) => ({ name, type: TEXT, nullable: true }));
      await run(session, { kind: 'bulk', columns, rows: oneByOne(rows) });
    },
    close: () => session.close(),
  };
}

const TEXT: SqlType = { name: 'nvarchar', length: 4000 };

async function* oneByOne<T>(rows: Iterable<T>): AsyncGenerator<T> {
  yield* rows;
}

async function run(session: SqlSession, request: SqlRequest): Promise<Record<string, SqlValue>[]> {
  let names: readonly string[] = [];
  let rows: Record<string, SqlValue>[] = [];
  let failure: SqlFailure | undefined;
  for await (const event of session.execute(request, new AbortController().signal)) {
    if (event.kind === 'columns') {
      names = event.columns.map(({ name }) => name);
      rows = [];
    } else if (event.kind === 'row')
      rows.push(Object.fromEntries(names.map((name, i) => [name, event.values[i] ?? null])));
    else failure ??= failureOf(event);
  }
  if (failure !== undefined) throw failure;
  return rows;
}

const failureOf = (event: SqlEvent): SqlFailure | undefined =>
  event.kind === 'message' && event.message.class > 10
    ? new SqlFailure(event.message.number, event.message.message)
    : undefined;
