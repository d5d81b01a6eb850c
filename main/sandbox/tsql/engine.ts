import type {
  EngineClock,
  LoginOutcome,
  SqlEngine,
  SqlEvent,
  SqlMessage,
  SqlRequest,
  SqlSession,
  SqlValue,
} from './face.ts';
import { SqlError } from './errors.ts';
import { BatchEnd } from './executor/ends.ts';
import { Interpreter } from './executor/interpreter.ts';
import { executeBulk } from './executor/insert.ts';
import type { Pause, Program } from './executor/interp.ts';
import { givenByClient, runNamed } from './executor/procedures.ts';
import { setIsolation, transactionVerb } from './executor/session-verbs.ts';
import { Server } from './executor/server.ts';
import type { Faults, WhileReading } from './executor/server.ts';
import { Session, defaultOptions } from './executor/session.ts';
import { parseObjectName } from './parser/program.ts';
import { Access } from './security/access.ts';
import { knownLogin } from './security/principals.ts';
import { backupDatabase, expireChanges, restoreDatabase, rowsOf } from './admin.ts';
import type { Backup } from './admin.ts';

export interface SqlEngineOptions {
  readonly serverName: string;
  readonly clock: EngineClock;
  readonly logins: readonly { readonly user: string; readonly password: string }[];
  /** Databases that exist from the start, besides the system ones. */
  readonly databases?: readonly string[] | undefined;
  /** A number from 0 up to 1; a fixed seed makes identifiers repeatable. */
  readonly random?: (() => number) | undefined;
  /**
   * Makes reads take their time, as on a server with large tables and slow clients: a statement that reads without row
   * versions keeps the lock of its last row until this is done.
   */
  readonly whileReading?: WhileReading | undefined;
}

/** The engine with the handles a test or the sandbox program has beyond what a client may do. */
export interface SandboxSqlEngine extends SqlEngine {
  readonly faults: Faults;
  /** A session without a login, for callers in the same process. */
  open(database: string): SqlSession;
  /** Runs one batch in a session of its own and answers its result sets; throws its first error. For seeding. */
  script(database: string, text: string): Promise<SqlValue[][][]>;
  /** Ends a session as if its connection had broken. False when there is none of that id. */
  dropSession(id: number): boolean;
  /** Committed state of a database, as of now. */
  backup(database: string): Backup;
  /** Puts a database back; its recovery fork changes, as on a server. Sessions in it are cut. */
  restore(database: string, backup: Backup): void;
  /** Cleans up tracked changes up to a version (all, without one), as when their retention runs out. */
  expireChanges(database: string, version?: bigint): bigint;
  /** Committed rows of a table, in no order. */
  snapshotRows(database: string, table: string): SqlValue[][];
}

