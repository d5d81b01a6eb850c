import type { SqlValue } from '../face.ts';
import { comparer, keyer, nullsFirst } from '../types/compare.ts';
import { fit, power10, rescale, scaleOfText, unscaled } from '../types/decimal.ts';
import { toInteger } from '../types/convert-numbers.ts';
import { family, scaleOf } from '../types/sql-type.ts';
import type { AggregateSpec, Env } from './context.ts';

/** Gathers the values of one group. NULLs do not take part, except in COUNT(*). */
export interface Accumulator {
  add(e: Env): void;
  result(): SqlValue;
}

function sum(spec: AggregateSpec): {
  add(v: SqlValue): void;
  total(): SqlValue;
  average(n: number): SqlValue;
} {
  const { type } = spec;
  switch (family(type)) {
    case 'decimal': {
      const scale = scaleOf(type);
      const source = spec.arg ? scaleOf(spec.arg.type) : scale;
      let total = 0n;
      return {
        add: (v) => {
          total += rescale(unscaled(v as string), scaleOfText(v as string), source);
        },
        total: () => fit(rescale(total, source, scale), type),
        // An average keeps its scale by cutting, like any division of decimals.
        average: (n) => fit((total * power10(scale - source)) / BigInt(n), type),
      };
    }
    case 'float': {
      let total = 0;
      return { add: (v) => void (total += v as number), total: () => total, average: (n) => total / n };
    }
    default: {
      let total = 0n;
      let small = 0;
      const flush = (): bigint => {
        total += BigInt(small);
        small = 0;
        return total;
      };
      return {
        add: (v) => {
          if (typeof v === 'bigint') total += v;
          else {
            small += v as number;
            if (small > 2 ** 50 || small < -(2 ** 50)) flush();
          }
        },
        total: () => toInteger(flush(), type),
        average: (n) => toInteger(flush() / BigInt(n), type),
      };
    }
  }
}

/** A fresh accumulator for one group. */
export function accumulator(spec: AggregateSpec): Accumulator {
  const value = spec.arg?.eval;
  const seen = spec.distinct && spec.arg ? new Set<unknown>() : undefined;
  const key = spec.arg ? keyer(spec.arg.type) : undefined;
  const fresh = (v: SqlValue): boolean => {
    if (v === null) return false;
    if (!seen || !key) return true;
    const k = key(v);
    if (seen.has(k)) return false;
    seen.add(k);
    return true;
  };
  switch (spec.name) {
    case 'COUNT':
    case 'COUNT_BIG': {
      let n = 0;
      return {
        add: (e) => {
          if (!value || fresh(value(e))) n++;
        },
        result: () => (spec.name === 'COUNT' ? n : BigInt(n)),
      };
    }
    case 'MIN':
    case 'MAX': {
      const compare = comparer(spec.type);
      const sign = spec.name === 'MIN' ? 1 : -1;
      let best: SqlValue = null;
      return {
        add: (e) => {
          const v = value?.(e) ?? null;
          if (v !== null && (best === null || compare(v, best) * sign < 0)) best = v;
        },
        result: () => best,
      };
    }
    case 'STRING_AGG':
      return stringAggregate(spec);
    default: {
      const total = sum(spec);
      let n = 0;
      return {
        add: (e) => {
          const v = value?.(e) ?? null;
          if (!fresh(v)) return;
          n++;
          total.add(v);
        },
        result: () => (n === 0 ? null : spec.name === 'SUM' ? total.total() : total.average(n)),
      };
    }
  }
}

function stringAggregate(spec: AggregateSpec): Accumulator {
  const parts: { text: string; order: SqlValue[] }[] = [];
  let separator = '';
  return {
    add: (e) => {
      separator = (spec.separator?.eval(e) as string | null) ?? '';
      const v = spec.arg?.eval(e) ?? null;
      if (v !== null) parts.push({ text: v as string, order: spec.order.map((o) => o.by.eval(e)) });
    },
    result: () => {
      if (parts.length === 0) return null;
      const compares = spec.order.map((o) => ({ compare: nullsFirst(o.by.type), sign: o.desc ? -1 : 1 }));
      if (compares.length > 0) {
        parts.sort((a, b) => {
          for (let i = 0; i < compares.length; i++) {
            const c = compares[i] as (typeof compares)[number];
            const r = c.compare(a.order[i] as SqlValue, b.order[i] as SqlValue) * c.sign;
            if (r !== 0) return r;
          }
          return 0;
        });
      }
      return parts.map((p) => p.text).join(separator);
    },
  };
}
