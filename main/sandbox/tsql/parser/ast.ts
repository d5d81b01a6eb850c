import type { SecurityStatement } from '../security/ast.ts';
import type { IsolationLevel, SqlType, SqlValue } from '../face.ts';

/** A type as written: resolved to an SqlType where it is used, because 2715 is an error of that moment. */
export interface TypeNode {
  readonly name: string;
  readonly args: readonly (number | 'max')[];
  readonly collation?: string | undefined;
}

export type ObjectName = readonly string[];

export interface OrderItem {
  readonly by: Expr;
  readonly desc: boolean;
}
export interface WindowNode {
  readonly partition: readonly Expr[];
  readonly order: readonly OrderItem[];
  readonly frame?: string | undefined;
}

export type BinaryOp = '+' | '-' | '*' | '/' | '%' | '&' | '|' | '^';
export type CompareOp = '=' | '<>' | '<' | '>' | '<=' | '>=';

export type Expr =
  | {
      readonly k: 'lit';
      readonly value: SqlValue;
      readonly type: SqlType;
      readonly digits?: number | undefined;
    }
  | { readonly k: 'var'; readonly name: string; readonly line: number }
  | { readonly k: 'gvar'; readonly name: string }
  | { readonly k: 'col'; readonly parts: readonly string[]; readonly line: number }
  | { readonly k: 'neg' | 'bitnot'; readonly e: Expr }
  | { readonly k: 'bin'; readonly op: BinaryOp; readonly l: Expr; readonly r: Expr }
  | {
      readonly k: 'case';
      readonly input?: Expr | undefined;
      readonly whens: readonly { readonly when: Expr; readonly result: Expr }[];
      readonly other?: Expr | undefined;
    }
  | {
      readonly k: 'func';
      readonly name: string;
      readonly args: readonly Expr[];
      readonly star: boolean;
      readonly distinct: boolean;
      readonly over?: WindowNode | undefined;
      readonly within?: readonly OrderItem[] | undefined;
      readonly line: number;
      /** The name of a user's function may have a schema. */
      readonly schema?: string | undefined;
    }
  | {
      readonly k: 'cast';
      readonly e: Expr;
      readonly type: TypeNode;
      readonly style?: Expr | undefined;
      readonly soft: boolean;
      readonly convert: boolean;
    }
  | { readonly k: 'sub'; readonly query: Query }
  | { readonly k: 'collate'; readonly e: Expr; readonly name: string }
  | { readonly k: 'default' }
  | { readonly k: 'cmp'; readonly op: CompareOp; readonly l: Expr; readonly r: Expr }
  | {
      readonly k: 'quantified';
      readonly op: CompareOp;
      readonly all: boolean;
      readonly l: Expr;
      readonly query: Query;
    }
  | { readonly k: 'and' | 'or'; readonly l: Expr; readonly r: Expr }
  | { readonly k: 'not'; readonly e: Expr }
  | { readonly k: 'isnull'; readonly e: Expr; readonly not: boolean }
  | {
      readonly k: 'in';
      readonly e: Expr;
      readonly list?: readonly Expr[] | undefined;
      readonly query?: Query | undefined;
      readonly not: boolean;
    }
  | { readonly k: 'between'; readonly e: Expr; readonly lo: Expr; readonly hi: Expr; readonly not: boolean }
  | {
      readonly k: 'like';
      readonly e: Expr;
      readonly pattern: Expr;
      readonly escape?: Expr | undefined;
      readonly not: boolean;
    }
  | { readonly k: 'exists'; readonly query: Query }
  | { readonly k: 'updated'; readonly column: string };

export type SelectItem =
  | { readonly k: 'star'; readonly table?: readonly string[] | undefined }
  | { readonly k: 'item'; readonly e: Expr; readonly alias?: string | undefined }
  | { readonly k: 'assign'; readonly variable: string; readonly op: string; readonly e: Expr };

export type TableRef =
  | {
      readonly k: 'table';
      readonly name: ObjectName;
      readonly alias?: string | undefined;
      readonly hints: readonly string[];
      readonly line: number;
    }
  | { readonly k: 'tablevar'; readonly name: string; readonly alias?: string | undefined }
  | {
      readonly k: 'derived';
      readonly query: Query;
      readonly alias: string;
      readonly columns?: readonly string[] | undefined;
    }
  | {
      readonly k: 'values';
      readonly rows: readonly (readonly Expr[])[];
      readonly alias: string;
      readonly columns: readonly string[];
    }
  | {
      readonly k: 'changes';
      readonly table: ObjectName;
      readonly since: Expr;
      readonly alias: string;
      readonly columns?: readonly string[] | undefined;
    }
  | {
      readonly k: 'join';
      readonly kind: 'inner' | 'left' | 'right' | 'full' | 'cross' | 'cross apply' | 'outer apply';
      readonly l: TableRef;
      readonly r: TableRef;
      readonly on?: Expr | undefined;
    };

