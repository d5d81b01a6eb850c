import type { SqlValue } from './face.ts';
import type { ObjectName } from './parser/ast.ts';
import type { System } from './plan/context.ts';
import { splitName } from './security/split-name.ts';
import { activityViews } from './catalogue/activity.ts';
import { securityViews } from './security/views.ts';
import { nameKey } from './storage/schema-objects.ts';
import type { Column, Database, DbObject, IndexDef, Table, View } from './storage/schema-objects.ts';
import type { Values } from './storage/rows.ts';
import { fitMoment, fromUnix } from './types/moment.ts';
import {
  BIT,
  DATETIME,
  GUID,
  INT,
  SMALLINT,
  SYSNAME,
  TINYINT,
  family,
  isUnicode,
  lengthOf,
  nvarchar,
  precisionOf,
  typeText,
  varchar,
} from './types/sql-type.ts';
import type { Type } from './types/sql-type.ts';

export interface SystemView {
  readonly columns: readonly {
    readonly name: string;
    readonly type: Type;
    readonly nullable?: boolean | undefined;
  }[];
  rows(system: System): readonly Values[];
}

/** The columns of a view, for those who can compile its query. */
export type DescribeView = (
  view: View,
) => readonly { readonly name: string; readonly type: Type; readonly nullable: boolean }[];

type Cells = Readonly<Record<string, readonly [Type, (row: never) => SqlValue]>>;

/** What the session may see of a database. */
const seen = (database: Database, { access }: System): Database => access?.visible(database) ?? database;

/** A view from a description: name, type and value of each column. */
function view<T>(
  source: (database: Database, system: System) => Iterable<T>,
  cells: Readonly<Record<string, readonly [Type, (row: T) => SqlValue]>>,
): (database: Database) => SystemView {
  const entries = Object.entries(cells as Cells) as [string, readonly [Type, (row: T) => SqlValue]][];
  return (database) => ({
    columns: entries.map(([name, [type]]) => ({ name, type })),
    rows: (system) =>
      [...source(seen(database, system), system)].map((row) => entries.map(([, [, value]]) => value(row))),
  });
}

const TYPE_CODES: Readonly<Record<DbObject['kind'], readonly [string, string]>> = {
  table: ['U ', 'USER_TABLE'],
  view: ['V ', 'VIEW'],
  procedure: ['P ', 'SQL_STORED_PROCEDURE'],
  trigger: ['TR', 'SQL_TRIGGER'],
};

/** Everything with an object id, constraints included. */
interface AnyObject {
  name: string;
  schema: string;
  objectId: number;
  created: number;
  type: readonly [string, string];
  parent: number;
}
function* allObjects(database: Database): Iterable<AnyObject> {
  for (const o of database.objects.values()) {
    yield {
      name: o.name,
      schema: o.schema,
      objectId: o.objectId,
      created: o.created,
      type: TYPE_CODES[o.kind],
      parent: o.kind === 'trigger' ? o.table.objectId : 0,
    };
    if (o.kind !== 'table') continue;
    const child = (name: string, objectId: number, code: string, text: string): AnyObject => ({
      name,
      schema: o.schema,
      objectId,
      created: o.created,
      type: [code, text],
      parent: o.objectId,
    });
    for (const i of o.indexes)
      if (i.constraint)
        yield child(
          i.name,
          i.constraintId,
          i.primary ? 'PK' : 'UQ',
          i.primary ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT',
        );
    for (const c of o.checks) yield child(c.name, c.objectId, 'C ', 'CHECK_CONSTRAINT');
    for (const f of o.foreignKeys) yield child(f.name, f.objectId, 'F ', 'FOREIGN_KEY_CONSTRAINT');
    for (const c of o.columns)
      if (c.fallback) yield child(c.fallback.name, c.fallback.objectId, 'D ', 'DEFAULT_CONSTRAINT');
  }
}

const moment = (ms: number): SqlValue => fitMoment(fromUnix(ms), DATETIME);
const schemaId = (d: Database, schema: string): number => d.schemas.get(nameKey(schema))?.id ?? 1;

