import { bindingError } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import type { Expr } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Type } from '../types/sql-type.ts';
import type { Source, Scope, Eval, Env, Compiled } from './context.ts';

function matches(source: Source, qualifier: readonly string[]): boolean {
  const parts = qualifier.map(nameKey);
  const name = parts.at(-1) ?? '';
  if (parts.length === 1) return source.alias === name;
  if (!source.qualifier || source.alias !== name) return false;
  if (parts.at(-2) !== '' && parts.at(-2) !== source.qualifier.schema) return false;
  return parts.length < 3 || parts.at(-3) === '' || parts.at(-3) === source.qualifier.database;
}

export interface Found {
  source: Source;
  ordinal: number;
  level: number;
  scope: Scope;
}

/** Finds a column by its written name, from the innermost query outwards. */
export function findColumn(parts: readonly string[], scope: Scope): Found {
  const column = nameKey(parts.at(-1) ?? '');
  const qualifier = parts.slice(0, -1);
  let level = 0;
  let qualified = false;
  for (let s: Scope | null = scope; s; s = s.parent, level++) {
    let found: { source: Source; ordinal: number } | undefined;
    for (const source of s.sources) {
      if (qualifier.length > 0 && !matches(source, qualifier)) continue;
      qualified = true;
      const ordinal = source.columns.findIndex((c) => c.key === column);
      if (ordinal < 0) continue;
      if (found) throw bindingError(209, `Ambiguous column name '${parts.at(-1)}'.`);
      found = { source, ordinal };
    }
    if (found) return { ...found, level, scope: s };
    if (qualified && qualifier.length > 0) break;
  }
  if (qualifier.length > 0 && !qualified)
    throw bindingError(4104, `The multi-part identifier "${parts.join('.')}" could not be bound.`);
  throw bindingError(207, `Invalid column name '${parts.at(-1)}'.`);
}

function readColumn(slot: number, ordinal: number, level: number): Eval {
  if (level === 0) return (e) => (e.rows[slot] as readonly SqlValue[])[ordinal] as SqlValue;
  if (level === 1) return (e) => ((e.outer as Env).rows[slot] as readonly SqlValue[])[ordinal] as SqlValue;
  return (e) => {
    let at = e;
    for (let i = 0; i < level; i++) at = at.outer as Env;
    return (at.rows[slot] as readonly SqlValue[])[ordinal] as SqlValue;
  };
}

export function bindColumn(e: Expr & { k: 'col' }, scope: Scope): Compiled {
  const { source, ordinal, level, scope: at } = findColumn(e.parts, scope);
  at.uses.add(source.slot);
  source.named?.add(ordinal);
  for (let s: Scope | null = scope; s && s !== at; s = s.parent) s.correlated = true;
  const column = source.columns[ordinal];
  if (!column) throw bindingError(207, `Invalid column name '${e.parts.at(-1)}'.`);
  if (at.group) {
    const signature = `c${source.slot}.${ordinal}`;
    const key = at.group.keys.findIndex((k) => k.signature === signature);
    if (key >= 0) return groupRead(key, column.type, column.nullable, level);
    throw bindingError(
      8120,
      `Column '${e.parts.join('.')}' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.`,
    );
  }
  return {
    type: column.type,
    nullable: column.nullable,
    eval: readColumn(source.slot, ordinal, level),
    column: { slot: source.slot, ordinal, level, name: column.name, identity: column.identity ?? false },
  };
}

export function groupRead(index: number, type: Type, nullable: boolean, level: number): Compiled {
  if (level === 0) return { type, nullable, eval: (e) => (e.group as SqlValue[])[index] as SqlValue };
  return {
    type,
    nullable,
    eval: (e) => {
      let at = e;
      for (let i = 0; i < level; i++) at = at.outer as Env;
      return (at.group as SqlValue[])[index] as SqlValue;
    },
  };
}
