import type { IsolationLevel, SqlEvent, SqlMoment, SqlValue } from '../face.ts';
import type { SqlError } from '../errors.ts';
import type { System, TriggerRows, Variable } from '../plan/context.ts';
import type { Access } from '../security/access.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Database, Procedure, Table, Trigger } from '../storage/schema-objects.ts';
import { fromUnix } from '../types/moment.ts';
import type { Type } from '../types/sql-type.ts';
import type { Party, Transaction } from '../transactions.ts';
import type { Server } from './server.ts';

/** One running batch, procedure, dynamic statement or trigger. */
export interface Frame {
  readonly kind: 'batch' | 'procedure' | 'text' | 'trigger';
  readonly depth: number;
  readonly variables: Map<string, Variable>;
  readonly types: Map<string, Type>;
  readonly tables: Map<string, Table>;
  /** Temporary tables made here, dropped at the end of anything but a batch. */
  readonly temps: string[];
  readonly database: Database;
  readonly object?: Procedure | Trigger | undefined;
  readonly trigger?: TriggerRows | undefined;
  scopeIdentity: bigint | null;
  returned: number;
}

export interface Options {
  nocount: boolean;
  xactAbort: boolean;
  lockTimeout: number;
  isolation: IsolationLevel;
  identityInsert: Table | undefined;
  formatOnly: boolean;
  rowLimit: number;
}

export function defaultOptions(): Options {
  return {
    nocount: false,
    xactAbort: false,
    lockTimeout: -1,
    isolation: 'read committed',
    identityInsert: undefined,
    formatOnly: false,
    rowLimit: 0,
  };
}

/** The rows announced by INSERT BULK. */
export interface PendingBulk {
  readonly table: Table;
  readonly columns: readonly string[];
  readonly options: readonly string[];
}

/** The state of one connection. */
export class Session implements Party {
  readonly id: number;
  readonly server: Server;
  readonly login: string;
  /** Undefined for administrators. */
  readonly access: Access | undefined;
  database: Database;
  options = defaultOptions();
  deadlockPriority = 0;
  readonly since: number;
  request: { readonly started: number } | undefined;
  transaction: Transaction | null = null;
  readonly temps = new Map<string, Table>();
  tempVersion = 0;
  rowcount = 0;
  lastError = 0;
  lastIdentity: bigint | null = null;
  readonly frames: Frame[] = [];
  readonly errors: SqlError[] = [];
  /** How many TRY blocks are open, in all frames together. */
  tries = 0;
  events: SqlEvent[] = [];
  /** Collects the result sets of INSERT .. EXEC instead of sending them. */
  capture:
    | ((columns: readonly { readonly type: Type }[], rows: readonly (readonly SqlValue[])[]) => void)
    | undefined;
  bulk: PendingBulk | undefined;
  readonly system: System;

  constructor(at: {
    id: number;
    server: Server;
    login: string;
    access: Access | undefined;
    database: Database;
  }) {
    this.id = at.id;
    this.server = at.server;
    this.login = at.login;
    this.since = at.server.clock.now();
    this.access = at.access;
    this.database = at.database;
    this.system = systemOf(this);
  }

  get frame(): Frame {
    const frame = this.frames.at(-1);
    if (!frame) throw new Error('no frame is running');
    return frame;
  }
  get cost(): number {
    return this.transaction?.undo.length ?? 0;
  }
  get inTrigger(): boolean {
    return this.frames.some((f) => f.kind === 'trigger');
  }
  /** @@TRANCOUNT: inside a trigger even an autocommit statement counts as one. */
  get trancount(): number {
    if (!this.transaction) return 0;
    return this.transaction.implicit ? (this.inTrigger ? 1 : 0) : this.transaction.depth;
  }
  emit(event: SqlEvent): void {
    this.events.push(event);
  }
  message(m: {
    number: number;
    state: number;
    severity: number;
    text: string;
    procedure?: string;
    line?: number;
  }): void {
    this.emit({
      kind: 'message',
      message: {
        number: m.number,
        state: m.state,
        class: m.severity,
        message: m.text,
        procedure: m.procedure ?? '',
        line: m.line ?? 1,
      },
    });
  }
}

function systemOf(session: Session): System {
  const { server } = session;
  return {
    now: (): SqlMoment => fromUnix(server.clock.now()),
    newId: () => server.newId(),
    random: () => server.random(),
    get database() {
      return session.frames.at(-1)?.database ?? session.database;
    },
    databaseNamed: (name) => server.database(name),
    databases: () => server.databases.values(),
    activity: () => server.activity(),
    tempTable: (name) => session.temps.get(nameKey(name)),
    login: session.login,
    access: session.access,
    logins: () => (session.access ? [session.access.login] : server.security.logins.values()),
    principals: () => server.security.of(session.frames.at(-1)?.database ?? session.database).principals,
    serverName: server.name,
    global: (name) => {
      switch (name) {
        case 'ROWCOUNT':
          return session.rowcount;
        case 'TRANCOUNT':
          return session.trancount;
        case 'ERROR':
          return session.lastError;
        case 'IDENTITY':
          return session.lastIdentity === null ? null : session.lastIdentity.toString();
        case 'SPID':
          return session.id;
        case 'LOCK_TIMEOUT':
          return session.options.lockTimeout;
        case 'NESTLEVEL':
          return session.frames.filter((f) => f.kind !== 'batch').length;
        case 'OPTIONS':
          return (session.options.nocount ? 512 : 0) | (session.options.xactAbort ? 16384 : 0) | 5432;
        default:
          return null;
      }
    },
    error: (part) => {
      const error = session.errors.at(-1);
      if (!error) return null;
      switch (part) {
        case 'number':
          return error.number;
        case 'message':
          return error.message;
        case 'state':
          return error.state;
        case 'severity':
          return error.severity;
        case 'line':
          return error.line;
        case 'procedure':
          return error.procedure === '' ? null : error.procedure;
      }
    },
    xactState: () => (session.trancount === 0 ? 0 : session.transaction?.doomed ? -1 : 1),
    scopeIdentity: () => session.frames.at(-1)?.scopeIdentity ?? null,
    minActiveRowversion: () => {
      const database = session.frames.at(-1)?.database ?? session.database;
      let lowest = database.dbts + 1n;
      for (const t of server.log.transactions()) {
        const first = t.firstRowversion.get(database);
        if (first !== undefined && first < lowest) lowest = first;
      }
      return lowest;
    },
    appLockMode: (resource, owner) => {
      const database = session.frames.at(-1)?.database ?? session.database;
      return (
        server.appLocks.mode(
          `${database.id}:${resource}`,
          session,
          owner.toLowerCase() === 'session' ? 'Session' : 'Transaction',
        ) ?? 'NoLock'
      );
    },
    option: () => null,
    currentProcedure: () => session.frames.at(-1)?.object,
  };
}
