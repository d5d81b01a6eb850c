import type { SqlValue } from '../face.ts';
import type { Expr } from '../parser/ast.ts';
import { family, commonType } from '../types/sql-type.ts';
import type { Type } from '../types/sql-type.ts';
import type { Each } from './bound.ts';
import { condition } from './conditions.ts';
import type { Test, Compiled, Env, Scope, Binding } from './context.ts';
import { convertTo } from './convert-node.ts';
import { scalar } from './expressions.ts';

/** One AND-ed part of a WHERE or ON clause, applied as early as the tables it names allow. */
export interface Conjunct {
  readonly test: Test;
  readonly uses: ReadonlySet<number>;
  /** column = value, when it has that shape: what an index can answer. */
  readonly equal: readonly {
    readonly slot: number;
    readonly ordinal: number;
    readonly value: Compiled;
    readonly uses: ReadonlySet<number>;
  }[];
  used: boolean;
  /** column IN (query) with a query of its own, when it has that shape: an index answers that too. */
  readonly among?: Among | undefined;
}

export interface Among {
  readonly slot: number;
  readonly ordinal: number;
  /** What the column is compared with, each as the column's index has it. */
  readonly values: (e: Env) => Iterable<SqlValue>;
}

function amongOf(e: Expr, scope: Scope, binding: Binding): Among | undefined {
  if (e.k !== 'in' || e.not || !e.query) return undefined;
  const { column } = scalar(e.e, scope, binding);
  if (column?.level !== 0) return undefined;
  const source = scope.sources.find(({ slot }) => slot === column.slot);
  const type = source?.columns[column.ordinal]?.type;
  const query = binding.query(e.query, scope, binding);
  const [only] = query.columns;
  if (!type || !only || query.columns.length !== 1 || query.correlated) return undefined;
  let current: SqlValue = null;
  const value = lookupValue(type, { type: only.type, nullable: true, eval: () => current });
  if (!value) return undefined;
  return {
    slot: column.slot,
    ordinal: column.ordinal,
    *values(env) {
      for (const row of query.rows(env.run, env)) {
        current = row[0] ?? null;
        const found = value.eval(env);
        if (found !== null) yield found;
      }
    },
  };
}

export function conjunctsOf(e: Expr, scope: Scope, binding: Binding, out: Conjunct[]): void {
  if (e.k === 'and') {
    conjunctsOf(e.l, scope, binding, out);
    conjunctsOf(e.r, scope, binding, out);
    return;
  }
  const before = scope.uses;
  const track = <T>(fn: () => T): { value: T; uses: Set<number> } => {
    scope.uses = new Set();
    return { value: fn(), uses: scope.uses };
  };
  const whole = track(() => condition(e, scope, binding));
  const among = track(() => amongOf(e, scope, binding)).value;
  const equal: { slot: number; ordinal: number; value: Compiled; uses: Set<number> }[] = [];
  if (e.k === 'cmp' && e.op === '=') {
    for (const [a, b] of [
      [e.l, e.r],
      [e.r, e.l],
    ] as const) {
      if (a.k !== 'col') continue;
      const column = track(() => scalar(a, scope, binding)).value.column;
      if (!column || column.level !== 0) continue;
      const other = track(() => scalar(b, scope, binding));
      if (!other.uses.has(column.slot))
        equal.push({ slot: column.slot, ordinal: column.ordinal, value: other.value, uses: other.uses });
    }
  }
  scope.uses = before;
  out.push({ test: whole.value, uses: whole.uses, equal, used: false, among });
}

export const subset = (a: ReadonlySet<number>, b: ReadonlySet<number>): boolean => {
  for (const x of a) if (!b.has(x)) return false;
  return true;
};

export function filtered(each: Each, tests: readonly Test[]): Each {
  const [only] = tests;
  if (!only) return each;
  if (tests.length === 1) return (e, row) => each(e, () => (only(e) === true ? row() : true));
  return (e, row) =>
    each(e, () => {
      for (const test of tests) if (test(e) !== true) return true;
      return row();
    });
}

/** Takes the conjuncts whose tables are all bound now. */
export function take(conjuncts: readonly Conjunct[], bound: ReadonlySet<number>): Test[] {
  const tests: Test[] = [];
  for (const c of conjuncts) {
    if (c.used || !subset(c.uses, bound)) continue;
    c.used = true;
    tests.push(c.test);
  }
  return tests;
}

/** Whether looking a value up by the column's key finds the same rows as comparing would. */
export function lookupValue(column: Type, value: Compiled): Compiled | undefined {
  if (value.untyped) return undefined;
  const [fc, fv] = [family(column), family(value.type)];
  if (fc === 'text') {
    // The key of a text is its fold, whatever its declared type.
    return fv === 'text' && (value.type.collation ?? column.collation) === column.collation
      ? value
      : undefined;
  }
  if (fc === 'int' && fv === 'int') {
    if (column.name === value.type.name) return value;
    const wide = column.name === 'bigint';
    const inner = value.eval;
    return {
      ...value,
      type: column,
      eval: (e) => {
        const v = inner(e);
        return v === null ? null : wide ? BigInt(v as number) : Number(v as bigint);
      },
    };
  }
  if (fc === 'decimal' && fv === 'decimal') return value;
  const common = commonType(column, value.type);
  if (common.name !== column.name) return undefined;
  return convertTo(value, column);
}
