import { refused, bindingError } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import { bindFunction } from '../functions/registry.ts';
import type { Expr } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { resolveType, isText, INT, collate, collationLike } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { bindWindow, AGGREGATES, bindAggregate, RANKING } from './aggregate-binding.ts';
import { negateNode, arithmeticNode } from './arithmetic.ts';
import { branchType } from './branch.ts';
import { groupRead, bindColumn } from './columns.ts';
import type { Scope, Binding, Compiled, Env, Eval } from './context.ts';
import { convertTo } from './convert-node.ts';
import { softConvert } from './soft-convert.ts';
import { signature } from './written-form.ts';

const CONDITIONS = new Set([
  'cmp',
  'quantified',
  'and',
  'or',
  'not',
  'isnull',
  'in',
  'between',
  'like',
  'exists',
  'updated',
]);
export function isCondition(e: Expr): boolean {
  return CONDITIONS.has(e.k);
}

function bindCase(e: Expr & { k: 'case' }, scope: Scope, binding: Binding): Compiled {
  const thens = e.whens.map((w) => scalar(w.result, scope, binding));
  const other = e.other ? scalar(e.other, scope, binding) : undefined;
  const all = other ? [...thens, other] : thens;
  const type = branchType(all);
  const tests = e.whens.map((w) =>
    binding.condition(e.input ? { k: 'cmp', op: '=', l: e.input, r: w.when } : w.when, scope, binding),
  );
  const values = thens.map((t) => convertTo(t, type).eval);
  const fallback = other ? convertTo(other, type).eval : (): null => null;
  return {
    type,
    nullable: !other || all.some((c) => c.nullable),
    eval: (env) => {
      for (let i = 0; i < tests.length; i++)
        if ((tests[i] as (x: Env) => boolean | null)(env) === true) return (values[i] as Eval)(env);
      return fallback(env);
    },
  };
}

function bindCast(e: Expr & { k: 'cast' }, scope: Scope, binding: Binding): Compiled {
  const type = resolveType(e.type, 30);
  const c = scalar(e.e, scope, binding);
  const inherited: Type =
    isText(type) && isText(c.type) && !type.collated && (c.type.collation || c.type.collated)
      ? { ...type, ...collationLike(c.type) }
      : type;
  let style = 0;
  if (e.style) {
    const s = scalar(e.style, scope, binding);
    if (!s.constant) throw refused('a conversion style that is not a constant');
    style = Number(s.constant.value ?? 0);
  }
  if (e.soft) return softConvert(c, inherited, style);
  return convertTo(c, inherited, true, style);
}

function bindSubquery(e: Expr & { k: 'sub' }, scope: Scope, binding: Binding): Compiled {
  const query = binding.query(e.query, scope, binding);
  const column = query.columns[0];
  if (!column || query.columns.length !== 1)
    throw bindingError(
      116,
      'Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.',
    );
  const value = (env: Env): SqlValue => {
    const rows = query.rows(env.run, env);
    if (rows.length > 1) throw tooManyRows();
    return rows[0]?.[0] ?? null;
  };
  if (query.correlated) return { type: column.type, nullable: true, eval: value };
  return {
    type: column.type,
    nullable: true,
    eval: (env) => {
      if (!env.run.cache.has(query)) env.run.cache.set(query, value(env));
      return env.run.cache.get(query) as SqlValue;
    },
  };
}

function tooManyRows(): Error {
  const error = bindingError(512, 'Subquery returned more than 1 value. This is not permitted here.');
  return Object.assign(error, { binding: false, damage: 'statement' });
}

/** Compiles an expression to a function over the rows in hand. */
export function scalar(e: Expr, scope: Scope, binding: Binding): Compiled {
  if (scope.group && scope.group.keys.length > 0 && e.k !== 'col' && e.k !== 'lit' && e.k !== 'var') {
    const keys = scope.group.keys;
    const own = signature(e, scope);
    const key = keys.findIndex((k) => k.signature === own);
    const found = keys[key];
    if (found) return groupRead(key, found.compiled.type, found.compiled.nullable, 0);
  }
  switch (e.k) {
    case 'lit': {
      if (e.value === null)
        return { type: INT, nullable: true, eval: () => null, constant: { value: null }, untyped: true };
      const { value } = e;
      return { type: e.type, nullable: false, eval: () => value, constant: { value }, digits: e.digits };
    }
    case 'var': {
      const type = binding.variableTypes.get(e.name);
      if (!type) throw bindingError(137, `Must declare the scalar variable "${e.name}".`, 15);
      const { name } = e;
      return { type, nullable: true, eval: (env) => env.run.variables.get(name)?.value ?? null };
    }
    case 'gvar':
      return bindFunction(
        { k: 'func', name: e.name, args: [], star: false, distinct: false, line: 0 },
        [],
        binding,
      );
    case 'col':
      return bindColumn(e, scope);
    case 'neg': {
      const inner = scalar(e.e, scope, binding);
      return negateNode(inner);
    }
    case 'bitnot': {
      const inner = scalar(e.e, scope, binding);
      const value = inner.eval;
      return {
        type: inner.type,
        nullable: inner.nullable,
        eval: (env) => {
          const v = value(env);
          if (v === null) return null;
          return typeof v === 'boolean'
            ? !v
            : typeof v === 'bigint'
              ? ~v
              : inner.type.name === 'tinyint'
                ? 255 - Number(v)
                : ~Number(v);
        },
      };
    }
    case 'bin':
      return arithmeticNode(e.op, scalar(e.l, scope, binding), scalar(e.r, scope, binding));
    case 'case':
      return bindCase(e, scope, binding);
    case 'cast':
      return bindCast(e, scope, binding);
    case 'sub':
      return bindSubquery(e, scope, binding);
    case 'collate': {
      const inner = scalar(e.e, scope, binding);
      if (!isText(inner.type))
        throw bindingError(447, `Expression type ${inner.type.name} is invalid for COLLATE clause.`);
      return { ...convertTo(inner, collate(inner.type, e.name)), column: undefined };
    }
    case 'func':
      if (e.over) return bindWindow(e, scope, (x) => scalar(x, scope, binding));
      if (AGGREGATES.has(e.name) && !e.schema)
        return bindAggregate(e, scope, (x) => scalar(x, scope, binding));
      if (RANKING.has(e.name))
        throw bindingError(10753, `The function '${e.name}' must have an OVER clause.`, 15);
      if (e.schema && nameKey(e.schema) !== 'sys')
        throw refused(`the user-defined function ${e.schema}.${e.name}`);
      return bindCall(e, scope, binding);
    case 'default':
      throw bindingError(156, "Incorrect syntax near the keyword 'DEFAULT'.", 15);
    default:
      throw bindingError(156, 'A condition was found where a value was expected.', 15);
  }
}

/** Functions whose first argument is a word, not a value, get it from the tree; IIF gets a condition. */
function bindCall(e: Expr & { k: 'func' }, scope: Scope, binding: Binding): Compiled {
  if (e.name === 'IIF') {
    const [when, result, other] = e.args;
    if (!when || !result || !other) throw bindingError(174, 'The iif function requires 3 arguments.', 15);
    return bindCase({ k: 'case', whens: [{ when, result }], other }, scope, binding);
  }
  const wordFirst = ['DATEADD', 'DATEDIFF', 'DATEDIFF_BIG', 'DATEPART', 'DATENAME', 'DATETRUNC'].includes(
    e.name,
  );
  const args = (wordFirst ? e.args.slice(1) : e.args).map((a) => scalar(a, scope, binding));
  return bindFunction(e, args, binding);
}
