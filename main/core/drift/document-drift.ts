import { parseFieldType, type FieldType } from '../../../shared/model/field-type.ts';
import type { DocumentHandler, Mapping } from '../../../shared/model/mapping.ts';
import type { SqlName } from '../../../shared/model/mapping-names.ts';
import { tableOf, targetOf } from '../../../shared/model/mapping-targets.ts';
import type { PullValue } from '../../../shared/model/mapping-values.ts';
import type {
  Catalogue,
  CatalogueColumn,
  CatalogueObject,
  CatalogueProcedure,
  ColumnType,
} from './catalogue.ts';
import { columnTypeText } from './catalogue.ts';
import { columnOf, isNamed, objectOf, procedureOf, shownName, type FindingList } from './lookup.ts';
import { lookupDrift, lookupsIn } from './lookup-drift.ts';
import { targetDrift } from './target-drift.ts';
import { canBeCompared, isRowVersion, returnFit, writeFit } from './type-fit.ts';

type Write = DocumentHandler['write'];
type Codes = Mapping['pull']['codes'];

/** What one kind of document needs of the ERP: where its header and lines are written, and what it refers to. */
export function documentDrift(
  handler: DocumentHandler,
  codes: Codes,
  catalogue: Catalogue,
  list: FindingList,
): void {
  writeDrift(handler.write, handler.returns, { catalogue, list, codes, keyType: undefined });
  const keyType = handler.returns.key === undefined ? undefined : parseFieldType(handler.returns.key.type);
  for (const { write } of handler.lines) writeDrift(write, {}, { catalogue, list, codes, keyType });
  for (const { to } of handler.references)
    if ('table' in to) referenceDrift(to.table, to.column, catalogue, list);
  targetDrift(handler, catalogue, list);
  for (const value of lookupsIn(handler)) lookupDrift(value, catalogue, list);
}

interface Context {
  readonly catalogue: Catalogue;
  readonly list: FindingList;
  readonly codes: Codes;
  /** Of the key that lines take from their header. */
  readonly keyType: FieldType | undefined;
}

function writeDrift({ to, values }: Write, returns: DocumentHandler['returns'], context: Context): void {
  const { catalogue, list } = context;
  const name = targetOf(to);
  const isTable = tableOf(to) !== undefined;
  const found = isTable ? objectOf(catalogue, name) : procedureOf(catalogue, name);
  // What a synonym stands for may be anywhere.
  if (found === 'synonym') return;
  if (found === undefined)
    list.breaking('pull', 'missing-object', 'erp-administrator', shownName(name), {
      expected: isTable ? 'table' : 'procedure',
      found: 'nothing',
    });
  else if ('parameters' in found) procedureDrift(found, values, returns, context);
  else tableDrift(found, values, returns, context);
}

const NONE = { expected: 'one', found: 'none' } as const;

function tableDrift(
  table: CatalogueObject,
  values: Write['values'],
  returns: DocumentHandler['returns'],
  context: Context,
): void {
  const { list } = context;
  const place = shownName(table);
  // Such a trigger decides what becomes of the row; a view does not show what the table behind it demands.
  const free = table.kind === 'view' || table.triggers.some((one) => one.enabled && one.insteadOf);
  if (table.kind === 'view')
    list.note('pull', 'view', 'erp-administrator', place, { expected: 'a table', found: 'a view' });
  for (const [target, value] of Object.entries(values)) {
    const column = columnOf(table, target);
    if (column === undefined) {
      list.breaking('pull', 'missing-column', 'integrator', place, { column: target, ...NONE });
      continue;
    }
    const filled = filledBy(column);
    if (filled !== undefined)
      list.breaking('pull', 'not-writable', 'integrator', place, {
        column: column.name,
        expected: 'a column that can be written',
        found: filled,
      });
    else holds(place, column, value, context);
    if (!column.nullable && filled === undefined && mayBeEmpty(value))
      list[free ? 'note' : 'breaking']('pull', 'must-not-be-empty', 'integrator', place, {
        column: column.name,
        expected: 'a column that may be empty',
        found: 'NOT NULL',
      });
  }
  for (const column of table.columns) {
    const given = Object.keys(values).some((target) => isNamed(column, target));
    if (given || column.nullable || column.hasDefault || filledBy(column) !== undefined) continue;
    list[free ? 'note' : 'breaking']('pull', 'required-column', 'integrator', place, {
      column: column.name,
      expected: 'a value, a default or NULL',
      found: `${columnTypeText(column.type)} NOT NULL`,
    });
  }
  for (const wanted of [returns.key, returns.number]) {
    if (wanted === undefined) continue;
    const column = columnOf(table, wanted.name);
    if (column === undefined)
      list.breaking('pull', 'missing-column', 'integrator', place, { column: wanted.name, ...NONE });
    else givesBack(place, column, wanted.type, context);
  }
}

