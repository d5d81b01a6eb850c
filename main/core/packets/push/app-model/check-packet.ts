import { assertNever } from '../../../../../shared/model/result.ts';
import { refuse, shown } from '../../codec/refusal.ts';
import type { ModelField, UsedModel } from './app-model.ts';

/** `rejected` with this code: the app would refuse the packet, and nobody would be told. */
export const APP_MODEL = 'app-model';

/** Looks at one table's rows as they are written. Throws BodyStreamError at the first that breaks the model. */
export interface TableCheck {
  /** Values in the order of the fields; null is a field that is left out. `number` counts from 1. */
  row(values: readonly (string | null)[], number: number): void;
  /** The table is whole. */
  end(rows: number): void;
}

/** Tables of the mapping the model does not name: they may be right, and nobody can say. Pure. */
export const unknownTables = ({ model }: UsedModel, tables: readonly string[]): readonly string[] =>
  tables.filter((name) => !Object.hasOwn(model.tables, name));

/** Throws BodyStreamError when the app needs a table the packet cannot have. Names count letter by letter. */
export function checkTables(used: UsedModel, tables: readonly string[]): void {
  for (const [name, { required }] of Object.entries(used.model.tables))
    if (required && !tables.includes(name)) throw missing(used, name);
}

/** The check of one table; undefined where the model says nothing of it. */
export function checkTable(used: UsedModel, name: string, fields: readonly string[]): TableCheck | undefined {
  const table = Object.hasOwn(used.model.tables, name) ? used.model.tables[name] : undefined;
  if (table === undefined) return undefined;
  const { maxRows = Infinity } = table;
  const rules = Object.entries(table.fields).flatMap(([field, rule]) => {
    const index = fields.indexOf(field);
    return index === -1 && !rule.required ? [] : [{ field, rule, index }];
  });
  const wrong = (number: number, field: string, message: string): Error =>
    refuse({ code: APP_MODEL, where: `${name} row ${number}`, field, message: `${field} ${message}` });
  return {
    row: (values, number) => {
      if (number > maxRows)
        throw refuse({
          code: APP_MODEL,
          where: `${name} row ${number}`,
          message: `the app takes at most ${maxRows} ${maxRows === 1 ? 'row' : 'rows'} of ${name}`,
        });
      for (const { field, rule, index } of rules) {
        const value = index === -1 ? null : (values[index] ?? null);
        if (value === null || value === '') {
          if (rule.required) throw wrong(number, field, value === null ? 'is missing' : 'is empty');
          continue;
        }
        if (rule.required && value.trim() === '') throw wrong(number, field, 'is blank');
        if (rule.size !== undefined && value.length > rule.size)
          throw wrong(
            number,
            field,
            `has ${value.length} characters where ${rule.size} fit: ${shown(value)}`,
          );
        if (!fits(value, rule.type)) throw wrong(number, field, `is no ${rule.type}: ${shown(value)}`);
      }
    },
    end: (rows) => {
      if (rows === 0 && table.required)
        throw refuse({
          code: APP_MODEL,
          where: `table ${name}`,
          message: `the app needs at least one row of ${name}, and the ERP gave none`,
        });
    },
  };
}

function missing({ model, mappingFile }: UsedModel, name: string): Error {
  const note = model.tables[name]?.note;
  return refuse({
    code: APP_MODEL,
    where: `table ${name}`,
    message:
      `${model.app} needs the table ${name}, and ${mappingFile} has none: ` +
      `add an entity "${name}" to its push.entities${note === undefined ? '' : ` (${note})`}`,
  });
}

const WHOLE = /^-?\d{1,19}$/;
const DECIMAL = /^-?\d{1,38}(?:\.\d{1,38})?$/;
const BOOL = /^(?:true|false|0|1)$/i;
const MOMENT = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d{1,9})?Z?)?$/;
const GUID = /^\{?[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}\}?$/i;
const BASE64 = /^[\d+/a-z]*={0,2}$/i;

function fits(value: string, type: ModelField['type']): boolean {
  switch (type) {
    case undefined:
    case 'text':
      return true;
    case 'int':
      return WHOLE.test(value);
    case 'decimal':
      return DECIMAL.test(value);
    case 'bool':
      return BOOL.test(value);
    case 'date':
    case 'datetime':
      return MOMENT.test(value);
    case 'guid':
      return GUID.test(value);
    case 'binary':
      return BASE64.test(value);
    default:
      return assertNever(type);
  }
}
