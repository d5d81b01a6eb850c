import { INT, SYSNAME, TINYINT, typeText, SMALLINT, family, BIT, nvarchar } from '../types/sql-type.ts';
import { allColumnRows, columnRows } from './table-parts.ts';
import { TYPE_IDS, storedSize, digits, collationName, TYPES } from './type-facts.ts';
import { view, schemaId } from './view.ts';
import type { SystemViews } from './view.ts';

/** Columns, their types, and what fills them. */
export const COLUMN_VIEWS: SystemViews = {
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
};
