import type { SqlValue } from '../face.ts';
import { SqlError, bindingError, refused } from '../errors.ts';
import type { Expr, OrderItem, Query, QueryBody, SelectCore, SelectItem } from '../parser/ast.ts';
import { nameKey } from '../storage/schema-objects.ts';
import type { Values } from '../storage/rows.ts';
import { compositeKeyer, nullsFirst } from '../types/compare.ts';
import type { Key } from '../types/compare.ts';
import { commonType } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import { accumulator } from './aggregates.ts';
import type { Accumulator } from './aggregates.ts';
import { condition } from './conditions.ts';
import { Scope } from './context.ts';
import type {
  Binding,
  Compiled,
  CompiledQuery,
  CteBinding,
  Env,
  GroupScope,
  Run,
  SourceColumn,
  Test,
} from './context.ts';
import { convertTo } from './convert-node.ts';
import { AGGREGATES, isCondition, scalar, signature } from './expressions.ts';
import { bindRef } from './bind-from.ts';
import { compileFrom } from './joins.ts';
import type { Each } from './bound.ts';
import { computeWindow } from './windows.ts';

export interface OutputColumn extends SourceColumn {
  readonly compiled: Compiled;
  /** SELECT @v = value */
  readonly assign?: { readonly variable: string; readonly op: string } | undefined;
}

interface Limits {
  readonly top: Compiled | undefined;
  readonly percent: boolean;
  readonly ties: boolean;
  readonly offset: Compiled | undefined;
  readonly fetch: Compiled | undefined;
}

/** A result row and what it is sorted by. */
interface Ranked {
  readonly out: Values;
  readonly keys: readonly SqlValue[];
}

function bindItems(items: readonly SelectItem[], scope: Scope, binding: Binding): OutputColumn[] {
  const out: OutputColumn[] = [];
  for (const item of items) {
    if (item.k === 'star') {
      const qualifier = item.table?.map(nameKey);
      const sources = scope.sources.filter((s) => !qualifier || s.alias === qualifier.at(-1));
      if (sources.length === 0) {
        if (qualifier)
          throw bindingError(
            4104,
            `The multi-part identifier "${qualifier.join('.')}.*" could not be bound.`,
          );
        throw bindingError(263, 'Must specify table to select from.');
      }
      for (const source of sources) {
        for (const c of source.columns) {
          const compiled = scalar({ k: 'col', parts: [source.alias, c.name], line: 0 }, scope, binding);
          out.push({ ...c, compiled });
        }
      }
      continue;
    }
    if (item.k === 'assign') {
      const compiled = scalar(item.e, scope, binding);
      out.push({
        name: '',
        key: '',
        type: compiled.type,
        nullable: true,
        compiled,
        assign: { variable: item.variable, op: item.op },
      });
      continue;
    }
    if (isCondition(item.e)) throw bindingError(102, 'Incorrect syntax: a condition cannot be selected.', 15);
    const compiled = scalar(item.e, scope, binding);
    const name = item.alias ?? (item.e.k === 'col' ? (item.e.parts.at(-1) ?? '') : '');
    out.push({
      name,
      key: nameKey(name),
      type: compiled.type,
      nullable: compiled.nullable,
      identity: compiled.column?.identity,
      compiled,
    });
  }
  return out;
}

function contains(e: unknown, test: (f: Expr & { k: 'func' }) => boolean): boolean {
  if (!e || typeof e !== 'object') return false;
  if (Array.isArray(e)) return e.some((x) => contains(x, test));
  const node = e as { k?: string };
  if (node.k === 'sub' || node.k === 'exists') return false;
  if (node.k === 'func' && test(e as Expr & { k: 'func' })) return true;
  return Object.values(e).some((x) => contains(x, test));
}
const hasAggregate = (e: unknown): boolean => contains(e, (f) => AGGREGATES.has(f.name) && !f.over);
const hasWindow = (e: unknown): boolean => contains(e, (f) => f.over !== undefined);

