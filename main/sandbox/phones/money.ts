import { Big } from 'big.js';

/**
 * Exact amounts as text. Factors and prices are multiplied in full, then rounded once to four places, halves away from
 * zero, as the sample app's ERP does; the strings are the shortest ones (`12`, `0.5`).
 */
export const AMOUNT_PLACES = 4;

export const times = (...factors: readonly string[]): string =>
  factors
    .reduce((product, factor) => product.times(factor), new Big(1))
    .round(AMOUNT_PLACES, Big.roundHalfUp)
    .toFixed();

export const plus = (...values: readonly string[]): string =>
  values.reduce((sum, value) => sum.plus(value), new Big(0)).toFixed();

export const minus = (value: string, other: string): string => new Big(value).minus(other).toFixed();

/** `value` × `percent` / 100. */
export const share = (value: string, percent: string): string => times(value, percent, '0.01');

export const isBelow = (value: string, other: string): boolean => new Big(value).lt(other);
