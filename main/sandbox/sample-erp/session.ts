import type { SqlEngine, SqlEvent, SqlSession, SqlValue } from '../tsql/face.ts';

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
    query: (batch) => runBatch(session, batch),
    close: () => session.close(),
  };
}

async function runBatch(session: SqlSession, text: string): Promise<Record<string, SqlValue>[]> {
  let names: readonly string[] = [];
  let rows: Record<string, SqlValue>[] = [];
  let failure: SqlFailure | undefined;
  for await (const event of session.execute({ kind: 'batch', text }, new AbortController().signal)) {
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
