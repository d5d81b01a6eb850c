import type { Endpoint, SyncFailure } from '../../../shared/model/failure.ts';
import type { Runtime } from '../../core/runtime/runtime.ts';
import { whoWaits, whoWatches } from './queries/read.ts';
import { numberOf, rowsWith } from './recordset.ts';
import type { SqlCall, SqlConnection, SqlServer } from './sql-connection.ts';

/** Nobody who works in the ERP waits on a read of ours for longer. Milliseconds. */
const LONGEST_WAIT_MS = 100;
const LOOK_EVERY_MS = 50;
const TIMEOUT_MS = 5_000;

interface WatchedRead {
  /** Aborts with the given one, and when somebody waits too long. */
  readonly signal: AbortSignal;
  /** Why it was aborted; undefined when nobody waited. */
  failure(): SyncFailure | undefined;
  end(): void;
}

/**
 * Looks from a session of its own who waits on ours while it reads with locks, and ends the read when it is too long. Where
 * the login may not see other sessions it looks at nothing.
 */
export class LockWatch {
  readonly #server: SqlServer;
  readonly #runtime: Pick<Runtime, 'sleep'>;
  readonly #endpoint: Endpoint;
  readonly #session: string | undefined;
  readonly #closed = new AbortController();
  #beside: SqlConnection | undefined;
  #blind = false;
  #looking: Promise<void> = Promise.resolve();

  private constructor(options: {
    server: SqlServer;
    runtime: Pick<Runtime, 'sleep'>;
    endpoint: Endpoint;
    session: string | undefined;
  }) {
    this.#server = options.server;
    this.#runtime = options.runtime;
    this.#endpoint = options.endpoint;
    this.#session = options.session;
  }

  /** For the session of this connection. */
  static async over(
    connection: SqlConnection,
    others: { server: SqlServer; runtime: Pick<Runtime, 'sleep'>; endpoint: Endpoint },
    signal: AbortSignal,
  ): Promise<LockWatch> {
    const answer = await connection.run(call(whoWatches), signal);
    const row = answer.kind === 'answered' ? rowsWith(answer, 'session_id')?.[0] : undefined;
    const session = row !== undefined && numberOf(row, 'may_see') === 1 ? numberOf(row, 'session_id') : null;
    return new LockWatch({ ...others, session: session === null ? undefined : String(session) });
  }

  begin(outer: AbortSignal): WatchedRead {
    const over = new AbortController();
    const blocked = new AbortController();
    let waitedMs: number | undefined;
    const until = AbortSignal.any([outer, over.signal, this.#closed.signal]);
    this.#looking = this.#look(until, (ms) => {
      waitedMs = ms;
      blocked.abort();
    });
    return {
      signal: AbortSignal.any([outer, blocked.signal]),
      failure: () =>
        waitedMs === undefined
          ? undefined
          : {
              kind: 'unreachable',
              endpoint: this.#endpoint,
              cause: `a session of the ERP waited ${String(waitedMs)} ms for a read`,
              trouble: 'blocking',
            },
      end: () => over.abort(),
    };
  }

  async close(): Promise<void> {
    this.#closed.abort();
    await this.#looking;
    await this.#beside?.close();
  }

  async #look(until: AbortSignal, onBlocked: (ms: number) => void): Promise<void> {
    const session = this.#session;
    if (session === undefined) return;
    await this.#looking;
    while (!until.aborted && !this.#blind) {
      const beside = await this.#connected(until);
      if (beside === undefined) return;
      const answer = await beside.run(
        { ...call(whoWaits), parameters: [{ name: 'session', type: 'int', value: session }] },
        until,
      );
      if (until.aborted) return;
      // Without an answer nobody can be seen; the read itself is still short.
      if (answer.kind !== 'answered') {
        this.#blind = true;
        return;
      }
      const row = rowsWith(answer, 'waited_ms')?.[0];
      const waited = row === undefined ? null : numberOf(row, 'waited_ms');
      // The next look would be too late for one that waits half of it already.
      if (waited !== null && waited >= LONGEST_WAIT_MS - LOOK_EVERY_MS) {
        onBlocked(waited);
        return;
      }
      await this.#runtime.sleep(LOOK_EVERY_MS, until);
    }
  }

  async #connected(signal: AbortSignal): Promise<SqlConnection | undefined> {
    if (this.#beside !== undefined) return this.#beside;
    const opened = await this.#server.connect(signal);
    if (opened.kind === 'connected') this.#beside = opened.connection;
    return this.#beside;
  }
}

const call = (text: string): SqlCall => ({ text, parameters: [], timeoutMs: TIMEOUT_MS });