function filledBy({ identity, computed, generated, type }: CatalogueColumn): string | undefined {
  if (identity) return 'an identity';
  if (computed) return 'computed';
  if (isRowVersion(type)) return 'a row version';
  return generated ? 'filled by the server' : undefined;
}

function procedureDrift(
  procedure: CatalogueProcedure,
  values: Write['values'],
  returns: DocumentHandler['returns'],
  context: Context,
): void {
  const { list } = context;
  const place = shownName(procedure);
  const parameter = (name: string): CatalogueProcedure['parameters'][number] | undefined => {
    const found = procedure.parameters.find((one) => isNamed(one, name));
    if (found === undefined)
      list.breaking('pull', 'missing-parameter', 'integrator', place, { column: `@${name}`, ...NONE });
    return found;
  };
  const given: string[] = [];
  for (const [name, value] of Object.entries(values)) {
    given.push(name);
    const found = parameter(name);
    if (found !== undefined) holds(place, { name: `@${found.name}`, type: found.type }, value, context);
  }
  for (const wanted of [returns.key, returns.number]) {
    if (wanted === undefined) continue;
    given.push(wanted.name);
    const found = parameter(wanted.name);
    if (found === undefined) continue;
    const shown = { name: `@${found.name}`, type: found.type };
    if (found.output) givesBack(place, shown, wanted.type, context);
    else
      list.breaking('pull', 'not-returned', 'integrator', place, {
        column: shown.name,
        expected: 'OUTPUT',
        found: 'input only',
      });
  }
  for (const { name, type, hasDefault } of procedure.parameters) {
    if (hasDefault === true || given.some((one) => isNamed({ name }, one))) continue;
    // Without the procedure's text nobody can say whether it has a default: that stops nothing.
    list[hasDefault === false ? 'breaking' : 'note']('pull', 'required-parameter', 'integrator', place, {
      column: `@${name}`,
      expected: 'a default',
      found: columnTypeText(type),
    });
  }
}

interface Place {
  readonly name: string;
  readonly type: ColumnType;
}

function holds(table: string, { name, type: column }: Place, value: PullValue, context: Context): void {
  const type = typeOf(value, context.keyType);
  if (type === undefined) return;
  const fit = writeFit(type, column, namedValues(value, context.codes));
  // A name the program itself puts in has no declared length that a column could be short of.
  if (fit === 'fits' || (fit === 'perhaps' && 'packet' in value)) return;
  context.list[fit === 'breaks' ? 'breaking' : 'note']('pull', 'does-not-hold', 'integrator', table, {
    column: name,
    expected: typeText(type),
    found: columnTypeText(column),
  });
}

function givesBack(table: string, { name, type: column }: Place, wanted: string, { list }: Context): void {
  const type = parseFieldType(wanted);
  if (type === undefined || returnFit(type, column) !== 'breaks') return;
  list.breaking('pull', 'not-of-its-type', 'integrator', table, {
    column: name,
    expected: wanted,
    found: columnTypeText(column),
  });
}

function typeOf(value: PullValue, keyType: FieldType | undefined): FieldType | undefined {
  if ('header' in value) return keyType;
  return 'packet' in value ? { kind: 'text' } : parseFieldType(value.type);
}

function typeText({ kind, length, precision, scale }: FieldType): string {
  if (length !== undefined) return `${kind}(${length})`;
  return precision === undefined ? kind : `${kind}(${precision},${scale ?? 0})`;
}

/** All values there can be, where the mapping itself names them. */
function namedValues(value: PullValue, codes: Codes): readonly string[] | undefined {
  if ('constant' in value) return [value.constant];
  if (!('field' in value) || value.codes === undefined || value.tooLong === 'cut') return undefined;
  const map = Object.hasOwn(codes, value.codes) ? codes[value.codes] : undefined;
  return map === undefined ? undefined : Object.values(map);
}

function mayBeEmpty(value: PullValue): boolean {
  if ('field' in value) return !value.required && value.default === undefined;
  // What an expression or a found row gives is judged when it is there.
  if ('lookup' in value) return value.otherwise === 'null';
  return 'constant' in value && value.constant === '' && parseFieldType(value.type)?.kind !== 'text';
}

function referenceDrift(name: SqlName, wanted: string, catalogue: Catalogue, list: FindingList): void {
  const found = objectOf(catalogue, name);
  if (found === 'synonym') return;
  const place = shownName(name);
  const column = found === undefined ? undefined : columnOf(found, wanted);
  if (found === undefined)
    list.breaking('pull', 'missing-object', 'erp-administrator', place, {
      expected: 'table or view',
      found: 'nothing',
    });
  else if (column === undefined)
    list.breaking('pull', 'missing-column', 'integrator', place, { column: wanted, ...NONE });
  else if (!canBeCompared(column.type))
    list.breaking('pull', 'not-comparable', 'integrator', place, {
      column: column.name,
      expected: 'a type that can be compared',
      found: columnTypeText(column.type),
    });
}
