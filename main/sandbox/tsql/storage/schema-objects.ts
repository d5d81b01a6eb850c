import type { Expr, ParameterNode, Query, ReferentialAction, Statement } from '../parser/ast.ts';
import type { Type } from '../types/sql-type.ts';
import { RowStore } from './rows.ts';
import { DatabaseTracking } from './change-tracking.ts';
import type { TableTracking } from './change-tracking.ts';
import type { Owner, RowIndex } from './rows.ts';

/** Names are compared without case. */
export function nameKey(name: string): string {
  return name.toLowerCase();
}

export interface Column {
  name: string;
  readonly id: number;
  type: Type;
  nullable: boolean;
  readonly identity?: { readonly seed: bigint; readonly step: bigint } | undefined;
  readonly computed?: { readonly e: Expr; readonly text: string; readonly persisted: boolean } | undefined;
  fallback?:
    | {
        readonly name: string;
        readonly objectId: number;
        readonly e: Expr;
        readonly text: string;
        readonly system: boolean;
      }
    | undefined;
}

export interface IndexDef {
  readonly name: string;
  readonly id: number;
  readonly unique: boolean;
  readonly primary: boolean;
  /** Made by PRIMARY KEY or UNIQUE: a duplicate is 2627 instead of 2601. */
  readonly constraint: boolean;
  readonly constraintId: number;
  readonly clustered: boolean;
  readonly columns: readonly { readonly ordinal: number; readonly desc: boolean }[];
  readonly included: readonly number[];
  readonly where?: Expr | undefined;
  readonly whereText?: string | undefined;
  readonly rows: RowIndex;
}

export interface CheckDef {
  readonly name: string;
  readonly objectId: number;
  readonly e: Expr;
  readonly text: string;
  readonly column?: string | undefined;
  enabled: boolean;
}

export interface ForeignKeyDef {
  readonly name: string;
  readonly objectId: number;
  readonly table: Table;
  columns: readonly number[];
  readonly target: Table;
  targetColumns: readonly number[];
  readonly onDelete: ReferentialAction;
  readonly onUpdate: ReferentialAction;
  enabled: boolean;
}

interface SchemaObject {
  readonly schema: string;
  readonly name: string;
  readonly objectId: number;
  /** Milliseconds since 1970. */
  readonly created: number;
}

export class Table implements SchemaObject {
  readonly kind = 'table';
  readonly schema: string;
  readonly name: string;
  readonly objectId: number;
  readonly created: number;
  columns: Column[] = [];
  indexes: IndexDef[] = [];
  checks: CheckDef[] = [];
  foreignKeys: ForeignKeyDef[] = [];
  /** Foreign keys of other tables (or this one) that point here. */
  referencedBy: ForeignKeyDef[] = [];
  triggers: Trigger[] = [];
  readonly store = new RowStore();
  /** Whole-table locks, kept to the end of their transactions. */
  readonly locks = new Map<Owner, 'S' | 'U' | 'X'>();
  /** Set while Change Tracking is on for the table. */
  tracking: TableTracking | undefined;
  wasTracked = false;
  /** The value handed out last; a rollback does not take it back. */
  lastIdentity: bigint | null = null;
  nextColumnId = 1;
  nextIndexId = 2;
  /** Table variables do not take part in transactions. */
  readonly local: boolean;
  /** Compiled checks, defaults and computed columns; rebuilt after DDL. */
  writer: unknown = undefined;

  constructor(at: {
    schema: string;
    name: string;
    objectId: number;
    created: number;
    local?: boolean | undefined;
  }) {
    this.schema = at.schema;
    this.name = at.name;
    this.objectId = at.objectId;
    this.created = at.created;
    this.local = at.local ?? false;
  }
  get fullName(): string {
    return `${this.schema}.${this.name}`;
  }
  ordinal(name: string): number {
    const key = nameKey(name);
    return this.columns.findIndex((c) => nameKey(c.name) === key);
  }
  nextIdentity(column: Column): bigint {
    const identity = column.identity ?? { seed: 1n, step: 1n };
    this.lastIdentity = this.lastIdentity === null ? identity.seed : this.lastIdentity + identity.step;
    return this.lastIdentity;
  }
}

export interface View extends SchemaObject {
  readonly kind: 'view';
  readonly query: Query;
  readonly columns?: readonly string[] | undefined;
  readonly text: string;
}
export interface Procedure extends SchemaObject {
  readonly kind: 'procedure';
  readonly parameters: readonly (ParameterNode & { readonly resolved: Type })[];
  readonly body: readonly Statement[];
  readonly text: string;
}
export interface Trigger extends SchemaObject {
  readonly kind: 'trigger';
  readonly table: Table;
  readonly events: readonly ('INSERT' | 'UPDATE' | 'DELETE')[];
  readonly body: readonly Statement[];
  readonly text: string;
  disabled: boolean;
}
export type DbObject = Table | View | Procedure | Trigger;

export class Database {
  name: string;
  readonly id: number;
  readonly created: number;
  /** Changes with every restore, as a server's recovery fork does. */
  forkGuid: string;
  readonly schemas = new Map<string, { readonly name: string; readonly id: number }>();
  readonly objects = new Map<string, DbObject>();
  /** Owners of schemas that do not belong to dbo. */
  readonly schemaOwners = new Map<string, string>();
  /** Rises with every change of the schema; compiled statements of an older one are thrown away. */
  version = 1;
  allowSnapshot = false;
  readCommittedSnapshot = false;
  readonly tracking = new DatabaseTracking();
  private lastRowversion = 2000n;
  private lastObjectId = 245575913;

  constructor(at: { name: string; id: number; created: number; forkGuid: string }) {
    this.name = at.name;
    this.id = at.id;
    this.created = at.created;
    this.forkGuid = at.forkGuid;
    ['dbo', 'guest', 'INFORMATION_SCHEMA', 'sys'].forEach((name, i) =>
      this.schemas.set(nameKey(name), { name, id: i + 1 }),
    );
  }
  ownerOf(schema: string): string {
    return this.schemaOwners.get(nameKey(schema)) ?? 'dbo';
  }
  get dbts(): bigint {
    return this.lastRowversion;
  }
  set dbts(value: bigint) {
    this.lastRowversion = value;
  }
  nextRowversion(): bigint {
    return ++this.lastRowversion;
  }
  nextObjectId(): number {
    this.lastObjectId += 16;
    return this.lastObjectId;
  }
  find(schema: string, name: string): DbObject | undefined {
    return this.objects.get(`${nameKey(schema)}.${nameKey(name)}`);
  }
  add(object: DbObject): void {
    this.objects.set(`${nameKey(object.schema)}.${nameKey(object.name)}`, object);
    this.version++;
  }
  remove(object: DbObject): void {
    this.objects.delete(`${nameKey(object.schema)}.${nameKey(object.name)}`);
    this.version++;
  }
  *tables(): Iterable<Table> {
    for (const object of this.objects.values()) if (object.kind === 'table') yield object;
  }
}

export function rowversionBytes(value: bigint): Uint8Array {
  const out = new Uint8Array(8);
  let v = value;
  for (let i = 7; i >= 0; i--, v >>= 8n) out[i] = Number(v & 0xffn);
  return out;
}