export interface SelectCore {
  readonly k: 'core';
  readonly distinct: boolean;
  readonly top?: { readonly e: Expr; readonly percent: boolean; readonly ties: boolean } | undefined;
  readonly items: readonly SelectItem[];
  readonly into?: ObjectName | undefined;
  readonly from?: TableRef | undefined;
  readonly where?: Expr | undefined;
  readonly groupBy: readonly Expr[];
  readonly having?: Expr | undefined;
}
export interface SetOperation {
  readonly k: 'set';
  readonly op: 'union' | 'union all' | 'except' | 'intersect';
  readonly l: QueryBody;
  readonly r: QueryBody;
}
export type QueryBody = SelectCore | SetOperation | { readonly k: 'nested'; readonly query: Query };

export interface Cte {
  readonly name: string;
  readonly columns?: readonly string[] | undefined;
  readonly query: Query;
}
export interface Query {
  readonly ctes: readonly Cte[];
  readonly body: QueryBody;
  readonly orderBy: readonly OrderItem[];
  readonly offset?: Expr | undefined;
  readonly fetch?: Expr | undefined;
}

export interface OutputClause {
  readonly items: readonly SelectItem[];
  readonly into?: { readonly target: TableRef; readonly columns?: readonly string[] | undefined } | undefined;
}

export interface SetItem {
  readonly column?: string | undefined;
  readonly variable?: string | undefined;
  readonly op: string;
  readonly e: Expr;
}

export interface ColumnNode {
  readonly name: string;
  readonly type?: TypeNode | undefined;
  readonly computed?: Expr | undefined;
  readonly persisted: boolean;
  readonly nullable?: boolean | undefined;
  readonly identity?: { readonly seed: bigint; readonly step: bigint } | undefined;
  readonly fallback?:
    { readonly name?: string | undefined; readonly e: Expr; readonly text: string } | undefined;
  readonly constraints: readonly ConstraintNode[];
}
export interface KeyColumn {
  readonly name: string;
  readonly desc: boolean;
}
export type ConstraintNode =
  | {
      readonly k: 'key';
      readonly name?: string | undefined;
      readonly primary: boolean;
      readonly clustered?: boolean | undefined;
      readonly columns: readonly KeyColumn[];
    }
  | { readonly k: 'check'; readonly name?: string | undefined; readonly e: Expr; readonly text: string }
  | {
      readonly k: 'foreign';
      readonly name?: string | undefined;
      readonly columns: readonly string[];
      readonly table: ObjectName;
      readonly references: readonly string[];
      readonly onDelete: ReferentialAction;
      readonly onUpdate: ReferentialAction;
    }
  | {
      readonly k: 'default';
      readonly name?: string | undefined;
      readonly e: Expr;
      readonly text: string;
      readonly column: string;
    };
export type ReferentialAction = 'NO_ACTION' | 'CASCADE' | 'SET_NULL' | 'SET_DEFAULT';

export interface ParameterNode {
  readonly name: string;
  readonly type: TypeNode;
  readonly fallback?: Expr | undefined;
  readonly output: boolean;
}
export interface Argument {
  readonly name?: string | undefined;
  readonly value: Expr;
  readonly output: boolean;
}

export interface TableBody {
  readonly columns: readonly ColumnNode[];
  readonly constraints: readonly ConstraintNode[];
  readonly indexes: readonly IndexNode[];
}
export interface IndexNode {
  readonly name: string;
  readonly unique: boolean;
  readonly clustered: boolean;
  readonly columns: readonly KeyColumn[];
  readonly included: readonly string[];
  readonly where?: Expr | undefined;
  readonly whereText?: string | undefined;
}

export type DropKind = 'TABLE' | 'VIEW' | 'PROCEDURE' | 'TRIGGER' | 'SCHEMA' | 'DATABASE' | 'INDEX';