/** sys.types: the number a type has on every server. */
const TYPES: readonly (readonly [string, number, number, number, number])[] = [
  ['image', 34, 16, 0, 0],
  ['text', 35, 16, 0, 0],
  ['uniqueidentifier', 36, 16, 0, 0],
  ['date', 40, 3, 10, 0],
  ['time', 41, 5, 16, 7],
  ['datetime2', 42, 8, 27, 7],
  ['datetimeoffset', 43, 10, 34, 7],
  ['tinyint', 48, 1, 3, 0],
  ['smallint', 52, 2, 5, 0],
  ['int', 56, 4, 10, 0],
  ['smalldatetime', 58, 4, 16, 0],
  ['real', 59, 4, 24, 0],
  ['money', 60, 8, 19, 4],
  ['datetime', 61, 8, 23, 3],
  ['float', 62, 8, 53, 0],
  ['sql_variant', 98, 8016, 0, 0],
  ['ntext', 99, 16, 0, 0],
  ['bit', 104, 1, 1, 0],
  ['decimal', 106, 17, 38, 38],
  ['numeric', 108, 17, 38, 38],
  ['smallmoney', 122, 4, 10, 4],
  ['bigint', 127, 8, 19, 0],
  ['varbinary', 165, 8000, 0, 0],
  ['varchar', 167, 8000, 0, 0],
  ['binary', 173, 8000, 0, 0],
  ['char', 175, 8000, 0, 0],
  ['timestamp', 189, 8, 0, 0],
  ['nvarchar', 231, 8000, 0, 0],
  ['nchar', 239, 8000, 0, 0],
];
const TYPE_IDS: ReadonlyMap<string, number> = new Map(TYPES.map(([name, id]) => [name, id]));

function storedSize(type: Type): number {
  const f = family(type);
  if (f === 'text' || (f === 'binary' && type.name !== 'rowversion')) {
    if (type.name === 'text' || type.name === 'ntext' || type.name === 'image') return 16;
    const n = lengthOf(type);
    return n === 'max' ? -1 : isUnicode(type) ? n * 2 : n;
  }
  if (type.name === 'decimal' || type.name === 'numeric') {
    const p = precisionOf(type);
    return p <= 9 ? 5 : p <= 19 ? 9 : p <= 28 ? 13 : 17;
  }
  if (type.name === 'time' || type.name === 'datetime2' || type.name === 'datetimeoffset') {
    const s = type.scale ?? 7;
    return (s <= 2 ? 3 : s <= 4 ? 4 : 5) + (type.name === 'time' ? 0 : type.name === 'datetime2' ? 3 : 5);
  }
  return TYPES.find(([name]) => name === typeText(type))?.[2] ?? 0;
}

/** Precision and scale as sys.columns states them. */
function digits(type: Type): readonly [number, number] {
  const known = TYPES.find(([name]) => name === typeText(type));
  const scale = type.scale ?? 7;
  switch (type.name) {
    case 'decimal':
    case 'numeric':
      return [precisionOf(type), type.scale ?? 0];
    case 'time':
      return [scale ? 9 + scale : 8, scale];
    case 'datetime2':
      return [scale ? 20 + scale : 19, scale];
    case 'datetimeoffset':
      return [scale ? 27 + scale : 26, scale];
    default:
      return known ? [known[3], known[4]] : [0, 0];
  }
}

interface ColumnRow {
  table: { objectId: number; schema: string; name: string };
  column: Column;
  position: number;
}
function* columnRows(database: Database): Iterable<ColumnRow> {
  for (const table of database.tables())
    for (const [i, column] of table.columns.entries()) yield { table, column, position: i + 1 };
}
/** Columns of views have neither identity nor default; whether they may be NULL follows from the query. */
function* allColumnRows(database: Database, describe: DescribeView): Iterable<ColumnRow> {
  yield* columnRows(database);
  for (const view of database.objects.values())
    if (view.kind === 'view')
      for (const [i, column] of describe(view).entries())
        yield { table: view, column: { ...column, id: i + 1 }, position: i + 1 };
}
function* indexRows(database: Database): Iterable<{ table: Table; index: IndexDef }> {
  for (const table of database.tables()) for (const index of table.indexes) yield { table, index };
}

const objectCells = (database: Database) =>
  ({
    name: [SYSNAME, (o: AnyObject): SqlValue => o.name],
    object_id: [INT, (o: AnyObject): SqlValue => o.objectId],
    principal_id: [INT, (): SqlValue => null],
    schema_id: [INT, (o: AnyObject): SqlValue => schemaId(database, o.schema)],
    parent_object_id: [INT, (o: AnyObject): SqlValue => o.parent],
    type: [{ name: 'char', length: 2 }, (o: AnyObject): SqlValue => o.type[0]],
    type_desc: [nvarchar(60), (o: AnyObject): SqlValue => o.type[1]],
    create_date: [DATETIME, (o: AnyObject): SqlValue => moment(o.created)],
    modify_date: [DATETIME, (o: AnyObject): SqlValue => moment(o.created)],
    is_ms_shipped: [BIT, (): SqlValue => false],
  }) as const;
