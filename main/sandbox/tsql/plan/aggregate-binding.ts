import { bindingError, refused } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import type { Expr, OrderItem } from '../parser/ast.ts';
import {
  INT,
  BIGINT,
  isText,
  nvarchar,
  varchar,
  family,
  isMoney,
  decimal,
  scaleOf,
  FLOAT,
  typeText,
} from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { groupRead } from './columns.ts';
import type { Compiled, Scope, AggregateSpec } from './context.ts';
import { convertTo } from './convert-node.ts';
import { signature } from './written-form.ts';

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
export const RANKING = new Set([
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

/** Binds an expression in the scope at hand. */
type BindExpr = (e: Expr) => Compiled;

export function bindOrder(items: readonly OrderItem[], bind: BindExpr): { by: Compiled; desc: boolean }[] {
  return items.map((item) => ({ by: bind(item.by), desc: item.desc }));
}

export function aggregateSpec(e: Expr & { k: 'func' }, scope: Scope, bind: BindExpr): AggregateSpec {
  const { group } = scope;
  scope.group = null;
  try {
    const [first, second] = e.args;
    if (!e.star && !first)
      throw bindingError(174, `The ${e.name.toLowerCase()} function requires 1 argument.`, 15);
    if (e.name === 'STDEV' || e.name === 'VAR' || e.name === 'CHECKSUM_AGG')
      throw refused(`the aggregate ${e.name}`);
    let arg = first ? bind(first) : undefined;
    const type = aggregateType(e.name, arg);
    if (arg && e.name === 'STRING_AGG') arg = convertTo(arg, type);
    else if (arg && (e.name === 'SUM' || e.name === 'AVG') && family(type) !== 'decimal')
      arg = convertTo(arg, type);
    return {
      name: e.name,
      distinct: e.distinct,
      arg,
      separator: second ? convertTo(bind(second), nvarchar(4000)) : undefined,
      order: bindOrder(e.within ?? [], bind),
      type,
    };
  } finally {
    scope.group = group;
  }
}

export function bindAggregate(e: Expr & { k: 'func' }, scope: Scope, bind: BindExpr): Compiled {
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
    group.aggregates.push(aggregateSpec(e, scope, bind));
    group.signatures.push(name);
  }
  const spec = group.aggregates[index] as AggregateSpec;
  return groupRead(group.keys.length + index, spec.type, !e.name.startsWith('COUNT'), 0);
}

export function bindWindow(e: Expr & { k: 'func' }, scope: Scope, bind: BindExpr): Compiled {
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
  const aggregate = ranking ? undefined : windowAggregate(e, bind);
  const args = ranking ? e.args.map((a) => bind(a)) : [];
  const type =
    aggregate?.type ??
    (['LAG', 'LEAD', 'FIRST_VALUE', 'LAST_VALUE'].includes(e.name) ? (args[0]?.type ?? INT) : BIGINT);
  const index = windows.specs.length;
  windows.specs.push({
    name: e.name,
    args,
    partition: over.partition.map((p) => bind(p)),
    order: bindOrder(over.order, bind),
    frame: over.frame,
    aggregate,
    type,
  });
  return { type, nullable: true, eval: (env) => (env.window as SqlValue[])[index] as SqlValue };
}

/** A windowed aggregate over groups reads the groups' own results as its argument. */
function windowAggregate(e: Expr & { k: 'func' }, bind: BindExpr): AggregateSpec {
  const arg = e.args[0] ? bind(e.args[0]) : undefined;
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