export interface CoreQuery {
  readonly columns: readonly OutputColumn[];
  readonly scope: Scope;
  /** Calls `row` with every result row, in order; false stops. */
  run(run: Run, outer: Env | null, row: (values: Values) => boolean): void;
}

function compileCore(
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
  const project = (e: Env): Values => {
    const out: SqlValue[] = Array.from({ length: width });
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

/** Up to this many rows of a sorted TOP are picked while reading, without sorting everything. */
const KEEP_BEST = 5000;

/** The first rows in order: a row that cannot be among them is not even projected. */
function best(
  rows: Each,
  e: Env,
  cap: number,
  order: readonly { by: Compiled }[],
  compare: (a: Ranked, b: Ranked) => number,
  project: (e: Env) => Values,
): Ranked[] {
  let list: Ranked[] = [];
  let worst: Ranked | undefined;
  if (cap <= 0) return list;
  rows(e, () => {
    const keys = order.map((o) => o.by.eval(e));
    if (worst && compare({ out: [], keys }, worst) >= 0) return true;
    list.push({ out: project(e), keys });
    if (list.length >= 2 * cap) {
      list = list.sort(compare).slice(0, cap);
      worst = list[cap - 1];
    }
    return true;
  });
  return list;
}

function guarded(each: Each, test: Test): Each {
  return (e, row) => each(e, () => (test(e) === true ? row() : true));
}

function rankCompare(order: readonly { type: Type; desc: boolean }[]): (a: Ranked, b: Ranked) => number {
  const parts = order.map((o) => ({ compare: nullsFirst(o.type), sign: o.desc ? -1 : 1 }));
  return (a, b) => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as (typeof parts)[number];
      const c = part.compare(a.keys[i] as SqlValue, b.keys[i] as SqlValue);
      if (c !== 0) return c * part.sign;
    }
    return 0;
  };
}

function limitCount(limits: Limits, e: Env): { skip: number; take: number } {
  const number = (c: Compiled | undefined, fallback: number): number => {
    if (!c) return fallback;
    const v = c.eval(e);
    if (v === null)
      throw new SqlError(
        1060,
        'The number of rows provided for a TOP or FETCH clause must be an integer.',
        15,
      );
    return Number(v);
  };
  const skip = number(limits.offset, 0);
  if (skip < 0)
    throw new SqlError(10742, 'The offset specified in an OFFSET clause may not be negative.', 15);
  const fetch = number(limits.fetch, Number.POSITIVE_INFINITY);
  if (limits.fetch && fetch <= 0)
    throw new SqlError(
      10744,
      'The number of rows provided for a FETCH clause must be greater then zero.',
      15,
    );
  const top = number(limits.top, Number.POSITIVE_INFINITY);
  if (top < 0) throw new SqlError(1014, 'A TOP or FETCH clause contains an invalid value.', 15);
  return { skip, take: Math.min(fetch, top) };
}

/** ORDER BY knows positions and names of the result before it looks at the tables. */
function bindOrderItem(
  item: OrderItem,
  columns: readonly OutputColumn[],
  scope: Scope,
  binding: Binding,
  distinct: boolean,
): { by: Compiled; type: Type; position?: number | undefined } {
  const { by } = item;
  if (by.k === 'lit' && by.value !== null) {
    if (typeof by.value !== 'number')
      throw bindingError(408, 'A constant expression was encountered in the ORDER BY list.');
    const column = columns[by.value - 1];
    if (!column)
      throw bindingError(
        108,
        `The ORDER BY position number ${by.value} is out of range of the number of items in the select list.`,
        15,
      );
    return { by: column.compiled, type: column.type, position: by.value - 1 };
  }
  if (by.k === 'col' && by.parts.length === 1) {
    const key = nameKey(by.parts[0] ?? '');
    const found = columns.map((c, i) => ({ c, i })).filter(({ c }) => c.key === key);
    const [first] = found;
    if (first) {
      if (
        found.length > 1 &&
        new Set(found.map(({ c }) => `${c.compiled.column?.slot}.${c.compiled.column?.ordinal}`)).size > 1
      ) {
        throw bindingError(209, `Ambiguous column name '${by.parts[0]}'.`);
      }
      return { by: first.c.compiled, type: first.c.type, position: first.i };
    }
  }
  const compiled = scalar(by, scope, binding);
  if (distinct) {
    const position = columns.findIndex(
      (c) =>
        c.compiled.column &&
        c.compiled.column.slot === compiled.column?.slot &&
        c.compiled.column.ordinal === compiled.column?.ordinal,
    );
    if (position < 0)
      throw bindingError(
        145,
        'ORDER BY items must appear in the select list if SELECT DISTINCT is specified.',
        15,
      );
    return { by: compiled, type: compiled.type, position };
  }
  return { by: compiled, type: compiled.type };
}

