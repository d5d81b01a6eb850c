/**
 * What the sandbox's SQL engine and its faces (TDS on the wire, calls in the same process) say to each other.
 * The engine knows nothing of bytes; a face knows nothing of SQL.
 */

export type SqlTypeName =
  | 'bit'
  | 'tinyint'
  | 'smallint'
  | 'int'
  | 'bigint'
  | 'decimal'
  | 'numeric'
  | 'money'
  | 'smallmoney'
  | 'float'
  | 'real'
  | 'char'
  | 'varchar'
  | 'text'
  | 'nchar'
  | 'nvarchar'
  | 'ntext'
  | 'binary'
  | 'varbinary'
  | 'image'
  | 'rowversion'
  | 'uniqueidentifier'
  | 'date'
  | 'time'
  | 'smalldatetime'
  | 'datetime'
  | 'datetime2'
  | 'datetimeoffset'
  | 'sql_variant';

/** `length` counts characters for the `n` types, bytes otherwise; `precision`/`scale` as SQL Server states them. */
export interface SqlType {
  readonly name: SqlTypeName;
  readonly length?: number | 'max' | undefined;
  readonly precision?: number | undefined;
  readonly scale?: number | undefined;
  /** Of `char` and `varchar` in another code page than the server's. */
  readonly codePage?: number | undefined;
}

/**
 * A moment as SQL Server keeps it. `days` since 0001-01-01, `ticks` of 100 ns since midnight (0 for a `date`,
 * `days` 0 for a `time`), both of the local clock; `offset` in minutes for `datetimeoffset` (days and ticks are then
 * the local ones too).
 */
export interface SqlMoment {
  readonly days: number;
  readonly ticks: number;
  readonly offset?: number | undefined;
}

/**
 * bit: boolean; tinyint, smallint, int, float, real: number; bigint: bigint; decimal, numeric, money, smallmoney: exact
 * decimal text with all digits of the scale; character types: string; binary, rowversion: Uint8Array;
 * uniqueidentifier: upper-case text; date and time types: SqlMoment.
 */
export type SqlValue = null | boolean | number | bigint | string | Uint8Array | SqlMoment;

export interface SqlColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly nullable: boolean;
  readonly identity?: boolean | undefined;
}

export interface SqlMessage {
  readonly number: number;
  readonly state: number;
  /** Severity: up to 10 is information, above is an error. */
  readonly class: number;
  readonly message: string;
  readonly procedure: string;
  readonly line: number;
}

/** What a request produces, in the order a TDS face has to send it. */
export type SqlEvent =
  | { readonly kind: 'columns'; readonly columns: readonly SqlColumn[] }
  | { readonly kind: 'row'; readonly values: readonly SqlValue[] }
  /** One statement ended. `count` only where the statement has one (SET NOCOUNT OFF and a counted statement). */
  | {
      readonly kind: 'done';
      readonly count?: number | undefined;
      readonly select: boolean;
      readonly inProcedure: boolean;
    }
  | { readonly kind: 'message'; readonly message: SqlMessage }
  /** The only view a driver has of a transaction: also sent when the engine rolls back by itself. */
  | { readonly kind: 'transaction'; readonly change: 'begin' | 'commit' | 'rollback'; readonly id: bigint }
  | { readonly kind: 'database'; readonly name: string }
  | { readonly kind: 'returnStatus'; readonly value: number }
  | { readonly kind: 'output'; readonly name: string; readonly type: SqlType; readonly value: SqlValue };

export interface SqlParameter {
  /** With its `@`; empty for a positional one. */
  readonly name: string;
  readonly type: SqlType;
  readonly value: SqlValue;
  readonly output: boolean;
}

export type IsolationLevel =
  'read uncommitted' | 'read committed' | 'repeatable read' | 'serializable' | 'snapshot';

export type SqlRequest =
  | { readonly kind: 'batch'; readonly text: string }
  /** RPC by name; `sp_executesql` included (its statement and declaration are the first two parameters). */
  | { readonly kind: 'procedure'; readonly name: string; readonly parameters: readonly SqlParameter[] }
  | {
      readonly kind: 'transaction';
      readonly verb: 'begin' | 'commit' | 'rollback' | 'save';
      readonly name: string;
      readonly isolation?: IsolationLevel | undefined;
    }
  /** The rows of a bulk load announced by an `INSERT BULK` batch. */
  | {
      readonly kind: 'bulk';
      readonly columns: readonly SqlColumn[];
      readonly rows: AsyncIterable<readonly SqlValue[]>;
    };

/** One connection. Requests run one at a time; `cancel` ends the running one (its events then simply stop). */
export interface SqlSession {
  /** Server process id shown in the packet header and by @@SPID. */
  readonly id: number;
  /** Runs a request. Errors of SQL arrive as `message` events; a throw is a bug of the engine. */
  execute(request: SqlRequest, signal: AbortSignal): AsyncIterable<SqlEvent>;
  /** What RESETCONNECTION in a packet header asks for: options back to their defaults, open transaction rolled back. */
  reset(): void;
  /** Rolls back, frees locks and temporary tables. */
  close(): void;
}

export type LoginOutcome =
  | { readonly ok: true; readonly session: SqlSession; readonly database: string }
  | { readonly ok: false; readonly message: SqlMessage };

export interface SqlEngine {
  readonly serverName: string;
  /** 18456 for a wrong name or password, 4060 for a database that cannot be opened. */
  login(request: { user: string; password: string; database: string }): LoginOutcome;
}

/** Time is an argument: the real clock in the sandbox program, a manual one in the simulation. */
export interface EngineClock {
  /** Milliseconds since 1970-01-01 UTC. */
  now(): number;
  /** Resolves after `ms` or when aborted; never rejects. Used for lock time-outs. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}
