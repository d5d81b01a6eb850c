import { bindingError } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import type { SelectCore, OrderItem } from '../parser/ast.ts';
import type { Values } from '../storage/rows.ts';
import { compositeKeyer } from '../types/compare.ts';
import type { Key } from '../types/compare.ts';
import { bindRef } from './bind-from.ts';
import type { Each } from './bound.ts';
import { condition } from './conditions.ts';
import { Scope, nullRow } from './context.ts';
import type { Run, Env, Binding, GroupScope } from './context.ts';
import { signature } from './written-form.ts';
import { scalar } from './expressions.ts';
import { groupedRows, guarded, windowRows } from './grouping.ts';
import { compileFrom } from './joins.ts';
import { bindOrderItem, rankCompare, limitCount, KEEP_BEST, best } from './order-limits.ts';
import type { Limits, Ranked } from './order-limits.ts';
import { hasAggregate, hasWindow, bindItems } from './select-list.ts';
import type { OutputColumn } from './select-list.ts';

export interface CoreQuery {
  readonly columns: readonly OutputColumn[];
  readonly scope: Scope;
  /** Calls `row` with every result row, in order; false stops. */
  run(run: Run, outer: Env | null, row: (values: Values) => boolean): void;
}

export function compileCore(
  core: SelectCore,
  order: readonly OrderItem[],
  limits: Limits,
  parent: Scope | null,
  binding: Binding,
): CoreQuery {
  const scope = new Scope(parent);
  const ref = core.from ? bindRef(core.from, scope, binding) : undefined;
  const each = compileFrom(ref, core.where, scope, binding);
  const grouped =
    core.groupBy.length > 0 || core.having !== undefined || hasAggregate(core.items) || hasAggregate(order);
  const keys = core.groupBy.map((e) => ({
    signature: signature(e, scope),
    compiled: scalar(e, scope, binding),
  }));
  const group: GroupScope | null = grouped ? { keys, aggregates: [], signatures: [] } : null;
  scope.group = group;
  const windowed = hasWindow(core.items) || hasWindow(order);
  scope.windows = windowed ? { specs: [] } : null;
  const columns = bindItems(core.items, scope, binding);
  const having = core.having ? condition(core.having, scope, binding) : undefined;
  const orderBy = order.map((item) => ({
    ...bindOrderItem(item, columns, scope, binding, core.distinct),
    desc: item.desc,
  }));
  const windows = scope.windows;
  const evals = columns.map((c) => c.compiled.eval);
  const width = evals.length;
  const blank = nullRow(width);
  const project = (e: Env): Values => {
    // A copy is cheaper than an array made anew for each row.
    const out: SqlValue[] = blank.slice();
    for (let i = 0; i < width; i++) out[i] = (evals[i] as (x: Env) => SqlValue)(e);
    return out;
  };
  const slots = scope.sources.length;
  const source: Each = group
    ? groupedRows(each, group, having, core.groupBy.length === 0, slots)
    : having
      ? guarded(each, having)
      : each;
  const rows: Each = windows ? windowRows(source, windows.specs) : source;
  const assigns = columns.some((c) => c.assign);
  if (assigns && columns.some((c) => !c.assign))
    throw bindingError(
      141,
      'A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.',
      15,
    );
  const sorted = orderBy.length > 0;
  const compare = sorted ? rankCompare(orderBy) : undefined;
  const distinctKey = core.distinct ? compositeKeyer(columns.map((c) => c.type)) : undefined;
  const orderKey = (e: Env, out: Values): SqlValue[] =>
    orderBy.map((o) => (o.position !== undefined ? (out[o.position] as SqlValue) : o.by.eval(e)));
  return {
    columns,
    scope,
    run: (run, outer, row) => {
      const e: Env = { rows: Array.from({ length: slots }), outer, run, group: null, window: null };
      const count = limitCount(limits, e);
      const seen = distinctKey ? new Set<Key>() : undefined;
      const fresh = (out: Values): boolean => {
        if (!seen || !distinctKey) return true;
        const key = distinctKey(out);
        if (seen.has(key)) return false;
        seen.add(key);
        return true;
      };
      if (!sorted && !limits.percent) {
        let n = 0;
        if (count.take <= 0) return;
        rows(e, () => {
          const out = project(e);
          if (!fresh(out)) return true;
          n++;
          if (n <= count.skip) return true;
          return row(out) && n < count.skip + count.take;
        });
        return;
      }
      let list: Ranked[] = [];
      const cap = count.skip + count.take;
      if (compare && !seen && !limits.ties && !limits.percent && cap <= KEEP_BEST) {
        list = best(rows, e, cap, orderBy, compare, project);
      } else {
        rows(e, () => {
          const out = project(e);
          if (fresh(out)) list.push({ out, keys: orderKey(e, out) });
          return true;
        });
      }
      if (compare) list.sort(compare);
      const take = limits.percent ? Math.ceil((list.length * count.take) / 100) : count.take;
      let end = Math.min(list.length, count.skip + take);
      if (limits.ties && compare && end > 0)
        while (end < list.length && compare(list[end - 1] as Ranked, list[end] as Ranked) === 0) end++;
      for (let i = count.skip; i < end; i++) if (!row((list[i] as Ranked).out)) return;
    },
  };
}
