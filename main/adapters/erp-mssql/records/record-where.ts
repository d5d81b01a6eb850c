import { dateTimeText, instantOfLocal, localTimeAt, parseLocalTime } from '../../../../shared/model/time.ts';
import { parseDecimal, shortestDecimal } from '../../../../shared/model/decimal.ts';
import type { FieldTexts, RecordFilter, RecordId } from '../../../core/records/record-store.ts';
import {
  all,
  anyOf,
  atKey,
  columnText,
  compared,
  differs,
  isNotNull,
  isNull,
  isOneOf,
  NEVER,
  sameText,
} from '../queries/records.ts';
import { castOf, checkValue } from '../sql-value.ts';
import { Refused, type Parameters } from '../unit-scope.ts';
import { fieldColumn, type LiveTable, type RecordColumn } from './record-table.ts';
import { givenValue, idParts, keyPart, parseInstant, wallTexts } from './record-value.ts';

/** The row with this id, exactly: capitals and blanks at the end count. Undefined when no row can have it. */
export function whereId(table: LiveTable, id: RecordId, of: string, p: Parameters): string | undefined {
  const parts = idParts(id, table.key.length);
  const values = parts === undefined ? undefined : keyExpressions(table.key, parts, p);
  if (parts === undefined || values === undefined) return undefined;
  const exact = table.key.flatMap((column, index) =>
    column.type.kind === 'text' ? [sameText(of, column, p.text(`${parts[index] ?? ''}.`))] : [],
  );
  return [atKey(of, table.key, values), ...exact].join(' AND ');
}

/** Expressions for the parts of an id; undefined when one is no value of its column. */
export function keyExpressions(
  key: readonly RecordColumn[],
  parts: readonly string[],
  p: Parameters,
): readonly string[] | undefined {
  const values: string[] = [];
  for (const [index, column] of key.entries()) {
    const part = parts[index] ?? '';
    const checked = checkValue(part, column.type);
    // Another spelling is another id.
    if (!checked.ok || keyPart(part, column) !== part) return undefined;
    values.push(castOf(p.add(checked.type, checked.value), column.type));
  }
  return values;
}

/** That the row holds exactly these values, NULL for none. */
export const guards = (
  table: LiveTable,
  expected: FieldTexts,
  zone: string,
  p: Parameters,
): readonly string[] => [...expected].map(([name, value]) => holds(fieldColumn(table, name), value, zone, p));

function holds(column: RecordColumn, value: string | null, zone: string, p: Parameters): string {
  if (value === null) return isNull('', column);
  const { type } = column;
  switch (type.kind) {
    case 'text':
      return sameText('', column, p.text(`${value}.`));
    case 'datetime': {
      const instant = parseInstant(value);
      return instant === undefined
        ? NEVER
        : isOneOf(
            columnText('', column),
            wallTexts(instant, zone).map((text) => p.text(text)),
          );
    }
    case 'binary':
      return `${columnText('', column)} = ${p.text(Buffer.from(value, 'base64').toString('hex').toUpperCase())}`;
    case 'decimal':
    case 'int':
    case 'bigint': {
      const number = exactNumber(value, p);
      return number === undefined ? NEVER : `${compared('', column)} = ${number}`;
    }
    case 'bool':
    case 'guid':
    case 'date':
    case 'dateOfTime': {
      const checked = givenValue(value, column, zone);
      return checked.ok
        ? `${compared('', column)} = ${castOf(p.add(checked.type, checked.value), type)}`
        : NEVER;
    }
    default:
      return type.kind satisfies never;
  }
}

/** With as many decimals as it has, so that nothing is rounded before it is compared. */
function exactNumber(value: string, p: Parameters): string | undefined {
  const parsed = parseDecimal(value);
  if (parsed === undefined) return undefined;
  const shortest = shortestDecimal(parsed);
  const [whole = '', fraction = ''] = shortest.replace('-', '').split('.');
  if (whole.length + fraction.length > 38) return undefined;
  return castOf(p.text(shortest), { kind: 'decimal', precision: 38, scale: fraction.length });
}

/** A value as the server is to compare it; undefined when it is none of the column's type. */
export function comparable(
  value: string,
  column: RecordColumn,
  zone: string,
  p: Parameters,
): string | undefined {
  const checked = givenValue(value, { ...column, type: unbounded(column.type) }, zone);
  return checked.ok ? castOf(p.add(checked.type, checked.value), column.type) : undefined;
}

/** What is too long or too fine for a column may still be compared with it. */
const unbounded = (type: RecordColumn['type']): RecordColumn['type'] =>
  type.kind === 'text' ? { kind: 'text' } : type;

const OPERATOR = { eq: '=', lt: '<', le: '<=', gt: '>', ge: '>=' } as const;

/** A filter as a condition on `t`. Refused where a value is not of its column's type. */
export const whereFilter = (table: LiveTable, filter: RecordFilter, zone: string, p: Parameters): string =>
  all(filter.all.map((condition) => oneCondition(table, condition, zone, p)));

function oneCondition(
  table: LiveTable,
  { field, is, values }: RecordFilter['all'][number],
  zone: string,
  p: Parameters,
): string {
  const column = fieldColumn(table, field);
  if (is === 'null') return isNull('t', column);
  if (is === 'not-null') return isNotNull('t', column);
  const given = values.map((value) => {
    const expression = comparable(value, column, zone, p);
    if (expression === undefined)
      throw new Refused('not-of-its-type', 'a value of the filter is not of its column', table.entity, field);
    return expression;
  });
  const [first] = given;
  if (first === undefined) return NEVER;
  if (column.type.kind === 'datetime') return onSeconds(column, is, values, zone, p);
  if (is === 'in') return isOneOf(compared('t', column), given);
  if (is === 'ne') return differs('t', column, first);
  return `${compared('t', column)} ${OPERATOR[is]} ${first}`;
}

const SECOND = 1_000;

/** Moments are compared by the second, as they are read. */
function onSeconds(
  column: RecordColumn,
  is: 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge' | 'in',
  values: readonly string[],
  zone: string,
  p: Parameters,
): string {
  const wall = (value: string, add: number): string => {
    const checked = givenValue(value, column, zone);
    const time = checked.ok && typeof checked.value === 'string' ? parseLocalTime(checked.value) : undefined;
    if (time === undefined) throw new Error('a moment that was checked is none');
    const text = dateTimeText(localTimeAt(instantOfLocal(time, 'UTC') + add, 'UTC'));
    return castOf(p.text(text), column.type);
  };
  const target = compared('t', column);
  const [first = ''] = values;
  switch (is) {
    case 'lt':
      return `${target} < ${wall(first, 0)}`;
    case 'le':
      return `${target} < ${wall(first, SECOND)}`;
    case 'gt':
      return `${target} >= ${wall(first, SECOND)}`;
    case 'ge':
      return `${target} >= ${wall(first, 0)}`;
    case 'ne':
      return anyOf([
        `${target} < ${wall(first, 0)}`,
        `${target} >= ${wall(first, SECOND)}`,
        isNull('t', column),
      ]);
    case 'eq':
    case 'in':
      return anyOf(
        values.map((value) => `${target} >= ${wall(value, 0)} AND ${target} < ${wall(value, SECOND)}`),
      );
    default:
      return is satisfies never;
  }
}
