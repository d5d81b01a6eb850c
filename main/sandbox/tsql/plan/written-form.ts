import { SqlError } from '../errors.ts';
import type { Expr } from '../parser/ast.ts';
import { findColumn } from './columns.ts';
import type { Scope } from './context.ts';

/** A text that is the same for two expressions exactly when they mean the same columns, literals and operations. */
export function signature(e: Expr, scope: Scope): string {
  try {
    return written(e, scope);
  } catch (error) {
    // Columns of a subquery inside are not in this scope: such an expression is like no other.
    if (error instanceof SqlError)
      return `?${JSON.stringify(e, (_, v: unknown) => (typeof v === 'bigint' ? String(v) : v))}`;
    throw error;
  }
}

function written(e: Expr, scope: Scope): string {
  return JSON.stringify(e, (key, value: unknown) => {
    if (key === 'line') return undefined;
    if (typeof value === 'bigint') return `${value}n`;
    if (value && typeof value === 'object' && 'k' in value && (value as Expr).k === 'col') {
      const found = findColumn((value as Expr & { k: 'col' }).parts, scope);
      return `c${found.source.slot}.${found.ordinal}${found.level ? `^${found.level}` : ''}`;
    }
    return value;
  }).replace(/^"(c[^"]*)"$/, '$1');
}
