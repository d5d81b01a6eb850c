import type { IndexDef } from '../storage/schema-objects.ts';
import type { Type } from '../types/sql-type.ts';
import type { BoundSource } from './bound.ts';
import { subset, lookupValue } from './conjuncts.ts';
import type { Conjunct, Among } from './conjuncts.ts';
import type { Compiled, SourceColumn } from './context.ts';

interface Lookup {
  readonly values: readonly Compiled[];
  readonly index?: IndexDef | undefined;
  readonly ordinals: readonly number[];
}

export function lookupFor(
  source: BoundSource,
  conjuncts: readonly Conjunct[],
  bound: ReadonlySet<number>,
): Lookup | undefined {
  const byOrdinal = new Map<number, Compiled>();
  for (const c of conjuncts) {
    for (const q of c.equal) {
      if (q.slot !== source.slot || !subset(q.uses, bound) || byOrdinal.has(q.ordinal)) continue;
      const value = lookupValue((source.columns[q.ordinal] as SourceColumn).type, q.value);
      if (value) byOrdinal.set(q.ordinal, value);
    }
  }
  if (byOrdinal.size === 0) return undefined;
  if (source.origin.k === 'table') {
    const usable = source.origin.fixed.indexes.filter(
      (i) => !i.where && i.columns.every((c) => byOrdinal.has(c.ordinal)),
    );
    usable.sort((a, b) => Number(b.unique) - Number(a.unique) || b.columns.length - a.columns.length);
    const index = usable[0];
    if (index)
      return {
        index,
        ordinals: index.columns.map((c) => c.ordinal),
        values: index.columns.map((c) => byOrdinal.get(c.ordinal) as Compiled),
      };
  }
  return { ordinals: [...byOrdinal.keys()], values: [...byOrdinal.values()] };
}

/** The conjunct `column IN (query)` that an index of the table answers. */
export function amongFor(
  source: BoundSource,
  conjuncts: readonly Conjunct[],
): { readonly index: number; readonly type: Type; readonly values: Among['values'] } | undefined {
  if (source.origin.k !== 'table') return undefined;
  const { indexes } = source.origin.fixed;
  for (const { among } of conjuncts) {
    if (among?.slot !== source.slot) continue;
    const index = indexes.findIndex(
      (i) => !i.where && i.columns.length === 1 && i.columns[0]?.ordinal === among.ordinal,
    );
    const column = source.columns[among.ordinal];
    if (index >= 0 && column) return { index, type: column.type, values: among.values };
  }
  return undefined;
}
