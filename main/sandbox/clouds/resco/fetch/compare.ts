import { Big } from 'big.js';
import type { Attribute } from '../metadata/entity-types.ts';

/** A canonical text in a form that compares as the server compares: the greater is the later or larger. */
export type Comparable = string | number | bigint | Big;

/** Brings a canonical text into its comparable form. */
export function comparable(attribute: Attribute, value: string): Comparable {
  switch (attribute.type) {
    case 'RowVersion':
      return BigInt(value);
    case 'Integer':
    case 'Float':
    case 'Picklist':
    case 'PicklistMap':
      return Number(value);
    case 'Decimal':
    case 'Money':
      return new Big(value);
    case 'Lookup':
      return value.slice(value.indexOf(':') + 1);
    case 'DateTime':
      return value;
    default:
      return value.toLowerCase();
  }
}

/** Below, at or above 0; both of one attribute. */
export function compare(a: Comparable, b: Comparable): number {
  if (a instanceof Big) return a.cmp(b instanceof Big ? b : new Big(String(b)));
  return a < b ? -1 : a > b ? 1 : 0;
}
