import { fail, ok, type Result } from '../../../shared/model/result.ts';
import type { FieldTexts, RecordFilter, RecordType } from '../../core/records/record-store.ts';
import { allOf, anyOf, is, type FetchFilter } from './fetch-query.ts';
import { IDS_PER_READ } from './limits.ts';
import type { RescoEntity } from './metadata.ts';
import { fieldOf } from './organisation.ts';
import { toCondition } from './values.ts';

/** The filter as conditions; undefined where it has none. */
export function filterOf(entity: RescoEntity, { all }: RecordFilter): Result<FetchFilter | undefined> {
  const parts: FetchFilter[] = [];
  for (const { field, is: operator, values } of all) {
    const known = fieldOf(entity, field);
    if (!known.ok) return known;
    if (!known.value.shape.can.find)
      return fail({
        kind: 'rejected',
        code: 'no-filter',
        where: entity.name,
        field,
        message: `${entity.name} cannot be filtered by ${field}`,
      });
    const texts: string[] = [];
    for (const value of values) {
      const text = toCondition(known.value.type, value);
      if (text === undefined)
        return fail({
          kind: 'rejected',
          code: 'bad-filter',
          where: entity.name,
          field,
          message: `the filter compares ${field} with what is no ${known.value.type}`,
        });
      texts.push(text);
    }
    if (operator === 'in') parts.push(oneOf(field, texts));
    else parts.push(is(field, operator, ...texts));
  }
  return ok(parts.length === 0 ? undefined : allOf(...parts));
}

function oneOf(field: string, values: readonly string[]): FetchFilter {
  const lists: FetchFilter[] = [];
  for (let at = 0; at < values.length; at += IDS_PER_READ)
    lists.push(is(field, 'in', ...values.slice(at, at + IDS_PER_READ)));
  return anyOf(...lists);
}

/** Whether a record is within the filter, compared as the cloud compares: no case in texts, and null is like nothing. Pure. */
export function within(entity: RescoEntity, fields: FieldTexts, { all }: RecordFilter): boolean {
  return all.every(({ field, is: operator, values }) => {
    const value = fields.get(field) ?? null;
    if (operator === 'null') return value === null;
    if (value === null) return false;
    if (operator === 'not-null') return true;
    const type = entity.fields.get(field)?.type ?? 'text';
    const orders = values.map((other) => compared(type, value, other));
    const [order = Number.NaN] = orders;
    switch (operator) {
      case 'eq':
        return order === 0;
      case 'ne':
        return order !== 0;
      case 'lt':
        return order < 0;
      case 'le':
        return order <= 0;
      case 'gt':
        return order > 0;
      case 'ge':
        return order >= 0;
      case 'in':
        return orders.includes(0);
    }
  });
}

function compared(type: RecordType, one: string, other: string): number {
  if (type === 'decimal' || type === 'int' || type === 'bigint' || type === 'choice')
    return comparedNumbers(one, other);
  const [a, b] =
    type === 'reference' ? [bareId(one), bareId(other)] : [one.toLowerCase(), other.toLowerCase()];
  return a < b ? -1 : a > b ? 1 : 0;
}

const bareId = (text: string): string => text.slice(text.indexOf(':') + 1).toLowerCase();

/** Exactly, at any number of digits. */
function comparedNumbers(one: string, other: string): number {
  const scale = Math.max(...[one, other].map((text) => text.split('.')[1]?.length ?? 0));
  const scaled = (text: string): bigint | undefined => {
    const [whole = '', fraction = ''] = text.split('.');
    const digits = `${whole}${fraction.padEnd(scale, '0')}`;
    return /^-?\d+$/.test(digits) ? BigInt(digits) : undefined;
  };
  const [a, b] = [scaled(one), scaled(other)];
  if (a === undefined || b === undefined) return Number.NaN;
  return a < b ? -1 : a > b ? 1 : 0;
}