/** 64-bit mixing of a counter: repeatable, and good enough for identifiers. */
function seeded(): () => number {
  let state = 0x9e3779b9;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

function messageOf(error: SqlError): SqlMessage {
  return {
    number: error.number,
    state: error.state,
    class: error.severity,
    message: error.message,
    procedure: error.procedure,
    line: error.line || 1,
  };
}

class EngineSession implements SqlSession {
  readonly id: number;
  readonly state: Session;
  private readonly interpreter: Interpreter;
  private running = false;
  private readonly closed = new AbortController();

  private readonly gone: () => void;

  constructor(state: Session, gone: () => void) {
    this.gone = gone;
    this.id = state.id;
    this.state = state;
    this.interpreter = new Interpreter(state);
  }

  async *execute(request: SqlRequest, signal: AbortSignal): AsyncIterable<SqlEvent> {
    if (this.running) throw new Error('a session runs one request at a time');
    this.running = true;
    const { state } = this;
    state.request = { started: state.server.clock.now() };
    const either = AbortSignal.any([signal, this.closed.signal]);
    state.events = [];
    const undelivered: SqlEvent[] = [];
    try {
      let rows: readonly (readonly SqlValue[])[] = [];
      if (request.kind === 'bulk') {
        const collected: (readonly SqlValue[])[] = [];
        for await (const row of request.rows) collected.push(row);
        rows = collected;
      }
      const program = this.program(request, rows);
      let answer: unknown;
      for (;;) {
        if (either.aborted) {
          program.throw(new BatchEnd());
          break;
        }
        const step = program.next(answer);
        answer = undefined;
        if (step.done || step.value.k === 'flush' || state.events.length > 0) {
          const events = state.events;
          state.events = [];
          for (const event of events) {
            if (either.aborted) undelivered.push(event);
            else yield event;
          }
        }
        if (step.done) break;
        answer = await this.settle(step.value, either);
      }
    } finally {
      this.cleanUp(either.aborted);
      this.running = false;
      state.request = undefined;
    }
    if (!signal.aborted || this.closed.signal.aborted) return;
    // A cancelled request answers no more rows; what became of its transaction is the driver's only view of it.
    for (const event of [...undelivered, ...state.events])
      if (event.kind === 'transaction' || event.kind === 'database') yield event;
    state.events = [];
  }

  private async settle(pause: Pause, signal: AbortSignal): Promise<unknown> {
    const { state } = this;
    switch (pause.k) {
      case 'flush':
        return undefined;
      case 'reading':
        return state.server.whileReading?.(state.id, signal);
      case 'wait':
        return state.server.waits.wait(state, pause.holders, pause.timeout, signal, pause.type, pause.since);
      case 'applock':
        return state.server.appLocks.acquire({ ...pause, party: state }, signal);
    }
  }

  private *program(request: SqlRequest, rows: readonly (readonly SqlValue[])[]): Program<void> {
    const { interpreter, state } = this;
    try {
      yield* this.dispatch(request, rows);
    } catch (error) {
      if (error instanceof BatchEnd) return;
      if (!(error instanceof SqlError)) throw error;
      // Nobody caught it on the way: it ends the request.
      state.lastError = error.number;
      interpreter.report(error);
      if (
        error.damage === 'rollback' ||
        (state.options.xactAbort && !error.ignoresXactAbort && error.severity !== 15)
      )
        interpreter.rollbackAll();
    }
    if (state.transaction?.doomed) {
      state.message({
        number: 3998,
        state: 1,
        severity: 16,
        text: 'Uncommittable transaction is detected at the end of the batch. The transaction is rolled back.',
      });
      interpreter.rollbackAll();
    }
  }

  private *dispatch(request: SqlRequest, rows: readonly (readonly SqlValue[])[]): Program<void> {
    const { interpreter, state } = this;
    switch (request.kind) {
      case 'batch': {
        const body = state.server.parse(request.text);
        const frame = interpreter.newFrame({ kind: 'batch', body, database: state.database });
        interpreter.hoist(body, frame);
        yield* interpreter.scope(body, frame);
        return;
      }
      case 'procedure':
        yield* this.remoteCall(request);
        return;
      case 'transaction':
        if (request.verb === 'begin' && request.isolation) setIsolation(interpreter, request.isolation);
        transactionVerb(interpreter, request.verb, request.name === '' ? undefined : request.name);
        return;
      case 'bulk': {
        const { bulk } = state;
        state.bulk = undefined;
        if (!bulk) throw new SqlError(4002, 'The incoming bulk load was not announced.', 16, 'batch');
        const frame = interpreter.newFrame({ kind: 'batch', body: [], database: state.database });
        const count = yield* executeBulk(interpreter, frame, {
          table: bulk.table,
          names: request.columns.map((c) => c.name),
          types: request.columns.map((c) => c.type),
          options: bulk.options,
          rows,
        });
        state.rowcount = count;
        state.emit({ kind: 'done', count, select: false, inProcedure: false });
      }
    }
  }

  private *remoteCall(request: SqlRequest & { kind: 'procedure' }): Program<void> {
    const { interpreter, state } = this;
    const frame = interpreter.newFrame({ kind: 'batch', body: [], database: state.database });
    const outputs: SqlEvent[] = [];
    const given = givenByClient(request.parameters, (p, value, type) =>
      outputs.push({ kind: 'output', name: p.name, type, value }),
    );
    let status = 0;
    try {
      const name = parseObjectName(request.name);
      status = yield* runNamed(interpreter, name, given, frame);
    } catch (error) {
      if (!(error instanceof SqlError) || error.number !== 266) throw error;
      interpreter.report(error);
    }
    state.emit({ kind: 'returnStatus', value: status });
    for (const event of outputs) state.emit(event);
  }

  private cleanUp(aborted: boolean): void {
    const { state, interpreter } = this;
    state.tries = 0;
    state.errors.length = 0;
    state.capture = undefined;
    while (state.frames.length > 0) interpreter.endFrame(state.frame);
    if (aborted && state.transaction && (state.options.xactAbort || state.transaction.implicit))
      interpreter.rollbackAll();
  }

  reset(): void {
    const { state } = this;
    this.interpreter.rollbackAll();
    state.events = [];
    state.options = defaultOptions();
    state.deadlockPriority = 0;
    state.temps.clear();
    state.tempVersion++;
    state.bulk = undefined;
    state.lastIdentity = null;
    state.server.appLocks.releaseAll(state, 'Session');
  }

  close(): void {
    this.closed.abort();
    this.reset();
    this.state.server.sessions.delete(this.id);
    this.gone();
  }
}

/** An in-memory SQL server for a declared subset of T-SQL. What is outside it is refused by name (error 50999). */
export function createSqlEngine(options: SqlEngineOptions): SandboxSqlEngine {
  const server = new Server({
    name: options.serverName,
    clock: options.clock,
    random: options.random ?? seeded(),
    whileReading: options.whileReading,
    administrators: options.logins,
  });
  const live = new Map<number, EngineSession>();
  for (const name of options.databases ?? []) server.addDatabase(name);
  const start = (login: string, databaseName: string, access?: Access): EngineSession | undefined => {
    const database = server.database(databaseName === '' ? 'master' : databaseName);
    if (!database || (access && !access.user(database))) return undefined;
    const state = new Session({ id: server.sessionId(), server, login, access, database });
    server.sessions.set(state.id, state);
    const session = new EngineSession(state, () => live.delete(state.id));
    live.set(state.id, session);
    return session;
  };
  return {
    serverName: options.serverName,
    faults: server.faults,
    login: ({ user, password, database }): LoginOutcome => {
      const known = knownLogin(server.security, user, password);
      if (!known)
        return { ok: false, message: messageOf(new SqlError(18456, `Login failed for user '${user}'.`, 14)) };
      const access = known.administrator ? undefined : new Access(known, server.security);
      const session = start(known.name, database === '' ? known.defaultDatabase : database, access);
      if (!session)
        return {
          ok: false,
          message: messageOf(
            new SqlError(
              4060,
              `Cannot open database "${database}" requested by the login. The login failed.`,
              11,
            ),
          ),
        };
      return { ok: true, session, database: session.state.database.name };
    },
    open: (database) => {
      const session = start('sa', database);
      if (!session) throw new Error(`no database ${database}`);
      return session;
    },
    script: async (database, text) => {
      const session = start('sa', database);
      if (!session) throw new Error(`no database ${database}`);
      const sets: SqlValue[][][] = [];
      try {
        for await (const event of session.execute({ kind: 'batch', text }, new AbortController().signal)) {
          if (event.kind === 'columns') sets.push([]);
          else if (event.kind === 'row') sets.at(-1)?.push([...event.values]);
          else if (event.kind === 'message' && event.message.class > 10) {
            throw new Error(
              `${event.message.number} in line ${event.message.line}: ${event.message.message}`,
            );
          }
        }
      } finally {
        session.close();
      }
      return sets;
    },
    dropSession: (id) => {
      const session = live.get(id);
      if (!session || !server.sessions.has(id)) return false;
      session.close();
      return true;
    },
    backup: (database) => backupDatabase(server, database),
    restore: (database, backup) => {
      // Nobody may be in a database that is put back.
      for (const session of live.values()) {
        if (session.state.database === server.database(database)) session.close();
      }
      restoreDatabase(server, database, backup);
    },
    expireChanges: (database, version) => expireChanges(server, database, version),
    snapshotRows: (database, table) => rowsOf(server, database, table),
  };
}
