import type { SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import type { Expr, OrderItem } from '../parser/ast.ts';
import { bindFunction } from '../functions/registry.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { nullsFirst } from '../types/compare.ts';
import {
  BIGINT,
  FLOAT,
  INT,
  collationOf,
  decimal,
  family,
  isMoney,
  isText,
  nvarchar,
  resolveType,
  scaleOf,
  typeText,
  varchar,
} from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { arithmeticNode, negateNode } from './arithmetic.ts';
import { branchType } from './branch.ts';
import { softConvert } from './soft-convert.ts';
import { convertTo } from './convert-node.ts';
import type { AggregateSpec, Binding, Compiled, Env, Eval, Scope, Source } from './context.ts';

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

function bindColumn(e: Expr & { k: 'col' }, scope: Scope): Compiled {
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

function groupRead(index: number, type: Type, nullable: boolean, level: number): Compiled {
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

export const AGGREGATES: ReadonlySet<string> = new Set([
  'COUNT',
  'COUNT_BIG',
  'SUM',
  'AVG',
  'MIN',
  'MAX',
  'STRING_AGG',
  'STDEV',
  'VAR',
  'CHECKSUM_AGG',
]);
const RANKING = new Set([
  'ROW_NUMBER',
  'RANK',
  'DENSE_RANK',
  'NTILE',
  'LAG',
  'LEAD',
  'FIRST_VALUE',
  'LAST_VALUE',
]);

function aggregateType(name: string, arg: Compiled | undefined): Type {
  if (name === 'COUNT') return INT;
  if (name === 'COUNT_BIG') return BIGINT;
  const t = arg?.type ?? INT;
  if (name === 'MIN' || name === 'MAX') return t;
  if (name === 'STRING_AGG')
    return isText(t)
      ? t.name.startsWith('n')
        ? nvarchar(t.length === 'max' ? 'max' : 4000)
        : varchar(t.length === 'max' ? 'max' : 8000)
      : nvarchar(4000);
  switch (family(t)) {
    case 'int':
      return t.name === 'bigint' ? BIGINT : INT;
    case 'decimal':
      if (isMoney(t)) return { name: 'money' };
      return decimal(38, name === 'AVG' ? Math.max(6, scaleOf(t)) : scaleOf(t));
    case 'float':
      return FLOAT;
    default:
      throw bindingError(
        8117,
        `Operand data type ${typeText(t)} is invalid for ${name.toLowerCase()} operator.`,
      );
  }
}

export function bindOrder(
  items: readonly OrderItem[],
  scope: Scope,
  binding: Binding,
): { by: Compiled; desc: boolean }[] {
  return items.map((item) => ({ by: scalar(item.by, scope, binding), desc: item.desc }));
}

export function aggregateSpec(e: Expr & { k: 'func' }, scope: Scope, binding: Binding): AggregateSpec {
  const { group } = scope;
  scope.group = null;
  try {
    const [first, second] = e.args;
    if (!e.star && !first)
      throw bindingError(174, `The ${e.name.toLowerCase()} function requires 1 argument.`, 15);
    if (e.name === 'STDEV' || e.name === 'VAR' || e.name === 'CHECKSUM_AGG')
      throw refused(`the aggregate ${e.name}`);
    let arg = first ? scalar(first, scope, binding) : undefined;
    const type = aggregateType(e.name, arg);
    if (arg && e.name === 'STRING_AGG') arg = convertTo(arg, type);
    else if (arg && (e.name === 'SUM' || e.name === 'AVG') && family(type) !== 'decimal')
      arg = convertTo(arg, type);
    return {
      name: e.name,
      distinct: e.distinct,
      arg,
      separator: second ? convertTo(scalar(second, scope, binding), nvarchar(4000)) : undefined,
      order: bindOrder(e.within ?? [], scope, binding),
      type,
    };
  } finally {
    scope.group = group;
  }
}

function bindAggregate(e: Expr & { k: 'func' }, scope: Scope, binding: Binding): Compiled {
  const group = scope.group;
  if (!group) throw bindingError(147, 'An aggregate may not appear in this place.', 15);
  const name = JSON.stringify([
    e.name,
    e.distinct,
    e.star,
    e.args.map((a) => signature(a, scope)),
    e.within ?? null,
  ]);
  let index = group.signatures.indexOf(name);
  if (index < 0) {
    index = group.aggregates.length;
    group.aggregates.push(aggregateSpec(e, scope, binding));
    group.signatures.push(name);
  }
  const spec = group.aggregates[index] as AggregateSpec;
  return groupRead(group.keys.length + index, spec.type, !e.name.startsWith('COUNT'), 0);
}

function bindWindow(e: Expr & { k: 'func' }, scope: Scope, binding: Binding): Compiled {
  const windows = scope.windows;
  const over = e.over;
  if (!windows || !over)
    throw bindingError(4108, 'Windowed functions can only appear in the SELECT or ORDER BY clauses.', 15);
  const ranking = RANKING.has(e.name);
  if (!ranking && !AGGREGATES.has(e.name))
    throw bindingError(
      10758,
      `The function '${e.name.toLowerCase()}' may not have a window specification.`,
      15,
    );
  if (
    ['ROW_NUMBER', 'RANK', 'DENSE_RANK', 'NTILE', 'LAG', 'LEAD'].includes(e.name) &&
    over.order.length === 0
  ) {
    throw bindingError(4112, `The function '${e.name}' must have an OVER clause with ORDER BY.`, 15);
  }
  const aggregate = ranking ? undefined : windowAggregate(e, scope, binding);
  const args = ranking ? e.args.map((a) => scalar(a, scope, binding)) : [];
  const type =
    aggregate?.type ??
    (['LAG', 'LEAD', 'FIRST_VALUE', 'LAST_VALUE'].includes(e.name) ? (args[0]?.type ?? INT) : BIGINT);
  const index = windows.specs.length;
  windows.specs.push({
    name: e.name,
    args,
    partition: over.partition.map((p) => scalar(p, scope, binding)),
    order: bindOrder(over.order, scope, binding),
    frame: over.frame,
    aggregate,
    type,
  });
  return { type, nullable: true, eval: (env) => (env.window as SqlValue[])[index] as SqlValue };
}

/** A windowed aggregate over groups reads the groups' own results as its argument. */
function windowAggregate(e: Expr & { k: 'func' }, scope: Scope, binding: Binding): AggregateSpec {
  const arg = e.args[0] ? scalar(e.args[0], scope, binding) : undefined;
  const type = aggregateType(e.name, arg);
  if (e.distinct || e.name === 'STRING_AGG') throw refused(`${e.distinct ? 'DISTINCT' : e.name} in a window`);
  return {
    name: e.name,
    distinct: false,
    arg:
      arg && (e.name === 'SUM' || e.name === 'AVG') && family(type) !== 'decimal'
        ? convertTo(arg, type)
        : arg,
    order: [],
    type,
  };
}

function bindCase(e: Expr & { k: 'case' }, scope: Scope, binding: Binding): Compiled {
  const thens = e.whens.map((w) => scalar(w.result, scope, binding));
  const other = e.other ? scalar(e.other, scope, binding) : undefined;
  const all = other ? [...thens, other] : thens;
  const type = branchType(all);
  const tests = e.whens.map((w) =>
    binding.condition(e.input ? { k: 'cmp', op: '=', l: e.input, r: w.when } : w.when, scope),
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
    isText(type) && isText(c.type) && c.type.collation ? { ...type, collation: c.type.collation } : type;
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
      return { ...inner, type: { ...inner.type, collation: collationOf(e.name) }, column: undefined };
    }
    case 'func':
      if (e.over) return bindWindow(e, scope, binding);
      if (AGGREGATES.has(e.name) && !e.schema) return bindAggregate(e, scope, binding);
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

export function orderCompare(
  order: readonly { by: Compiled; desc: boolean }[],
): (a: readonly SqlValue[], b: readonly SqlValue[], offset?: number) => number {
  const parts = order.map((o) => ({ compare: nullsFirst(o.by.type), sign: o.desc ? -1 : 1 }));
  return (a, b, offset = 0) => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as (typeof parts)[number];
      const c = part.compare(a[i + offset] as SqlValue, b[i + offset] as SqlValue);
      if (c !== 0) return c * part.sign;
    }
    return 0;
  };
}
