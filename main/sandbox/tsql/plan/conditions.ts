import { SqlError, bindingError } from '../errors.ts';
import type { Expr } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { keyer } from '../types/compare.ts';
import { isText, nvarchar, plainText } from '../types/sql-type.ts';
import { likePattern, trimEnd } from '../types/text.ts';
import { compareNode, comparisonType } from './compare-node.ts';
import { convertTo } from './convert-node.ts';
import { isCondition, scalar } from './expressions.ts';
import type { Binding, Compiled, CompiledQuery, Env, Scope, Test } from './context.ts';

function not(test: Test): Test {
  return (e) => {
    const v = test(e);
    return v === null ? null : !v;
  };
}

function inList(e: Compiled, list: readonly Compiled[]): Test {
  // A list of literals of one type is a set; anything else is compared one by one.
  const type = list.reduce((t, c) => (c.untyped ? t : comparisonType({ ...e, type: t }, c)), e.type);
  const constants = list.every((c) => c.constant);
  if (constants && list.length > 8) {
    const key = keyer(type);
    const set = new Set<unknown>();
    let unknown = false;
    for (const c of list) {
      const v = convertTo(c, type).constant?.value;
      if (v === undefined) return anyOf(e, list);
      if (v === null) unknown = true;
      else set.add(key(v));
    }
    const value = convertTo(e, type).eval;
    return (env) => {
      const v = value(env);
      if (v === null) return null;
      return set.has(key(v)) ? true : unknown ? null : false;
    };
  }
  return anyOf(e, list);
}

function anyOf(e: Compiled, list: readonly Compiled[]): Test {
  const tests = list.map((c) => compareNode('=', e, c));
  return (env) => {
    let unknown = false;
    for (const test of tests) {
      const v = test(env);
      if (v === true) return true;
      if (v === null) unknown = true;
    }
    return unknown ? null : false;
  };
}

/** x IN (query): compared in the common type, NULLs make a miss unknown. */
function inQuery(e: Compiled, query: CompiledQuery): Test {
  const column = query.columns[0];
  if (!column || query.columns.length !== 1)
    throw bindingError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
    );
  let current: Compiled['eval'] = () => null;
  const probe: Compiled = { type: column.type, nullable: true, eval: (env) => current(env) };
  const type = comparisonType(e, probe);
  const key = keyer(type);
  const value = convertTo(e, type).eval;
  const convert = convertTo(probe, type).eval;
  const load = (env: Env): { set: Set<unknown>; unknown: boolean } => {
    const set = new Set<unknown>();
    let unknown = false;
    for (const row of query.rows(env.run, env)) {
      const raw = row[0] ?? null;
      current = () => raw;
      const v = convert(env);
      if (v === null) unknown = true;
      else set.add(key(v));
    }
    return { set, unknown };
  };
  return (env) => {
    let loaded: { set: Set<unknown>; unknown: boolean };
    if (query.correlated) loaded = load(env);
    else {
      if (!env.run.cache.has(query)) env.run.cache.set(query, load(env));
      loaded = env.run.cache.get(query) as typeof loaded;
    }
    if (loaded.set.size === 0 && !loaded.unknown) return false;
    const v = value(env);
    if (v === null) return null;
    return loaded.set.has(key(v)) ? true : loaded.unknown ? null : false;
  };
}

function quantified(e: Expr & { k: 'quantified' }, scope: Scope, binding: Binding): Test {
  const query = binding.query(e.query, scope, binding);
  const column = query.columns[0];
  if (!column)
    throw bindingError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
    );
  let current: Compiled['eval'] = () => null;
  const test = compareNode(e.op, scalar(e.l, scope, binding), {
    type: column.type,
    nullable: true,
    eval: (env) => current(env),
  });
  return (env) => {
    let unknown = false;
    for (const row of query.rows(env.run, env)) {
      const raw = row[0] ?? null;
      current = () => raw;
      const v = test(env);
      if (v === null) unknown = true;
      else if (v !== e.all) return v;
    }
    return unknown ? null : e.all;
  };
}

