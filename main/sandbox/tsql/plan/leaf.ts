import type { SqlValue } from '../face.ts';
import type { Values, Row } from '../storage/rows.ts';
import { compositeKeyer } from '../types/compare.ts';
import type { Key } from '../types/compare.ts';
import { lookupFor, amongFor } from './access-path.ts';
import type { BoundSource, Origin, Each } from './bound.ts';
import { take } from './conjuncts.ts';
import type { Conjunct } from './conjuncts.ts';
import type { Env, SourceColumn, Reader } from './context.ts';

/** Rows by key, built on the second visit of one statement: a single pass needs no index. */
class Hash {
  visits = 0;
  map: Map<Key, (readonly [Values, Row | null])[]> | undefined;
}

function leafRows(source: BoundSource): (e: Env) => Iterable<Values> {
  const { origin } = source;
  switch (origin.k) {
    case 'rows':
      return (e) => {
        if (origin.correlated) return origin.rows(e.run, e.outer);
        const known = e.run.cache.get(origin) as readonly Values[] | undefined;
        if (known) return known;
        const rows = origin.rows(e.run, e.outer);
        e.run.cache.set(origin, rows);
        return rows;
      };
    case 'query':
      return (e) => {
        const { query } = origin;
        if (origin.lateral) return query.rows(e.run, e);
        if (query.correlated) return query.rows(e.run, e.outer);
        const known = e.run.cache.get(query) as readonly Values[] | undefined;
        if (known) return known;
        const rows = query.rows(e.run, e.outer);
        e.run.cache.set(query, rows);
        return rows;
      };
    case 'table':
      return function* (e) {
        for (const [values] of tableRows(origin, e)) yield values;
      };
  }
}

function* tableRows(origin: Origin & { k: 'table' }, e: Env): Iterable<readonly [Values, Row]> {
  const table = origin.table(e.run);
  const reader = e.run.reader(origin.hints, table);
  for (const row of table.store.rows) {
    const values = reader.read(row);
    if (values) yield [values, row];
  }
}

/** The same with the row each comes from, where it comes from one. */
function leafPairs(source: BoundSource): (e: Env) => Iterable<readonly [Values, Row | null]> {
  const { origin } = source;
  if (origin.k === 'table') return (e) => tableRows(origin, e);
  const rows = leafRows(source);
  return function* (e) {
    for (const values of rows(e)) yield [values, null];
  };
}

export function leaf(
  source: BoundSource,
  conjuncts: readonly Conjunct[],
  bound: Set<number>,
  visit?: { current: Row | null },
): Each {
  const lookup = lookupFor(source, conjuncts, bound);
  const among = lookup?.index ? undefined : amongFor(source, conjuncts);
  bound.add(source.slot);
  const tests = take(conjuncts, bound);
  const { slot, origin } = source;
  const keyTypes = lookup?.ordinals.map((o) => (source.columns[o] as SourceColumn).type) ?? [];
  const keyOf = lookup ? compositeKeyer(keyTypes) : undefined;
  const keyOfEnv = (e: Env): Key | undefined => {
    const values: SqlValue[] = [];
    for (const v of lookup?.values ?? []) {
      const value = v.eval(e);
      if (value === null) return undefined;
      values.push(value);
    }
    return keyOf?.(values);
  };
  const pass = (e: Env, row: () => boolean): boolean => {
    for (const test of tests) if (test(e) !== true) return true;
    return row();
  };
  if (origin.k === 'table') {
    const scan: Each = (e, row) => {
      const table = origin.table(e.run);
      const reader = e.run.reader(origin.hints, table);
      for (const r of table.store.rows) {
        const values = reader.read(r);
        if (!values) continue;
        e.rows[slot] = values;
        if (visit) visit.current = r;
        if (!pass(e, row)) return false;
      }
      return true;
    };
    if (!lookup && !among) return scan;
    const at = (r: Row, reader: Reader, e: Env, row: () => boolean): boolean => {
      const values = reader.read(r);
      if (!values) return true;
      e.rows[slot] = values;
      if (visit) visit.current = r;
      return pass(e, row);
    };
    if (among) {
      const keyOfValue = compositeKeyer([among.type]);
      return (e, row) => {
        const table = origin.table(e.run);
        const reader = e.run.reader(origin.hints, table);
        const keys = new Set<Key>();
        for (const value of among.values(e)) keys.add(keyOfValue([value]));
        for (const key of keys) {
          const found = table.indexes[among.index]?.rows.find(key);
          if (found === undefined) continue;
          if (!(found instanceof Set)) {
            if (!at(found as Row, reader, e, row)) return false;
          } else for (const r of found) if (!at(r, reader, e, row)) return false;
        }
        return true;
      };
    }
    if (lookup?.index) {
      const ordinal = origin.fixed.indexes.indexOf(lookup.index);
      return (e, row) => {
        const key = keyOfEnv(e);
        if (key === undefined) return true;
        const table = origin.table(e.run);
        const reader = e.run.reader(origin.hints, table);
        const found = table.indexes[ordinal]?.rows.find(key);
        if (found === undefined) return true;
        if (!(found instanceof Set)) return at(found as Row, reader, e, row);
        for (const r of found) if (!at(r, reader, e, row)) return false;
        return true;
      };
    }
    if (!lookup) return scan;
    return hashed(source, keyOfEnv, keyOf, lookup.ordinals, scan, pass, visit);
  }
  const rows = leafRows(source);
  const scan: Each = (e, row) => {
    for (const values of rows(e)) {
      e.rows[slot] = values;
      if (!pass(e, row)) return false;
    }
    return true;
  };
  const stable =
    (origin.k === 'rows' && !origin.correlated) ||
    (origin.k === 'query' && !origin.lateral && !origin.query.correlated);
  return lookup && stable ? hashed(source, keyOfEnv, keyOf, lookup.ordinals, scan, pass) : scan;
}

function hashed(
  source: BoundSource,
  keyOfEnv: (e: Env) => Key | undefined,
  keyOf: ((values: readonly SqlValue[]) => Key) | undefined,
  ordinals: readonly number[],
  scan: Each,
  pass: (e: Env, row: () => boolean) => boolean,
  visit?: { current: Row | null },
): Each {
  const all = leafPairs(source);
  return (e, row) => {
    let hash = e.run.cache.get(scan) as Hash | undefined;
    if (!hash) e.run.cache.set(scan, (hash = new Hash()));
    if (++hash.visits === 1 || !keyOf) return scan(e, row);
    if (!hash.map) {
      hash.map = new Map();
      for (const pair of all(e)) {
        const key = keyOf(ordinals.map((o) => pair[0][o] as SqlValue));
        const list = hash.map.get(key);
        if (list) list.push(pair);
        else hash.map.set(key, [pair]);
      }
    }
    const key = keyOfEnv(e);
    if (key === undefined) return true;
    for (const [values, at] of hash.map.get(key) ?? []) {
      e.rows[source.slot] = values;
      if (visit) visit.current = at;
      if (!pass(e, row)) return false;
    }
    return true;
  };
}