const objectView =
  (keep: (o: AnyObject) => boolean) =>
  (database: Database): SystemView =>
    view<AnyObject>(
      function* (d) {
        for (const o of allObjects(d)) if (keep(o)) yield o;
      },
      objectCells(database) as never,
    )(database);

function* flat<T, U>(list: Iterable<T>, fn: (x: T) => Iterable<U>): Iterable<U> {
  for (const x of list) yield* fn(x);
}
const stringLength = (t: Type): number | null => {
  if (family(t) !== 'text' && (family(t) !== 'binary' || t.name === 'rowversion')) return null;
  const n = lengthOf(t);
  return n === 'max'
    ? t.name === 'ntext'
      ? 1073741823
      : t.name === 'text' || t.name === 'image'
        ? 2147483647
        : -1
    : n;
};
const keyName = (t: Type): string => typeText(t);
const YES_NO = varchar(3);

const VIEWS: Readonly<Record<string, (database: Database, describe: DescribeView) => SystemView>> = {
  ...securityViews(view),
  ...activityViews(view),
  'sys.databases': view((_, s) => s.databases(), {
    name: [SYSNAME, (d) => d.name],
    database_id: [INT, (d) => d.id],
    create_date: [DATETIME, (d) => moment(d.created)],
    compatibility_level: [TINYINT, () => 150],
    collation_name: [SYSNAME, () => 'SQL_Latin1_General_CP1_CI_AS'],
    state: [TINYINT, () => 0],
    state_desc: [nvarchar(60), () => 'ONLINE'],
    is_read_only: [BIT, () => false],
    user_access: [TINYINT, () => 0],
    snapshot_isolation_state: [TINYINT, (d) => (d.allowSnapshot ? 1 : 0)],
    snapshot_isolation_state_desc: [nvarchar(60), (d) => (d.allowSnapshot ? 'ON' : 'OFF')],
    is_read_committed_snapshot_on: [BIT, (d) => d.readCommittedSnapshot],
    recovery_model: [TINYINT, () => 3],
    recovery_model_desc: [nvarchar(60), () => 'SIMPLE'],
    is_cdc_enabled: [BIT, () => false],
    is_published: [BIT, () => false],
    group_database_id: [GUID, () => null],
    replica_id: [GUID, () => null],
    is_auto_close_on: [BIT, () => false],
  }),
  // Whoever may not look into the server sees nothing of restores.
  'sys.database_recovery_status': view(
    (_, s) => (s.access?.mayOnServer('VIEW SERVER STATE') === false ? [] : s.databases()),
    {
      database_id: [INT, (d) => d.id],
      database_guid: [GUID, () => null],
      family_guid: [GUID, () => null],
      last_log_backup_lsn: [{ name: 'numeric', precision: 25, scale: 0 }, () => null],
      recovery_fork_guid: [GUID, (d) => d.forkGuid],
      first_recovery_fork_guid: [GUID, () => null],
    },
  ),
  'sys.database_mirroring': view((_, s) => s.databases(), {
    database_id: [INT, (d) => d.id],
    mirroring_guid: [GUID, () => null],
    mirroring_state: [TINYINT, () => null],
  }),
  'sys.change_tracking_databases': view(
    function* (_, s) {
      for (const d of s.databases()) if (d.tracking.on) yield d;
    },
    {
      database_id: [INT, (d) => d.id],
      is_auto_cleanup_on: [BIT, (d) => d.tracking.autoCleanup],
      retention_period: [INT, (d) => d.tracking.retention],
      retention_period_units: [TINYINT, (d) => ['MINUTES', 'HOURS', 'DAYS'].indexOf(d.tracking.unit) + 1],
      retention_period_units_desc: [nvarchar(60), (d) => d.tracking.unit],
      max_cleanup_version: [{ name: 'bigint' }, (d) => d.tracking.cleaned],
    },
  ),
  'sys.change_tracking_tables': view(
    function* (d) {
      for (const table of d.tables()) if (table.tracking) yield { table, tracking: table.tracking };
    },
    {
      object_id: [INT, (r) => r.table.objectId],
      is_track_columns_updated_on: [BIT, (r) => r.tracking.columnsToo],
      min_valid_version: [{ name: 'bigint' }, (r) => r.tracking.minValid],
      begin_version: [{ name: 'bigint' }, (r) => r.tracking.begin],
      cleanup_version: [{ name: 'bigint' }, (r) => r.tracking.database.cleaned],
    },
  ),
  'sys.schemas': view((d) => d.schemas.values(), {
    name: [SYSNAME, (s) => s.name],
    schema_id: [INT, (s) => s.id],
    principal_id: [INT, () => 1],
  }),
  'sys.objects': objectView(() => true),
  'sys.all_objects': objectView(() => true),
  'sys.tables': objectView((o) => o.type[0] === 'U '),
  'sys.views': objectView((o) => o.type[0] === 'V '),
  'sys.procedures': objectView((o) => o.type[0] === 'P '),
  'sys.columns': (database, describe) =>
    view((d) => allColumnRows(d, describe), {
      object_id: [INT, (r) => r.table.objectId],
      name: [SYSNAME, (r) => r.column.name],
      column_id: [INT, (r) => r.column.id],
      system_type_id: [TINYINT, (r) => TYPE_IDS.get(typeText(r.column.type)) ?? 0],
      user_type_id: [INT, (r) => TYPE_IDS.get(typeText(r.column.type)) ?? 0],
      max_length: [SMALLINT, (r) => storedSize(r.column.type)],
      precision: [TINYINT, (r) => digits(r.column.type)[0]],
      scale: [TINYINT, (r) => digits(r.column.type)[1]],
      collation_name: [
        SYSNAME,
        (r) => (family(r.column.type) === 'text' ? collationName(r.column.type) : null),
      ],
      is_nullable: [BIT, (r) => r.column.nullable],
      is_rowguidcol: [BIT, () => false],
      is_identity: [BIT, (r) => r.column.identity !== undefined],
      is_computed: [BIT, (r) => r.column.computed !== undefined],
      default_object_id: [INT, (r) => r.column.fallback?.objectId ?? 0],
      is_hidden: [BIT, () => false],
      generated_always_type: [TINYINT, () => 0],
      is_sparse: [BIT, () => false],
    })(database),
  'sys.types': view(() => TYPES, {
    name: [SYSNAME, (t) => t[0]],
    system_type_id: [TINYINT, (t) => t[1]],
    user_type_id: [INT, (t) => t[1]],
    schema_id: [INT, () => 4],
    max_length: [SMALLINT, (t) => t[2]],
    precision: [TINYINT, (t) => t[3]],
    scale: [TINYINT, (t) => t[4]],
    is_nullable: [BIT, () => true],
    is_user_defined: [BIT, () => false],
    is_table_type: [BIT, () => false],
  }),
  'sys.indexes': view(
    function* (d) {
      for (const table of d.tables()) {
        if (!table.indexes.some((i) => i.clustered)) yield { table, index: undefined };
        for (const index of table.indexes) yield { table, index };
      }
    },
    {
      object_id: [INT, (r) => r.table.objectId],
      name: [SYSNAME, (r) => r.index?.name ?? null],
      index_id: [INT, (r) => r.index?.id ?? 0],
      type: [TINYINT, (r) => (r.index ? (r.index.clustered ? 1 : 2) : 0)],
      type_desc: [
        nvarchar(60),
        (r) => (r.index ? (r.index.clustered ? 'CLUSTERED' : 'NONCLUSTERED') : 'HEAP'),
      ],
      is_unique: [BIT, (r) => r.index?.unique ?? false],
      is_primary_key: [BIT, (r) => r.index?.primary ?? false],
      is_unique_constraint: [BIT, (r) => (r.index?.constraint ?? false) && !r.index?.primary],
      is_disabled: [BIT, () => false],
      is_hypothetical: [BIT, () => false],
      has_filter: [BIT, (r) => r.index?.where !== undefined],
      filter_definition: [nvarchar('max'), (r) => r.index?.whereText ?? null],
      ignore_dup_key: [BIT, () => false],
    },
  ),
  'sys.index_columns': view(
    (d) =>
      flat(indexRows(d), ({ table, index }) => [
        ...index.columns.map((c, i) => ({
          table,
          index,
          column: table.columns[c.ordinal],
          at: i + 1,
          key: i + 1,
          desc: c.desc,
        })),
        ...index.included.map((o, i) => ({
          table,
          index,
          column: table.columns[o],
          at: index.columns.length + i + 1,
          key: 0,
          desc: false,
        })),
      ]),
    {
      object_id: [INT, (r) => r.table.objectId],
      index_id: [INT, (r) => r.index.id],
      index_column_id: [INT, (r) => r.at],
      column_id: [INT, (r) => r.column?.id ?? 0],
      key_ordinal: [TINYINT, (r) => r.key],
      partition_ordinal: [TINYINT, () => 0],
      is_descending_key: [BIT, (r) => r.desc],
      is_included_column: [BIT, (r) => r.key === 0],
    },
  ),
  'sys.key_constraints': (database) =>
    view<{ table: Table; index: IndexDef }>(
      function* (d) {
        for (const r of indexRows(d)) if (r.index.constraint) yield r;
      },
      {
        name: [SYSNAME, (r) => r.index.name],
        object_id: [INT, (r) => r.index.constraintId],
        schema_id: [INT, (r) => schemaId(database, r.table.schema)],
        parent_object_id: [INT, (r) => r.table.objectId],
        type: [{ name: 'char', length: 2 }, (r) => (r.index.primary ? 'PK' : 'UQ')],
        type_desc: [nvarchar(60), (r) => (r.index.primary ? 'PRIMARY_KEY_CONSTRAINT' : 'UNIQUE_CONSTRAINT')],
        unique_index_id: [INT, (r) => r.index.id],
      },
    )(database),
  'sys.foreign_keys': (database) =>
    view((d) => flat(d.tables(), (t) => t.foreignKeys), {
      name: [SYSNAME, (f) => f.name],
      object_id: [INT, (f) => f.objectId],
      schema_id: [INT, (f) => schemaId(database, f.table.schema)],
      parent_object_id: [INT, (f) => f.table.objectId],
      referenced_object_id: [INT, (f) => f.target.objectId],
      type: [{ name: 'char', length: 2 }, () => 'F '],
      is_disabled: [BIT, (f) => !f.enabled],
      is_not_trusted: [BIT, (f) => !f.enabled],
      delete_referential_action: [
        TINYINT,
        (f) => ['NO_ACTION', 'CASCADE', 'SET_NULL', 'SET_DEFAULT'].indexOf(f.onDelete),
      ],
      delete_referential_action_desc: [nvarchar(60), (f) => f.onDelete],
      update_referential_action: [
        TINYINT,
        (f) => ['NO_ACTION', 'CASCADE', 'SET_NULL', 'SET_DEFAULT'].indexOf(f.onUpdate),
      ],
      update_referential_action_desc: [nvarchar(60), (f) => f.onUpdate],
    })(database),
  'sys.foreign_key_columns': view(
    (d) =>
      flat(d.tables(), (t) =>
        flat(t.foreignKeys, (f) => f.columns.map((c, i) => ({ f, i, c, r: f.targetColumns[i] ?? 0 }))),
      ),
    {
      constraint_object_id: [INT, (x) => x.f.objectId],
      constraint_column_id: [INT, (x) => x.i + 1],
      parent_object_id: [INT, (x) => x.f.table.objectId],
      parent_column_id: [INT, (x) => x.f.table.columns[x.c]?.id ?? 0],
      referenced_object_id: [INT, (x) => x.f.target.objectId],
      referenced_column_id: [INT, (x) => x.f.target.columns[x.r]?.id ?? 0],
    },
  ),
  'sys.triggers': view((d) => flat(d.tables(), (t) => t.triggers), {
    name: [SYSNAME, (t) => t.name],
    object_id: [INT, (t) => t.objectId],
    parent_class: [TINYINT, () => 1],
    parent_id: [INT, (t) => t.table.objectId],
    type: [{ name: 'char', length: 2 }, () => 'TR'],
    type_desc: [nvarchar(60), () => 'SQL_TRIGGER'],
    create_date: [DATETIME, (t) => moment(t.created)],
    is_disabled: [BIT, (t) => t.disabled],
    is_instead_of_trigger: [BIT, () => false],
    is_ms_shipped: [BIT, () => false],
  }),
  'sys.trigger_events': view(
    (d) => flat(d.tables(), (t) => flat(t.triggers, (g) => g.events.map((e) => ({ g, e })))),
    {
      object_id: [INT, (x) => x.g.objectId],
      type: [INT, (x) => ['INSERT', 'UPDATE', 'DELETE'].indexOf(x.e) + 1],
      type_desc: [nvarchar(60), (x) => x.e],
    },
  ),
  'sys.parameters': view(
    function* (d) {
      for (const p of d.objects.values())
        if (p.kind === 'procedure')
          for (const [i, parameter] of p.parameters.entries()) yield { p, parameter, i };
    },
    {
      object_id: [INT, (x) => x.p.objectId],
      name: [SYSNAME, (x) => x.parameter.name],
      parameter_id: [INT, (x) => x.i + 1],
      system_type_id: [TINYINT, (x) => TYPE_IDS.get(typeText(x.parameter.resolved)) ?? 0],
      user_type_id: [INT, (x) => TYPE_IDS.get(typeText(x.parameter.resolved)) ?? 0],
      max_length: [SMALLINT, (x) => storedSize(x.parameter.resolved)],
      precision: [TINYINT, (x) => digits(x.parameter.resolved)[0]],
      scale: [TINYINT, (x) => digits(x.parameter.resolved)[1]],
      is_output: [BIT, (x) => x.parameter.output],
      has_default_value: [BIT, () => false],
      is_nullable: [BIT, () => true],
    },
  ),
  'sys.identity_columns': view(
    function* (d) {
      for (const table of d.tables())
        for (const column of table.columns)
          if (column.identity) yield { table, column, identity: column.identity };
    },
    {
      object_id: [INT, (r) => r.table.objectId],
      name: [SYSNAME, (r) => r.column.name],
      column_id: [INT, (r) => r.column.id],
      seed_value: [{ name: 'bigint' }, (r) => r.identity.seed],
      increment_value: [{ name: 'bigint' }, (r) => r.identity.step],
      last_value: [{ name: 'bigint' }, (r) => r.table.lastIdentity],
      is_identity: [BIT, () => true],
    },
  ),
  'sys.computed_columns': view(
    function* (d) {
      for (const r of columnRows(d)) if (r.column.computed) yield { ...r, computed: r.column.computed };
    },
    {
      object_id: [INT, (r) => r.table.objectId],
      name: [SYSNAME, (r) => r.column.name],
      column_id: [INT, (r) => r.column.id],
      definition: [nvarchar('max'), (r) => r.computed.text],
      is_persisted: [BIT, (r) => r.computed.persisted],
      is_computed: [BIT, () => true],
    },
  ),
  'sys.default_constraints': (database) =>
    view(
      function* (d) {
        for (const r of columnRows(d)) if (r.column.fallback) yield { ...r, fallback: r.column.fallback };
      },
      {
        name: [SYSNAME, (r) => r.fallback.name],
        object_id: [INT, (r) => r.fallback.objectId],
        schema_id: [INT, (r) => schemaId(database, r.table.schema)],
        parent_object_id: [INT, (r) => r.table.objectId],
        parent_column_id: [INT, (r) => r.column.id],
        definition: [nvarchar('max'), (r) => r.fallback.text],
        is_system_named: [BIT, (r) => r.fallback.system],
      },
    )(database),
  'sys.check_constraints': (database) =>
    view((d) => flat(d.tables(), (t) => t.checks.map((check) => ({ t, check }))), {
      name: [SYSNAME, (r) => r.check.name],
      object_id: [INT, (r) => r.check.objectId],
      schema_id: [INT, (r) => schemaId(database, r.t.schema)],
      parent_object_id: [INT, (r) => r.t.objectId],
      parent_column_id: [
        INT,
        (r) => (r.check.column ? (r.t.columns[r.t.ordinal(r.check.column)]?.id ?? 0) : 0),
      ],
      definition: [nvarchar('max'), (r) => r.check.text],
      is_disabled: [BIT, (r) => !r.check.enabled],
    })(database),
  'sys.sql_modules': view(
    function* (d) {
      for (const o of d.objects.values()) if (o.kind !== 'table') yield o;
    },
    { object_id: [INT, (o) => o.objectId], definition: [nvarchar('max'), (o) => o.text] },
  ),
  'sys.partitions': view((d) => d.tables(), {
    object_id: [INT, (t) => t.objectId],
    index_id: [INT, (t) => (t.indexes.some((i) => i.clustered) ? 1 : 0)],
    partition_number: [INT, () => 1],
    rows: [{ name: 'bigint' }, (t) => BigInt(t.store.rows.size)],
  }),
  // There are none: CREATE SYNONYM is outside the subset.
  'sys.synonyms': view<never>(() => [], {
    name: [SYSNAME, () => null],
    object_id: [INT, () => 0],
    schema_id: [INT, () => 0],
    base_object_name: [nvarchar(1035), () => null],
  }),
  'sys.extended_properties': view<never>(() => [], {
    class: [TINYINT, () => 0],
    major_id: [INT, () => 0],
    minor_id: [INT, () => 0],
    name: [SYSNAME, () => ''],
    value: [nvarchar(4000), () => null],
  }),
  'information_schema.tables': view(
    function* (d) {
      for (const o of d.objects.values()) if (o.kind === 'table' || o.kind === 'view') yield { d, o };
    },
    {
      TABLE_CATALOG: [SYSNAME, (r) => r.d.name],
      TABLE_SCHEMA: [SYSNAME, (r) => r.o.schema],
      TABLE_NAME: [SYSNAME, (r) => r.o.name],
      TABLE_TYPE: [varchar(10), (r) => (r.o.kind === 'table' ? 'BASE TABLE' : 'VIEW')],
    },
  ),
  'information_schema.schemata': view((d) => [...d.schemas.values()].map((s) => ({ d, s })), {
    CATALOG_NAME: [SYSNAME, (r) => r.d.name],
    SCHEMA_NAME: [SYSNAME, (r) => r.s.name],
    SCHEMA_OWNER: [SYSNAME, () => 'dbo'],
  }),
  'information_schema.columns': (database, describe) =>
    view((d) => allColumnRows(d, describe), {
      TABLE_CATALOG: [SYSNAME, () => database.name],
      TABLE_SCHEMA: [SYSNAME, (r) => r.table.schema],
      TABLE_NAME: [SYSNAME, (r) => r.table.name],
      COLUMN_NAME: [SYSNAME, (r) => r.column.name],
      ORDINAL_POSITION: [INT, (r) => r.position],
      COLUMN_DEFAULT: [nvarchar(4000), (r) => r.column.fallback?.text ?? null],
      IS_NULLABLE: [YES_NO, (r) => (r.column.nullable ? 'YES' : 'NO')],
      DATA_TYPE: [SYSNAME, (r) => keyName(r.column.type)],
      CHARACTER_MAXIMUM_LENGTH: [INT, (r) => stringLength(r.column.type)],
      CHARACTER_OCTET_LENGTH: [
        INT,
        (r) => {
          const n = stringLength(r.column.type);
          return n === null || n < 0 ? n : isUnicode(r.column.type) ? n * 2 : n;
        },
      ],
      NUMERIC_PRECISION: [
        TINYINT,
        (r) =>
          ['int', 'decimal', 'float'].includes(family(r.column.type)) ? digits(r.column.type)[0] : null,
      ],
      NUMERIC_PRECISION_RADIX: [
        SMALLINT,
        (r) =>
          family(r.column.type) === 'float'
            ? 2
            : ['int', 'decimal'].includes(family(r.column.type))
              ? 10
              : null,
      ],
      NUMERIC_SCALE: [
        INT,
        (r) => (['int', 'decimal'].includes(family(r.column.type)) ? digits(r.column.type)[1] : null),
      ],
      DATETIME_PRECISION: [
        SMALLINT,
        (r) =>
          family(r.column.type) === 'date'
            ? r.column.type.name === 'date' || r.column.type.name === 'smalldatetime'
              ? 0
              : r.column.type.name === 'datetime'
                ? 3
                : (r.column.type.scale ?? 7)
            : null,
      ],
      CHARACTER_SET_NAME: [
        SYSNAME,
        (r) => (family(r.column.type) === 'text' ? (isUnicode(r.column.type) ? 'UNICODE' : 'iso_1') : null),
      ],
      COLLATION_NAME: [
        SYSNAME,
        (r) => (family(r.column.type) === 'text' ? collationName(r.column.type) : null),
      ],
    })(database),
  'information_schema.table_constraints': view(constraintRows, {
    CONSTRAINT_CATALOG: [SYSNAME, (r) => r.catalog],
    CONSTRAINT_SCHEMA: [SYSNAME, (r) => r.table.schema],
    CONSTRAINT_NAME: [SYSNAME, (r) => r.name],
    TABLE_CATALOG: [SYSNAME, (r) => r.catalog],
    TABLE_SCHEMA: [SYSNAME, (r) => r.table.schema],
    TABLE_NAME: [SYSNAME, (r) => r.table.name],
    CONSTRAINT_TYPE: [varchar(11), (r) => r.type],
    IS_DEFERRABLE: [varchar(2), () => 'NO'],
    INITIALLY_DEFERRED: [varchar(2), () => 'NO'],
  }),
  'information_schema.key_column_usage': view(
    (d) =>
      flat(constraintRows(d), (r) =>
        r.columns.map((ordinal, i) => ({ r, column: r.table.columns[ordinal], i })),
      ),
    {
      CONSTRAINT_CATALOG: [SYSNAME, (x) => x.r.catalog],
      CONSTRAINT_SCHEMA: [SYSNAME, (x) => x.r.table.schema],
      CONSTRAINT_NAME: [SYSNAME, (x) => x.r.name],
      TABLE_CATALOG: [SYSNAME, (x) => x.r.catalog],
      TABLE_SCHEMA: [SYSNAME, (x) => x.r.table.schema],
      TABLE_NAME: [SYSNAME, (x) => x.r.table.name],
      COLUMN_NAME: [SYSNAME, (x) => x.column?.name ?? null],
      ORDINAL_POSITION: [INT, (x) => x.i + 1],
    },
  ),
};

