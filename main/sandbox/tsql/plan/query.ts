import { bindingError, refused } from '../errors.ts';
import type { QueryBody, OrderItem, Query } from '../parser/ast.ts';
import type { Values } from '../storage/rows.ts';
import { nameKey } from '../storage/schema-objects.ts';
import { Scope } from './context.ts';
import type { Binding, CteBinding, CompiledQuery } from './context.ts';
import { compileCore } from './core.ts';
import type { CoreQuery } from './core.ts';
import { scalar } from './expressions.ts';
import { NO_LIMITS } from './order-limits.ts';
import type { Limits } from './order-limits.ts';
import { compileSet } from './set-query.ts';

function compileBody(
  body: QueryBody,
  order: readonly OrderItem[],
  limits: Limits,
  parent: Scope | null,
  binding: Binding,
): CoreQuery {
  if (body.k === 'core') {
    const own: Limits = body.top
      ? {
          ...limits,
          top: scalar(body.top.e, new Scope(parent), binding),
          percent: body.top.percent,
          ties: body.top.ties,
        }
      : limits;
    if (body.top && (limits.offset || limits.fetch))
      throw bindingError(10741, 'A TOP can not be used in the same query or sub-query as a OFFSET.', 15);
    return compileCore(body, order, own, parent, binding);
  }
  if (body.k === 'nested') {
    if (order.length > 0 || limits.offset) throw refused('ORDER BY behind a query in parentheses');
    return compileInner(body.query, parent, binding);
  }
  return compileSet(
    body.op,
    compileBody(body.l, [], NO_LIMITS, parent, binding),
    compileBody(body.r, [], NO_LIMITS, parent, binding),
    order,
    limits,
    new Scope(parent),
    binding,
  );
}

function withCtes(query: Query, binding: Binding): Binding {
  if (query.ctes.length === 0) return binding;
  const ctes = new Map<string, CteBinding>(binding.ctes);
  const inner: Binding = { ...binding, ctes };
  for (const cte of query.ctes) {
    if (mentions(cte.query, nameKey(cte.name))) throw refused('recursive common table expressions');
    // Each sees the ones before it.
    const seen: Binding = { ...binding, ctes: new Map(ctes) };
    ctes.set(nameKey(cte.name), { query: cte.query, columns: cte.columns, binding: seen });
  }
  return inner;
}

function mentions(node: unknown, name: string): boolean {
  if (!node || typeof node !== 'object') return false;
  if (Array.isArray(node)) return node.some((x) => mentions(x, name));
  const n = node as { k?: string; name?: unknown };
  if (n.k === 'table' && Array.isArray(n.name) && n.name.length === 1 && nameKey(String(n.name[0])) === name)
    return true;
  return Object.values(node).some((x) => mentions(x, name));
}

function compileInner(query: Query, parent: Scope | null, outerBinding: Binding): CoreQuery {
  const binding = withCtes(query, outerBinding);
  const scope = new Scope(parent);
  const limits: Limits = {
    ...NO_LIMITS,
    offset: query.offset ? scalar(query.offset, scope, binding) : undefined,
    fetch: query.fetch ? scalar(query.fetch, scope, binding) : undefined,
  };
  const core = compileBody(query.body, query.orderBy, limits, parent, binding);
  return core;
}

/** Order inside a query that is part of another has no meaning unless it decides which rows there are. */
function checkOrder(query: Query): void {
  if (query.orderBy.length === 0 || query.offset || (query.body.k === 'core' && query.body.top)) return;
  throw bindingError(
    1033,
    'The ORDER BY clause is invalid in views, inline functions, derived tables, subqueries, and common table expressions, unless TOP, OFFSET or FOR XML is also specified.',
    15,
  );
}

/** A query as part of something else: a subquery, a derived table, a view, the source of an INSERT. */
export function compileQuery(
  query: Query,
  parent: Scope | null,
  binding: Binding,
  ordered = false,
): CompiledQuery {
  if (!ordered) checkOrder(query);
  const core = compileInner(query, parent, binding);
  return {
    columns: core.columns,
    correlated: core.scope.correlated,
    rows: (run, outer) => {
      const out: Values[] = [];
      core.run(run, outer, (row) => out.push(row) > 0);
      return out;
    },
    exists: (run, outer) => {
      let found = false;
      core.run(run, outer, () => {
        found = true;
        return false;
      });
      return found;
    },
  };
}

/** A query as a statement, with its assignments. */
export function compileStatementQuery(query: Query, binding: Binding): CoreQuery {
  return compileInner(query, null, binding);
}
