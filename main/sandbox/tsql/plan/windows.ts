import type { SqlValue } from '../face.ts';
import { refused } from '../errors.ts';
import { compositeKeyer, nullsFirst } from '../types/compare.ts';
import { accumulator } from './aggregates.ts';
import type { Compiled, Env, WindowSpec } from './context.ts';

/** Computes one window function for all rows; `put` receives the value of each row. */
export function computeWindow(
  spec: WindowSpec,
  rows: readonly Env[],
  put: (row: number, value: SqlValue) => void,
): void {
  const keyOf = compositeKeyer(spec.partition.map((p) => p.type));
  const partitions = new Map<unknown, number[]>();
  rows.forEach((e, i) => {
    const key = spec.partition.length ? keyOf(spec.partition.map((p) => p.eval(e))) : '';
    const list = partitions.get(key);
    if (list) list.push(i);
    else partitions.set(key, [i]);
  });
  const compare = orderCompare(spec.order);
  const keys = rows.map((e) => spec.order.map((o) => o.by.eval(e)));
  for (const list of partitions.values()) {
    if (spec.order.length)
      list.sort((a, b) => compare(keys[a] as SqlValue[], keys[b] as SqlValue[]) || a - b);
    const peers = (a: number, b: number): boolean =>
      compare(keys[list[a] as number] as SqlValue[], keys[list[b] as number] as SqlValue[]) === 0;
    if (spec.aggregate) aggregateOver(spec, rows, list, peers, put);
    else rank(spec, rows, list, peers, put);
  }
}

function aggregateOver(
  spec: WindowSpec,
  rows: readonly Env[],
  list: readonly number[],
  peers: (a: number, b: number) => boolean,
  put: (row: number, value: SqlValue) => void,
): void {
  const { aggregate } = spec;
  if (!aggregate) return;
  const acc = accumulator(aggregate);
  const running =
    spec.order.length > 0 && spec.frame !== 'ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING';
  if (!running) {
    for (const i of list) acc.add(rows[i] as Env);
    const total = acc.result();
    for (const i of list) put(i, total);
    return;
  }
  if (spec.frame && !/^(ROWS|RANGE) BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW$/.test(spec.frame))
    throw refused(`the window frame ${spec.frame}`);
  const byRow = spec.frame?.startsWith('ROWS') ?? false;
  for (let at = 0; at < list.length;) {
    let end = at + 1;
    if (!byRow) while (end < list.length && peers(at, end)) end++;
    for (let i = at; i < end; i++) acc.add(rows[list[i] as number] as Env);
    const value = acc.result();
    for (let i = at; i < end; i++) put(list[i] as number, value);
    at = end;
  }
}

function rank(
  spec: WindowSpec,
  rows: readonly Env[],
  list: readonly number[],
  peers: (a: number, b: number) => boolean,
  put: (row: number, value: SqlValue) => void,
): void {
  const value = (i: number): SqlValue =>
    list[i] === undefined ? null : (spec.args[0]?.eval(rows[list[i] as number] as Env) ?? null);
  let rankNow = 1;
  let dense = 1;
  for (let i = 0; i < list.length; i++) {
    const row = list[i] as number;
    const e = rows[row] as Env;
    if (i > 0 && !peers(i - 1, i)) {
      rankNow = i + 1;
      dense++;
    }
    switch (spec.name) {
      case 'ROW_NUMBER':
        put(row, BigInt(i + 1));
        break;
      case 'RANK':
        put(row, BigInt(rankNow));
        break;
      case 'DENSE_RANK':
        put(row, BigInt(dense));
        break;
      case 'NTILE': {
        const n = Number(spec.args[0]?.eval(e) ?? 1);
        const size = Math.floor(list.length / n);
        const big = list.length % n;
        put(
          row,
          BigInt(
            i < big * (size + 1)
              ? Math.floor(i / (size + 1)) + 1
              : big + Math.floor((i - big * (size + 1)) / Math.max(1, size)) + 1,
          ),
        );
        break;
      }
      case 'LAG':
      case 'LEAD': {
        const distance = Number(spec.args[1]?.eval(e) ?? 1) * (spec.name === 'LAG' ? -1 : 1);
        const at = i + distance;
        put(row, at < 0 || at >= list.length ? (spec.args[2]?.eval(e) ?? null) : value(at));
        break;
      }
      case 'FIRST_VALUE':
        put(row, value(0));
        break;
      default: {
        let last = i;
        if (spec.frame?.endsWith('UNBOUNDED FOLLOWING')) last = list.length - 1;
        else if (!spec.frame?.startsWith('ROWS')) while (last + 1 < list.length && peers(i, last + 1)) last++;
        put(row, value(last));
      }
    }
  }
}

function orderCompare(
  order: readonly { by: Compiled; desc: boolean }[],
): (a: readonly SqlValue[], b: readonly SqlValue[], offset?: number) => number {
  const parts = order.map((o) => ({ compare: nullsFirst(o.by.type), sign: o.desc ? -1 : 1 }));
  return (a, b, offset = 0) => {
    for (let i = 0; i < parts.length; i++) {
      const part = parts[i] as (typeof parts)[number];
      const c = part.compare(a[i + offset] as SqlValue, b[i + offset] as SqlValue);
      if (c !== 0) return c * part.sign;
    }
    return 0;
  };
}
