import type { Activity } from '../activity.ts';
import type { SqlColumn, SqlMoment, SqlType, SqlValue } from '../face.ts';
import type { Expr, Query } from '../parser/ast.ts';
import type { Database, Table } from '../storage/schema-objects.ts';
import type { TrackedChange } from '../storage/change-tracking.ts';
import type { Row, Values } from '../storage/rows.ts';
import type { Access } from '../security/access.ts';
import type { Login, Principal } from '../security/principals.ts';
import type { Chain, Need } from '../security/needs.ts';
import type { Type } from '../types/sql-type.ts';

/** A variable of a batch, procedure or trigger. */
export interface Variable {
  readonly type: Type;
  value: SqlValue;
}

/** The rows a trigger sees. */
export interface TriggerRows {
  readonly table: Table;
  readonly inserted: readonly Values[];
  readonly deleted: readonly Values[];
  readonly updated: ReadonlySet<string>;
}

/** How rows of a table are read in one statement: the isolation level at work. */
export interface Reader {
  /** The values this statement may see, null when the row is not there for it. May throw a LockWait. */
  read(row: Row): Values | null;
  /** Called once per table and statement, before its rows. */
  open(table: Table): void;
}

/** One execution of one statement: what compiled code needs from the outside while it runs. */
export interface Run {
  readonly variables: ReadonlyMap<string, Variable>;
  readonly tables: ReadonlyMap<string, Table>;
  readonly trigger: TriggerRows | undefined;
  /** Results of parts that do not depend on the current row, by the compiled part. */
  readonly cache: Map<object, unknown>;
  reader(hints: readonly string[], table: Table): Reader;
  readonly tracking: {
    /** The version of the database's last tracked commit this statement may see; null while tracking is off. */
    current(database: Database): bigint | null;
    /** Committed changes of a tracked table, in their order. May throw a LockWait. */
    changes(table: Table): readonly TrackedChange[];
  };
  /** @@ROWCOUNT and its kin, and functions of session and server. */
  readonly system: System;
}

/** What functions of session, database and server answer. */
export interface System {
  now(): SqlMoment;
  newId(): string;
  random(): number;
  global(name: string): SqlValue;
  readonly database: Database;
  databaseNamed(name: string): Database | undefined;
  databases(): Iterable<Database>;
  /** Every connection and what it waits for. */
  activity(): Iterable<Activity>;
  tempTable(name: string): Table | undefined;
  error(part: 'number' | 'message' | 'state' | 'severity' | 'line' | 'procedure'): SqlValue;
  xactState(): number;
  scopeIdentity(): bigint | null;
  readonly login: string;
  /** Undefined for administrators, for whom nothing is checked. */
  readonly access: Access | undefined;
  /** Users and roles of the current database, by key. */
  principals(): ReadonlyMap<string, Principal>;
  /** Logins the session may know of: all of them, or itself. */
  logins(): Iterable<Login>;
  readonly serverName: string;
  minActiveRowversion(): bigint;
  appLockMode(resource: string, owner: string): string;
  option(name: string): SqlValue;
  currentProcedure(): { schema: string; name: string; objectId: number } | undefined;
}

/** The rows in hand while an expression is evaluated. */
export interface Env {
  readonly rows: Values[];
  readonly outer: Env | null;
  readonly run: Run;
  /** Keys and aggregates of the current group. */
  group: SqlValue[] | null;
  /** Results of window functions for the current row. */
  window: SqlValue[] | null;
}

export type Eval = (e: Env) => SqlValue;
/** Three-valued: null is unknown. */
export type Test = (e: Env) => boolean | null;

export interface Compiled {
  readonly type: Type;
  readonly nullable: boolean;
  readonly eval: Eval;
  /** The value, when it is the same for every row and known now. */
  readonly constant?: { readonly value: SqlValue } | undefined;
  /** NULL without a type: takes the type of whatever it meets. */
  readonly untyped?: boolean | undefined;
  /** Digits of an integer literal, which count as its precision in decimal arithmetic. */
  readonly digits?: number | undefined;
  /** A plain column: for access paths and inherited properties. */
  readonly column?:
    | {
        readonly slot: number;
        readonly ordinal: number;
        readonly level: number;
        readonly name: string;
        readonly identity: boolean;
      }
    | undefined;
}

