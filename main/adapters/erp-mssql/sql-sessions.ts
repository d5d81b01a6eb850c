import type { SqlCall, SqlConnection, SqlFailed, SqlLoad, SqlOutcome, SqlServer } from './sql-connection.ts';

/**
 * Idle sessions of one purpose. A session is lent again only after a complete answer: whatever another one left open
 * on the server ends with its session.
 */
export class SqlSessions {
  readonly #server: SqlServer;
  readonly #keep: number;
  readonly #idle: SqlConnection[] = [];
  #closed = false;
  /** Rises when sessions opened before are not to be used again. */
  #age = 0;

  constructor(server: SqlServer, keep: number) {
    this.#server = server;
    this.#keep = keep;
  }

  /** Runs one request. A kept session that turns out dead before anything was sent is replaced once. */
  async run(call: SqlCall, signal: AbortSignal): Promise<SqlOutcome> {
    const kept = this.#idle.pop();
    if (kept !== undefined) {
      const outcome = await this.#runOn(kept, call, signal);
      if (outcome.kind !== 'not-applied' || outcome.why === 'cancelled') return outcome;
    }
    const fresh = await this.#server.connect(signal);
    if (fresh.kind !== 'connected') return fresh;
    return this.#runOn(fresh.connection, call, signal);
  }

  /**
   * Fills tables of a session of its own, runs the request in it and ends it, so that nobody else meets what it left. With
   * `not-loaded` the request was not sent.
   */
  async runLoaded(
    loads: readonly SqlLoad[],
    timeoutMs: number,
    call: SqlCall,
    signal: AbortSignal,
  ): Promise<SqlOutcome | { readonly kind: 'not-loaded'; readonly failed: SqlFailed }> {
    const fresh = await this.#server.connect(signal);
    if (fresh.kind !== 'connected') return fresh;
    const { connection } = fresh;
    try {
      for (const load of loads) {
        const loaded = await connection.load(load, timeoutMs, signal);
        if (loaded.kind !== 'loaded') return { kind: 'not-loaded', failed: loaded };
      }
      return await connection.run(call, signal);
    } finally {
      await connection.close();
    }
  }

  async #runOn(connection: SqlConnection, call: SqlCall, signal: AbortSignal): Promise<SqlOutcome> {
    const age = this.#age;
    let outcome: SqlOutcome = { kind: 'unknown', cause: 'the request did not end' };
    try {
      outcome = await connection.run(call, signal);
      return outcome;
    } finally {
      const good = outcome.kind === 'answered' && !this.#closed && age === this.#age;
      if (good && this.#idle.length < this.#keep) this.#idle.push(connection);
      else await connection.close();
    }
  }

  /** Sessions opened so far are not lent again: those at work end with their request. For a password that changed. */
  async renew(): Promise<void> {
    this.#age += 1;
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.splice(0).map((connection) => connection.close()));
  }
}