function like(e: Expr & { k: 'like' }, scope: Scope, binding: Binding): Test {
  const text = (c: Compiled): Compiled => (isText(c.type) ? c : convertTo(c, nvarchar(4000)));
  const value = text(scalar(e.e, scope, binding));
  const pattern = text(scalar(e.pattern, scope, binding));
  const escape = e.escape ? text(scalar(e.escape, scope, binding)) : undefined;
  const collation = value.type.collation ?? pattern.type.collation;
  // A pattern that is no Unicode text ignores trailing blanks of the value.
  const plain = !value.type.name.startsWith('n') && !pattern.type.name.startsWith('n');
  const fixed = pattern.type.name === 'char' || pattern.type.name === 'nchar';
  void fixed;
  return (env) => {
    const v = value.eval(env);
    const p = pattern.eval(env);
    if (v === null || p === null) return null;
    const esc = escape ? escape.eval(env) : undefined;
    if (esc === null) return null;
    if (esc !== undefined && (esc as string).length !== 1)
      throw new SqlError(
        506,
        `The invalid escape character "${plainText(esc)}" was specified in a LIKE predicate.`,
      );
    const regexp = likePattern(p as string, esc as string | undefined, collation);
    return regexp.test(v as string) || (plain && regexp.test(trimEnd(v as string)));
  };
}

/** Compiles a condition. A value in its place is error 4145. */
export function condition(e: Expr, scope: Scope, binding: Binding): Test {
  switch (e.k) {
    case 'cmp':
      return compareNode(e.op, scalar(e.l, scope, binding), scalar(e.r, scope, binding));
    case 'and': {
      const [l, r] = [condition(e.l, scope, binding), condition(e.r, scope, binding)];
      return (env) => {
        const a = l(env);
        if (a === false) return false;
        const b = r(env);
        return b === false ? false : a === null || b === null ? null : true;
      };
    }
    case 'or': {
      const [l, r] = [condition(e.l, scope, binding), condition(e.r, scope, binding)];
      return (env) => {
        const a = l(env);
        if (a === true) return true;
        const b = r(env);
        return b === true ? true : a === null || b === null ? null : false;
      };
    }
    case 'not':
      return not(condition(e.e, scope, binding));
    case 'isnull': {
      const value = scalar(e.e, scope, binding).eval;
      return e.not ? (env) => value(env) !== null : (env) => value(env) === null;
    }
    case 'in': {
      const value = scalar(e.e, scope, binding);
      const test = e.query
        ? inQuery(value, binding.query(e.query, scope, binding))
        : inList(
            value,
            (e.list ?? []).map((x) => scalar(x, scope, binding)),
          );
      return e.not ? not(test) : test;
    }
    case 'between': {
      const value = scalar(e.e, scope, binding);
      const lo = compareNode('>=', value, scalar(e.lo, scope, binding));
      const hi = compareNode('<=', value, scalar(e.hi, scope, binding));
      const test: Test = (env) => {
        const a = lo(env);
        if (a === false) return false;
        const b = hi(env);
        return b === false ? false : a === null || b === null ? null : true;
      };
      return e.not ? not(test) : test;
    }
    case 'like': {
      const test = like(e, scope, binding);
      return e.not ? not(test) : test;
    }
    case 'exists': {
      const query = binding.query(e.query, scope, binding);
      if (query.correlated) return (env) => query.exists(env.run, env);
      return (env) => {
        if (!env.run.cache.has(query)) env.run.cache.set(query, query.exists(env.run, env));
        return env.run.cache.get(query) as boolean;
      };
    }
    case 'quantified':
      return quantified(e, scope, binding);
    case 'updated': {
      if (!binding.trigger) throw bindingError(195, 'UPDATE() can only be used in a trigger.', 15);
      const column = nameKey(e.column);
      return (env) => env.run.trigger?.updated.has(column) ?? false;
    }
    default:
      if (!isCondition(e))
        throw bindingError(
          4145,
          'An expression of non-boolean type specified in a context where a condition is expected.',
          15,
        );
      throw bindingError(4145, 'A condition was expected.', 15);
  }
}
