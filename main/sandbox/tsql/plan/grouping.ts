import type { SqlValue } from '../face.ts';
import { compositeKeyer } from '../types/compare.ts';
import type { Key } from '../types/compare.ts';
import { accumulator } from './aggregates.ts';
import type { Accumulator } from './aggregates.ts';
import type { Each } from './bound.ts';
import type { Test, GroupScope, Env } from './context.ts';
import { computeWindow } from './windows.ts';

export function guarded(each: Each, test: Test): Each {
  return (e, row) => each(e, () => (test(e) === true ? row() : true));
}

export function groupedRows(
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

export function windowRows(each: Each, specs: Parameters<typeof computeWindow>[0][]): Each {
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