function groupedRows(
  each: Each,
  group: GroupScope,
  having: Test | undefined,
  total: boolean,
  slots: number,
): Each {
  const keyOf = compositeKeyer(group.keys.map((k) => k.compiled.type));
  return (e, row) => {
    const groups = new Map<Key, { keys: SqlValue[]; accumulators: Accumulator[] }>();
    const fresh = (keys: SqlValue[]): { keys: SqlValue[]; accumulators: Accumulator[] } => ({
      keys,
      accumulators: group.aggregates.map(accumulator),
    });
    const inner: Env = { rows: e.rows, outer: e.outer, run: e.run, group: null, window: null };
    each(inner, () => {
      const keys = group.keys.map((k) => k.compiled.eval(inner));
      const key = keys.length ? keyOf(keys) : '';
      let entry = groups.get(key);
      if (!entry) groups.set(key, (entry = fresh(keys)));
      for (const a of entry.accumulators) a.add(inner);
      return true;
    });
    if (total && groups.size === 0) groups.set('', fresh([]));
    void slots;
    for (const { keys, accumulators } of groups.values()) {
      e.group = [...keys, ...accumulators.map((a) => a.result())];
      if (having && having(e) !== true) continue;
      if (!row()) return false;
    }
    return true;
  };
}

function windowRows(each: Each, specs: Parameters<typeof computeWindow>[0][]): Each {
  return (e, row) => {
    const kept: Env[] = [];
    each(e, () => {
      kept.push({
        rows: [...e.rows],
        outer: e.outer,
        run: e.run,
        group: e.group,
        window: Array.from<SqlValue>({ length: specs.length }).fill(null),
      });
      return true;
    });
    specs.forEach((spec, i) =>
      computeWindow(spec, kept, (at, value) => {
        ((kept[at] as Env).window as SqlValue[])[i] = value;
      }),
    );
    for (const k of kept) {
      k.rows.forEach((values, slot) => (e.rows[slot] = values));
      e.group = k.group;
      e.window = k.window;
      if (!row()) return false;
    }
    return true;
  };
}

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
  return compileSet(body, order, limits, parent, binding);
}

const NO_LIMITS: Limits = {
  top: undefined,
  percent: false,
  ties: false,
  offset: undefined,
  fetch: undefined,
};

function compileSet(
  body: QueryBody & { k: 'set' },
  order: readonly OrderItem[],
  limits: Limits,
  parent: Scope | null,
  binding: Binding,
): CoreQuery {
  const l = compileBody(body.l, [], NO_LIMITS, parent, binding);
  const r = compileBody(body.r, [], NO_LIMITS, parent, binding);
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
  const scope = new Scope(parent);
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
    if (body.op === 'union all') {
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
    if (body.op === 'union') {
      l.run(run, outer, (row) => add(left(row)));
      r.run(run, outer, (row) => add(right(row)));
      return out;
    }
    const other = new Set<Key>();
    r.run(run, outer, (row) => other.add(keyOf(right(row))).size > 0);
    l.run(run, outer, (row) => {
      const values = left(row);
      return other.has(keyOf(values)) === (body.op === 'intersect') ? add(values) : true;
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
