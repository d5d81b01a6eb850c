/**
 * The lowest port of the ERP adapter: one session of an SQL server, spoken to in text. Everything above it (ledger,
 * fence, writer, reader) is plain logic that runs on a real server and on an engine in the same process alike.
 */

export interface SqlParameter {
  /** Without the `@`. */
  readonly name: string;
  readonly type: 'nvarchar' | 'int' | 'bigint' | 'varbinary';
  /** Numbers as text; bytes for `varbinary`. */
  readonly value: string | Uint8Array | null;
}

export interface SqlCall {
  /** One batch, run as `sp_executesql`, so that options set inside end with it. */
  readonly text: string;
  readonly parameters: readonly SqlParameter[];
  /** Milliseconds until the request is cancelled; its outcome is then `unknown`. */
  readonly timeoutMs: number;
}

/** Numbers and moments as text (`2025-03-10T00:30:00.000`, the wall clock as stored), bits as `1` and `0`. */
export type SqlCell = string | Uint8Array | null;
export type SqlRow = readonly SqlCell[];

/** Rows for a table of the session, which ends with it. */
export interface SqlLoad {
  /** The statement that makes the table, run first. Its first column is `n int`, which counts the rows from 1. */
  readonly create: string;
  /** `#name`. */
  readonly table: string;
  readonly columns: readonly {
    readonly name: string;
    readonly type: 'nvarchar' | 'varbinary';
    readonly length: number | 'max';
  }[];
  /** Values of `columns`. Numbers as text: the driver would round a decimal. */
  readonly rows: readonly SqlRow[];
}

export interface SqlColumn {
  readonly name: string;
  /** False where the driver cannot hand the type over without loss: the text must not be trusted. */
  readonly exact: boolean;
  /** Its cells are moments spelled as they should be: nobody need look at them again. */
  readonly moments?: boolean | undefined;
}

export interface SqlRecordset {
  readonly columns: readonly SqlColumn[];
  readonly rows: readonly SqlRow[];
}

export type NotAppliedReason =
  | 'cancelled'
  | 'login-refused'
  | 'database-unavailable'
  | 'server-stopping'
  | 'too-many-connections'
  | 'tls'
  /** Another certificate than the pinned one. */
  | 'certificate'
  | 'browser-silent'
  | 'instance-unknown'
  | 'instance-no-tcp'
  | 'network';

/** The request provably never left, or nothing was asked yet. */
export interface SqlNotApplied {
  readonly kind: 'not-applied';
  readonly why: NotAppliedReason;
  readonly cause: string;
}

/** The server's answer is an error. What the request did before it is the server's business to undo, see `close`. */
export interface SqlRefused {
  readonly kind: 'refused';
  readonly number: number;
  readonly state: number;
  readonly class: number;
  readonly message: string;
  readonly procedure: string;
  readonly line: number;
}

/** The request was sent (or may have been) and its end was not seen. */
export interface SqlUnknown {
  readonly kind: 'unknown';
  readonly cause: string;
}

export type SqlFailed = SqlRefused | SqlNotApplied | SqlUnknown;
export type SqlOutcome =
  { readonly kind: 'answered'; readonly recordsets: readonly SqlRecordset[] } | SqlFailed;

/** How a stream of rows ends early. */
export class SqlStreamError extends Error {
  readonly outcome: SqlFailed;

  constructor(outcome: SqlFailed) {
    super(outcome.kind);
    this.name = 'SqlStreamError';
    this.outcome = outcome;
  }
}

/** One session. Requests run one at a time. */
export interface SqlConnection {
  run(call: SqlCall, signal: AbortSignal): Promise<SqlOutcome>;
  /**
   * Rows of the first result set, in chunks; the next chunk is fetched when asked for. Throws SqlStreamError. Leaving
   * the loop early cancels the request.
   */
  stream(call: SqlCall, signal: AbortSignal): AsyncIterable<SqlRecordset>;
  /** Pins the session: until `close` every request runs in one read transaction of this level. */
  beginReading(isolation: 'snapshot', signal: AbortSignal): Promise<{ readonly kind: 'begun' } | SqlFailed>;
  /**
   * Makes a table of the session and fills it; nothing outside the session changes, whatever the outcome. `timeoutMs` is for
   * the whole of it.
   */
  load(
    load: SqlLoad,
    timeoutMs: number,
    signal: AbortSignal,
  ): Promise<{ readonly kind: 'loaded' } | SqlFailed>;
  /** Ends the session; the server rolls back whatever it still has open. Idempotent, never fails. */
  close(): Promise<void>;
}

export type SqlConnect = { readonly kind: 'connected'; readonly connection: SqlConnection } | SqlNotApplied;

export interface SqlServer {
  /** Opens a session in the configured database. */
  connect(signal: AbortSignal): Promise<SqlConnect>;
  /** Physical sessions opened so far: when it rises, another server or a restored database may be behind the name. */
  sessionsOpened(): number;
}
