import { tableOf, targetOf } from '../../../shared/model/mapping-targets.ts';
import type {
  Catalogue,
  CatalogueColumn,
  CatalogueKey,
  CatalogueObject,
  CatalogueProcedure,
  ColumnType,
} from '../../../main/core/drift/catalogue.ts';
import { questionOf } from '../../../main/core/drift/drift-of.ts';
import { parseFieldType } from '../../../shared/model/field-type.ts';
import { writers, type Mapping } from '../../../shared/model/mapping.ts';
import { type SqlName } from '../../../shared/model/mapping-names.ts';
import { type PullValue } from '../../../shared/model/mapping-values.ts';

/** The SQL type that holds a mapped type exactly and reads back as it. */
export function idealType(text: string): ColumnType {
  const type = parseFieldType(text);
  switch (type?.kind) {
    case 'text':
      return { name: 'nvarchar', length: type.length ?? 'max', precision: 0, scale: 0 };
    case 'decimal':
      return { name: 'decimal', precision: type.precision ?? 38, scale: type.scale ?? 10 };
    case 'int':
      return { name: 'int', precision: 10, scale: 0 };
    case 'bigint':
      return { name: 'bigint', precision: 19, scale: 0 };
    case 'bool':
      return { name: 'bit', precision: 1, scale: 0 };
    case 'datetime':
      return { name: 'datetime2', precision: 23, scale: 3 };
    case 'date':
    case 'dateOfTime':
      return { name: 'date', precision: 10, scale: 0 };
    case 'guid':
      return { name: 'uniqueidentifier', precision: 0, scale: 0 };
    case 'binary':
      return { name: 'varbinary', length: 'max', precision: 0, scale: 0 };
    case undefined:
      throw new Error(text);
  }
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase();

/** The ERP that a mapping describes: its tables and procedures as they must be, and nothing else. Wider where it is named twice. */
export function catalogueOf(mapping: Mapping): Catalogue {
  const objects: (CatalogueObject & { columns: CatalogueColumn[]; keys: CatalogueKey[] })[] = [];
  const procedures: (CatalogueProcedure & { parameters: CatalogueProcedure['parameters'][number][] })[] = [];
  const column = (
    name: SqlName,
    wanted: string,
    type: ColumnType,
    more: Partial<CatalogueColumn> = {},
  ): void => {
    let table = objects.find((one) => same(one.name, name.name) && same(one.schema, name.schema));
    if (table === undefined) {
      table = { kind: 'table', ...name, columns: [], keys: [], foreignKeys: [], triggers: [] };
      objects.push(table);
    }
    if (table.columns.some((one) => same(one.name, wanted))) return;
    table.columns.push({
      name: wanted,
      type,
      nullable: true,
      identity: false,
      computed: false,
      generated: false,
      hasDefault: false,
      ...more,
    });
  };
  const text = idealType('text(100)');
  for (const { from, fields, filter, orderBy } of mapping.push.entities) {
    if (!('table' in from)) continue;
    for (const { column: wanted, type } of Object.values(fields)) column(from.table, wanted, idealType(type));
    for (const wanted of [...filter.map((one) => one.column), ...orderBy]) column(from.table, wanted, text);
  }
  const typeOf = (value: PullValue, key: string): ColumnType =>
    'header' in value ? idealType(key) : 'packet' in value ? text : idealType(value.type);
  for (const handler of writers(mapping)) {
    const key = handler.returns.key?.type ?? 'int';
    for (const [index, { to, values }] of [
      handler.write,
      ...handler.lines.map((line) => line.write),
    ].entries()) {
      const returns =
        index === 0 ? [handler.returns.key, handler.returns.number].flatMap((one) => one ?? []) : [];
      const table = tableOf(to);
      if (table !== undefined) {
        for (const one of returns) column(table, one.name, idealType(one.type), { identity: true });
        for (const [name, value] of Object.entries(values)) column(table, name, typeOf(value, key));
        continue;
      }
      procedures.push({
        ...targetOf(to),
        parameters: [
          ...Object.entries(values).map(([name, value]) => ({
            name,
            type: typeOf(value, key),
            output: false,
            hasDefault: false,
          })),
          ...returns.map((one) => ({
            name: one.name,
            type: idealType(one.type),
            output: true,
            hasDefault: false,
          })),
        ],
      });
    }
  }
  for (const { references, erpStatus, write, lines, returns } of mapping.pull.documents) {
    for (const { to } of references) if ('table' in to) column(to.table, to.column, text);
    const staging = tableOf(write.to);
    const inbox = objects.find((one) => erpStatus !== undefined && same(one.name, staging?.name ?? ''));
    if (returns.key !== undefined)
      inbox?.keys.push({ name: 'PK', primary: true, columns: [returns.key.name] });
    if (staging !== undefined && erpStatus !== undefined)
      for (const wanted of [erpStatus.column, erpStatus.number, erpStatus.reason])
        if (wanted !== undefined) column(staging, wanted, text);
    for (const { values } of [write, ...lines.map((line) => line.write)])
      for (const value of Object.values(values)) {
        if (!('lookup' in value)) continue;
        const { table, match, take } = value.lookup;
        for (const wanted of Object.keys(match)) column(table, wanted, text);
        column(table, take, idealType(value.type));
      }
  }
  return {
    objects,
    procedures,
    synonyms: [],
    selects: questionOf(mapping).selects.map(() => ({ kind: 'fits' as const })),
  };
}
