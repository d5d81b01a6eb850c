import { INT, commonType, decimal, family, isMoney } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import type { Compiled } from './context.ts';

/** The common type of several branches; NULLs without type adapt. */
export function branchType(list: readonly Compiled[]): Type {
  const typed = list.filter((c) => !c.untyped);
  const first = typed[0];
  if (!first) return INT;
  const wide = (c: Compiled): Type =>
    c.digits !== undefined && typed.some((o) => family(o.type) === 'decimal' && !isMoney(o.type))
      ? decimal(c.digits, 0)
      : c.type;
  return typed.slice(1).reduce((t, c) => commonType(t, wide(c)), wide(first));
}
