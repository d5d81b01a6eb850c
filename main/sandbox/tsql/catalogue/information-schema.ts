import {
  varchar,
  SYSNAME,
  INT,
  nvarchar,
  isUnicode,
  TINYINT,
  family,
  SMALLINT,
  typeText,
} from '../types/sql-type.ts';
import { allColumnRows, constraintRows } from './table-parts.ts';
import { stringLength, digits, collationName } from './type-facts.ts';
import { view, flat } from './view.ts';
import type { SystemViews } from './view.ts';

const YES_NO = varchar(3);

/** The same in the words of the standard. */
export const INFORMATION_SCHEMA: SystemViews = {
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
      DATA_TYPE: [SYSNAME, (r) => typeText(r.column.type)],
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