export interface SourceColumn {
  readonly name: string;
  readonly key: string;
  readonly type: Type;
  readonly nullable: boolean;
  readonly identity?: boolean | undefined;
}
export interface Source {
  readonly slot: number;
  /** How the columns may be qualified: the alias, or the table's name with its schema. */
  readonly alias: string;
  readonly qualifier?: { readonly schema: string; readonly database: string } | undefined;
  readonly columns: readonly SourceColumn[];
  /** Notes which columns are named, where that takes a right. */
  readonly named?: Set<number> | undefined;
}

export interface CompiledQuery {
  readonly columns: readonly SourceColumn[];
  /** Depends on rows of an enclosing query. */
  readonly correlated: boolean;
  /** All result rows. */
  rows(run: Run, outer: Env | null): Values[];
  /** Whether there is a row; stops at the first. */
  exists(run: Run, outer: Env | null): boolean;
}

/** The names an expression can see, and what was found out while it was compiled. */
export class Scope {
  readonly sources: Source[] = [];
  readonly parent: Scope | null;
  /** Slots used by the expression being compiled; the owner resets it. */
  uses = new Set<number>();
  correlated = false;
  group: GroupScope | null = null;
  windows: WindowScope | null = null;

  constructor(parent: Scope | null) {
    this.parent = parent;
  }
}

export interface AggregateSpec {
  readonly name: string;
  readonly distinct: boolean;
  readonly arg: Compiled | undefined;
  readonly separator?: Compiled | undefined;
  readonly order: readonly { readonly by: Compiled; readonly desc: boolean }[];
  readonly type: Type;
}
export interface GroupScope {
  readonly keys: readonly { readonly signature: string; readonly compiled: Compiled }[];
  readonly aggregates: AggregateSpec[];
  readonly signatures: string[];
}
export interface WindowSpec {
  readonly name: string;
  readonly args: readonly Compiled[];
  readonly partition: readonly Compiled[];
  readonly order: readonly { readonly by: Compiled; readonly desc: boolean }[];
  readonly frame: string | undefined;
  readonly aggregate: AggregateSpec | undefined;
  readonly type: Type;
}
export interface WindowScope {
  readonly specs: WindowSpec[];
}

/** Everything binding needs to know besides the scope. */
export interface Binding {
  readonly database: Database;
  readonly variableTypes: ReadonlyMap<string, Type>;
  readonly tableVariables: ReadonlyMap<string, Table>;
  readonly trigger: Table | undefined;
  readonly system: System;
  readonly ctes: ReadonlyMap<string, CteBinding>;
  /** `temp` is set when a temporary table was bound, whose plan must not outlive it. */
  /** `needs`: the rights the statement takes. */
  readonly flags: { temp: boolean; readonly needs: Need[] };
  readonly chain?: Chain;
  scalar(e: Expr, scope: Scope): Compiled;
  /** `inner` is the binding of the query at hand, which may know more names. */
  condition(e: Expr, scope: Scope, inner?: Binding): Test;
  query(q: Query, parent: Scope | null, binding: Binding, ordered?: boolean): CompiledQuery;
}
export interface CteBinding {
  readonly query: Query;
  readonly columns: readonly string[] | undefined;
  readonly binding: Binding;
}

export function faceColumn(c: SourceColumn, name: string): SqlColumn {
  const { collation, collated, ...rest } = c.type as Type & SqlType;
  void [collation, collated];
  return { name, type: rest, nullable: c.nullable, identity: c.identity };
}

/** A row in which every column is NULL, for the missing side of an outer join. */
export function nullRow(width: number): Values {
  return Array.from<SqlValue>({ length: width }).fill(null);
}
