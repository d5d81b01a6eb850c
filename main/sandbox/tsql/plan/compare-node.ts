import { bindingError } from '../errors.ts';
import type { CompareOp } from '../parser/ast.ts';
import { comparer, equality } from '../types/compare.ts';
import { commonType, decimal, family, typeText } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { convertTo } from './convert-node.ts';
import type { Compiled, Test } from './context.ts';

/** The type in which two values are compared. */
export function comparisonType(l: Compiled, r: Compiled): Type {
  if (l.untyped) return r.type;
  if (r.untyped) return l.type;
  const widen = (c: Compiled): Type => (c.digits !== undefined ? decimal(c.digits, 0) : c.type);
  if (family(l.type) === 'decimal' && r.digits !== undefined) return commonType(l.type, widen(r));
  if (family(r.type) === 'decimal' && l.digits !== undefined) return commonType(widen(l), r.type);
  const type = commonType(l.type, r.type);
  for (const t of [l.type, r.type]) {
    if (t.name === 'text' || t.name === 'ntext' || t.name === 'image')
      throw bindingError(
        402,
        `The data types ${typeText(l.type)} and ${typeText(r.type)} are incompatible in the comparison.`,
      );
  }
  return type;
}

export function compareNode(op: CompareOp, l: Compiled, r: Compiled): Test {
  const type = comparisonType(l, r);
  // Decimals compare exactly at any scale, so nothing has to be rounded into the common type first.
  const exact = family(type) === 'decimal' && [l, r].every((c) => family(c.type) === 'decimal');
  const x = exact ? l.eval : convertTo(l, type).eval;
  const y = exact ? r.eval : convertTo(r, type).eval;
  if (op === '=' || op === '<>') {
    const same = equality(type);
    const wanted = op === '=';
    return (e) => {
      const a = x(e);
      if (a === null) return null;
      const b = y(e);
      return b === null ? null : same(a, b) === wanted;
    };
  }
  const compare = comparer(type);
  const test: (n: number) => boolean =
    op === '<' ? (n) => n < 0 : op === '<=' ? (n) => n <= 0 : op === '>' ? (n) => n > 0 : (n) => n >= 0;
  return (e) => {
    const a = x(e);
    if (a === null) return null;
    const b = y(e);
    return b === null ? null : test(compare(a, b));
  };
}
