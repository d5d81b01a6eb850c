import type { Expr } from '../parser/ast.ts';
import type { Row, Values } from '../storage/rows.ts';
import { lookupFor } from './access-path.ts';
import type { BoundRef, Each } from './bound.ts';
import { conjunctsOf, filtered, take } from './conjuncts.ts';
import type { Conjunct } from './conjuncts.ts';
import { nullRow } from './context.ts';
import type { Scope, Binding, Source } from './context.ts';
import { leaf } from './leaf.ts';

function slotsOf(ref: BoundRef, out = new Set<number>()): Set<number> {
  if (ref.k === 'leaf') out.add(ref.source.slot);
  else {
    slotsOf(ref.l, out);
    slotsOf(ref.r, out);
  }
  return out;
}

/**
 * Two tables of which only the left can be looked up by a value of the right: read the right one first. Every other
 * join is read as it is written.
 */
function readsRightFirst(
  ref: BoundRef & { k: 'join' },
  conjuncts: readonly Conjunct[],
  bound: ReadonlySet<number>,
): boolean {
  if (ref.kind !== 'inner' || ref.l.k !== 'leaf' || ref.r.k !== 'leaf') return false;
  const [l, r] = [ref.l.source, ref.r.source];
  if (l.origin.k !== 'table' || r.origin.k !== 'table') return false;
  const [withLeft, withRight] = [new Set([...bound, l.slot]), new Set([...bound, r.slot])];
  return !lookupFor(r, conjuncts, withLeft) && lookupFor(l, conjuncts, withRight) !== undefined;
}

function plan(
  ref: BoundRef,
  conjuncts: readonly Conjunct[],
  bound: Set<number>,
  scope: Scope,
  binding: Binding,
  visit?: { slot: number; current: Row | null },
): Each {
  if (ref.k === 'leaf')
    return leaf(ref.source, conjuncts, bound, visit?.slot === ref.source.slot ? visit : undefined);
  if (ref.kind === 'inner' || ref.kind === 'cross' || ref.kind === 'cross apply') {
    const all = [...conjuncts];
    if (ref.on) conjunctsOf(ref.on, scope, binding, all);
    const [first, second] = readsRightFirst(ref, all, bound) ? [ref.r, ref.l] : [ref.l, ref.r];
    const l = plan(first, all, bound, scope, binding, visit);
    const r = plan(second, all, bound, scope, binding, visit);
    const joined: Each = (e, row) => l(e, () => r(e, row));
    return filtered(joined, take(all, bound));
  }
  const on: Conjunct[] = [];
  if (ref.on) conjunctsOf(ref.on, scope, binding, on);
  if (ref.kind === 'full') return fullJoin(ref, on, bound, scope, binding);
  const l = plan(ref.l, conjuncts, bound, scope, binding, visit);
  const leftBound = new Set(bound);
  const r = plan(ref.r, on, bound, scope, binding, visit);
  const rest = take(on, bound);
  void leftBound;
  const missing = [...slotsOf(ref.r)].map(
    (slot) => [slot, nullRow((scope.sources[slot] as Source).columns.length)] as const,
  );
  const joined: Each = (e, row) =>
    l(e, () => {
      let found = false;
      const more = r(e, () => {
        for (const test of rest) if (test(e) !== true) return true;
        found = true;
        return row();
      });
      if (!more) return false;
      if (found) return true;
      for (const [slot, values] of missing) e.rows[slot] = values;
      if (visit && missing.some(([slot]) => slot === visit.slot)) visit.current = null;
      return row();
    });
  return filtered(joined, take(conjuncts, bound));
}

function fullJoin(
  ref: BoundRef & { k: 'join' },
  on: readonly Conjunct[],
  bound: Set<number>,
  scope: Scope,
  binding: Binding,
): Each {
  const l = plan(ref.l, [], bound, scope, binding);
  const r = plan(ref.r, [], new Set(bound), scope, binding);
  const [ls, rs] = [[...slotsOf(ref.l)], [...slotsOf(ref.r)]];
  for (const slot of rs) bound.add(slot);
  const tests = on.map((c) => c.test);
  const empty = (slot: number): Values => nullRow((scope.sources[slot] as Source).columns.length);
  return (e, row) => {
    const right: { values: Values[]; matched: boolean }[] = [];
    r(e, () => {
      right.push({ values: rs.map((s) => e.rows[s] as Values), matched: false });
      return true;
    });
    const more = l(e, () => {
      let found = false;
      for (const entry of right) {
        rs.forEach((s, i) => (e.rows[s] = entry.values[i] as Values));
        if (!tests.every((t) => t(e) === true)) continue;
        found = true;
        entry.matched = true;
        if (!row()) return false;
      }
      if (found) return true;
      for (const s of rs) e.rows[s] = empty(s);
      return row();
    });
    if (!more) return false;
    for (const entry of right) {
      if (entry.matched) continue;
      for (const s of ls) e.rows[s] = empty(s);
      rs.forEach((s, i) => (e.rows[s] = entry.values[i] as Values));
      if (!row()) return false;
    }
    return true;
  };
}

/** FROM and WHERE together. `visit` follows the row of the table that a statement writes. */
export function compileFrom(
  ref: BoundRef | undefined,
  where: Expr | undefined,
  scope: Scope,
  binding: Binding,
  visit?: { slot: number; current: Row | null },
): Each {
  const conjuncts: Conjunct[] = [];
  if (where) conjunctsOf(where, scope, binding, conjuncts);
  const bound = new Set<number>();
  const each: Each = ref ? plan(ref, conjuncts, bound, scope, binding, visit) : (_, row) => row();
  return filtered(each, take(conjuncts, bound));
}