function collationName(t: Type): string {
  if (t.collation === 'binary') return 'Latin1_General_BIN2';
  return t.collation === 'case-sensitive' ? 'SQL_Latin1_General_CP1_CS_AS' : 'SQL_Latin1_General_CP1_CI_AS';
}

interface ConstraintRow {
  catalog: string;
  table: Table;
  name: string;
  type: string;
  columns: readonly number[];
}
function* constraintRows(d: Database): Iterable<ConstraintRow> {
  for (const table of d.tables()) {
    for (const i of table.indexes)
      if (i.constraint)
        yield {
          catalog: d.name,
          table,
          name: i.name,
          type: i.primary ? 'PRIMARY KEY' : 'UNIQUE',
          columns: i.columns.map((c) => c.ordinal),
        };
    for (const f of table.foreignKeys)
      yield { catalog: d.name, table, name: f.name, type: 'FOREIGN KEY', columns: f.columns };
    for (const c of table.checks) yield { catalog: d.name, table, name: c.name, type: 'CHECK', columns: [] };
  }
}

/** The name of a type by its number. */
export function typeNameOf(id: number): string | null {
  return TYPES.find((t) => t[1] === id)?.[0] ?? null;
}

/** The view of the catalogue a name means, or undefined. */
export function catalogueView(
  name: ObjectName,
  database: Database,
  describe: DescribeView,
): SystemView | undefined {
  const key = name.slice(-2).map(nameKey).join('.');
  return VIEWS[key]?.(database, describe);
}