export type StatementBody =
  | { readonly k: 'select'; readonly query: Query }
  | {
      readonly k: 'insert';
      readonly ctes: readonly Cte[];
      readonly target: TableRef;
      readonly columns?: readonly string[] | undefined;
      readonly output: readonly OutputClause[];
      readonly rows?: readonly (readonly Expr[])[] | undefined;
      readonly query?: Query | undefined;
      readonly exec?: Statement | undefined;
      readonly defaults: boolean;
      readonly top?: Expr | undefined;
      readonly context?: Expr | undefined;
    }
  | {
      readonly k: 'update';
      readonly ctes: readonly Cte[];
      readonly target: TableRef;
      readonly top?: Expr | undefined;
      readonly sets: readonly SetItem[];
      readonly context?: Expr | undefined;
      readonly output: readonly OutputClause[];
      readonly from?: TableRef | undefined;
      readonly where?: Expr | undefined;
    }
  | {
      readonly k: 'delete';
      readonly context?: Expr | undefined;
      readonly ctes: readonly Cte[];
      readonly target: TableRef;
      readonly top?: Expr | undefined;
      readonly output: readonly OutputClause[];
      readonly from?: TableRef | undefined;
      readonly where?: Expr | undefined;
    }
  | { readonly k: 'truncate'; readonly table: ObjectName }
  | {
      readonly k: 'declare';
      readonly items: readonly {
        readonly name: string;
        readonly type: TypeNode;
        readonly value?: Expr | undefined;
      }[];
    }
  | { readonly k: 'declareTable'; readonly name: string; readonly body: TableBody }
  | { readonly k: 'set'; readonly variable: string; readonly op: string; readonly e: Expr }
  | { readonly k: 'option'; readonly names: readonly string[]; readonly on: boolean }
  | { readonly k: 'identityInsert'; readonly table: ObjectName; readonly on: boolean }
  | { readonly k: 'setValue'; readonly name: string; readonly e: Expr | string }
  | { readonly k: 'isolation'; readonly level: IsolationLevel }
  | {
      readonly k: 'if';
      readonly cond: Expr;
      readonly body: Statement;
      readonly other?: Statement | undefined;
    }
  | { readonly k: 'while'; readonly cond: Expr; readonly body: Statement }
  | { readonly k: 'block'; readonly body: readonly Statement[] }
  | { readonly k: 'try'; readonly body: readonly Statement[]; readonly handler: readonly Statement[] }
  | { readonly k: 'break' | 'continue' | 'nothing' }
  | { readonly k: 'return'; readonly e?: Expr | undefined }
  | {
      readonly k: 'throw';
      readonly number?: Expr | undefined;
      readonly message?: Expr | undefined;
      readonly state?: Expr | undefined;
    }
  | {
      readonly k: 'raiserror';
      readonly message: Expr;
      readonly severity: Expr;
      readonly state: Expr;
      readonly args: readonly Expr[];
      readonly options: readonly string[];
    }
  | { readonly k: 'print'; readonly e: Expr }
  | { readonly k: 'begin' | 'commit' | 'rollback' | 'save'; readonly name?: Expr | string | undefined }
  | {
      readonly k: 'exec';
      readonly result?: string | undefined;
      readonly procedure: ObjectName | string;
      readonly args: readonly Argument[];
    }
  | { readonly k: 'execText'; readonly e: Expr }
  | { readonly k: 'createTable'; readonly name: ObjectName; readonly body: TableBody }
  | { readonly k: 'alterAdd'; readonly name: ObjectName; readonly body: TableBody }
  | {
      readonly k: 'alterDrop';
      readonly name: ObjectName;
      readonly columns: readonly string[];
      readonly constraints: readonly string[];
      readonly ifExists: boolean;
    }
  | { readonly k: 'alterColumn'; readonly name: ObjectName; readonly column: ColumnNode }
  | {
      readonly k: 'alterTrigger';
      readonly name: ObjectName;
      readonly triggers: readonly string[] | 'all';
      readonly enable: boolean;
    }
  | {
      readonly k: 'alterCheck';
      readonly name: ObjectName;
      readonly constraints: readonly string[] | 'all';
      readonly enable: boolean;
    }
  | {
      readonly k: 'alterTracking';
      readonly name: ObjectName;
      readonly enable: boolean;
      /** TRACK_COLUMNS_UPDATED. */
      readonly columns: boolean;
    }
  | {
      readonly k: 'databaseTracking';
      readonly name?: string | undefined;
      readonly set: 'on' | 'off' | 'change';
      readonly retention?: number | undefined;
      readonly unit?: 'DAYS' | 'HOURS' | 'MINUTES' | undefined;
      readonly autoCleanup?: boolean | undefined;
    }
  | { readonly k: 'createIndex'; readonly table: ObjectName; readonly index: IndexNode }
  | {
      readonly k: 'createView';
      readonly name: ObjectName;
      readonly columns?: readonly string[] | undefined;
      readonly query: Query;
      readonly text: string;
      readonly alter: boolean;
    }
  | {
      readonly k: 'createProcedure';
      readonly name: ObjectName;
      readonly parameters: readonly ParameterNode[];
      readonly body: readonly Statement[];
      readonly text: string;
      readonly alter: boolean;
    }
  | {
      readonly k: 'createTrigger';
      readonly name: ObjectName;
      readonly table: ObjectName;
      readonly events: readonly ('INSERT' | 'UPDATE' | 'DELETE')[];
      readonly body: readonly Statement[];
      readonly text: string;
      readonly alter: boolean;
    }
  | { readonly k: 'createSchema'; readonly name: string }
  | { readonly k: 'createDatabase'; readonly name: string }
  | {
      readonly k: 'alterDatabase';
      readonly name?: string | undefined;
      readonly option: string;
      readonly value: string;
    }
  | {
      readonly k: 'drop';
      readonly what: DropKind;
      readonly names: readonly ObjectName[];
      readonly ifExists: boolean;
      readonly on?: ObjectName | undefined;
    }
  | { readonly k: 'use'; readonly database: string }
  | {
      readonly k: 'insertBulk';
      readonly table: ObjectName;
      readonly columns: readonly { readonly name: string; readonly type: TypeNode }[];
      readonly options: readonly string[];
    }
  | SecurityStatement;

export type Statement = StatementBody & { readonly line: number };
