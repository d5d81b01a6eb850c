import { parseFieldType, type FieldType } from '../../../../shared/model/field-type.ts';
import type { SqlName } from '../../../../shared/model/mapping-names.ts';
import type { RecordMapping } from '../../../../shared/model/record-mapping.ts';
import type { CatalogueColumn, CatalogueObject } from '../../../core/drift/catalogue.ts';
import { isRowVersion } from '../../../core/feeds/offers.ts';
import type { RecordType } from '../../../core/records/record-store.ts';
import { Refused } from '../unit-scope.ts';

/** A mapped table as the settings of a store name it. */
export interface RecordTable {
  readonly table: SqlName;
  readonly key: readonly string[];
  readonly changedAt?: { readonly column: string; readonly clock: 'local' | 'utc' } | undefined;
  /** Columns whose values the ERP assigns itself. */
  readonly assigned: readonly string[];
  /** As the mapping names them, by column; also what is read back after a write. */
  readonly types: ReadonlyMap<string, FieldType>;
}

export const entityOf = ({ schema, name }: SqlName): string => `${schema}.${name}`;

/** The tables of a mapping. Two entities of one table are one, with the columns of both. Pure. */
export function recordTables(mapping: RecordMapping): readonly RecordTable[] {
  const tables = new Map<string, RecordTable>();
  for (const { erp, fields } of mapping.entities) {
    const named = [
      ...fields.map((field) => [field.erp, field.type] as const),
      ...[erp.constants, erp.mark ?? {}].flatMap((set) =>
        Object.entries(set).map(([name, { type }]) => [name, type] as const),
      ),
    ];
    const types = named.flatMap(([name, text]) => {
      const type = parseFieldType(text);
      return type === undefined ? [] : [[name, type] as const];
    });
    const before = tables.get(entityOf(erp.table));
    tables.set(entityOf(erp.table), {
      table: erp.table,
      key: erp.key,
      changedAt: erp.changedAt ?? before?.changedAt,
      assigned: [...(before?.assigned ?? []), ...erp.assigned],
      types: new Map([...(before?.types ?? []), ...types]),
    });
  }
  return [...tables.values()];
}

/** A column with the type its texts are of. */
export interface RecordColumn {
  /** As the catalogue spells it. */
  readonly name: string;
  readonly type: FieldType;
  /** The server's own name of its type. */
  readonly native: string;
}

/** A mapped table as the server has it. */
export interface LiveTable {
  readonly entity: string;
  readonly given: RecordTable;
  readonly object: CatalogueObject;
  readonly key: readonly RecordColumn[];
  /** Columns the mapping names, by its spelling. */
  readonly mapped: ReadonlyMap<string, RecordColumn>;
  readonly version: string | undefined;
  readonly changedAt: { readonly column: RecordColumn; readonly clock: 'local' | 'utc' } | undefined;
}

/** Throws Refused where a key column is not there or cannot be carried as text. */
export function liveTable(given: RecordTable, object: CatalogueObject): LiveTable {
  const entity = entityOf(given.table);
  const key = given.key.map((name) => {
    const found = findColumn(object, name);
    const column = found === undefined ? undefined : columnOf(found, undefined);
    if (column === undefined)
      throw new Refused(
        'no-key-column',
        'the table has no such column, or no key can be made of it',
        entity,
        name,
      );
    return column;
  });
  const stamp = given.changedAt;
  const stampColumn = stamp === undefined ? undefined : findColumn(object, stamp.column);
  const stamped = stampColumn === undefined ? undefined : columnOf(stampColumn, undefined);
  return {
    entity,
    given,
    object,
    key,
    mapped: new Map(
      [...given.types].flatMap(([name, type]) => {
        const found = findColumn(object, name);
        const column = found === undefined ? undefined : columnOf(found, type);
        return column === undefined ? [] : [[name, column] as const];
      }),
    ),
    version: object.columns.find(({ type }) => isRowVersion(type))?.name,
    changedAt:
      stamp !== undefined && stamped?.type.kind === 'datetime'
        ? { column: stamped, clock: stamp.clock }
        : undefined,
  };
}

/** The column of a field; Refused where there is none, or none whose values can be carried. */
export function fieldColumn({ entity, object, mapped }: LiveTable, name: string): RecordColumn {
  const known = mapped.get(name);
  if (known !== undefined) return known;
  const found = findColumn(object, name);
  const column = found === undefined ? undefined : columnOf(found, undefined);
  if (column !== undefined) return column;
  throw new Refused(
    'no-such-column',
    'the table has no such column, or its values cannot be carried',
    entity,
    name,
  );
}

export const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** Exactly, else whatever its capitals. */
export const findColumn = (object: CatalogueObject, name: string): CatalogueColumn | undefined =>
  object.columns.find((column) => column.name === name) ??
  object.columns.find((column) => sameName(column.name, name));

/** Whether only the server gives the column its values. */
export const isAssigned = (column: CatalogueColumn, { assigned }: RecordTable): boolean =>
  column.identity ||
  column.computed ||
  column.generated ||
  isRowVersion(column.type) ||
  assigned.some((name) => sameName(name, column.name));

export function columnOf(column: CatalogueColumn, mapped: FieldType | undefined): RecordColumn | undefined {
  const type = effectiveType(column, mapped);
  return type === undefined ? undefined : { name: column.name, type, native: column.type.name };
}

/** The mapping says what a value is, the catalogue what fits. Undefined: the values cannot be carried without loss. */
function effectiveType({ type }: CatalogueColumn, mapped: FieldType | undefined): FieldType | undefined {
  if (type.name === 'float' || type.name === 'real') return mapped?.kind === 'decimal' ? mapped : undefined;
  const own = nativeType(type);
  if (own === undefined || mapped === undefined) return own;
  const kind = mapped.kind === 'dateOfTime' ? 'date' : mapped.kind;
  if (kind !== own.kind) return { ...mapped, kind };
  if (kind !== 'text' || mapped.length === undefined) return own;
  return { kind, length: Math.min(mapped.length, own.length ?? mapped.length) };
}

function nativeType({ name, length, precision, scale }: CatalogueColumn['type']): FieldType | undefined {
  switch (name) {
    case 'char':
    case 'varchar':
    case 'nchar':
    case 'nvarchar':
    case 'sysname':
      return { kind: 'text', length: typeof length === 'number' ? length : undefined };
    case 'text':
    case 'ntext':
      return { kind: 'text' };
    case 'decimal':
    case 'numeric':
      return { kind: 'decimal', precision, scale };
    case 'money':
      return { kind: 'decimal', precision: 19, scale: 4 };
    case 'smallmoney':
      return { kind: 'decimal', precision: 10, scale: 4 };
    case 'tinyint':
    case 'smallint':
    case 'int':
      return { kind: 'int' };
    case 'bigint':
      return { kind: 'bigint' };
    case 'bit':
      return { kind: 'bool' };
    case 'datetime':
    case 'smalldatetime':
    case 'datetime2':
      return { kind: 'datetime' };
    case 'date':
      return { kind: 'date' };
    case 'uniqueidentifier':
      return { kind: 'guid' };
    case 'binary':
    case 'varbinary':
    case 'image':
    case 'timestamp':
    case 'rowversion':
      return { kind: 'binary' };
    default:
      return undefined;
  }
}

export const RECORD_TYPE: Readonly<Record<FieldType['kind'], RecordType>> = {
  text: 'text',
  decimal: 'decimal',
  int: 'int',
  bigint: 'bigint',
  bool: 'bool',
  datetime: 'instant',
  date: 'date',
  dateOfTime: 'date',
  guid: 'guid',
  binary: 'binary',
};