const KINDS: Readonly<Record<string, DbObject['kind']>> = {
  u: 'table',
  v: 'view',
  p: 'procedure',
  tr: 'trigger',
};

/** OBJECT_ID: NULL for a name that means nothing or something of another kind. */
export function objectIdOf(system: System, text: string, kind: string | undefined): SqlValue {
  const parts = splitName(text);
  const name = parts.at(-1) ?? '';
  const wanted = kind === undefined ? undefined : kind.trim().toLowerCase();
  if (name.startsWith('#')) {
    const t = system.tempTable(name);
    return t && (wanted === undefined || wanted === 'u') ? t.objectId : null;
  }
  const asked =
    parts.length > 2 && parts.at(-3) ? system.databaseNamed(parts.at(-3) as string) : system.database;
  if (!asked) return null;
  const database = seen(asked, system);
  const schema = parts.length > 1 && parts.at(-2) ? (parts.at(-2) as string) : 'dbo';
  const found = database.find(schema, name);
  if (found) return wanted === undefined || KINDS[wanted] === found.kind ? found.objectId : null;
  for (const o of allObjects(database)) {
    if (
      o.parent &&
      nameKey(o.name) === nameKey(name) &&
      nameKey(o.schema) === nameKey(schema) &&
      (wanted === undefined || o.type[0].trim().toLowerCase() === wanted)
    )
      return o.objectId;
  }
  return null;
}

export function objectById(system: System, id: number | null): DbObject | undefined {
  for (const o of seen(system.database, system).objects.values()) if (o.objectId === id) return o;
  return undefined;
}
