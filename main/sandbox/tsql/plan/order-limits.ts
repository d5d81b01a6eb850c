import { SqlError, bindingError } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import type { OrderItem } from '../parser/ast.ts';
import type { Values } from '../storage/rows.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { nullsFirst } from '../types/compare.ts';
import type { Type } from '../types/sql-type.ts';
import type { Each } from './bound.ts';
import { Scope } from './context.ts';
import type { Compiled, Env, Binding } from './context.ts';
import { scalar } from './expressions.ts';
import type { OutputColumn } from './select-list.ts';

export interface Limits {
  readonly top: Compiled | undefined;
  readonly percent: boolean;
  readonly ties: boolean;
  readonly offset: Compiled | undefined;
  readonly fetch: Compiled | undefined;
}

/** A result row and what it is sorted by. */
export interface Ranked {
  readonly out: Values;
  readonly keys: readonly SqlValue[];
}

/** Up to this many rows of a sorted TOP are picked while reading, without sorting everything. */
export const KEEP_BEST = 5000;

/** The first rows in order: a row that cannot be among them is not even projected. */
export function best(
  rows: Each,
  e: Env,
  cap: number,
  order: readonly { by: Compiled }[],
  compare: (a: Ranked, b: Ranked) => number,
  project: (e: Env) => Values,
): Ranked[] {
  let list: Ranked[] = [];
  let worst: Ranked | undefined;
  if (cap <= 0) return list;
  rows(e, () => {
    const keys = order.map((o) => o.by.eval(e));
    if (worst && compare({ out: [], keys }, worst) >= 0) return true;
    list.push({ out: project(e), keys });
    if (list.length >= 2 * cap) {
      list = list.sort(compare).slice(0, cap);
      worst = list[cap - 1];
    }
    return true;
  });
  return list;
}

export function rankCompare(
  order: readonly { type: Type; desc: boolean }[],
): (a: Ranked, b: Ranked) => number {
  const parts = order.map((o) => ({ compare: nullsFirst(o.type), sign: o.desc ? -1 : 1 }));
  return (a, b) => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as (typeof parts)[number];
      const c = part.compare(a.keys[i] as SqlValue, b.keys[i] as SqlValue);
      if (c !== 0) return c * part.sign;
    }
    return 0;
  };
}

export function limitCount(limits: Limits, e: Env): { skip: number; take: number } {
  const number = (c: Compiled | undefined, fallback: number): number => {
    if (!c) return fallback;
    const v = c.eval(e);
    if (v === null)
      throw new SqlError(
        1060,
        'The number of rows provided for a TOP or FETCH clause must be an integer.',
        15,
      );
    return Number(v);
  };
  const skip = number(limits.offset, 0);
  if (skip < 0)
    throw new SqlError(10742, 'The offset specified in an OFFSET clause may not be negative.', 15);
  const fetch = number(limits.fetch, Number.POSITIVE_INFINITY);
  if (limits.fetch && fetch <= 0)
    throw new SqlError(
      10744,
      'The number of rows provided for a FETCH clause must be greater then zero.',
      15,
    );
  const top = number(limits.top, Number.POSITIVE_INFINITY);
  if (top < 0) throw new SqlError(1014, 'A TOP or FETCH clause contains an invalid value.', 15);
  return { skip, take: Math.min(fetch, top) };
}

/** ORDER BY knows positions and names of the result before it looks at the tables. */
export function bindOrderItem(
  item: OrderItem,
  columns: readonly OutputColumn[],
  scope: Scope,
  binding: Binding,
  distinct: boolean,
): { by: Compiled; type: Type; position?: number | undefined } {
  const { by } = item;
  if (by.k === 'lit' && by.value !== null) {
    if (typeof by.value !== 'number')
      throw bindingError(408, 'A constant expression was encountered in the ORDER BY list.');
    const column = columns[by.value - 1];
    if (!column)
      throw bindingError(
        108,
        `The ORDER BY position number ${by.value} is out of range of the number of items in the select list.`,
        15,
      );
    return { by: column.compiled, type: column.type, position: by.value - 1 };
  }
  if (by.k === 'col' && by.parts.length === 1) {
    const key = nameKey(by.parts[0] ?? '');
    const found = columns.map((c, i) => ({ c, i })).filter(({ c }) => c.key === key);
    const [first] = found;
    if (first) {
      if (
        found.length > 1 &&
        new Set(found.map(({ c }) => `${c.compiled.column?.slot}.${c.compiled.column?.ordinal}`)).size > 1
      ) {
        throw bindingError(209, `Ambiguous column name '${by.parts[0]}'.`);
      }
      return { by: first.c.compiled, type: first.c.type, position: first.i };
    }
  }
  const compiled = scalar(by, scope, binding);
  if (distinct) {
    const position = columns.findIndex(
      (c) =>
        c.compiled.column &&
        c.compiled.column.slot === compiled.column?.slot &&
        c.compiled.column.ordinal === compiled.column?.ordinal,
    );
    if (position < 0)
      throw bindingError(
        145,
        'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
        15,
      );
    return { by: compiled, type: compiled.type, position };
  }
  return { by: compiled, type: compiled.type };
}

export const NO_LIMITS: Limits = {
  top: undefined,
  percent: false,
  ties: false,
  offset: undefined,
  fetch: undefined,
};
