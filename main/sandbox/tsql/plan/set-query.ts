import { bindingError } from '../errors.ts';
import type { SqlValue } from '../face.ts';
import type { QueryBody, OrderItem } from '../parser/ast.ts';
import type { Values } from '../storage/rows.ts';
import { compositeKeyer } from '../types/compare.ts';
import type { Key } from '../types/compare.ts';
import { commonType } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { Scope } from './context.ts';
import type { Binding, Env, Run } from './context.ts';
import { convertTo } from './convert-node.ts';
import type { CoreQuery } from './core.ts';
import { bindOrderItem, rankCompare, limitCount } from './order-limits.ts';
import type { Limits } from './order-limits.ts';
import type { OutputColumn } from './select-list.ts';

/** UNION, INTERSECT or EXCEPT of two queries. */
export function compileSet(
  op: (QueryBody & { k: 'set' })['op'],
  l: CoreQuery,
  r: CoreQuery,
  order: readonly OrderItem[],
  limits: Limits,
  scope: Scope,
  binding: Binding,
): CoreQuery {
  if (l.columns.length !== r.columns.length) {
    throw bindingError(
      205,
      'All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of expressions in their target lists.',
    );
  }
  const types = l.columns.map((c, i) => {
    const other = r.columns[i] as OutputColumn;
    return c.compiled.untyped ? other.type : other.compiled.untyped ? c.type : commonType(c.type, other.type);
  });
  // Each side's rows are read through a column that converts them to the common type.
  const adapt = (side: CoreQuery): ((row: Values) => Values) => {
    let current: Values = [];
    const parts = side.columns.map(
      (c, i) =>
        convertTo(
          { ...c.compiled, constant: undefined, eval: () => current[i] as SqlValue },
          types[i] as Type,
        ).eval,
    );
    return (row) => {
      current = row;
      return parts.map((p) => p({} as Env));
    };
  };
  const [left, right] = [adapt(l), adapt(r)];
  const columns: OutputColumn[] = l.columns.map((c, i) => ({
    ...c,
    type: types[i] as Type,
    nullable: c.nullable || (r.columns[i]?.nullable ?? true),
    identity: undefined,
    compiled: { type: types[i] as Type, nullable: true, eval: () => null },
  }));
  const keyOf = compositeKeyer(types);
  scope.correlated = l.scope.correlated || r.scope.correlated;
  scope.sources.push({ slot: 0, alias: '', columns });
  const orderBy = order.map((item) => ({
    ...bindOrderItem(item, columns, scope, binding, false),
    desc: item.desc,
  }));
  const compare = orderBy.length ? rankCompare(orderBy) : undefined;
  const collect = (run: Run, outer: Env | null): Values[] => {
    const out: Values[] = [];
    const push = (row: Values): boolean => out.push(row) > 0;
    if (op === 'union all') {
      l.run(run, outer, (row) => push(left(row)));
      r.run(run, outer, (row) => push(right(row)));
      return out;
    }
    const seen = new Set<Key>();
    const add = (row: Values): boolean => {
      const key = keyOf(row);
      if (!seen.has(key)) {
        seen.add(key);
        push(row);
      }
      return true;
    };
    if (op === 'union') {
      l.run(run, outer, (row) => add(left(row)));
      r.run(run, outer, (row) => add(right(row)));
      return out;
    }
    const other = new Set<Key>();
    r.run(run, outer, (row) => other.add(keyOf(right(row))).size > 0);
    l.run(run, outer, (row) => {
      const values = left(row);
      return other.has(keyOf(values)) === (op === 'intersect') ? add(values) : true;
    });
    return out;
  };
  return {
    columns,
    scope,
    run: (run, outer, row) => {
      const e: Env = { rows: [], outer, run, group: null, window: null };
      let list = collect(run, outer);
      if (compare) {
        const ranked = list.map((out) => {
          e.rows[0] = out;
          return {
            out,
            keys: orderBy.map((o) =>
              o.position !== undefined ? (out[o.position] as SqlValue) : o.by.eval(e),
            ),
          };
        });
        list = ranked.sort(compare).map((x) => x.out);
      }
      const { skip, take } = limitCount(limits, e);
      const end = Math.min(list.length, skip + take);
      for (let i = skip; i < end; i++) if (!row(list[i] as Values)) return;
    },
  };
}
