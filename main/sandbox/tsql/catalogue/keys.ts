import type { Table, IndexDef } from '../storage/schema-objects.ts';
import { INT, SYSNAME, TINYINT, nvarchar, BIT } from '../types/sql-type.ts';
import { indexRows } from './table-parts.ts';
import { view, flat, schemaId } from './view.ts';
import type { SystemViews } from './view.ts';

/** Indexes, keys and checks. */
export const KEY_VIEWS: SystemViews = {
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
};
